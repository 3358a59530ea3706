"""Packed records of people, loans and products, and their state along a path.

The book arrives as columns and is packed into records once. Inside the kernels a record is one
pointer: functions take "this loan" and "this borrower" instead of sixty arrays, all of a loan's
fields share two cache lines, and numba counts no references. (Structure-of-arrays with named
tuples was tried first and ran a hundred times slower: docs/decisions/0002-records.md.)
"""

import os
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.slots import (
    N_FLAGS,
    N_FORMS,
    N_IDS,
    N_REALS,
    N_RESULTS,
    N_UNITS,
    N_WHOLES,
    TILE,
    Moving,
    Tiles,
)
from simulator.outlook import N_BROUGHT, N_OUTLOOKS
from simulator.vocabulary import MAX_CLASSES, MAX_UNPAID, Count, Flow

INTERPRETED: Final = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
"""Whether the compiler is switched off, to step through kernels or to see what tests reach."""

CHUNK = 256
"""Borrowers whose uniforms are drawn together."""


def _record(**columns: str) -> np.dtype[np.void]:
    """An aligned record: for each kind of number, the names of its fields."""
    fields = [(name, kind) for kind, names in columns.items() for name in names.split()]
    return np.dtype(fields, align=True)


PERSON_DTYPE = _record(
    uint64="id",
    int64="heads",
    float64="weight income essential discretionary savings p_forget p_channel_failure"
    " p_misunderstand refusal_weight true_risk",
    uint32="first_loan",
    uint16="n_loans",
    int16="arrival_month",
    uint8="work overspender platforms pays_others_first unemployment_insured medical_insured"
    " income_decile age_band",
)
"""What a borrower's month needs of the book; fields as in ``book.schema.Borrowers``; ``heads``: the
weight in units of counts (``kernels.exact``)."""

ENTRY_DTYPE = _record(
    float64="stated_income score savings_at_opening other_debt arrives_at",
    int16="last_ended closed_until late_until",
    uint8="months_short other_missed refusing hardship_known cut_off loans_had",
)
"""The rest, needed when the book opens and when somebody applies."""

RANK_DTYPE = _record(float64="score weight")
"""A borrower in the order of scores."""

LOAN_DTYPE = _record(
    uint64="id",
    float64="limit usual_principal",
    uint32="borrower",
    int16="origination_month vintage",
    uint16="segment",
    uint8="product kind due_day again",
)
"""What a loan's month needs; fields as in ``book.schema.Loans``. ``again``: 1 for a loan of a
customer who has come back, in place of the one that the book knows."""

OPENING_DTYPE = _record(
    float64="annual_rate principal principal_overdue interest_overdue penalty fees",
    int32="book_row",
    int16="term_months remaining_months n_unpaid months_overdue",
)
"""The rest, needed when a loan opens; ``book_row``, the order of permanent ids, breaks ties."""

TERMS_DTYPE = _record(
    float64="rate_passthrough new_rate_passthrough late_fee_share penalty_multiple grace_days"
    " accrual_stop_dpd write_off_dpd"
    " p_prepay_monthly min_payment_share utilisation complexity recovery_share"
    " recovery_half_life_months"
)
"""A product; fields as in ``book.schema.ProductTerms``, pass-through times the catalogue's."""

PERSON_STATE_DTYPE = _record(
    float64="savings other_debt",
    int16="lived_until last_ended closed_until late_until",
    uint8="other_missed months_short refusing hardship_known cut_off loans_had",
)
"""``lived_until``: month up to which a dormant customer's household has been followed; the months
after it, and ``loans_had``: the lender's record (docs/model.md, section 9.1). ``other_missed``:
months in a row in which other lenders were not paid in full; ``hardship_known``: 1 while the lender
knows the hardship that the borrower is in; ``cut_off``: 1 while other platforms have withdrawn
their credit."""

LOAN_STATE_DTYPE = np.dtype(
    _record(
        float64="principal principal_overdue interest_deferred instalment base_rate able",
        int16="remaining spell",
        uint8="n_unpaid status cause reason refused late relief_left relief_uses from_bucket"
        " old_bucket marks free_left",
    ).descr
    + _record(
        float64="interest_overdue penalty fees limit relief_due relief_interest helped u_prepay"
    ).descr
)
"""A loan along a path, what every loan needs each month in its first 64 bytes.
``principal``: not yet due; ``base_rate``: yearly rate while the policy rate is the opening's,
``instalment``: of an annuity at a fixed rate; ``spell``: months overdue; ``from_bucket``: at
the month's start; ``old_bucket``: before the last re-plan. The month's plan, from the household to
the ledger: ``able`` (own money), ``helped`` (outside help on top), ``late`` (days, 0 = on time),
``reason`` (``Cause`` if not on time and in full), ``refused`` (1: not paid by choice),
``u_prepay`` (the month's uniform). ``marks``: bits of ``vocabulary.Flag``;
``free_left``: first months without interest that are left."""

OUTCOME_DTYPE = _record(
    float64="balance_90 balance_relief",
    float32="contacts",
    int16="first_30 first_90 first_relief last_relief overdue_months",
    uint16="complaints",
)
"""What happened to a borrower on a path: months (0: never, ``AT_OPENING``: at the opening already,
``overdue_months`` is ``NEVER_OPENED`` without a loan), balances at the first 90+ and at the first
grant of relief, efforts of contacts. Definitions: docs/model.md, section 12."""

REFERENCE_DTYPE = _record(float64="balance_90", int16="first_30 first_90 overdue_months")
"""What comparisons need of a borrower's outcome under the reference."""

AT_OPENING = -1
NEVER_OPENED = -1

RISK_DTYPE = _record(
    int64="balance",
    int16="defaulted cured",
    uint8="mark since warned clean",
)
"""What a lender remembers of a loan for its rule books: ``balance`` at the last month end, in
units; ``defaulted``: 1 + the month in which the running
episode of default began, ``cured``: the month in which the last one ended (0: none); ``mark``
(``Forbearance``) and months ``since`` relief ended; ``warned``: month ends that it still counts as
warned; ``clean``: 0, or 1 + the clean months since a default. Equations: docs/model.md,
section 13."""

NOTE_DTYPE = _record(
    float64="paid balance weight won", int64="heads", uint32="row", int16="to won_in"
)
"""A loan's month that the lender takes note of: unweighted payment and balance (before an exit),
bucket at month end or ``Exit``, and what a court brings in which later month."""

NOT_TRACKED: Final = 65_535
"""In place of a cell: the loan was not open at that month's end."""

SIGHT_DTYPE = _record(
    float64="default_unpaid technical_days watch_months longest_observation longest_memory"
)
"""How the rule books of a run see loans: numbers that every loan needs."""

PLAN_DTYPE = _record(
    float64="demand due rate income normal_income essential habit cost service free cash lent"
    " paid_elsewhere reserved p_forget p_channel p_misunderstand willingness",
    int16="unpaid spell",
    uint8="relieved shock hardship seen_hardship closed refused_by_platforms others_first"
    " cash_cause group",
)
"""A borrower's month in the making; kept for one chunk of borrowers at a time."""

MOVED_DTYPE = np.dtype([(flow.name.lower(), np.float64) for flow in Flow])
"""What moves of one loan in a month, unweighted."""

FLOW_DTYPE = np.dtype([(flow.name.lower(), np.int64) for flow in Flow])
"""One month's flows in units."""

COUNT_DTYPE = np.dtype([(count.name.lower(), np.int64) for count in Count])
"""One month's counts in units."""

COLLECTION_STAGE_DTYPE = _record(float64="reach effect cost complaint day")
"""A collection stage; cost in the book's currency, day after the due day."""

FACTS_DTYPE = _record(
    float64="opening_loans opening_balance benefit_rate reference_money score_mean score_sd"
    " score_correlation money_scale count_scale path_money_scale path_count_scale"
)
"""What holds for the whole book. Scales (``kernels.exact``): units in one of weighted money and of
weighted numbers, in sums of a month and in sums over a path."""


class Sight(NamedTuple):
    """How the rule books of a run see loans; no cells when there are none."""

    rules: NDArray[np.void]  # SIGHT_DTYPE, (1,)
    cell_of: NDArray[np.uint16]  # (N_SITUATIONS, n_groups)
    group_of_segment: NDArray[np.uint16]  # (n_segments,)
    observations_passed: NDArray[np.uint8]  # (256,): milestones passed by months since relief
    cures_passed: NDArray[np.uint8]  # (256,): milestones passed by clean months since a default
    relapse: NDArray[np.uint8]  # (256,): the last milestone passed by clean months


class BookArrays(NamedTuple):
    """The book as kernels read it; nothing here changes during a run."""

    people: NDArray[np.void]  # PERSON_DTYPE, (n_borrowers,)
    entries: NDArray[np.void]  # ENTRY_DTYPE, (n_borrowers,)
    loans: NDArray[np.void]  # LOAN_DTYPE, (n_loans,)
    openings: NDArray[np.void]  # OPENING_DTYPE, (n_loans,)
    terms: NDArray[np.void]  # TERMS_DTYPE, (n_products,)
    facts: NDArray[np.void]  # FACTS_DTYPE, (1,)
    first_applicant: NDArray[np.int32]  # row of each month's first, (last arrival + 2,)
    vintage_of: NDArray[np.int16]  # vintage of loans made in each month, (last arrival + 1,)
    prices: NDArray[np.float64]  # (n_products, n_bands): yearly rate in the list
    band_floors: NDArray[np.float64]  # lowest score of each band but the worst, descending
    ranks: NDArray[np.void]  # RANK_DTYPE: the opening's, then applicants', worst score first
    score_cell: NDArray[np.uint16]  # of each borrower, for sums by score
    rank_of: NDArray[np.int32]  # place of each borrower in ``ranks``
    sight: Sight


class LifeColumns(NamedTuple):
    """What a life depends on, as columns so that it vectorises; all (n_borrowers,)."""

    id: NDArray[np.uint64]
    arrival_month: NDArray[np.int16]
    region: NDArray[np.uint8]
    work: NDArray[np.uint8]
    worker_type: NDArray[np.uint8]
    life: NDArray[np.uint16]  # at the opening
    p_ill_monthly: NDArray[np.float64]
    p_admit_monthly: NDArray[np.float64]
    cut_risk: NDArray[np.float64]  # multiplies cut hazards


class Seen(NamedTuple):
    """Sums of the path in progress by month 0..months and cell, in units; model.md, section 13."""

    cells: NDArray[np.int64]  # (months + 1, n_cells, N_CELL_MEASURES)
    moves: NDArray[np.int64]  # (months + 1, n_cells + 1, n_cells + N_LEAVING)


class PathKey(NamedTuple):
    """Which luck a path draws, and how long new loans are made."""

    seed: np.uint64
    path: int
    months: int
    horizon: int


class State(NamedTuple):
    """What changes along a path: scratch of one worker, reset for each path."""

    people: NDArray[np.void]  # PERSON_STATE_DTYPE
    loans: NDArray[np.void]  # LOAN_STATE_DTYPE
    slots: NDArray[np.void]  # LOAN_DTYPE: the book's loans, and those made in their place later
    dormant: NDArray[np.uint32]  # rows of customers who may come back, in order
    n_dormant: NDArray[np.int64]  # (1,)
    risks: NDArray[np.void]  # RISK_DTYPE
    track: NDArray[np.uint16]  # (months + 1, n_loans): cell at each month end, or NOT_TRACKED
    notes: NDArray[np.void]  # NOTE_DTYPE, (loans of a chunk,)
    spent: NDArray[np.float64]  # cost of the month's contacts with each loan, weighted
    outlook: NDArray[np.uint16]  # of each loan at the last month end of the run-off
    brought: NDArray[np.int64]  # (n_products, N_OUTLOOKS, N_BROUGHT): balance, gain
    passed_on: NDArray[np.int64]  # (n_products, N_OUTLOOKS, N_OUTLOOKS): balance a month later
    filed: NDArray[np.int16]  # month in which a loan was filed with the court, 0: never
    bad: NDArray[np.uint8]  # BAD and BAD_BEFORE_RELIEF bits of each loan, (n_loans,)
    judged: NDArray[np.uint8]  # (n_borrowers, 4) by rank: bad, good; the same before relief
    outcomes: NDArray[np.void]  # OUTCOME_DTYPE, one a borrower
    queue: NDArray[np.float64]  # (n_loans, MAX_UNPAID), oldest unpaid instalment first
    live: NDArray[np.uint32]  # rows of live borrowers, in order
    question: NDArray[np.uint32]  # rows of loans in question, in order
    plans: NDArray[np.void]  # PLAN_DTYPE, (CHUNK,)
    person_ids: NDArray[np.uint64]  # of a chunk
    loan_ids: NDArray[np.uint64]
    struck: NDArray[np.uint32]  # places in a chunk of borrowers in hardship, (CHUNK,)
    u_person: NDArray[np.float64]  # (4, CHUNK)
    moved: NDArray[np.void]  # MOVED_DTYPE, (1,): of the loan at hand
    u_loan: NDArray[np.float64]  # (4, loans of a chunk)


class _PlainRecord(np.record):  # type: ignore[misc]
    """A record whose fields read as Python's numbers, which no small type cuts, as in kernels."""

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        return found.item() if isinstance(found, np.number) else found


def records(array: NDArray[np.void]) -> NDArray[np.void]:
    """``array`` with fields as attributes, in kernels and in a debugger alike."""
    if INTERPRETED:
        return array.view(np.ndarray).view(np.dtype((_PlainRecord, array.dtype)))
    return array.view(np.recarray)


def allocate_tiles(n_people: int, n_products: int, side_by_side: bool = True) -> Tiles:
    """Slots for a book.

    A quarter of a kind's slots may be empty (``seats.close_ranks``), and two tiles of each;
    without ``side_by_side`` there is no tile, and nobody is seated.
    """
    n_kinds = n_products * N_FORMS * MAX_CLASSES
    n_tiles = 4 * n_people // (3 * TILE) + 2 * min(n_kinds, n_people) if side_by_side else 0
    marks = np.zeros(-(-n_people // 8), dtype=np.uint64)
    return Tiles(
        real=np.zeros((n_tiles, N_REALS * TILE)),
        whole=np.zeros((n_tiles, N_WHOLES * TILE), dtype=np.int32),
        ids=np.zeros((n_tiles, N_IDS * TILE), dtype=np.uint64),
        units=np.zeros((n_tiles, N_UNITS * TILE), dtype=np.int64),
        kind=np.zeros(n_tiles, dtype=np.int32),
        n=np.zeros(1, dtype=np.int64),
        quiet=np.zeros(1, dtype=np.int64),
        free=np.full(n_kinds, -1, dtype=np.int64),
        n_free=np.zeros(n_kinds, dtype=np.int64),
        n_slots=np.zeros(n_kinds, dtype=np.int64),
        watched=np.zeros(n_people, dtype=np.uint8),
        marks=marks.view(np.uint8),
        marks_by_eight=marks,
        luck=np.zeros(8 * TILE),
        result=np.zeros(N_RESULTS * TILE),
        flags=np.zeros(N_FLAGS * TILE, dtype=np.int32),
        moving=Moving(
            borrower=np.zeros(TILE, dtype=np.int64),
            row=np.zeros(TILE, dtype=np.int64),
            tile=np.zeros(TILE, dtype=np.int64),
            place=np.zeros(TILE, dtype=np.int64),
            ends=np.zeros(TILE, dtype=np.uint8),
        ),
    )


def allocate_state(
    n_people: int,
    n_loans: int,
    most_loans: int,
    n_products: int = 1,
    tracked: int = 0,
) -> State:
    """Scratch for a book; ``most_loans`` is the largest number of loans of a borrower.

    ``tracked``: month ends at which rule books see the loans, the opening included.
    """
    width = CHUNK * max(1, most_loans)
    return State(
        people=records(np.zeros(n_people, dtype=PERSON_STATE_DTYPE)),
        loans=records(np.zeros(n_loans, dtype=LOAN_STATE_DTYPE)),
        slots=records(np.zeros(n_loans, dtype=LOAN_DTYPE)),
        dormant=np.zeros(n_people, dtype=np.uint32),
        n_dormant=np.zeros(1, dtype=np.int64),
        risks=records(np.zeros(n_loans if tracked else 0, dtype=RISK_DTYPE)),
        track=np.zeros((tracked, n_loans), dtype=np.uint16),
        notes=records(np.zeros(width, dtype=NOTE_DTYPE)),
        spent=np.zeros(n_loans),
        outlook=np.zeros(n_loans, dtype=np.uint16),
        brought=np.zeros((n_products, N_OUTLOOKS, N_BROUGHT), dtype=np.int64),
        passed_on=np.zeros((n_products, N_OUTLOOKS, N_OUTLOOKS), dtype=np.int64),
        filed=np.zeros(n_loans, dtype=np.int16),
        bad=np.zeros(n_loans, dtype=np.uint8),
        judged=np.zeros((n_people, 4), dtype=np.uint8),
        outcomes=records(np.zeros(n_people, dtype=OUTCOME_DTYPE)),
        queue=np.zeros((n_loans, MAX_UNPAID)),
        live=np.zeros(n_people, dtype=np.uint32),
        question=np.zeros(n_loans, dtype=np.uint32),
        plans=records(np.zeros(CHUNK, dtype=PLAN_DTYPE)),
        person_ids=np.zeros(CHUNK, dtype=np.uint64),
        loan_ids=np.zeros(width, dtype=np.uint64),
        struck=np.zeros(CHUNK, dtype=np.uint32),
        u_person=np.zeros((4, CHUNK)),
        moved=records(np.zeros(1, dtype=MOVED_DTYPE)),
        u_loan=np.zeros((4, width)),
    )
