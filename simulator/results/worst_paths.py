"""What the worst tenth of paths have in common: how far their means lie from those of all."""

from collections.abc import Sequence
from math import ceil, nan
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from simulator.results.row_table import RowTable
from simulator.results.table import FRACTION

F8 = NDArray[np.float64]

WORST_SHARE: Final = 0.1
LEAST_DRAWS: Final = 20
"""Of the economy, below which the worst tenth is a single one (assumption)."""
_UPPER: Final = 0.975


class Feature(NamedTuple):
    """A number of each path, (paths,): the economy's, or a share of what happened."""

    name: str
    unit: str
    by_path: F8


class WorstTenth(NamedTuple):
    """A feature in the paths with the largest losses against all paths of a scenario.

    ``distance``: difference of the two means in standard deviations over paths, with its 95 %
    interval; NaN where paths do not differ.
    """

    scenario: str
    feature: str
    unit: str
    worst: float
    usual: float
    distance: float
    ci_low: float
    ci_high: float


WORST: Final = RowTable(
    "worst_tenth",
    WorstTenth,
    {
        "scenario": (FRACTION, "scenario"),
        "feature": (FRACTION, "what is compared; under the current policy"),
        "unit": (FRACTION, "unit of both means"),
        "worst": ("", "mean over the tenth of paths with the largest credit losses"),
        "usual": ("", "mean over all paths"),
        "distance": (FRACTION, "their difference in standard deviations over paths"),
        "ci_low": (FRACTION, "lower end of its 95 % interval"),
        "ci_high": (FRACTION, "upper end of its 95 % interval"),
    },
)
"""What results.nc keeps of it."""


def worst_tenth(
    scenario: str, losses: F8, features: Sequence[Feature], draws_per_path: int
) -> tuple[WorstTenth, ...]:
    """Rows of ``features``, the furthest first; none with fewer than ``LEAST_DRAWS`` draws.

    ``losses`` (paths,). Paths of one draw of the economy are taken together.
    """
    by_draw = losses.reshape(-1, draws_per_path).mean(axis=1)
    if by_draw.size < LEAST_DRAWS:
        return ()
    n_worst = ceil(WORST_SHARE * by_draw.size)
    worst = np.argsort(-by_draw, kind="stable")[:n_worst]
    rows = []
    for feature in features:
        values = feature.by_path.reshape(-1, draws_per_path).mean(axis=1)
        here, usual = values[worst], float(values.mean())
        spread = float(values.std(ddof=1))
        low = high = distance = nan
        if spread > 1e-12 * max(1e-12, abs(usual)):
            distance = (float(here.mean()) - usual) / spread
            width = float(stdtrit(n_worst - 1, _UPPER)) * float(here.std(ddof=1))
            width /= spread * n_worst**0.5
            low, high = distance - width, distance + width
        rows.append(
            WorstTenth(
                scenario, feature.name, feature.unit, float(here.mean()), usual, distance, low, high
            )
        )
    return tuple(sorted(rows, key=lambda row: -np.nan_to_num(abs(row.distance))))
