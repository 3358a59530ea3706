"""Records of a book, its parameters and its cells, as kernels read them."""

import math
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.book.distributions import BAND_CUT_POINTS, RISK_BANDS, SCORE_MEAN, SCORE_SD
from simulator.book.illness import hospital_incidence
from simulator.book.schema import Book, Borrowers, Loans, ProductTerms, product_terms
from simulator.book.segments import quarter_of
from simulator.catalogue import Parameters, pack_parameters
from simulator.compounding import monthly_probability
from simulator.elementary import exp
from simulator.kernels.pairing import Paired, group_slices
from simulator.kernels.records import (
    COLLECTION_STAGE_DTYPE,
    ENTRY_DTYPE,
    FACTS_DTYPE,
    LOAN_DTYPE,
    OPENING_DTYPE,
    PERSON_DTYPE,
    RANK_DTYPE,
    SIGHT_DTYPE,
    TERMS_DTYPE,
    BookArrays,
    LifeColumns,
    Sight,
    records,
)
from simulator.kernels.tally import Tallies, allocate_tallies
from simulator.lever_fields import COLLECTION_STAGE_NAMES
from simulator.provision.risk_cells import NEVER, RiskCellTable
from simulator.situation import N_SITUATIONS

_UNIT_BITS = 62
"""Bits of the largest sum in units (``kernels.exact``)."""
_MOST_IN_A_MONTH = 16.0
"""No sum of a month exceeds the opening's limits, or loans, together so many times."""
_MOST_ON_A_PATH = 16.0 * 256.0
"""No sum over a path's months does."""
_LEAST_OPENING = 1.0 / 16.0
"""Share of all limits, or loans, that counts as the opening's, if it has less."""

SCORE_GRID: Final = (300.0, 900.0, 10.0)
"""First and last edge of the score's cells, and the points between two."""

Table = TypeVar("Table", Borrowers, Loans)


@dataclass(frozen=True, slots=True)
class Packed:
    """A book and its parameters, ready for kernels."""

    book: BookArrays
    lives: LifeColumns
    stages: NDArray[np.void]
    params: NDArray[np.void]
    paired: Paired
    most_loans: int
    n_segments: int
    n_products: int
    n_vintages: int
    n_regions: int
    n_cells: int
    n_score_cells: int

    def allocate_tallies(
        self, n_paths: int, horizon: int, months: int | None = None, *, by_score: bool = False
    ) -> Tallies:
        """Zeroed tallies of the book's shape; rule books see the months up to ``months``.

        ``by_score``: new customers are summed by their score.
        """
        shape = (self.n_segments, self.n_products, self.n_vintages, self.n_regions)
        tracked = self.tracked(horizon if months is None else months)
        cells = self.n_score_cells if by_score else 0
        return allocate_tallies(
            n_paths, horizon, *shape, tracked=tracked, n_cells=self.n_cells, score_cells=cells
        )

    def tracked(self, months: int) -> int:
        """Month ends at which rule books see the loans of a run of ``months``."""
        return months + 1 if self.n_cells else 0


def pack_stages(parameters: Parameters, money: float) -> NDArray[np.void]:
    """Records of the collection stages; costs times ``money``, the unit of reference money."""
    stages = np.zeros(len(COLLECTION_STAGE_NAMES), dtype=COLLECTION_STAGE_DTYPE)
    for row, name in enumerate(COLLECTION_STAGE_NAMES):
        for field_name in COLLECTION_STAGE_DTYPE.names or ():
            stages[field_name][row] = parameters[f"{field_name}_{name}"]
    stages["cost"] *= money
    return records(stages)


def packed_order(book: Book) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the book's borrowers and loans in the order of their records."""
    order = np.argsort(book.borrowers.arrival_month, kind="stable")
    row_of = np.empty_like(order)
    row_of[order] = np.arange(order.size)
    return order, np.argsort(row_of[book.loans.borrower], kind="stable")


def pack(book: Book, parameters: Parameters, cells: RiskCellTable | None = None) -> Packed:
    """Records of ``book`` as the kernels read them, in order of arrival, then of permanent id.

    The live part of the book is then dense in memory, whatever share of it has yet to arrive.
    ``cells``: how rule books see loans, None without any.
    """
    order, loan_order = packed_order(book)
    people = rows_of(book.borrowers, order)
    row_of = np.empty(order.size, dtype=np.int32)
    row_of[order] = np.arange(order.size, dtype=np.int32)
    loans = rows_of(book.loans, loan_order)
    loans = loans._replace(borrower=row_of[loans.borrower])
    edges = score_edges(book)
    facts = _facts(people, loans, book, parameters)
    by_score = np.lexsort((people.id, people.score, people.arrival_month > 0))
    arrays = BookArrays(
        people=_pack_people(people, loans, float(facts["count_scale"][0])),
        entries=_pack(ENTRY_DTYPE, people._asdict()),
        loans=_pack_loans(loans),
        openings=_pack_openings(loans, loan_order),
        terms=_pack_terms(product_terms(book), parameters["product_rate_passthrough"]),
        facts=facts,
        first_applicant=_month_starts(people.arrival_month),
        vintage_of=_vintage_of(people, loans),
        prices=_prices(book),
        band_floors=np.array(BAND_CUT_POINTS, dtype=np.float64),
        ranks=_pack(RANK_DTYPE, rows_of(people, by_score)._asdict()),
        score_cell=np.searchsorted(edges, people.score, side="right").astype(np.uint16),
        rank_of=np.argsort(by_score).astype(np.int32),
        sight=_sight(cells, book),
    )
    return Packed(
        book=arrays,
        lives=LifeColumns(
            id=people.id,
            arrival_month=people.arrival_month,
            region=people.region,
            work=people.work,
            worker_type=people.worker_type,
            life=people.life,
            p_ill_monthly=_monthly(people.illness_incidence, parameters["illness_multiplier"]),
            p_admit_monthly=_monthly(
                hospital_incidence(people.age), parameters["hospital_multiplier"]
            ),
            cut_risk=_cut_risk(people.true_risk, parameters["income_risk_slope"]),
        ),
        stages=pack_stages(parameters, book.jurisdiction.reference_money),
        params=records(pack_parameters(parameters)),
        paired=_paired(people, loans, len(book.regions), len(book.products)),
        most_loans=int(arrays.people["n_loans"].max(initial=1)),
        n_segments=len(book.segments.region),
        n_products=len(book.products),
        n_vintages=len(book.vintage_labels),
        n_regions=len(book.regions),
        n_cells=len(cells.cells) if cells else 0,
        n_score_cells=edges.size + 1,
    )


def score_edges(book: Book) -> NDArray[np.float64]:
    """Ascending edges of the cells in which new customers are summed by their score.

    Every ten points, the bands' cut points and the deciles of all applicants, whatever a policy,
    a path or a scenario makes of them.
    """
    people = book.borrowers
    new = people.arrival_month > 0
    deciles = np.zeros(0)
    if new.any():
        deciles = np.quantile(people.score[new], np.arange(1, 10) / 10.0)
    low, high, step = SCORE_GRID
    return np.unique(np.concatenate([np.arange(low, high + step, step), BAND_CUT_POINTS, deciles]))


def _pack(dtype: np.dtype[np.void], columns: dict[str, NDArray[np.generic]]) -> NDArray[np.void]:
    size = len(next(iter(columns.values())))
    packed = np.zeros(size, dtype=dtype)
    for name in dtype.names or ():
        packed[name] = columns[name]
    return records(packed)


def _pack_people(people: Borrowers, loans: Loans, count_scale: float) -> NDArray[np.void]:
    """Records of all borrowers, each with the rows of its loans."""
    edges = np.searchsorted(loans.borrower, np.arange(people.id.size + 1))
    columns = people._asdict() | {
        "first_loan": edges[:-1],
        "n_loans": np.diff(edges),
        "heads": np.rint(people.weight * count_scale).astype(np.int64),
    }
    return _pack(PERSON_DTYPE, columns)


def _pack_loans(loans: Loans) -> NDArray[np.void]:
    """Records of what every month needs of all loans."""
    return _pack(LOAN_DTYPE, loans._asdict() | {"again": np.zeros(loans.id.size)})


def _pack_openings(loans: Loans, book_row: NDArray[np.int64]) -> NDArray[np.void]:
    """Records of what only the opening of a loan needs, and its place by permanent id."""
    return _pack(OPENING_DTYPE, loans._asdict() | {"book_row": book_row})


def _pack_terms(terms: ProductTerms, passthrough: float) -> NDArray[np.void]:
    """Records of all products; ``passthrough`` multiplies their shares of the policy rate."""
    floating = ("rate_passthrough", "new_rate_passthrough")
    scaled = {name: passthrough * getattr(terms, name) for name in floating}
    return _pack(TERMS_DTYPE, terms._asdict() | scaled)


def _monthly(incidence: NDArray[np.float64], multiplier: float) -> NDArray[np.float64]:
    """``multiplier`` times the monthly chances that compound to yearly ``incidence``."""
    values, index = np.unique(incidence, return_inverse=True)
    return multiplier * monthly_probability(values)[index]


def _cut_risk(true_risk: NDArray[np.float64], slope: float) -> NDArray[np.float64]:
    """Each borrower's factor on cut hazards; mean 1 over normal true risk."""
    factor: NDArray[np.float64] = exp(slope * true_risk - slope * slope / 2)
    return factor


def _sight(cells: RiskCellTable | None, book: Book) -> Sight:
    """How rule books see loans; an empty table without any."""
    rules = np.zeros(1, dtype=SIGHT_DTYPE)
    if cells is None:
        byte, number = np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.uint16)
        return Sight(records(rules), np.zeros((0, 0), dtype=np.uint16), number, byte, byte, byte)
    if cells.cell_of.shape[0] != N_SITUATIONS:
        raise ValueError(f"cell_of has {cells.cell_of.shape[0]} situations, not {N_SITUATIONS}")
    rules["default_unpaid"] = cells.default_unpaid
    rules["technical_days"] = cells.technical_days
    rules["watch_months"] = cells.watch_months
    observations, cures = (
        m[m < NEVER] for m in (cells.observation_milestones, cells.cure_milestones)
    )
    rules["longest_observation"] = observations.max(initial=0)
    rules["longest_memory"] = cures.max(initial=0)
    months = np.arange(NEVER + 1)
    passed = np.searchsorted(cures, months, side="right")
    return Sight(
        records(rules),
        cells.cell_of,
        cells.group_of_segment,
        np.searchsorted(observations, months, side="right").astype(np.uint8),
        passed.astype(np.uint8),
        np.concatenate(([0], cures)).astype(np.uint8)[passed],
    )


def rows_of(table: Table, order: NDArray[np.intp]) -> Table:
    """``table`` with its rows in ``order``."""
    return table._replace(**{name: column[order] for name, column in table._asdict().items()})


def _month_starts(arrivals: NDArray[np.int16]) -> NDArray[np.int32]:
    """Row of the first applicant of each month, shape (last arrival + 2,)."""
    months = np.arange(int(arrivals.max(initial=0)) + 2)
    return np.searchsorted(arrivals, months).astype(np.int32)


def _vintage_of(people: Borrowers, loans: Loans) -> NDArray[np.int16]:
    """Vintage of loans that are made in each month, shape (last arrival + 1,)."""
    made = people.arrival_month[loans.borrower] >= 0
    quarter = quarter_of(loans.origination_month[made])
    oldest = int((quarter - loans.vintage[made])[0])
    months = np.arange(int(people.arrival_month.max(initial=0)) + 1)
    return (quarter_of(months) - oldest).astype(np.int16)


def _prices(book: Book) -> NDArray[np.float64]:
    """Yearly rate of each product in each risk band, as new customers have it."""
    bands = np.arange(len(RISK_BANDS))
    lends = bool((book.borrowers.arrival_month > 0).any())
    if lends and len(book.segments.region) % bands.size:
        raise ValueError(f"a book with applicants has {bands.size} risk bands")
    rows = [product.annual_rate + product.risk_price * bands for product in book.products]
    return np.minimum(np.array(rows), book.jurisdiction.all_in_rate_cap)


def _paired(people: Borrowers, loans: Loans, n_regions: int, n_products: int) -> Paired:
    """Groups, weight and principal of packed borrowers; the product is that of the first loan."""
    nothing = np.zeros(people.id.size, dtype=np.uint8)
    product, principal = nothing.copy(), np.zeros(people.id.size)
    owners, first_loan = np.unique(loans.borrower, return_index=True)
    product[owners] = loans.product[first_loan]
    asked = np.where(people.arrival_month[loans.borrower] < 0, loans.limit, loans.principal)
    np.add.at(principal, loans.borrower, asked)
    numbers = (nothing, people.income_decile, people.age_band, people.region, product)
    starts = [kind.start for kind in group_slices(n_regions, n_products).values()]
    group = np.stack(numbers, axis=1).astype(np.uint16) + np.array(starts, dtype=np.uint16)
    return Paired(group=group, weight=people.weight, principal=principal)


def _scale(of_loans: NDArray[np.float64], opening: NDArray[np.bool_], most: float) -> float:
    """Units in one (``kernels.exact``), a power of two, of sums of what loans have.

    The opening's loans decide, so that a longer run with more applicants counts in the same units.
    """
    whole = max(float(of_loans[opening].sum()), _LEAST_OPENING * float(of_loans.sum()), 1.0)
    return float(2.0 ** (_UNIT_BITS - math.ceil(math.log2(most * whole))))


def _facts(people: Borrowers, loans: Loans, book: Book, parameters: Parameters) -> NDArray[np.void]:
    """Scalars of the whole book: opening totals, benefits, the unit of costs, the score's scale."""
    opening = people.arrival_month[loans.borrower] == 0
    weights = people.weight[loans.borrower]
    weight, limits = weights[opening], weights * np.maximum(loans.limit, loans.principal)
    facts = np.zeros(1, dtype=FACTS_DTYPE)
    facts["opening_loans"] = weight.sum()
    facts["opening_balance"] = book.opening_balance
    facts["benefit_rate"] = book.jurisdiction.benefit_replacement_rate
    facts["reference_money"] = book.jurisdiction.reference_money
    facts["money_scale"] = _scale(limits, opening, _MOST_IN_A_MONTH)
    facts["path_money_scale"] = _scale(limits, opening, _MOST_ON_A_PATH)
    facts["count_scale"] = _scale(weights, opening, _MOST_IN_A_MONTH)
    facts["path_count_scale"] = _scale(weights, opening, _MOST_ON_A_PATH)
    facts["score_mean"] = SCORE_MEAN
    facts["score_sd"] = SCORE_SD
    facts["score_correlation"] = parameters["score_risk_correlation"]
    return records(facts)
