"""Roll-forwards add up loan by loan."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.results.dataset import to_dataset
from simulator.results.provisions.allowance import Coverage
from simulator.results.provisions.roll_forward import LINES, roll_forward
from simulator.vocabulary import CellMeasure
from tests.results.provisions.loans_by_hand import (
    BOOKS,
    MONTHS,
    PAID_OFF,
    PATHS,
    WRITTEN_OFF,
    coverage_of,
    loans_of,
    run_of,
)

F8 = NDArray[np.float64]


def roll_by_loan(coverage: Coverage) -> dict[str, F8]:
    """The roll-forward one loan at a time, mean over paths, each (months, grades)."""
    lines = {line: np.zeros((MONTHS, coverage.n_grades)) for line in LINES}

    def put(line: str, month: int, grade: int, value: float) -> None:
        lines[line][month - 1, grade] += value / PATHS

    for loan in (loan for loans in loans_of(1) for loan in loans):
        for month in range(1, MONTHS + 1):
            old, new = loan.at(month - 1), loan.at(month)
            if new is not None:
                grade, rate = coverage.grade[month, new[0]], coverage.rate[month, new[0]]
                overlay = coverage.overlay[month, new[0]] * new[1]
                put("closing", month, grade, rate * new[1] + overlay)
                put("overlay", month, grade, overlay)
                if old is None:
                    put("new", month, grade, rate * new[1])
            if old is None:
                continue
            before, had = coverage.grade[month - 1, old[0]], coverage.rate[month - 1, old[0]]
            overlay = coverage.overlay[month - 1, old[0]] * old[1]
            put("opening", month, before, had * old[1] + overlay)
            put("overlay", month, before, -overlay)
            if new is not None:
                if grade != before:
                    put("transfer_in", month, grade, had * old[1])
                    put("transfer_out", month, before, -had * old[1])
                put("repaid", month, grade, had * (new[1] - old[1]))
                put("remeasurement", month, grade, (rate - had) * new[1])
            elif loan.left == PAID_OFF:
                put("repaid", month, before, -had * old[1])
            else:
                line = "written_off" if loan.left == WRITTEN_OFF else "sold"
                put(line, month, before, -loan.at_exit)
                put("remeasurement", month, before, loan.at_exit - had * old[1])
    return lines


@pytest.mark.parametrize("book", BOOKS)
def test_the_roll_forward_adds_up_loan_by_loan(book: str) -> None:
    output = run_of()
    expected = roll_by_loan(coverage_of(output, book))
    found = to_dataset(output)["roll_forward"].isel(scenario=0, policy=0).sel(provision=book)
    found = found.sel(grade=list(output.provision[book].grades))
    # repayment and remeasurement share what came from cells with another rate
    shared = ("repaid", "remeasurement")
    for line in [line for line in LINES if line not in shared]:
        np.testing.assert_allclose(found.sel(line=line), expected[line], atol=1e-8, err_msg=line)
    both = sum(expected[line] for line in shared)
    np.testing.assert_allclose(found.sel(line=list(shared)).sum("line"), both, atol=1e-8)


def test_where_all_loans_of_a_cell_came_from_one_rate_each_line_is_exact() -> None:
    output = run_of()
    coverage = coverage_of(output, "life")
    flat = replace(coverage, rate=np.full_like(coverage.rate, 0.3))
    expected = roll_by_loan(flat)
    tallies = output.tallies["scenario_1", "status_quo"]
    balance = tallies.cells[..., CellMeasure.BALANCE].mean(axis=0)
    found = roll_forward(balance, tallies.moves / PATHS, flat)
    for at, line in enumerate(LINES):
        np.testing.assert_allclose(found[:, at], expected[line], atol=1e-8, err_msg=line)
