"""How rarely statistical tests of the kernels may fail by chance."""

from scipy import stats

FIVE_SIGMA = 2 * stats.norm.sf(5.0)
"""Chance of a false alarm that all statistical tests here accept."""
