"""Benchmarks: ratios measured in one run, printed and written into the README."""
