"""Rates of cells and pools, of thin cells, of late months, and under each foresight."""

import numpy as np
import pytest

from simulator.results.provisions.rates import (
    LEAST_LOANS,
    Level,
    blend,
    blended,
    estimate,
    experience,
    pool_numbers,
    totals,
)
from simulator.vocabulary import LOSS_WINDOW_MONTHS, N_CELL_MEASURES, CellMeasure
from tests.results.provisions.loans_by_hand import (
    MONTHS,
    N_CELLS,
    cells,
    coverage_of,
    dataset_of,
    estimates_of,
    run_of,
)


def test_a_thin_cell_takes_the_rates_of_its_pool_and_a_thin_pool_those_of_all_months() -> None:
    sums = np.zeros((3, N_CELLS, N_CELL_MEASURES))
    enough = 2.0 * LEAST_LOANS

    def put(month: int, cell: int, loans: float, balance: float, loss: float) -> None:
        sums[month, cell, CellMeasure.LOANS] = loans
        sums[month, cell, CellMeasure.BALANCE] = balance
        sums[month, cell, CellMeasure.LOSS_12] = loss

    put(0, 0, enough, 1000.0, 100.0)
    put(0, 1, enough - 1.0, 500.0, 200.0)
    put(1, 2, 4.0, 10.0, 9.0)
    put(2, 2, 6.0, 30.0, 1.0)
    found = estimate(sums, pool_numbers(cells()), 2.0, 40)
    rate = found.rates[CellMeasure.LOSS_12]
    assert rate[0, 0] == pytest.approx(0.1)
    assert rate[0, 1] == pytest.approx(300.0 / 1500.0)  # both cells of the pool
    np.testing.assert_allclose(rate[:, 2], 0.25)
    assert found.level[:, :3].tolist() == [
        [Level.OWN, Level.POOL, Level.POOL_EARLY],
        [Level.POOL_EARLY, Level.POOL_EARLY, Level.POOL_EARLY],
        [Level.POOL_EARLY, Level.POOL_EARLY, Level.POOL_EARLY],
    ]
    assert (found.level[:, 3:] == Level.NOTHING).all()
    assert (rate[:, 3:] == 0.0).all()


def test_months_without_a_full_year_after_them_take_the_rates_of_the_last_with_one() -> None:
    sums = totals([run_of().tallies["scenario_1", "status_quo"]])
    pools = pool_numbers(cells())
    whole, cut = (estimate(sums, pools, 2.0, horizon) for horizon in (MONTHS + 12, 15))
    for measure in (CellMeasure.LOSS_12, CellMeasure.DEFAULT_LIFE):
        known = whole.level[:4] == Level.OWN
        np.testing.assert_array_equal(
            cut.rates[measure][:4][known], whole.rates[measure][:4][known]
        )
        np.testing.assert_array_equal(cut.rates[measure][4:], cut.rates[measure][3:4].repeat(11, 0))
    assert estimate(sums, pools, 2.0, 7).sources.max() == 0


def test_weighted_rates_are_the_weighted_mean_of_the_scenarios_that_know_the_cell() -> None:
    output = run_of((1, 2, 3))
    estimates, weights = estimates_of(output), np.array([0.2, 0.3, 0.5])
    every = np.ones(N_CELLS, dtype=bool)
    for month in (0, 5, MONTHS):
        found = blended(blend("weighted", estimates, weights, (0, month), every), estimates)
        for cell in range(N_CELLS):
            top = bottom = 0.0
            for weight, one in zip(weights, estimates, strict=True):
                if one.level[month, cell] < Level.NOTHING:
                    top += weight * one.rates[CellMeasure.LOSS_LIFE][month, cell]
                    bottom += weight
            assert found[cell] == pytest.approx(top / bottom)
    unknown = estimate(np.zeros((MONTHS + 1, N_CELLS, 8)), pool_numbers(cells()), 2.0, 40)
    terms = blend("weighted", [unknown, estimates[1]], np.array([0.9, 0.1]), (0, 5), every)
    alone = estimates[1].rates[CellMeasure.LOSS_LIFE][5]
    np.testing.assert_allclose(blended(terms, [unknown, estimates[1]]), alone)


def test_with_one_scenario_weighted_is_perfect_foresight() -> None:
    perfect, weighted = (dataset_of((1,), name)["allowance"] for name in ("perfect", "weighted"))
    np.testing.assert_allclose(weighted, perfect, rtol=1e-12)


def test_point_in_time_begins_with_the_weighted_rates_and_never_looks_ahead() -> None:
    output = run_of((1, 2), foresight="point_in_time")
    weights = (0.0, 1.0)  # what is expected does not know the first scenario
    known = coverage_of(output, "life", 0, weights)
    expected = coverage_of(run_of((1, 2), foresight="weighted"), "life", 1, weights)
    for month in range(LOSS_WINDOW_MONTHS):
        np.testing.assert_allclose(known.rate[month], expected.rate[0])
    assert experience(LOSS_WINDOW_MONTHS - 1) == 0.0
    assert experience(2 * LOSS_WINDOW_MONTHS) == 1.0
    tallies = output.tallies["scenario_1", "status_quo"]
    tallies.cells[:, 1:, :, 1:] *= 3.0  # losses of all who are seen after the opening
    worse = coverage_of(output, "life", 0, weights)
    np.testing.assert_array_equal(worse.rate[:13], known.rate[:13])
    assert (worse.rate[13:] >= known.rate[13:]).all()
    assert (worse.rate[13:] > known.rate[13:]).any()
