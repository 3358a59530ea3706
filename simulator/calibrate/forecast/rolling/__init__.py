"""Forecasts from many dates of the window: how large errors are, and whether intervals hold."""
