"""Allowances loan by loan: losses that follow, shares of classes, overlays, spread by path."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.provision import build_rule_book
from simulator.results.dataset import to_dataset
from simulator.results.provisions.allowance import (
    Coverage,
    Foreseen,
    balance_and_allowance,
    calendar_of,
    cover,
    spread_of_allowance,
)
from simulator.results.provisions.rates import Estimates, Level, estimate, pool_numbers, totals
from simulator.shipped import read_shipped
from simulator.vocabulary import CellMeasure, Flow
from tests.results.provisions.loans_by_hand import (
    BOOKS,
    MONTHS,
    OVERLAY,
    PATHS,
    cells,
    coverage_of,
    dataset_of,
    loans_of,
    run_of,
)

F8 = NDArray[np.float64]


def test_under_perfect_foresight_the_mean_allowance_is_the_mean_loss_that_follows() -> None:
    dataset = dataset_of()
    losses, stage_1 = np.zeros((3, MONTHS + 1)), dataset["grade"].values.tolist().index("stage_1")
    of_stages = dataset.sel(provision="stages")
    grade = np.concatenate(
        [of_stages["cell_grade_at_opening"].values[0, 0][None], of_stages["cell_grade"][0, 0]]
    )
    for loans in loans_of(1):
        for loan in loans:
            for k, cell in enumerate(loan.cell):
                month = loan.first + k
                held = loan.loss_12 if grade[month, cell] == stage_1 else loan.loss_life
                runs = grade[month, cell] == 1 and 4 <= month <= 9  # of April to September
                losses[0, month] += held[k] / PATHS
                losses[1, month] += loan.loss_life[k] / PATHS
                losses[2, month] += 0.05 * loan.balance[k] / PATHS if runs else 0.0
    life = dataset.sel(provision="life")
    np.testing.assert_allclose(life["allowance"].mean("path")[0, 0], losses[1, 1:], rtol=1e-12)
    found = life["allowance_at_opening"].mean("path")[0, 0]
    assert float(found) == pytest.approx(losses[1, 0], rel=1e-12)
    found = of_stages["allowance"].mean("path")[0, 0]
    np.testing.assert_allclose(found, (losses[0] + losses[2])[1:], rtol=1e-12)
    assert losses[2].any()
    assert len(np.unique(grade)) == 3


def test_allowances_of_classes_are_their_minimum_shares() -> None:
    values = dataset_of().sel(provision="classes")
    grades = values["grade"].values.tolist()
    shares = dict(read_shipped("provision", "china_minimum")["minimum_shares"])
    expected = np.zeros((PATHS, MONTHS))
    for path, loans in enumerate(loans_of(1)):
        for loan in loans:
            for month in range(1, MONTHS + 1):
                seen = loan.at(month)
                if seen is not None:
                    grade = grades[int(values["cell_grade"][0, 0, month - 1, seen[0]])]
                    expected[path, month - 1] += shares[grade] * seen[1]
    np.testing.assert_allclose(values["allowance"][0, 0], expected, rtol=1e-12)


def test_the_provision_charge_is_what_the_allowance_rises_by_and_what_was_lost() -> None:
    output = run_of()
    dataset, tallies = to_dataset(output), output.tallies["scenario_1", "status_quo"]
    for book in dataset["provision"].values:
        values = dataset.sel(provision=book).isel(scenario=0, policy=0)
        rise = values["allowance"][:, -1] - values["allowance_at_opening"]
        months = slice(1, MONTHS + 1)
        gone = tallies.flows[:, months][..., [Flow.WRITTEN_OFF, Flow.SOLD]].sum(axis=(1, 2))
        price = 0.1 * tallies.flows[:, months, Flow.SOLD].sum(axis=1)
        charge = values["provision_charge"].sum("month")
        np.testing.assert_allclose(charge, rise + gone - price, rtol=1e-12)


def test_impaired_balance_is_that_of_the_impaired_grades_or_in_default() -> None:
    dataset = dataset_of().isel(scenario=0, policy=0)
    expected = np.zeros((PATHS, MONTHS))
    for path, loans in enumerate(loans_of(1)):
        for loan in loans:
            for month in range(1, MONTHS + 1):
                seen = loan.at(month)
                expected[path, month - 1] += seen[1] if seen and seen[0] >= 4 else 0.0
    for book in dataset["provision"].values:
        found = dataset["impaired_balance"].sel(provision=book)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_overlays_stand_for_their_months_and_no_allowance_exceeds_the_balance() -> None:
    stages = {**BOOKS["stages"], "overlays": [{**OVERLAY, "share_of_balance": 0.95}]}
    output = replace(run_of(), provision={"stages": build_rule_book("stages", stages)})
    found = coverage_of(output, "stages")
    calendar = calendar_of("2026-01", MONTHS)
    assert calendar[:2] == ["2025-12", "2026-01"]
    runs = np.array([("2026-04" <= month <= "2026-09") for month in calendar])
    added = np.minimum(1.0, found.rate + 0.95) - found.rate
    expected = np.where(runs[:, None] & (found.grade == 1), added, 0.0)
    np.testing.assert_allclose(found.overlay, expected)
    assert (expected < 0.95).any()
    assert found.whole.max() == 1.0


@pytest.mark.parametrize("foresight", ["perfect", "weighted", "point_in_time"])
@pytest.mark.parametrize("thin", [False, True])
def test_the_spread_is_what_a_path_moves_the_mean_by(foresight: str, thin: bool) -> None:
    output = run_of((1, 2), foresight=foresight, overlays=[])
    arrays = [output.tallies[s.name, "status_quo"].cells for s in output.scenarios]
    book, pools = output.provision["life"], pool_numbers(cells())
    sums = [totals([output.tallies[s.name, "status_quo"]]) for s in output.scenarios]
    if thin:  # cell 1 lends its rates from the pool
        for one in sums:
            one[:, 1, CellMeasure.LOANS] = 1.0

    def measured(scale: F8) -> tuple[F8, Coverage, list[Estimates]]:
        scaled = [cells * scale[:, None, None, None] for cells in arrays]
        together = [
            np.concatenate([cells.sum(axis=0), one[..., 3:]], axis=-1)
            for cells, one in zip(scaled, sums, strict=True)
        ]
        estimates = [estimate(one, pools, 2.0, 40) for one in together]
        foreseen = Foreseen(estimates, np.array([0.4, 0.6]))
        coverage = cover(book, 1, cells(), foreseen, 0, calendar_of("2026-01", MONTHS))
        return balance_and_allowance(scaled[0], coverage)[1], coverage, estimates

    allowance, coverage, estimates = measured(np.ones(PATHS))
    if thin:
        assert (estimates[0].level[:, 1] == Level.POOL).all()
    spread = spread_of_allowance(
        allowance, coverage, estimates, arrays, 0, sums[0][..., CellMeasure.BALANCE]
    )
    np.testing.assert_allclose(spread.mean(axis=0), allowance.mean(axis=0), rtol=1e-9)
    step = 1e-6
    levels = np.stack([one.level for one in estimates])
    whole = (levels <= Level.POOL).all(axis=(0, 2)) & (levels[:, 0] <= Level.POOL).all()
    for path in range(PATHS):
        scale = np.ones(PATHS)
        scale[path] += step
        moved = measured(scale)[0].sum(axis=0) / scale.sum()
        slope = PATHS * (moved - allowance.mean(axis=0)) / step
        expected = spread[path] - spread.mean(axis=0)
        np.testing.assert_allclose(slope[whole], expected[whole], rtol=1e-3, atol=0.05)
    assert whole.any()
