"""What must hold of every roll-forward, and what a reader of allowances is told."""

from dataclasses import replace

from simulator.results.checks import TOLERANCE, run_checks
from simulator.results.dataset import to_dataset
from simulator.results.provisions.audit import provision_warnings, roll_forward_error
from simulator.results.provisions.roll_forward import LINES
from simulator.vocabulary import CellMeasure
from tests.results.outputs import output_of, zero_tallies
from tests.results.provisions.loans_by_hand import run_of, table


def test_roll_forwards_close_and_checks_notice_one_that_does_not() -> None:
    output = run_of((1, 2), ("status_quo", "care"), foresight="weighted")
    dataset = to_dataset(output)
    assert roll_forward_error(dataset) < TOLERANCE
    for line in range(len(LINES)):
        spoiled = dataset.copy(deep=True)
        spoiled["roll_forward"][0, 1, 0, 5, line, 1] += 1.0
        assert roll_forward_error(spoiled) > TOLERANCE
    found = {check.name: check for check in run_checks(output, dataset)}
    assert all(found[name].passed for name in ("roll_forward", "cells", "moves"))
    tallies = output.tallies["scenario_1", "care"]
    tallies.moves[3, 1, 2] += 1.0
    tallies.cells[2, 4, 1, CellMeasure.BALANCE] += 1.0
    found = {check.name: check for check in run_checks(output)}
    assert not found["moves"].passed
    assert not found["cells"].passed
    assert "roll_forward" not in found


def test_a_short_horizon_is_told() -> None:
    output = run_of()
    (text,) = provision_warnings(output)
    assert "run.runoff_months=18 or more separates them" in text
    longer = output_of({"status_quo": zero_tallies(2, 23)}, months=5)
    assert provision_warnings(replace(longer, cells=table())) == []
    assert provision_warnings(replace(output, cells=None)) == []
    short = output_of({"status_quo": zero_tallies(2, 8)}, months=5)
    (text,) = provision_warnings(replace(short, cells=table()))
    assert "ends after month 8" in text
    cut = output_of({"status_quo": zero_tallies(2, 20)}, months=17)
    (text,) = provision_warnings(replace(cut, cells=table()))
    assert "last 9 months are those of month 8" in text
