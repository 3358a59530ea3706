"""Gini and KS of the application score: how well it separates loans that turn bad from others.

On each path of each policy in results.nc; the rows of summary.csv are those of the current policy.
Their interval is over borrowers (another book of the same kind, judged on one path), so more paths
do not narrow it.
"""

from collections.abc import Callable, Iterator
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtri

from simulator.results.intervals import CONFIDENCE, over_paths
from simulator.results.metric import HIGHER, Metric, Span
from simulator.results.over_paths import StatisticVariable
from simulator.results.policy_run import PolicyRun
from simulator.results.sampling import Draws
from simulator.results.table import FRACTION
from simulator.results.variables import WholeVariable
from simulator.score_words import PERFORMANCE_MONTHS, Judged, ScorePower

F8 = NDArray[np.float64]

JUDGED: Final = "judged"
"""Dimension: which loans are judged, and how."""
_BAD: Final = f"90+ days past due, written off or sold within {PERFORMANCE_MONTHS} months"
_BORROWERS: Final = "standard error over borrowers on the path"


def _count(measure: ScorePower) -> Callable[[PolicyRun], F8]:
    return lambda policy_run: policy_run.tallies.score_power[..., measure]


def _told(policy_run: PolicyRun, measure: ScorePower) -> F8:
    """A measure on each path, NaN where there is no bad or no good loan; (paths, N_JUDGED)."""
    power = policy_run.tallies.score_power
    bad, loans = power[..., ScorePower.BAD_LOANS], power[..., ScorePower.LOANS]
    return np.where((bad > 0.0) & (bad < loans), power[..., measure], np.nan)


def _measure(measure: ScorePower) -> Callable[[PolicyRun], F8]:
    return lambda policy_run: _told(policy_run, measure)


def _error(measure: ScorePower) -> Callable[[PolicyRun], F8]:
    return lambda policy_run: np.sqrt(np.maximum(_told(policy_run, measure), 0.0))


SCORE_VARIABLES: Final = (
    WholeVariable(
        "score_gini",
        FRACTION,
        f"Gini of the application score: of loans {_BAD} against the others, ties half",
        _measure(ScorePower.GINI),
        (JUDGED,),
    ),
    WholeVariable(
        "score_ks",
        FRACTION,
        "largest distance between the distributions of the score over bad and over other loans",
        _measure(ScorePower.KS),
        (JUDGED,),
    ),
    WholeVariable(
        "score_gini_se",
        FRACTION,
        f"{_BORROWERS} of score_gini",
        _error(ScorePower.GINI_VARIANCE),
        (JUDGED,),
    ),
    WholeVariable(
        "score_ks_se",
        FRACTION,
        f"{_BORROWERS} of score_ks",
        _error(ScorePower.KS_VARIANCE),
        (JUDGED,),
    ),
    WholeVariable(
        "score_loans", "loans", "loans that are judged", _count(ScorePower.LOANS), (JUDGED,)
    ),
    WholeVariable(
        "score_bad_loans", "loans", f"of these, {_BAD}", _count(ScorePower.BAD_LOANS), (JUDGED,)
    ),
)
SCORE_CUTS: Final = (
    StatisticVariable(
        "score_loans_by_segment",
        "loans",
        "loans that are judged",
        (JUDGED, "segment"),
        lambda policy_run: policy_run.tallies.judged[..., 0],
        ("judged",),
    ),
    StatisticVariable(
        "score_bad_loans_by_segment",
        "loans",
        f"of these, {_BAD}",
        (JUDGED, "segment"),
        lambda policy_run: policy_run.tallies.judged[..., 1],
        ("judged",),
    ),
    StatisticVariable(
        "repeat_loans_by_segment",
        "loans",
        "loans granted again a year before the end of the run, by the segment of the loan with"
        " which the book knows the customer",
        ("segment",),
        lambda policy_run: policy_run.tallies.repeat_judged[..., 0],
        ("repeat_judged",),
    ),
    StatisticVariable(
        "repeat_bad_loans_by_segment",
        "loans",
        f"of these, {_BAD}",
        ("segment",),
        lambda policy_run: policy_run.tallies.repeat_judged[..., 1],
        ("repeat_judged",),
    ),
)
SCORE_COORDINATES: Final = {
    JUDGED: (
        FRACTION,
        "loans whose first year judges the score: of the opening book and not overdue then, or"
        " booked in the run a year before its end; with instalments that a re-plan took into the"
        " balance counted as unpaid still (before_relief)",
    )
}
_ROWS: Final = {
    "score_gini": "Gini of the application score",
    "score_ks": "KS of the application score",
}
SCORE_METRICS: Final[tuple[Metric[xr.Dataset], ...]] = tuple(
    Metric(
        f"{name}_{judged.name.lower()}",
        FRACTION,
        f"{words}, loans {judged.name.lower().replace('_', ' ')}",
        Span.WHOLE,
        better=HIGHER,
    )
    for name, words in _ROWS.items()
    for judged in Judged
)
"""Rows of summary.csv, of the current policy, without month."""


class ScoreRow(NamedTuple):
    """A row of the current policy: mean over paths, interval over borrowers, quantiles of paths."""

    scenario: str
    metric: str
    mean: float
    ci_low: float
    ci_high: float
    p05: float
    p50: float
    p95: float


def score_coordinates() -> dict[str, tuple[str, object]]:
    """Dimension and labels of ``SCORE_COORDINATES``."""
    return {JUDGED: (JUDGED, [judged.name.lower() for judged in Judged])}


def score_rows(dataset: xr.Dataset) -> Iterator[ScoreRow]:
    """Rows of every scenario; none where no path has a bad and a good loan to judge."""
    reference = str(dataset.attrs["reference"])
    replicates = int(dataset.attrs["draws_per_path"])
    margin = float(ndtri(0.5 + CONFIDENCE / 2.0))
    for scenario in dataset["scenario"].values:
        place = {"scenario": scenario, "policy": reference}
        for name in _ROWS:
            values, errors = (
                np.asarray(dataset[f"{name}{suffix}"].sel(place).transpose("path", JUDGED).values)
                for suffix in ("", "_se")
            )
            found = over_paths(values, Draws(replicates))
            for at, judged in enumerate(Judged):
                mean = float(found.mean[at])
                known = errors[:, at][~np.isnan(errors[:, at])]
                if np.isnan(mean) or not known.size:
                    continue
                half = margin * sqrt(float(np.mean(known**2)))
                yield ScoreRow(
                    str(scenario),
                    f"{name}_{judged.name.lower()}",
                    mean,
                    mean - half,
                    mean + half,
                    float(found.p05[at]),
                    float(found.p50[at]),
                    float(found.p95[at]),
                )
