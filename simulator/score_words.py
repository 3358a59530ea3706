"""Words of the power of the score: what is judged, and by which numbers."""

from enum import IntEnum
from typing import Final


class Judged(IntEnum):
    """Loans whose first year judges the application score; docs/model.md, section 12.1."""

    OPENING = 0
    NEW = 1
    OPENING_BEFORE_RELIEF = 2
    NEW_BEFORE_RELIEF = 3


class ScorePower(IntEnum):
    """What is told of the score's power to separate good from bad loans on a path."""

    GINI = 0
    KS = 1
    GINI_VARIANCE = 2
    KS_VARIANCE = 3
    LOANS = 4
    BAD_LOANS = 5


class Applicant(IntEnum):
    """Sums over the new customers of a cell of the score; docs/model.md, section 14.1."""

    ASKED = 0
    APPROVED = 1
    BOOKED = 2
    PRINCIPAL = 3
    PRICE = 4
    JUDGED = 5
    BAD = 6
    CHARGED_OFF = 7
    LENT = 8
    VALUE = 9


N_APPLICANT: Final = len(Applicant)
COUNTED: Final = (
    Applicant.ASKED,
    Applicant.APPROVED,
    Applicant.BOOKED,
    Applicant.JUDGED,
    Applicant.BAD,
)
"""Those of ``Applicant`` that are numbers of loans; the others are money."""
N_JUDGED: Final = len(Judged)
N_SCORE_POWER: Final = len(ScorePower)
PERFORMANCE_MONTHS: Final = 12
"""Months over which a loan is judged good or bad."""
