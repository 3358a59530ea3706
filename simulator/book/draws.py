"""Random columns of borrowers: each value a pure function of (seed, permanent id, column).

Neither other borrowers nor the order of rows can change one.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import sqrt

from simulator.book import distributions as d
from simulator.book.schema import F8, U8
from simulator.elementary import normal_quantile
from simulator.kernels.rng import uniforms
from simulator.vocabulary import Domain


class Column(IntEnum):
    """Number of each drawn column, part of the random counter; append-only."""

    TRUE_RISK = 0
    SCORE = 1
    REGION = 2
    AGE = 3
    WORK = 4
    INCOME = 5
    OVERSTATES = 6
    OVERSTATEMENT = 7
    PLATFORMS = 8
    OTHER_DEBT = 9
    PAYS_OTHERS_FIRST = 10
    MARGIN = 11
    ESSENTIAL_SHARE = 12
    OVERSPENDER = 13
    HAND_TO_MOUTH = 14
    SAVINGS = 15
    WORKING_CAPITAL = 16
    MANUAL_PAYMENT = 17
    P_FORGET = 18
    P_CHANNEL_FAILURE = 19
    P_MISUNDERSTAND = 20
    REFUSAL_WEIGHT = 21
    UNEMPLOYMENT_INSURED = 22
    MEDICAL_INSURED = 23
    SECOND_LOAN = 25
    SAMPLE = 26
    PRODUCT = 40  # from here on keyed by the loan's id
    TERM = 41
    LOAN_AGE = 42
    DUE_DAY = 43
    AMOUNT = 44
    UTILISATION = 45
    OPENING_SPELL = 46
    DONOR = 59  # keyed by the borrower's id again
    WORKER_TYPE = 60
    PURSE = 61


@dataclass(frozen=True, slots=True)
class Draws:
    """Random columns of the owners of ``ids``."""

    seed: int
    ids: U8

    def uniform(self, column: Column) -> F8:
        """One uniform in (0, 1) for each id; shape (n,)."""
        return uniforms(self.seed, 0, self.ids, int(column), 0, int(Domain.SYNTHESIS))

    def normal(self, column: Column) -> F8:
        """One standard normal for each id; shape (n,)."""
        return normal_quantile(self.uniform(column))

    def correlated(
        self, column: Column, loading: float, true_risk: F8, of_youth: F8 | None = None
    ) -> F8:
        """Normal scores with correlation ``loading`` with ``true_risk``; shape (n,).

        ``of_youth``: what youth adds, ``YOUNG_LOADING`` times its normal score, for those traits
        that the young have more often.
        """
        explained = loading * loading
        explained += 0.0 if of_youth is None else d.YOUNG_LOADING * d.YOUNG_LOADING
        z: F8 = loading * true_risk + sqrt(1.0 - explained) * self.normal(column)
        return z if of_youth is None else z + of_youth
