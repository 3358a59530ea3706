"""The registry of metrics: every name of summary.csv, with unit, meaning and direction.

Each family is reckoned in its own module; a name of summary.csv is a metric's with what may stand
before it (``delta_``, ``peak_``, ...) and the provisioning standard after it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simulator.results.loss_distribution import TAIL_METRICS
from simulator.results.metric import Metric
from simulator.results.net_present_value import NET_PRESENT_VALUE, NET_PRESENT_VALUE_LEFT
from simulator.results.outcomes import BURDEN_METRICS, COST_PER_SAVED, FATE_METRICS
from simulator.results.path_metrics import METRICS, OVER_CURRENT_BALANCE
from simulator.results.profit import PROFIT_METRICS
from simulator.results.provisions.metrics import GRADE_METRICS, PROVISION_METRICS
from simulator.results.score_power import SCORE_METRICS
from simulator.results.value import VALUE_METRICS

OF_PATHS: Final[tuple[Metric[Any], ...]] = (*METRICS, *OVER_CURRENT_BALANCE)
OF_BORROWERS: Final[tuple[Metric[Any], ...]] = (*FATE_METRICS, COST_PER_SAVED, *BURDEN_METRICS)
OF_VALUE_AND_TAIL: Final[tuple[Metric[Any], ...]] = (
    *VALUE_METRICS,
    NET_PRESENT_VALUE,
    NET_PRESENT_VALUE_LEFT,
    *TAIL_METRICS,
)
WITHOUT_STANDARD: Final = (*OF_PATHS, *OF_BORROWERS, *OF_VALUE_AND_TAIL, *SCORE_METRICS)
"""Of every run."""
OF_STANDARDS: Final[tuple[Metric[Any], ...]] = (*GRADE_METRICS.values(), *PROVISION_METRICS)
"""``NAME_BOOK_GRADE`` and ``NAME_BOOK``; an allowance has both."""
REGISTRY: Final[Mapping[str, Metric[Any]]] = {
    metric.name: metric for metric in (*OF_STANDARDS, *WITHOUT_STANDARD, *PROFIT_METRICS)
}
PREFIXES: Final = ("delta_", "total_", "lifetime_", "peak_", "lowest_", "closing_", "ever_")


def metric_of(row: str) -> Metric[Any] | None:
    """The metric of a row of summary.csv; None for a break-even, a line of a roll-forward."""
    found = max(_matches(row), key=len, default="")
    return REGISTRY.get(found)


def better(row: str) -> int:
    """1 where more of the figure is better, -1 where less is, 0 where neither."""
    metric = metric_of(row)
    return 0 if metric is None else metric.better


def _matches(row: str) -> Iterator[str]:
    """Names of metrics that ``row`` may be of."""
    if row in REGISTRY:
        yield row
    for metric in OF_STANDARDS:
        if row.startswith(f"{metric.name}_"):
            yield metric.name
    for prefix in PREFIXES:
        if row.startswith(prefix):
            yield from _matches(row.removeprefix(prefix))
