"""What a scenario says and how severe it is, before it is run."""
