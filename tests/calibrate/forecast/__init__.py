"""Predictions and backtests."""
