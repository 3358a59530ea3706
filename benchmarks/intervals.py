"""Width of intervals over paths: adjusted means over plain ones, on the same paths."""

from statistics import median
from typing import Final

import numpy as np
import xarray as xr

import simulator
from benchmarks.harness import Row
from simulator.results.sampling import ADJUST
from simulator.results.summary import SummaryRow, summarise

TOLD: Final = ("lifetime_credit_loss", "lifetime_written_off", "value", "peak_overdue_rate_90")
KINDS: Final = {
    "levels of the whole horizon": lambda row: row.month is None and not _is_change(row),
    "the same, downturn and current policy": lambda row: (
        row.month is None and row[:2] == ("downturn", "status_quo")
    ),
    "levels of a month": lambda row: row.month is not None and not _is_change(row),
    "changes against the current policy, whole horizon": (
        lambda row: row.month is None and _is_change(row)
    ),
}
"""Which rows of summary.csv are taken together."""


def _is_change(row: SummaryRow) -> bool:
    return row.metric.startswith("delta_")


def measure(borrowers: int = 10_000, paths: int = 100) -> list[Row]:
    """Median ratio of the width of adjusted means' intervals to that of plain ones, by kind.

    Of every row with an interval that adjusting can move: not of value at risk, shares of paths and
    the score's, which are as they were.
    """
    run = simulator.stress_test(
        provision=(),
        borrowers=borrowers,
        paths=paths,
        book_draws=0,
    )
    ratios = _ratios(run.dataset)
    about = f"default scenarios and policies, {borrowers:,} borrowers, {paths} paths"
    rows = []
    for kind, belongs in KINDS.items():
        found = [ratio for row, ratio in ratios if belongs(row)]
        figure = f"{median(found):.2f}" if found else "none"
        note = f"median of {len(found)} rows; {about}"
        rows.append(Row(f"interval of adjusted over plain means, {kind}", figure, note))
    own = {
        row.metric: ratio
        for row, ratio in ratios
        if (row.scenario, row.policy) == ("downturn", "status_quo")
    }
    first, *others = (f"{name} {own[name]:.2f}" for name in TOLD if name in own)
    what = "the same of single levels, downturn, current policy"
    rows.append(Row(what, first, ", ".join(others)))
    return rows


def _ratios(dataset: xr.Dataset) -> list[tuple[SummaryRow, float]]:
    plain = summarise(dataset.assign_attrs({ADJUST: 0}))
    found = []
    for row, other in zip(summarise(dataset), plain, strict=True):
        width, before = row.ci_high - row.ci_low, other.ci_high - other.ci_low
        if before > 0.0 and np.isfinite(width) and row.mean != other.mean:
            found.append((row, width / before))
    return found
