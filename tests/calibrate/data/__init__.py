"""Targets and the data behind them."""
