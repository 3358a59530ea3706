"""Cure rates fall with the time overdue, beyond what the bucket explains."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.vocabulary import Exit, LoanStatus
from tests.conftest import UNLIMITED, Small, run_small, small_book, standard_errors_above_zero
from tests.sense.runs import N_PATHS

F8 = NDArray[np.float64]


def months_overdue(n_unpaid: NDArray[np.int16]) -> NDArray[np.int64]:
    """Months since a loan was last current, (T, n); spells open at month 0 are left out (-1)."""
    spell = np.where(n_unpaid[0] > 0, -1, 0)
    rows = [spell]
    for unpaid in n_unpaid[1:]:
        spell = np.where(unpaid == 0, 0, np.where(spell < 0, -1, spell + 1))
        rows.append(spell)
    return np.array(rows)


def cure_counts(small: Small, bucket: int, least: int, most: int) -> tuple[int, int]:
    """(cured within a month, all) of loan-months in ``bucket`` with a spell in [least, most]."""
    history = small.history()
    spell = months_overdue(history["n_unpaid"])[:-1]
    there = (history["status"][:-1] == LoanStatus.OPEN) & (history["n_unpaid"][:-1] == bucket)
    there &= (spell >= least) & (spell <= most)
    cured = (history["n_unpaid"][1:] == 0) & (history["status"][1:] != LoanStatus.WRITTEN_OFF)
    return int((there & cured).sum()), int(there.sum())


STRESSED = {"unemployment_rate": 0.09, "credit_supply": 0.5, "income_growth": -0.02}


def duration_run(**parameters: float) -> Small:
    """Many borrowers in a steady stressed world, so that only time overdue changes."""
    return run_small(
        small_book(9_000, months=36, applicants_monthly_share=0.0, opening_overdue=False),
        policies={"status_quo": UNLIMITED},
        worlds={"hard": STRESSED},
        parameters=parameters,
        months=36,
        paths=1,
        history=True,
    )


def test_cure_rates_fall_with_months_overdue_beyond_the_bucket() -> None:
    """Loans of one bucket: those overdue for longer cure less. A Markov chain would not know."""
    small = duration_run()
    fresh, n_fresh = cure_counts(small, 1, 1, 1)
    stale, n_stale = cure_counts(small, 1, 2, 99)
    assert n_stale > 100
    rates, sizes = np.array([fresh / n_fresh, stale / n_stale]), np.array([n_fresh, n_stale])
    error = np.sqrt((rates * (1 - rates) / sizes).sum())
    assert rates[0] - rates[1] > 4 * error


@pytest.mark.parametrize("bucket", [2, 3, 4])
def test_duration_effects_lower_the_cure_rate_of_late_buckets(bucket: int) -> None:
    """Against the same borrowers and luck without refusal and deafness growing with time."""

    def cure_rate(**parameters: float) -> F8:
        small = run_small(
            small_book(1_500, months=24, applicants_monthly_share=0.0),
            policies={"status_quo": UNLIMITED},
            worlds={"hard": STRESSED},
            parameters=parameters,
            months=24,
            paths=N_PATHS,
        )
        roll = small.tallies().roll[:, 1:, bucket].sum(axis=1)
        rate: F8 = (roll[:, 0] + roll[:, Exit.PAID_OFF]) / roll.sum(axis=1)
        return rate

    rise = cure_rate(refuse_duration_slope=0.0, effect_decay=0.0) - cure_rate()
    assert standard_errors_above_zero(rise) > 4
