"""Overdue rates that fall only because re-planned loans count as current."""

from simulator.report.kit.data import ReportData
from simulator.results.estimate import Estimate


def before_relief(
    data: ReportData, scenario: str, policy: str, metric: str
) -> Estimate[float] | None:
    """The difference of an overdue rate with loans at their days past due before relief, if any."""
    name = metric.replace("overdue_rate", "overdue_rate_before_relief")
    return data.stat(scenario, policy, f"delta_{name}") if name != metric else None


def re_aged(data: ReportData, scenario: str, policy: str, metric: str) -> bool:
    """Whether a rate falls while the rate before relief is not shown to fall.

    Of a rate over the opening balance the one over the balance that is left.
    """
    metric = metric.replace("_over_opening", "")
    before = before_relief(data, scenario, policy, metric)
    shown = data.stat(scenario, policy, f"delta_{metric}")
    if before is None or shown is None or before == shown or shown.mean >= 0:
        return False
    return before.mean >= 0 or (before.has_interval and before.sign == 0 and shown.sign < 0)
