"""Relief reaches whom it should and nobody else."""

from typing import Any

import numpy as np

from simulator.policies import GracePeriod, build_policy
from simulator.vocabulary import Count, Flow
from tests.conftest import CALM, RISKLESS, small_book
from tests.policies.effects import against, arrivals, differ, total
from tests.policies.policy_tables import preset


def test_a_flood_holiday_leaves_every_other_region_bit_identical() -> None:
    """The flood hits two regions; only one of them gets the holiday."""
    wet = np.where(np.arange(61) < 4, 0.3, 0.0)
    holiday = GracePeriod(
        regions=("west",),
        hardships=("disaster",),
        awareness=1.0,
        take_up_if_need=1.0,
        take_up_if_no_need=1.0,
        max_bucket=7,
        monthly_budget_share=10.0,
    )
    world = {"disaster_west": wet, "disaster_east": wet}
    small = against(holiday, worlds={"hard": world}, history=True)
    book = small.book
    west = book.borrowers.region[book.loans.borrower] == book.regions.index("west")
    changed = differ(small.history(), small.history("policy"))
    assert not np.any(changed & ~west)
    assert np.mean(changed[west]) > 0.2
    assert np.all(small.history()["relief_months_left"] == 0)


def test_a_blanket_holiday_reaches_everybody_in_its_first_month() -> None:
    small = against(preset("blanket_holiday"), history=True, paths=1)
    opening = arrivals(small.book) == 0
    assert np.all(small.history("policy")["relief_months_left"][1][opening] == 2)


def test_a_buffer_period_is_a_month_and_can_be_had_twice() -> None:
    always = build_policy(
        "always",
        {"kind": "grace_period", "months": 1, "max_uses": 2, "awareness": 1.0}
        | {"take_up_if_need": 1.0, "take_up_if_no_need": 1.0, "monthly_budget_share": 10.0},
    )
    book = small_book(opening_overdue=False)
    small = against(always, book=book, parameters=RISKLESS, history=True, paths=1)
    opening = arrivals(book) == 0
    paid = small.history("policy")["paid"][:, opening]
    assert np.all(paid[1:3] == 0.0)
    assert np.count_nonzero(paid[3]) > 0.9 * opening.sum()


def test_a_re_plan_clears_arrears_and_keeps_the_principal() -> None:
    """Everybody in arrears in month 1 gets one, short or not; at most that month is unpaid then."""
    settings = {"kind": "instalment_replan", "awareness": 1.0, "max_bucket": 7}
    asked = {"take_up_if_need": 1.0, "take_up_if_no_need": 1.0, "monthly_budget_share": 10.0}
    policy = build_policy("all", settings | asked)
    small = against(policy, history=True, paths=1, months=1)
    before, after = small.history("policy")[0], small.history("policy")[1]
    overdue = before["n_unpaid"] > 0
    assert np.count_nonzero(before["n_unpaid"] > 1) > 5
    assert total(small, Count.RELIEF_GRANTED) == np.count_nonzero(overdue)
    assert np.all(after["n_unpaid"][overdue] <= 1)
    assert small.flows("policy")[:, :, Flow.FORGIVEN].sum() == 0.0


def test_a_tenor_extension_lowers_instalments_of_loans_that_are_not_overdue() -> None:
    settings = {"kind": "instalment_replan", "term_extension_months": 12, "affordable_share": 0.0}
    asked = {"awareness": 1.0, "take_up_if_need": 1.0, "take_up_if_no_need": 1.0, "last_month": 1}
    cells = {"first_bucket": 0, "max_bucket": 0, "monthly_budget_share": 10.0}
    policy = build_policy("longer", settings | asked | cells)
    book = small_book(product="cash_loan", applicants_monthly_share=0.0, opening_overdue=False)
    calm: dict[str, Any] = {
        "parameters": RISKLESS,
        "worlds": {"hard": CALM},
        "paths": 1,
        "history": True,
    }
    small = against(policy, book=book, **calm)
    i = np.minimum(book.loans.annual_rate, book.jurisdiction.all_in_rate_cap) / 12
    months = book.loans.remaining_months.astype(float) + 12
    instalment = book.loans.principal * i / (1 - (1 + i) ** -months)
    # Nobody prepays while relief runs, so the first month's payments are instalments.
    np.testing.assert_allclose(small.history("policy")["paid"][1], instalment)
