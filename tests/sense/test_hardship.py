"""Hardship raises overdue rates."""

import numpy as np
import pytest

from tests.conftest import (
    CALM,
    Small,
    overdue_rate,
    run_small,
    standard_errors_above_zero,
    with_borrowers,
    with_loans,
)
from tests.sense.runs import N_PATHS, closed_book


def paired(**changed: object) -> tuple[Small, Small]:
    """A calm run and the same run with one thing changed."""
    plain: dict[str, object] = {"book": closed_book(), "worlds": {"hard": CALM}, "paths": N_PATHS}
    return run_small(**plain), run_small(**(plain | changed))  # type: ignore[arg-type]


WORSE: dict[str, dict[str, object]] = {
    "unemployment": {"worlds": {"hard": {"unemployment_rate": np.linspace(0.05, 0.12, 61)}}},
    "illness": {"parameters": {"illness_multiplier": 20.0}},
    "hospital": {"parameters": {"hospital_multiplier": 5.0}},
    "epidemic": {"worlds": {"hard": {"epidemic": 0.5}}},
    "disaster": {"worlds": {"hard": {"disaster": 0.02}}},
    "falling incomes": {"worlds": {"hard": {"income_growth": -0.1}}},
    "rising prices": {"worlds": {"hard": {"inflation": 0.5}}},
    "other platforms stop lending": {"worlds": {"hard": {"credit_supply": 0.2}}},
    "dearer debt elsewhere": {"parameters": {"platform_annual_rate": 0.5}},
    "less willingness": {"worlds": {"hard": {"willingness_shift": 1.5}}},
}


@pytest.mark.parametrize("first_bucket", [1, 2, 4])
@pytest.mark.parametrize("cause", WORSE)
def test_hardship_raises_overdue_rates(cause: str, first_bucket: int) -> None:
    plain, worse = paired(**WORSE[cause])
    rise = overdue_rate(worse.tallies(), first_bucket) - overdue_rate(plain.tallies(), first_bucket)
    assert standard_errors_above_zero(rise) > 4


@pytest.mark.parametrize("first_bucket", [1, 2, 4])
def test_less_savings_raise_overdue_rates(first_bucket: int) -> None:
    book = closed_book()
    plain, poorer = paired(book=with_borrowers(book, savings=0.2 * book.borrowers.savings))
    rise = overdue_rate(poorer.tallies(), first_bucket) - overdue_rate(
        plain.tallies(), first_bucket
    )
    assert standard_errors_above_zero(rise) > 4


@pytest.mark.parametrize("first_bucket", [1, 2])
def test_a_dearer_own_rate_raises_overdue_rates(first_bucket: int) -> None:
    """Two per cent against the cap of 24, for all; the rival's rate does not matter here."""
    book = closed_book()
    still = {"rival_prepay_sensitivity": 0.0, "choose_other_sensitivity": 0.0}
    rates = [with_loans(book, annual_rate=np.full(book.n_loans, rate)) for rate in (0.02, 0.24)]
    cheap, dear = (
        run_small(rated, worlds={"hard": CALM}, parameters=still, paths=N_PATHS) for rated in rates
    )
    rise = overdue_rate(dear.tallies(), first_bucket) - overdue_rate(cheap.tallies(), first_bucket)
    assert standard_errors_above_zero(rise) > 4
