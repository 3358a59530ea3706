"""Columns in which quiet borrowers lie side by side, and how a record is copied there and back.

A *slot* holds a borrower and the one loan that is open; ``TILE`` slots of one product and class are
a *tile*: three rows of numbers, a column of ``TILE`` after the other, at places that the compiler
knows, so that one instruction reads several slots. The lists below say once which fields go over.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numba import config, literal_unroll
from numpy.typing import NDArray

from simulator.kernels.jit import loop, scalar
from simulator.vocabulary import Amortisation

N_FORMS: Final = len(Amortisation)
TILE: Final = 8 if config.DISABLE_JIT else 256
"""Slots of a tile; few where each is a turn of a slow loop."""

PERSON_REALS: Final = (
    "income", "essential", "discretionary", "savings", "p_forget", "p_channel_failure",
    "p_misunderstand", "refusal_weight", "true_risk", "weight",
)  # fmt: skip
LOAN_REALS: Final = ("usual_principal", "limit")
CUSTOMER_REALS: Final = ("savings", "other_debt")
STATE_REALS: Final = (
    "principal", "interest_deferred", "instalment", "base_rate", "limit", "relief_due",
    "relief_interest",
)  # fmt: skip
PERSON_WHOLES: Final = (
    "overspender", "platforms", "pays_others_first", "income_decile", "age_band",
)  # fmt: skip
LOAN_WHOLES: Final = ("origination_month", "segment")
CUSTOMER_WHOLES: Final = (
    "other_missed", "months_short", "cut_off", "hardship_known", "closed_until",
)  # fmt: skip
STATE_WHOLES: Final = ("remaining", "relief_left", "free_left", "relief_uses", "old_bucket")
"""Fields of ``PERSON_DTYPE``, ``LOAN_DTYPE``, ``PERSON_STATE_DTYPE``, ``LOAN_STATE_DTYPE``, each
list a block of columns, in this order."""
CHANGING_CUSTOMER_WHOLES: Final = CUSTOMER_WHOLES[:4]
CHANGING_STATE_REALS: Final = STATE_REALS[:2]
CHANGING_STATE_WHOLES: Final = STATE_WHOLES[:3]
"""What a quiet month changes, the first of each list; of ``CUSTOMER_REALS`` all."""

_REAL_NAMES: Final = (
    *(f"person.{name}" for name in PERSON_REALS),
    *(f"loan.{name}" for name in LOAN_REALS),
    *(f"customer.{name}" for name in CUSTOMER_REALS),
    *(f"state.{name}" for name in STATE_REALS),
    "education_luck",
    "autopay_luck",
)
_WHOLE_NAMES: Final = (
    *(f"person.{name}" for name in PERSON_WHOLES),
    *(f"loan.{name}" for name in LOAN_WHOLES),
    *(f"customer.{name}" for name in CUSTOMER_WHOLES),
    *(f"state.{name}" for name in STATE_WHOLES),
    "seated",
    "is_public",
    "is_remarkable",
    "borrower",
    "row",
    "cell",
    "next_free",
)
N_REALS: Final = len(_REAL_NAMES)
N_WHOLES: Final = len(_WHOLE_NAMES)


def _real(name: str) -> int:
    """Where a column of numbers begins."""
    return _REAL_NAMES.index(name) * TILE


def _whole(name: str) -> int:
    """Where a column of whole numbers begins."""
    return _WHOLE_NAMES.index(name) * TILE


INCOME: Final = _real("person.income")
ESSENTIAL: Final = _real("person.essential")
DISCRETIONARY: Final = _real("person.discretionary")
USUAL_SAVINGS: Final = _real("person.savings")
P_FORGET: Final = _real("person.p_forget")
P_CHANNEL: Final = _real("person.p_channel_failure")
P_MISUNDERSTAND: Final = _real("person.p_misunderstand")
REFUSAL_WEIGHT: Final = _real("person.refusal_weight")
TRUE_RISK: Final = _real("person.true_risk")
WEIGHT: Final = _real("person.weight")
USUAL_PRINCIPAL: Final = _real("loan.usual_principal")
FIRST_LIMIT: Final = _real("loan.limit")
SAVINGS: Final = _real("customer.savings")
OTHER_DEBT: Final = _real("customer.other_debt")
PRINCIPAL: Final = _real("state.principal")
DEFERRED: Final = _real("state.interest_deferred")
INSTALMENT: Final = _real("state.instalment")
BASE_RATE: Final = _real("state.base_rate")
LIMIT: Final = _real("state.limit")
RELIEF_DUE: Final = _real("state.relief_due")
RELIEF_INTEREST: Final = _real("state.relief_interest")
EDUCATION_LUCK: Final = _real("education_luck")
AUTOPAY_LUCK: Final = _real("autopay_luck")

OVERSPENDER: Final = _whole("person.overspender")
PLATFORMS: Final = _whole("person.platforms")
OTHERS_FIRST: Final = _whole("person.pays_others_first")
INCOME_DECILE: Final = _whole("person.income_decile")
AGE_BAND: Final = _whole("person.age_band")
ORIGINATION: Final = _whole("loan.origination_month")
SEGMENT: Final = _whole("loan.segment")
OTHER_MISSED: Final = _whole("customer.other_missed")
MONTHS_SHORT: Final = _whole("customer.months_short")
CUT_OFF: Final = _whole("customer.cut_off")
HARDSHIP_KNOWN: Final = _whole("customer.hardship_known")
CLOSED_UNTIL: Final = _whole("customer.closed_until")
REMAINING: Final = _whole("state.remaining")
RELIEF_LEFT: Final = _whole("state.relief_left")
FREE_LEFT: Final = _whole("state.free_left")
RELIEF_USES: Final = _whole("state.relief_uses")
OLD_BUCKET: Final = _whole("state.old_bucket")
SEATED: Final = _whole("seated")
IS_PUBLIC: Final = _whole("is_public")
IS_REMARKABLE: Final = _whole("is_remarkable")
BORROWER: Final = _whole("borrower")
ROW: Final = _whole("row")
CELL: Final = _whole("cell")
NEXT_FREE: Final = _whole("next_free")

PERSON_ID: Final = 0 * TILE
LOAN_ID: Final = 1 * TILE
N_IDS: Final = 2
HEADS: Final = 0 * TILE
SEEN_BALANCE: Final = 1 * TILE
N_UNITS: Final = 2
"""Permanent ids; in units: heads, and the balance at the last month end that rule books saw."""

N_RESULTS: Final = 16
N_FLAGS: Final = 13
"""Columns of scratch in ``tiles``."""


class Moving(NamedTuple):
    """Up to ``TILE`` borrowers who take a seat or leave one."""

    borrower: NDArray[np.int64]
    row: NDArray[np.int64]  # of the loan
    tile: NDArray[np.int64]
    place: NDArray[np.int64]  # in the tile
    ends: NDArray[np.uint8]  # whether the loan has ended


class Tiles(NamedTuple):
    """Slots of quiet borrowers; scratch of one worker."""

    real: NDArray[np.float64]  # (n_tiles, N_REALS * TILE)
    whole: NDArray[np.int32]  # (n_tiles, N_WHOLES * TILE)
    ids: NDArray[np.uint64]  # (n_tiles, N_IDS * TILE)
    units: NDArray[np.int64]  # (n_tiles, N_UNITS * TILE)
    kind: NDArray[np.int32]  # (n_tiles,): ``kind_of``
    n: NDArray[np.int64]  # (1,): tiles in use
    quiet: NDArray[np.int64]  # (1,): borrower-months of the path that were quiet
    free: NDArray[np.int64]  # (n_kinds,): first free slot of each kind, -1: none
    n_free: NDArray[np.int64]  # (n_kinds,)
    n_slots: NDArray[np.int64]  # (n_kinds,)
    watched: NDArray[np.uint8]  # (n_borrowers,): 1 keeps a borrower in the records
    marks: NDArray[np.uint8]  # (n_borrowers, padded to 8): 1: the month's records have this one
    marks_by_eight: NDArray[np.uint64]  # the same memory
    luck: NDArray[np.float64]  # (8 * TILE,): the month's uniforms of a tile
    result: NDArray[np.float64]  # (N_RESULTS * TILE,)
    flags: NDArray[np.int32]  # (N_FLAGS * TILE,)
    moving: Moving


@scalar
def kind_of(product, amortisation, group, n_classes):
    """One number for what the loans of a tile have in common; ``group``: their class."""
    return (product * N_FORMS + amortisation) * n_classes + int(group)


@scalar
def parts_of_kind(kind, n_classes):
    """(product, form of repayment, class) of a kind."""
    return kind // n_classes // N_FORMS, kind // n_classes % N_FORMS, kind % n_classes


def _into_columns(names: tuple[str, ...], first: int) -> Callable[..., None]:
    """A loop that copies fields of records at ``rows`` into columns, from ``first`` on."""

    @loop
    def copy(n, moving, rows, records, columns):
        at = first
        for name in literal_unroll(names):
            for j in range(n):
                columns[moving.tile[j], at + moving.place[j]] = records[rows[j]][name]
            at += TILE

    return copy


def _out_of_columns(names: tuple[str, ...], first: int) -> Callable[..., None]:
    """The same back into the records."""

    @loop
    def copy(n, moving, rows, records, columns):
        at = first
        for name in literal_unroll(names):
            for j in range(n):
                records[rows[j]][name] = columns[moving.tile[j], at + moving.place[j]]
            at += TILE

    return copy


_seat_person_reals = _into_columns(PERSON_REALS, INCOME)
_seat_loan_reals = _into_columns(LOAN_REALS, USUAL_PRINCIPAL)
_seat_customer_reals = _into_columns(CUSTOMER_REALS, SAVINGS)
_seat_state_reals = _into_columns(STATE_REALS, PRINCIPAL)
_seat_person_wholes = _into_columns(PERSON_WHOLES, OVERSPENDER)
_seat_loan_wholes = _into_columns(LOAN_WHOLES, ORIGINATION)
_seat_customer_wholes = _into_columns(CUSTOMER_WHOLES, OTHER_MISSED)
_seat_state_wholes = _into_columns(STATE_WHOLES, REMAINING)
_write_customer_reals = _out_of_columns(CUSTOMER_REALS, SAVINGS)
_write_state_reals = _out_of_columns(CHANGING_STATE_REALS, PRINCIPAL)
_write_customer_wholes = _out_of_columns(CHANGING_CUSTOMER_WHOLES, OTHER_MISSED)
_write_state_wholes = _out_of_columns(CHANGING_STATE_WHOLES, REMAINING)


@loop
def seat_records(n, moving, people, loans, customers, states, real, whole):
    """Copy ``n`` borrowers and their loans into their slots; ``moving`` of ``Moving``."""
    borrowers, rows = moving.borrower, moving.row
    _seat_person_reals(n, moving, borrowers, people, real)
    _seat_loan_reals(n, moving, rows, loans, real)
    _seat_customer_reals(n, moving, borrowers, customers, real)
    _seat_state_reals(n, moving, rows, states, real)
    _seat_person_wholes(n, moving, borrowers, people, whole)
    _seat_loan_wholes(n, moving, rows, loans, whole)
    _seat_customer_wholes(n, moving, borrowers, customers, whole)
    _seat_state_wholes(n, moving, rows, states, whole)


@loop
def write_records(n, moving, customers, states, real, whole):
    """Copy what quiet months have changed back from the slots of ``moving``."""
    borrowers, rows = moving.borrower, moving.row
    _write_customer_reals(n, moving, borrowers, customers, real)
    _write_state_reals(n, moving, rows, states, real)
    _write_customer_wholes(n, moving, borrowers, customers, whole)
    _write_state_wholes(n, moving, rows, states, whole)
