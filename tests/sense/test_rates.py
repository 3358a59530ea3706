"""A dearer policy rate hurts those whose rates follow it; a cheaper rival takes the best away."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.vocabulary import Count, Exit
from tests.conftest import (
    UNLIMITED,
    Small,
    overdue_rate,
    run_small,
    small_book,
    standard_errors_above_zero,
)
from tests.sense.runs import N_PATHS

F8 = NDArray[np.float64]
THREE_POINTS = {"policy_rate": 0.03 + 0.005 * np.minimum(np.arange(61), 6)}
"""Three points more from month 6 on."""
OWN_ALONE = {"platform_rate_passthrough": 0.0}
PLATFORMS_ALONE = {"product_rate_passthrough": 0.0, "platform_rate_passthrough": 1.0}


def closed(product: str, borrowers: int = 3_000) -> Book:
    """Open loans of one product, nobody overdue at the opening, nobody new."""
    return small_book(borrowers, 18, product, applicants_monthly_share=0.0, opening_overdue=False)


def pair(
    book: Book, world: dict[str, object], parameters: dict[str, float], paths: int = N_PATHS
) -> tuple[Small, Small]:
    """A calm run, and the same run in ``world``."""
    calm, changed = (
        run_small(
            book,
            policies={"status_quo": UNLIMITED},
            worlds={"hard": each},
            parameters=parameters,
            paths=paths,
            months=18,
        )
        for each in ({}, world)
    )
    return calm, changed


@pytest.mark.parametrize("first_bucket", [1, 2])
@pytest.mark.parametrize("product", ["micro_business_loan", "credit_line"])
def test_three_points_more_raise_what_is_overdue_of_floating_loans(
    product: str, first_bucket: int
) -> None:
    """By what open borrowers have to pay alone: nobody is new."""
    book = closed(product, 5_000)
    calm, dear = pair(book, dict(THREE_POINTS), OWN_ALONE, paths=2 * N_PATHS)
    before, after = (overdue_rate(run.tallies(), first_bucket) for run in (calm, dear))
    rise = after - before
    assert standard_errors_above_zero(rise) > 4


@pytest.mark.parametrize(("take_up", "ratio"), [({}, 1.02), ({"offer_price_slope": 0.0}, 1.0)])
def test_a_year_after_three_points_more_a_larger_share_of_business_loans_is_overdue(
    take_up: dict[str, float], ratio: float
) -> None:
    """Months 13 to 18 of a book that goes on lending, while the rival's rate stands still.

    Most of the rise is in the balance below the line: fewer take up what has become dearer. Where
    nobody minds the price, the share still rises.
    """
    book = small_book(3_000, 18, "micro_business_loan", applicants_monthly_share=0.09)
    calm, dear = pair(book, dict(THREE_POINTS), take_up)
    before, after = (
        run.tallies().balance[:, 13:, 2:].sum(axis=(1, 2))
        / run.tallies().balance[:, 13:].sum(axis=(1, 2))
        for run in (calm, dear)
    )
    assert standard_errors_above_zero(after - ratio * before) > 4


def test_dearer_debt_elsewhere_raises_what_is_overdue_of_fixed_loans() -> None:
    twenty = {"policy_rate": 0.03 + 0.04 * np.minimum(np.arange(61), 5)}
    calm, dear = pair(closed("cash_loan"), dict(twenty), PLATFORMS_ALONE)
    rise = overdue_rate(dear.tallies(), 2) - overdue_rate(calm.tallies(), 2)
    assert standard_errors_above_zero(rise) > 4


def test_dearer_debt_elsewhere_and_a_dearer_price_turn_applicants_away() -> None:
    """Both stand in the service that an applicant's income has to bear."""
    book = small_book(3_000, 18, "cash_loan", applicants_monthly_share=0.09)
    careful = UNLIMITED.model_copy(update={"debt_service_cap": 0.3})
    approved: dict[str, F8] = {}
    for name, own, elsewhere in (("none", 0, 0), ("own", 1, 0), ("elsewhere", 0, 1)):
        run = run_small(
            book,
            policies={"status_quo": careful},
            worlds={"hard": {"policy_rate": np.where(np.arange(61) > 0, 0.13, 0.03)}},
            parameters={
                "product_rate_passthrough": float(own),
                "platform_rate_passthrough": float(elsewhere),
            },
            paths=4,
            months=18,
        )
        approved[name] = run.counts()[:, :, Count.APPROVED].sum(axis=1)
    assert np.all(approved["own"] < approved["none"])
    assert np.all(approved["elsewhere"] < approved["none"])


def test_a_rival_five_points_cheaper_takes_applicants_and_loans_away() -> None:
    book = small_book(3_000, 18, "cash_loan", applicants_monthly_share=0.09, opening_overdue=False)
    cheaper = {"competitor_rate": np.where(np.arange(61) > 0, 0.13, 0.18)}
    calm, rival = pair(book, dict(cheaper), {})

    def leaving(run: Small) -> F8:
        counts = run.counts()
        share: F8 = counts[:, :, Count.DECLINED].sum(1) / counts[:, :, Count.APPROVED].sum(1)
        return share

    def paid_off(run: Small) -> F8:
        roll = run.tallies().roll[:, :, 0]
        share: F8 = roll[:, :, Exit.PAID_OFF].sum(axis=1) / roll.sum(axis=(1, 2))
        return share

    for measure in (leaving, paid_off):
        rise = measure(rival) - measure(calm)
        assert standard_errors_above_zero(rise) > 4
