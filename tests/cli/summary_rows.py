"""Rows of summary.csv as the terminal and a sweep's table read them."""

from simulator.results.summary import SummaryRow

NAN = float("nan")


def summary_row(policy, metric, mean, low=NAN, high=NAN, unit="CNY", month=None):
    return SummaryRow("downturn", policy, metric, month, mean, low, high, NAN, NAN, NAN, unit)
