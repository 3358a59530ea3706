"""From a fit to predictions with intervals, and backtests against simple rivals."""
