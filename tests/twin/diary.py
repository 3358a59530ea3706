"""What the twin writes down about a loan, month by month."""

from dataclasses import dataclass, field
from enum import Enum

from simulator.vocabulary import Cause, Hardship, LoanStatus


class Grant(Enum):
    """Relief that was granted in a month."""

    NONE = 0
    REPLAN = 1
    DEFERRAL = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """A month of a loan in its diary: how it ended, and what happened on the way."""

    month: int
    status: LoanStatus
    unpaid: int
    dpd: int
    cause: Cause
    relief_left: int
    hardship: Hardship
    """What the lender sees of it."""
    warned: bool
    grant: Grant
    balance: float
    """At month end, before an exit."""
    opening: float
    """Balance at the month's start, after a cut."""
    paid: float
    interest: float
    """Part of what was paid that is interest, penalty or fees."""
    relief_uses: int
    remaining: int
    cost: float
    """Collection cost of the contacts with the loan, without its weight."""
    drawn: float
    price: float
    discount: float
    """Of one month at the loan's rate, v."""

    @property
    def open(self) -> bool:
        return self.status is LoanStatus.OPEN


@dataclass(slots=True)
class Diary:
    """Every month of a loan from its first month end on the books to its exit."""

    weight: float
    segment: int
    product: int
    recovery_share: float
    half_life_months: float
    score_cell: int = -1
    """Of a new customer's loan; -1 of others."""
    entries: list[Entry] = field(default_factory=list)
    court: tuple[int, float] | None = None
    """Month and amount of what a court brings after the write-off."""

    def at(self, month: int) -> Entry:
        return self.entries[month - self.entries[0].month]
