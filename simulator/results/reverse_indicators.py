"""What shows early on the way to a limit: figures of one month, beside the scenario's own paths."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.macro.variables import MACRO_VARIABLES
from simulator.results.path_metrics import BY_NAME, monthly_view
from simulator.results.reverse import Indicator
from simulator.results.table import unit_in

F8 = NDArray[np.float64]

EARLY: Final = 6
"""The month, or the last reported one before it."""
OF_THE_BOOK: Final = (
    "first_day_overdue_rate",
    "overdue_rate_1",
    "overdue_rate_30",
    "new_30",
    "new_90",
    "warned",
    "relief_granted",
    "complaints",
    "applicants",
)
"""What a lender sees within months (assumption)."""


def indicators_of(
    usual: xr.Dataset,
    here: xr.Dataset,
    place: tuple[str, str],
    economy: Mapping[str, tuple[F8, F8]],
) -> tuple[Indicator, ...]:
    """Figures of month ``EARLY``, those that differ most first.

    ``usual``: the run, at ``place`` (scenario, policy); ``here``: results of the worse world alone;
    ``economy``: paths of the run (draws, horizon + 1) and the worse one (horizon + 1,) by variable.
    """
    month = min(EARLY, int(usual.attrs["months"]))
    scenario, policy = place
    own = usual.sel(scenario=[scenario], policy=[policy])
    currency = str(usual.attrs["currency"])
    found = [
        _indicator(name, month, MACRO_VARIABLES[name].unit, drawn[:, month], float(path[month]))
        for name, (drawn, path) in economy.items()
    ]
    for name in OF_THE_BOOK:
        metric = BY_NAME[name]
        values, other = (metric(monthly_view(part))[0, 0, :, month - 1] for part in (own, here))
        unit = unit_in(currency, metric.unit)
        found.append(_indicator(name, month, unit, values, float(np.nanmean(other))))
    return tuple(sorted(found, key=lambda item: -abs(item.distance or 0.0)))


def _indicator(name: str, month: int, unit: str, usual: F8, here: float) -> Indicator:
    spread = float(np.nanstd(usual, ddof=1)) if usual.size > 1 else 0.0
    mean = float(np.nanmean(usual))
    apart = (here - mean) / spread if spread > 1e-12 * max(abs(mean), 1e-12) else None
    return Indicator(name=name, month=month, unit=unit, usual=mean, here=here, distance=apart)
