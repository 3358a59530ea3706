"""What new customers of each score bring, when nobody is refused: deciles, bands, cut-offs.

Definitions: docs/model.md, section 14.1.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book.distributions import BAND_CUT_POINTS, RISK_BANDS
from simulator.kernels.tally import Tallies
from simulator.results.estimate import Estimate, unknown
from simulator.results.intervals import over_paths, ratio_over_paths
from simulator.results.row_table import RowTable
from simulator.results.sampling import Draws
from simulator.results.table import FRACTION, MONEY, csv_text
from simulator.score_words import Applicant

F8 = NDArray[np.float64]

DECILES: Final = 10
STEP: Final = 10.0
"""Points between two cut-offs that are compared."""


class Lending(NamedTuple):
    """Sums by path and cell of the score under one set of rules."""

    sums: F8
    """(paths, cells, N_APPLICANT); value with what is left."""

    @staticmethod
    def of(tallies: Tallies, unit: F8 | None, factor: float) -> "Lending":
        """From tallies; ``unit`` values what is left, ``factor`` discounts it to the opening.

        Without ``unit`` there is no value, which is NaN.
        """
        sums = tallies.applicants.copy()
        if unit is None:
            sums[..., Applicant.VALUE] = np.nan
        else:
            left = np.einsum("pcko,ko->pc", tallies.applicants_left, unit)
            sums[..., Applicant.VALUE] += factor * left
        return Lending(sums)


class UnderwritingRow(NamedTuple):
    """A row of underwriting.csv; rates are fractions, money in the book's currency.

    ``kind``: decile (of all applicants' scores, 1 the worst), band, all, or cutoff. ``low`` and
    ``high``: scores. Numbers of loans are means over paths. Of a cut-off ``value`` is that of
    everybody from it up, and the other columns are those of the next ten points: the margin.
    """

    scenario: str
    kind: str
    group: str
    low: float
    high: float
    asked: float
    approved: float
    booked: float
    price: float
    bad_rate: float
    charge_off_rate: float
    value: Estimate[float]
    value_per_loan: Estimate[float]
    change: Estimate[float] = Estimate(float("nan"))
    """Of a cut-off: value less that of the current one, path by path."""


UNDERWRITING: Final = RowTable(
    "underwriting",
    UnderwritingRow,
    {
        "scenario": (FRACTION, "scenario"),
        "kind": (FRACTION, "decile, band, all or cutoff"),
        "group": (FRACTION, "which of its kind"),
        "low": (FRACTION, "lowest score"),
        "high": (FRACTION, "score below which it ends"),
        "asked": ("loans", "first loans asked for, mean over paths"),
        "approved": ("loans", "of them approved under the current policy"),
        "booked": ("loans", "first loans booked when all are approved"),
        "price": (FRACTION, "annual rate of loans"),
        "bad_rate": (FRACTION, "share of judged loans that became bad"),
        "charge_off_rate": (FRACTION, "balance written off over amount lent"),
        "value": (MONEY, "value of new customers; of a cut-off, of all from it up"),
        "value_per_loan": (MONEY, "value over first loans booked"),
        "change": (MONEY, "of a cut-off: value less that of the current one"),
    },
    estimates=("value", "value_per_loan", "change"),
)
"""What results.nc keeps of underwriting.csv."""
CUTOFF: Final = "underwriting_cutoff"
"""Attribute of results.nc: the cut-off of the current policy."""


def best_cutoff(rows: Sequence[UnderwritingRow], scenario: str) -> UnderwritingRow | None:
    """The cut-off with the largest mean value; None where a value is not known."""
    found = [row for row in rows if (row.scenario, row.kind) == (scenario, "cutoff")]
    if any(np.isnan(row.value.mean) for row in found):
        return None
    return max(found, key=lambda row: row.value.mean, default=None)


@dataclass(frozen=True, slots=True)
class Underwriting:
    """Sums of the shadow runs: by scenario, those of each set of rules.

    ``edges`` of the score's cells; ``scores`` of all applicants; ``cutoff`` of the current policy.
    """

    edges: F8
    scores: F8
    lendings: Mapping[str, Mapping[str, Lending]]
    cutoff: float
    replicates: int

    def inside(self, low: float, high: float) -> NDArray[np.bool_]:
        """Cells whose scores are at least ``low`` and below ``high``."""
        starts = np.concatenate([[-np.inf], self.edges])
        found: NDArray[np.bool_] = (starts >= low) & (starts < high)
        return found

    def deciles(self) -> list[tuple[float, float]]:
        """Lowest score of each tenth of all applicants, the worst first, and that of the next."""
        cuts = np.quantile(self.scores, np.arange(1, DECILES) / DECILES)
        ends = [-np.inf, *cuts.tolist(), np.inf]
        return list(pairwise(ends))

    def cutoffs(self) -> F8:
        """Cut-offs that are compared: every ten points that are an edge."""
        found: F8 = self.edges[self.edges % STEP == 0.0]
        return found

    def value_from(self, scenario: str, cutoff: float) -> F8:
        """Value of new customers of at least a score, by path, with the other rules; (paths,).

        A score between two edges of cells counts as the lower one, one up to the first as none.
        """
        sums = self.lendings[scenario]["no_cutoff"].sums[..., Applicant.VALUE]
        below = self.edges[self.edges <= cutoff]
        low = float(below[-1]) if below.size > 1 else -np.inf
        found: F8 = sums[:, self.inside(low, np.inf)].sum(axis=1)
        return found


def underwriting_rows(found: Underwriting) -> Iterator[UnderwritingRow]:
    """Every row of underwriting.csv."""
    bands = [np.inf, *BAND_CUT_POINTS, -np.inf]
    for scenario in found.lendings:
        for number, (low, high) in enumerate(found.deciles(), start=1):
            yield _row(found, scenario, "decile", str(number), low, high)
        for band, low, high in zip(RISK_BANDS, bands[1:], bands[:-1], strict=True):
            yield _row(found, scenario, "band", band, low, high)
        yield _row(found, scenario, "all", "all", -np.inf, np.inf)
        for cutoff in found.cutoffs().tolist():
            place = (cutoff, cutoff + STEP)
            row = _row(found, scenario, "cutoff", f"{cutoff:g}", *place, "no_cutoff")
            value = found.value_from(scenario, cutoff)
            change = value - found.value_from(scenario, found.cutoff)
            told, moved = (over_paths(x[:, None], Draws(found.replicates)) for x in (value, change))
            yield row._replace(value=told.at(0), change=moved.at(0))


def _row(
    found: Underwriting,
    scenario: str,
    kind: str,
    group: str,
    low: float,
    high: float,
    rules: str = "everybody",
) -> UnderwritingRow:
    cells = found.inside(low, high)
    sums = found.lendings[scenario][rules].sums[:, cells].sum(axis=1)
    current = found.lendings[scenario]["status_quo"].sums[:, cells].sum(axis=1)
    mean = sums.mean(axis=0)
    value, booked = sums[:, Applicant.VALUE], sums[:, Applicant.BOOKED]
    per_loan = unknown((1,)) if np.isnan(value).any() else ratio_over_paths(
        value[:, None], booked[:, None], Draws(found.replicates)
    )  # fmt: skip
    return UnderwritingRow(
        scenario=scenario,
        kind=kind,
        group=group,
        low=low,
        high=high,
        asked=float(mean[Applicant.ASKED]),
        approved=float(current[:, Applicant.APPROVED].mean()),
        booked=float(mean[Applicant.BOOKED]),
        price=_share(mean[Applicant.PRICE], mean[Applicant.PRINCIPAL]),
        bad_rate=_share(mean[Applicant.BAD], mean[Applicant.JUDGED]),
        charge_off_rate=_share(mean[Applicant.CHARGED_OFF], mean[Applicant.LENT]),
        value=over_paths(value[:, None], Draws(found.replicates)).at(0),
        value_per_loan=per_loan.at(0),
    )


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0.0 else float("nan")


def underwriting_text(rows: Sequence[UnderwritingRow]) -> str:
    """underwriting.csv."""
    return csv_text(UnderwritingRow._fields, rows, ".12g")
