"""Shares of causes by Shapley values: what each group of causes adds, over all orders of adding it.

Definition: docs/model.md, section 12.2. Source: Shapley 1953; the exact value over all coalitions.
"""

from collections.abc import Mapping, Sequence
from math import factorial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.results.intervals import over_paths, ratio_over_paths
from simulator.results.row_table import RowTable
from simulator.results.sampling import Draws
from simulator.results.table import FRACTION, csv_text

F8 = NDArray[np.float64]

FIRST_MONTH: Final = 7
LAST_MONTH: Final = 24
"""Months whose new 90+ balance is explained; opening arrears get there before, as a rule."""


class CauseShare(NamedTuple):
    """A row of causes.csv; ``label_share`` is that of the labels, NaN where none belongs to it."""

    scenario: str
    group: str
    share: float
    ci_low: float
    ci_high: float
    label_share: float


CAUSES: Final = RowTable(
    "causes",
    CauseShare,
    {
        "scenario": (FRACTION, "scenario"),
        "group": (FRACTION, "group of causes"),
        "share": (FRACTION, "its share of new 90+ balance, by Shapley value"),
        "ci_low": (FRACTION, "lower end of its 95 % interval"),
        "ci_high": (FRACTION, "upper end of its 95 % interval"),
        "label_share": (FRACTION, "share of the labels that belong to it; empty without"),
    },
)
"""What results.nc keeps of causes.csv."""


def shapley(values: F8) -> F8:
    """Shapley values, shape (groups, paths), of ``values`` (2 ** groups, paths).

    Bit g of a row's number says whether group g is switched on there.
    """
    n = int(values.shape[0]).bit_length() - 1
    found = np.zeros((n, values.shape[1]))
    for on in range(values.shape[0]):
        size = on.bit_count()
        for group in range(n):
            if not on >> group & 1:
                weight = factorial(size) * factorial(n - size - 1) / factorial(n)
                found[group] += weight * (values[on | 1 << group] - values[on])
    return found


def cause_shares(
    scenario: str,
    groups: Sequence[str],
    values: F8,
    labels: Mapping[str, F8],
    draws_per_path: int,
) -> tuple[CauseShare, ...]:
    """Each group's share of what all groups together add, with its interval over paths.

    ``values``: (2 ** groups, paths), money; ``labels``: money by path of each group's labels.
    """
    added = shapley(values)
    whole = values[-1] - values[0]
    rows = []
    for group, mine in zip(groups, added, strict=True):
        found = ratio_over_paths(mine[:, None], whole[:, None], Draws(draws_per_path))
        label, all_of_it = np.nan, float(values[-1].mean())
        if group in labels and all_of_it > 0.0:
            label = float(labels[group].mean()) / all_of_it
        rows.append(CauseShare(scenario, group, *found.at(0).ends, label))
    return tuple(rows)


START: Final = "without_all"
"""Row of a waterfall: the figure with every group off, or of the other scenario."""
END: Final = "with_all"
"""Row of a waterfall: the figure with every group on, or of the scenario itself."""
NEW_90: Final = "new_90_balance"
"""Balance that becomes 90 days overdue in months ``FIRST_MONTH`` to ``LAST_MONTH``."""


class CausePart(NamedTuple):
    """A row of causes.csv: a step of a waterfall from ``START`` over groups to ``END``.

    ``amount`` in ``unit``; amounts of start and groups add up to that of the end. ``share``: of
    what all groups together add, NaN of both ends; ``against``: the other scenario where parts of
    a scenario are told, else empty.
    """

    scenario: str
    group: str
    share: float
    ci_low: float
    ci_high: float
    label_share: float
    metric: str
    against: str
    amount: float
    amount_ci_low: float
    amount_ci_high: float
    unit: str


PARTS: Final = RowTable(
    "cause_parts",
    CausePart,
    {
        "scenario": (FRACTION, "scenario"),
        "group": (FRACTION, f"group of causes or part of the scenario, or {START}, {END}"),
        "share": (FRACTION, "its share of what all together add, by Shapley value"),
        "ci_low": (FRACTION, "lower end of its 95 % interval"),
        "ci_high": (FRACTION, "upper end of its 95 % interval"),
        "label_share": (FRACTION, "share of the labels that belong to it; empty without"),
        "metric": (FRACTION, "figure that is explained"),
        "against": (FRACTION, "scenario that it is compared with; empty for causes"),
        "amount": ("", "what it adds, in the unit; of both ends the figure itself"),
        "amount_ci_low": ("", "lower end of its 95 % interval"),
        "amount_ci_high": ("", "upper end of its 95 % interval"),
        "unit": (FRACTION, "unit of the amounts"),
    },
)
"""What results.nc keeps of causes.csv."""


class Explained(NamedTuple):
    """What is explained: a figure of a scenario, against which other one, and the draws behind."""

    scenario: str
    metric: str
    unit: str
    draws_per_path: int
    against: str = ""


def waterfall_rows(
    what: Explained,
    groups: Sequence[str],
    values: F8,
    shares: Mapping[str, CauseShare] | None = None,
) -> tuple[CausePart, ...]:
    """Rows from start to end; ``values`` (2 ** groups, paths) as ``shapley`` takes them.

    ``shares`` by group, where they are known already with their labels.
    """
    draws = Draws(what.draws_per_path)
    added, whole = shapley(values), values[-1] - values[0]

    def row(group: str, by_path: F8, share: CauseShare | None) -> CausePart:
        amount = over_paths(by_path[:, None], draws).at(0)
        told = share[2:] if share is not None else (np.nan,) * 4
        return CausePart(
            what.scenario, group, *told, what.metric, what.against, *amount.ends, what.unit
        )  # fmt: skip

    rows = [row(START, values[0], None)]
    for group, mine in zip(groups, added, strict=True):
        known = shares.get(group) if shares is not None else None
        if known is None and whole.any():
            part = ratio_over_paths(mine[:, None], whole[:, None], draws).at(0)
            known = CauseShare(what.scenario, group, *part.ends, np.nan)
        rows.append(row(group, mine, known))
    return (*rows, row(END, values[-1], None))


def causes_text(rows: Sequence[CausePart]) -> str:
    """causes.csv."""
    return csv_text(CausePart._fields, rows, ".12g")
