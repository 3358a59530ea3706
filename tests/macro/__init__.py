"""Scenarios, tables and paths of the economy."""
