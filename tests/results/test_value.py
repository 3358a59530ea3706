"""Value of a policy: by hand, by closed forms, and by what must not matter."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.catalogue import parameters_from
from simulator.outlook import BALANCE, GAIN, N_OUTLOOKS, OUTLOOKS_OF_BUCKET
from simulator.results.dataset import to_dataset
from simulator.results.summary import summarise
from simulator.results.value import VALUE_METRICS, outlook_values, value_values, value_warnings
from tests.results.outputs import output_of, random_tallies, zero_tallies
from tests.results.sound_lender import RATE, run_of, sound_book

F8 = NDArray[np.float64]
NOTHING = {
    "operating_cost_monthly": 0.0,
    "operating_cost_rate": 0.0,
    "tax_rate": 0.0,
    "funding_annual_rate": RATE,
    "cost_of_equity": RATE,
}
"""No cost, no tax, and owners who ask what lenders ask."""


def test_two_loans_are_worth_their_table_of_cash() -> None:
    book, months, runoff = sound_book(2, 6, 0.0), 6, 40
    costs = {"operating_cost_monthly": 0.4, "operating_cost_rate": 0.02}
    rates = {"tax_rate": 0.25, "funding_annual_rate": 0.05, "cost_of_equity": 0.12}
    capital = {"capital_target": 0.125, "risk_weight": 0.75}
    dataset = run_of(book, months, runoff, **costs, **rates, **capital)
    funding = 0.05 * 0.75
    v = 1.0 / (1.0 + funding / 12.0)
    expected = 0.0
    opening = book.borrowers.arrival_month[book.loans.borrower] == 0
    for row in np.flatnonzero(opening):
        balance, n = book.loans.principal[row], int(book.loans.remaining_months[row])
        instalment = balance * (RATE / 12) / (1.0 - (1.0 + RATE / 12) ** -n)
        for t in range(1, n + 1):
            interest = balance * RATE / 12
            cost = 0.4 * book.jurisdiction.reference_money + 0.02 / 12 * balance
            tax = 0.25 * (interest - cost)
            tied_up = (0.12 - funding) / 12 * 0.125 * 0.75 * balance
            expected += v**t * (instalment - cost - tax - tied_up)
            balance -= instalment - interest
    np.testing.assert_allclose(dataset["value"].values, expected, rtol=1e-9)
    np.testing.assert_allclose(dataset["value_left"].values, 0.0, atol=1e-6)


@pytest.mark.parametrize(("months", "runoff"), [(6, 2), (6, 12), (12, 24)])
def test_loans_at_the_rate_that_all_ask_are_worth_their_balance_however_long_they_are_watched(
    months: int, runoff: int
) -> None:
    """What is left is valued like what was seen, early repayment included."""
    dataset = run_of(sound_book(300, months, 0.03), months, runoff, **NOTHING)
    opening = dataset["balance_at_opening"].values.sum(axis=-1)
    assert runoff > 12 or float(dataset["value_left"].min()) > 0.0
    np.testing.assert_allclose(dataset["value"].values, opening, rtol=1e-9)


def test_value_of_what_is_left_by_a_closed_form() -> None:
    """A share of .9 stays a month, and a unit brings .12: v .12 / (1 - .9 v)."""
    tallies, v = zero_tallies(1, 3), 1.0 / 1.01
    tallies.brought[0, 0] = 200.0, 24.0
    tallies.passed_on[0, 0, 0] = 180.0
    found = outlook_values([tallies], v)
    worth = v * 0.12 / (1.0 - 0.9 * v)
    np.testing.assert_allclose(found[0, 0], worth)
    np.testing.assert_allclose(found[0, :OUTLOOKS_OF_BUCKET], worth)  # never seen: as its bucket
    np.testing.assert_allclose(found[1, :OUTLOOKS_OF_BUCKET], worth)  # as that bucket elsewhere
    assert np.all(found[:, OUTLOOKS_OF_BUCKET:] == 0.0)  # nobody was seen like that
    both = outlook_values([tallies, tallies], v)
    np.testing.assert_allclose(both, found, rtol=1e-14)


def test_balances_that_would_never_end_have_no_value() -> None:
    """Deferred loans that grow: the run-off is too short, and the run says so and goes on."""
    growing = random_tallies(8, 3, 6)
    growing.brought[0, 0] = 100.0, 3.0
    growing.passed_on[0, 0, 0] = 101.0
    assert outlook_values([growing], 1.0) is None
    growing.passed_on[0, 0, 0] = 100.0
    assert outlook_values([growing], 1.0) is None
    assert outlook_values([growing], 0.99) is not None
    output = output_of({"status_quo": growing}, months=4)
    output = replace(output, parameters=parameters_from({"funding_annual_rate": 0.0}))
    dataset = to_dataset(output)
    assert np.all(np.isnan(dataset["value"].values))
    (row, _) = [item for item in summarise(dataset) if item.metric.startswith("value")]
    assert np.isnan(row.mean)
    (told,) = value_warnings(output)
    assert "2 months of run-off are too few to estimate the value left: no value" in told


def test_a_run_off_that_leaves_much_is_told_of() -> None:
    output = output_of({"status_quo": random_tallies(9, 3, 6)}, months=4)
    (told,) = value_warnings(output)
    assert "2 months of run-off leave" in told
    assert not value_warnings(output_of({"status_quo": random_tallies(9, 3, 6)}, months=6))
    gone = random_tallies(9, 3, 6)
    gone.balance[:, 6] = 0.0
    assert not value_warnings(output_of({"status_quo": gone}, months=4))


def test_an_outlook_of_its_own_is_not_mixed_with_others_of_its_bucket() -> None:
    tallies = zero_tallies(1, 3)
    tallies.brought[0, 0, [BALANCE, GAIN]] = 100.0, 100.0
    tallies.brought[0, 1, [BALANCE, GAIN]] = 300.0, 30.0
    found = outlook_values([tallies], 1.0)
    np.testing.assert_allclose(found[0, :3], [1.0, 0.1, 130.0 / 400.0])
    assert found.shape == (tallies.brought.shape[0], N_OUTLOOKS)


def valued(tallies_scale: float = 1.0, **parameters: float) -> F8:
    """Values of a random lender whose every sum is scaled."""
    tallies = random_tallies(5, 4, 12)
    draw = np.random.default_rng(6)
    tallies.left[:] = draw.uniform(0.0, 3.0, tallies.left.shape)
    tallies.brought[..., BALANCE] = draw.uniform(5.0, 9.0, tallies.brought.shape[:2])
    tallies.brought[..., GAIN] = draw.uniform(0.0, 1.0, tallies.brought.shape[:2])
    tallies.passed_on[:] = draw.uniform(0.0, 0.1, tallies.passed_on.shape)
    for name in ("flows", "counts", "left", "brought", "passed_on", "written_off_by_product"):
        getattr(tallies, name)[:] *= tallies_scale
    output = replace(
        output_of({"status_quo": tallies}, months=6), parameters=parameters_from(parameters)
    )
    return np.asarray(to_dataset(output)["value"].values)


def test_twice_the_lender_is_worth_twice_as_much() -> None:
    np.testing.assert_allclose(valued(2.0), 2.0 * valued(), rtol=1e-12)


def test_without_tax_and_a_charge_value_is_cash_at_the_cost_of_funding() -> None:
    """And a tax on everything leaves nothing but the capital's own return and the balance."""
    free = {"tax_rate": 0.0, "funding_annual_rate": 0.06, "cost_of_equity": 0.06}
    plain, dear = valued(**free), valued(**free, operating_cost_monthly=0.0)
    assert np.all(dear > plain)
    charged = valued(**(free | {"cost_of_equity": 0.2}))
    no_capital = valued(**(free | {"cost_of_equity": 0.2, "capital_target": 0.0}))
    assert np.all(charged < plain)
    np.testing.assert_allclose(no_capital, plain, rtol=1e-12)


def test_value_is_told_with_a_run_off_only() -> None:
    output = output_of({"status_quo": random_tallies(7, 3, 4)}, months=4)
    dataset = to_dataset(output)
    assert "value" not in dataset
    assert not list(value_values(dataset))
    longer = to_dataset(output_of({"status_quo": random_tallies(7, 3, 6)}, months=4))
    assert [item.name for item in value_values(longer)] == [m.name for m in VALUE_METRICS]
