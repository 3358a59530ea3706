"""Grades by a rise of the chance of default and by the expected loss."""

from dataclasses import replace

import numpy as np

from simulator.provision import build_rule_book
from simulator.vocabulary import CellMeasure
from tests.results.provisions.loans_by_hand import (
    BOOKS,
    MONTHS,
    books_of,
    cells,
    coverage_of,
    estimates_of,
    run_of,
)


def test_a_rise_of_the_chance_of_default_leads_to_stage_2() -> None:
    output = run_of()
    book = build_rule_book(
        "stages", {**BOOKS["stages"], "significant_increase": {"pd_multiple": 1.5, "pd_rise": 0.05}}
    )
    output = replace(output, provision={"stages": book})
    (found,) = estimates_of(output)
    chance, loans = found.rates[CellMeasure.DEFAULT_LIFE], found.used[0, :, CellMeasure.LOANS]
    grade = coverage_of(output, "stages").grade
    moved = 0
    for month in range(MONTHS + 1):
        for cell, of in enumerate(cells()):
            origin = sum(chance[0, o] * loans[o] for o in of.origins) / sum(
                loans[o] for o in of.origins
            )
            rises = chance[month, cell] >= max(1.5 * origin, origin + 0.05)
            static = of.grades[0]
            assert grade[month, cell] == (1 if static == 0 and rises else static)
            moved += static == 0 and rises
    assert 0 < moved < 3 * (MONTHS + 1)
    never = {**BOOKS["stages"], "significant_increase": {"pd_multiple": None}}
    output = replace(output, provision={"stages": build_rule_book("stages", never)})
    assert (coverage_of(output, "stages").grade == [c.grades[0] for c in cells()]).all()


def test_an_impaired_loan_that_loses_enough_is_in_a_worse_class() -> None:
    book = build_rule_book("classes", {**BOOKS["classes"], "impaired_shares": {"doubtful": 0.3}})
    output = replace(run_of(), provision={**books_of(), "classes": book})
    (found,) = estimates_of(output)
    loss = found.rates[CellMeasure.LOSS_LIFE]
    grade = coverage_of(output, "classes").grade
    assert (grade[:, 4] == np.where(loss[:, 4] >= 0.3, 3, 2)).all()
    assert set(grade[:, 4].tolist()) == {2, 3}
    assert (grade[:, 5] == 4).all()  # never better
    assert (grade[:, 3] == 1).all()  # not impaired
