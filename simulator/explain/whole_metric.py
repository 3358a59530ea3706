"""Which figure of the whole horizon an explanation is asked for, as far as it is known before."""

from collections.abc import Collection
from typing import Final

from simulator.settings import RunSettings
from simulator.validation import UserError, check_known

LOSS: Final = "credit_loss"
LIFETIME: Final = "lifetime_"
CHANGE: Final = "delta_"
"""Before the name of a figure: its difference to the current policy."""


def whole_metric(
    owner: str, metric: str | None, run: RunSettings, provision: Collection[str]
) -> str:
    """``metric``, or the credit loss; a ``UserError`` that begins with ``owner`` if it is none."""
    from simulator.results.metrics import (  # slow to import, and mistakes come first
        OF_STANDARDS,
        REGISTRY,
        metric_of,
    )
    from simulator.results.profit import PROFIT_METRICS

    if metric is None:
        return f"{LIFETIME}{LOSS}" if run.has_runoff else LOSS
    found = metric_of(metric)
    if found is None or metric.startswith("delta_"):
        check_known(f"{owner}.metric", REGISTRY, metric)
    if metric.startswith(LIFETIME) and not run.has_runoff:
        raise UserError(f"{owner}.metric {metric} needs run.runoff_months of at least 1")
    if found in (*OF_STANDARDS, *PROFIT_METRICS) and not provision:
        raise UserError(f"{owner}.metric {metric} needs a provisioning standard: provision=[...]")
    return metric
