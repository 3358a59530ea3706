"""From targets to parameters."""
