"""The table of a sample's history."""

import numpy as np

from simulator.kernels.tally import HISTORY_DTYPE
from simulator.results.history import COLUMNS, history_table
from simulator.vocabulary import Cause, Hardship, Health, LoanStatus, WorkState


def test_a_history_has_a_row_for_each_run_loan_and_month() -> None:
    records = np.zeros((3, 2), dtype=HISTORY_DTYPE)
    records["balance"] = np.arange(6.0).reshape(3, 2)
    records["status"] = int(LoanStatus.OPEN)
    records["cause"][2, 1] = int(Cause.ILLNESS)
    records["work"][2, 1] = int(WorkState.UNEMPLOYED)
    records["health"][2, 1] = int(Health.WEAKENED)
    records["hardship"][2, 1] = int(Hardship.JOB_LOSS)
    records["income"], records["contacts"] = 3_500.0, 1.5
    ids = np.array([7, 2**63 + 1], dtype=np.uint64)
    runs = {("baseline", "status_quo"): records, ("baseline", "other"): records}
    records["n_unpaid"][2] = (0, 3)
    due_days = np.array([5, 28], dtype=np.uint8)
    table = history_table(runs, ids, ids + np.uint64(1), due_days).to_pydict()
    assert len(table["month"]) == 2 * 3 * 2
    last = {name: column[5] for name, column in table.items()}
    assert last["scenario"] == "baseline"
    assert last["policy"] == "status_quo"
    assert (last["month"], last["balance"], last["status"]) == (2, 5.0, "open")
    assert last["cause"] == "illness"
    assert last["dpd"] == 90 - 28
    assert table["dpd"][:4] == [0, 0, 0, 0]
    assert max(table["dpd"]) == 62
    assert (last["borrower_id"], last["loan_id"]) == (2**63 + 1, 2**63 + 2)
    assert (last["work"], last["health"]) == ("unemployed", "weakened")
    assert (last["hardship"], last["hardship_seen"]) == ("job_loss", "none")
    assert (last["income"], last["contacts"]) == (3_500.0, 1.5)


def test_new_columns_stand_on_the_right_of_those_that_readers_know() -> None:
    known = [
        "scenario",
        "policy",
        "month",
        "borrower_id",
        "loan_id",
        "status",
        "n_unpaid",
        "cause",
        "refusing",
        "relief_months_left",
        "principal",
        "balance",
        "paid",
        "savings",
        "other_debt",
        "dpd",
    ]
    added = ["income", "work", "health", "hardship", "hardship_seen", "contacts"]
    ids, records = np.arange(2, dtype=np.uint64), np.zeros((3, 2), dtype=HISTORY_DTYPE)
    table = history_table({("a", "b"): records}, ids, ids, np.array([5, 28], dtype=np.uint8))
    assert table.column_names == [*known, *added] == list(COLUMNS)
    assert set(HISTORY_DTYPE.names or ()) <= set(COLUMNS)
