"""Net present value: by hand, against the income statement, and by amortised cost."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from simulator.catalogue import parameters_from
from simulator.results.by_path import PATH_DIMS
from simulator.results.cases import policy_runs_of
from simulator.results.dataset import to_dataset
from simulator.results.inputs import SimulationOutput
from simulator.results.net_present_value import (
    cash_flow,
    net_present_value,
    net_present_value_values,
    present_value,
    terminal_value,
)
from simulator.results.path_metrics import BY_NAME, lifetime_view
from simulator.vocabulary import Count, Flow
from tests.results.outputs import output_of, random_tallies, zero_tallies
from tests.results.sound_lender import RATE, run_of, sound_book

F8 = NDArray[np.float64]
FREE_OF_COST = {"operating_cost_monthly": 0.0, "operating_cost_rate": 0.0}


def with_parameters(output: SimulationOutput, **changes: float) -> SimulationOutput:
    return replace(output, parameters=parameters_from(changes))


def test_constant_cash_is_worth_its_annuity() -> None:
    rate = 0.01
    cash = np.full((2, 25), 10.0)
    annuity = 10.0 * (1.0 - 1.01**-24) / rate
    np.testing.assert_allclose(present_value(cash, np.zeros(2), rate), annuity)
    terminal = np.array([0.0, 300.0])
    expected = annuity + terminal * 1.01**-24
    np.testing.assert_allclose(present_value(cash, terminal, rate), expected)


def test_value_of_a_tiny_lender_by_hand() -> None:
    """Two months: 100 lent, 70 paid back, 3 of cost; then 40 left, of which 10 over 90 days."""
    tallies = zero_tallies(1, 2)
    tallies.flows[0, 1, Flow.DISBURSED] = 100.0
    tallies.flows[0, 2, [Flow.PRINCIPAL_PAID, Flow.INTEREST_PAID]] = 60.0, 10.0
    tallies.counts[0, 2, [Count.COLLECTION_COST, Count.SALE_PRICE]] = 3.0, 2.0
    tallies.counts[0, 2, [Count.OPENING_LOANS, Count.OPENING_BALANCE]] = 5.0, 120.0
    tallies.counts[0, 2, Count.LEGAL_RECOVERED] = 4.0
    tallies.balance[0, 2, [0, 4]] = 30.0, 10.0
    output = with_parameters(
        output_of({"status_quo": tallies}, months=2), discount_annual_rate=0.12, allowance_on_90=0.9
    )
    p = parameters_from({})
    operating = 5.0 * p["operating_cost_monthly"] * 5.0
    operating += 120.0 * p["operating_cost_rate"] / 12.0
    second = 70.0 - 3.0 + 2.0 + 4.0 - operating
    expected = -100.0 / 1.01 + (second + 30.0 + 0.1 * 10.0) / 1.01**2
    assert net_present_value(policy_runs_of(output)[0][0])[0] == pytest.approx(expected)


def test_undiscounted_value_is_the_opening_book_plus_the_profit_to_come() -> None:
    """Cash and accrual accounting meet: over the whole life they earn the same."""
    tallies = random_tallies(31, 5, 9)
    output = with_parameters(output_of({"status_quo": tallies}, months=6), discount_annual_rate=0.0)
    dataset = to_dataset(output)
    read = lifetime_view(dataset)
    profit = BY_NAME["net_result"](read) + read("funding_cost") - read("operating_cost")
    opening = tallies.balance[:, 0]
    book = opening.sum(axis=-1) - 0.9 * opening[:, 4:].sum(axis=-1)
    found = dataset["net_present_value"].values[0, 0]
    np.testing.assert_allclose(found, book + profit[0, 0, :, 0], rtol=1e-10)


def test_value_falls_by_what_it_costs() -> None:
    """A policy that only costs 7 a month is worth minus the annuity of 7."""
    costly, plain = random_tallies(32, 4, 12), random_tallies(32, 4, 12)
    costly.counts[:, 1:, Count.PROGRAMME_COST] += 7.0
    output = output_of({"status_quo": plain, "costly": costly}, months=12)
    item, left = net_present_value_values(to_dataset(output))
    np.testing.assert_array_equal(left.values[0, 1], left.values[0, 0])
    rate = 0.08 / 12.0
    lost = item.values[0, 1] - item.values[0, 0]
    np.testing.assert_allclose(lost, -7.0 * (1.0 - (1.0 + rate) ** -12) / rate, rtol=1e-9)
    assert item.months == (None,)
    assert item.unit == "CNY"


def sound_run(months: int, runoff: int) -> xr.Dataset:
    """Loans of one rate to people who always pay; no new ones, no costs."""
    book = sound_book(300, months)
    return run_of(book, months, runoff, **FREE_OF_COST, discount_annual_rate=RATE)


@pytest.mark.parametrize(("months", "runoff"), [(6, 0), (12, 24)])
def test_sound_loans_discounted_at_their_own_rate_are_worth_their_amortised_cost(
    months: int, runoff: int
) -> None:
    """The effective rate reconciles: whatever falls due when, and however many prepay."""
    dataset = sound_run(months, runoff)
    assert float(dataset["written_off"].sum()) == 0.0
    assert float(dataset["principal_paid"].sum()) > 0.0
    opening = dataset["balance_at_opening"].values.sum(axis=-1)
    np.testing.assert_allclose(dataset["net_present_value"].values, opening, rtol=1e-9)


def test_the_variable_has_its_dimensions_and_unit() -> None:
    dataset = to_dataset(output_of({"status_quo": random_tallies(33, 3, 4)}, months=4))
    variable = dataset["net_present_value"]
    assert (variable.dims, variable.attrs["units"]) == (PATH_DIMS, "CNY")


def test_cash_and_what_is_left_are_by_path() -> None:
    output = output_of({"status_quo": random_tallies(34, 3, 4)}, months=4)
    policy_run = policy_runs_of(output)[0][0]
    assert cash_flow(policy_run).shape == (3, 5)
    assert terminal_value(policy_run).shape == (3,)
