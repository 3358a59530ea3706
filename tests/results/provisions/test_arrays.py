"""Variables about rule books in the dataset: none without them, and the rates for audit."""

import numpy as np

from simulator.results.dataset import to_dataset
from simulator.results.provisions.audit import roll_forward_error
from simulator.results.provisions.metrics import provision_values
from simulator.results.provisions.rates import Level
from tests.results.outputs import output_of, small_book, zero_tallies
from tests.results.provisions.loans_by_hand import MONTHS, N_CELLS, PATHS, dataset_of, loans_of


def test_without_rule_books_results_know_nothing_of_them() -> None:
    dataset = to_dataset(output_of({"status_quo": zero_tallies(2, 5)}, months=3))
    assert "allowance" not in dataset
    assert "provision" not in dataset.dims
    assert dataset.attrs["accounting_book"] == ""
    assert list(provision_values(dataset)) == []
    assert roll_forward_error(dataset) == 0.0


def test_rates_for_audit_are_those_of_the_loans() -> None:
    dataset = dataset_of().isel(scenario=0, policy=0)
    balance, loss = np.zeros((MONTHS + 1, N_CELLS)), np.zeros((MONTHS + 1, N_CELLS))
    for loan in (loan for loans in loans_of(1) for loan in loans):
        for k, cell in enumerate(loan.cell):
            balance[loan.first + k, cell] += loan.balance[k]
            loss[loan.first + k, cell] += loan.loss_12[k]
    np.testing.assert_allclose(dataset["cell_balance"], balance[1:] / PATHS)
    own = dataset["rate_source"].values == Level.OWN
    expected = np.divide(loss, balance, out=np.zeros_like(loss), where=balance > 0)[1:]
    np.testing.assert_allclose(dataset["expected_loss_rate_12"].values[own], expected[own])
    np.testing.assert_allclose(dataset["lgd"].values[own], 1.0 / 1.2)
    assert own.any()
    assert dataset.attrs["accounting_book"] == "stages"
    assert small_book().currency == dataset["cell_balance"].attrs["units"]
