"""Every command, its configuration and its mistakes."""
