"""The command line without Hydra: arguments, folders, checks, help, terminal, sweep table."""
