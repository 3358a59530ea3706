"""What the model says at many points of its parameters, stored once and asked without a kernel."""
