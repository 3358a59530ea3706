"""Allowances from sums by cell: identities, roll-forwards loan by loan, foresight, intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from simulator.kernels.tally import Tallies
from simulator.provision import RiskCell, RiskCellTable, RuleBook, build_rule_book
from simulator.results.checks import TOLERANCE, run_checks
from simulator.results.dataset import to_dataset
from simulator.results.inputs import SimulationOutput
from simulator.results.intervals import over_paths, ratio_over_paths
from simulator.results.provisions.allowance import (
    Coverage,
    Foreseen,
    balance_and_allowance,
    calendar_of,
    cover,
    spread_of_allowance,
)
from simulator.results.provisions.audit import provision_warnings, roll_forward_error
from simulator.results.provisions.metrics import provision_values
from simulator.results.provisions.rates import (
    LEAST_LOANS,
    Estimates,
    Level,
    blend,
    blended,
    estimate,
    experience,
    pool_numbers,
    totals,
)
from simulator.results.provisions.roll_forward import LINES, roll_forward
from simulator.results.summary import SummaryRow, summarise
from simulator.shipped import read_shipped
from simulator.vocabulary import (
    LOSS_WINDOW_MONTHS,
    N_CELL_MEASURES,
    CellMeasure,
    Count,
    Flow,
    Leaving,
)
from tests.results.test_results import output_of, small_book, zero_tallies
from tests.twin.cells import cell_table

F8 = NDArray[np.float64]
MONTHS, RUNOFF, PATHS, LOANS, N_CELLS = 14, 12, 6, 24, 6
STAYS, PAID_OFF, WRITTEN_OFF, SOLD = -1, *(int(x) for x in list(Leaving)[:3])
HEAVY = 100.0  # weight of a loan: so large that no cell is thin
OVERLAY = {
    "name": "platforms",
    "reason": "lenders leave",
    "grade": "stage_2",
    "share_of_balance": 0.05,
    "from_month": "2026-04",
    "until": "2026-09",
}
PLAIN = {"label": "Test", "source": "test", "foresight": "perfect"}
BOOKS: dict[str, dict[str, object]] = {
    "stages": {**PLAIN, "kind": "staged", "overlays": [OVERLAY]},
    "life": {**PLAIN, "kind": "lifetime"},
    "classes": {**read_shipped("provision", "china_minimum"), "foresight": "perfect"},
}


def cells() -> tuple[RiskCell, ...]:
    """Clean A and B, overdue, long overdue, in default, in default for a year."""
    nameless = cell_table(lambda s, g: 0, N_CELLS, np.zeros(1, dtype=np.int64)).cells
    grades = ((0, 0, 0), (0, 0, 0), (0, 0, 1), (1, 0, 1), (2, 0, 2), (2, 0, 4))
    unpaid = ((0, 0), (0, 0), (1, 1), (2, 3), (4, 6), (13, 13))
    pools = ("M0", "M0", "M1", "M2", "M4", "M13")
    origins = ((0,), (1,), (0, 1), (0, 1), (0, 1), (0, 1))
    return tuple(
        replace(cell, grades=grades[i], unpaid=unpaid[i], pool=pools[i], origins=origins[i])
        for i, cell in enumerate(nameless)
    )


def table() -> RiskCellTable:
    whole = cell_table(lambda s, g: 0, N_CELLS, np.zeros(2, dtype=np.int64))
    return replace(whole, cells=cells())


@dataclass(frozen=True)
class Loan:
    """A loan by hand: cell and balance of its months, how it left in the next, its losses."""

    first: int
    cell: tuple[int, ...]
    balance: tuple[float, ...]
    left: int
    at_exit: float
    loss_12: tuple[float, ...]
    loss_life: tuple[float, ...]

    def at(self, month: int) -> tuple[int, float] | None:
        k = month - self.first
        return (self.cell[k], self.balance[k]) if 0 <= k < len(self.cell) else None


def random_loan(draw: np.random.Generator) -> Loan:
    """Half stand at the opening; the worse the cell, the larger the loss."""
    first = int(draw.choice([0, 0, int(draw.integers(1, MONTHS))]))
    months = int(draw.integers(1, MONTHS + 2 - first))
    steps = np.concatenate([draw.integers(0, N_CELLS, 1), draw.integers(-1, 2, months - 1)])
    cell = np.clip(np.cumsum(steps), 0, N_CELLS - 1)
    balance = draw.uniform(50.0, 150.0, months) * HEAVY
    life = balance * draw.uniform(0.02, 0.1, months) * (1 + cell)
    ends = first + months - 1
    return Loan(
        first,
        tuple(int(c) for c in cell),
        tuple(balance),
        STAYS if ends == MONTHS else int(draw.choice([PAID_OFF, WRITTEN_OFF, SOLD])),
        float(draw.uniform(50.0, 150.0) * HEAVY),
        tuple(life * draw.uniform(0.3, 1.0, months)),
        tuple(life),
    )


@cache
def loans_of(seed: int) -> tuple[tuple[Loan, ...], ...]:
    """Loans of every path."""
    draw = np.random.default_rng(seed)
    return tuple(tuple(random_loan(draw) for _ in range(LOANS)) for _ in range(PATHS))


def tallies_of(paths: Sequence[Sequence[Loan]]) -> Tallies:
    """Sums of the loans, one loan and month at a time."""
    tallies = zero_tallies(len(paths), MONTHS + RUNOFF)._replace(
        cells=np.zeros((len(paths), MONTHS + 1, N_CELLS, 3)),
        cell_sums=np.zeros((MONTHS + 1, N_CELLS, N_CELL_MEASURES - 3)),
        moves=np.zeros((MONTHS + 1, N_CELLS + 1, N_CELLS + len(Leaving))),
    )
    for path, loans in enumerate(paths):
        for loan in loans:
            add_loan(tallies, path, loan)
    tallies.counts[:, : MONTHS + 1, Count.CLOSING_BALANCE] = tallies.cells[..., 0].sum(axis=-1)
    tallies.counts[..., Count.SALE_PRICE] = 0.1 * tallies.flows[..., Flow.SOLD]
    return tallies


def add_loan(tallies: Tallies, path: int, loan: Loan) -> None:
    for k, (cell, balance) in enumerate(zip(loan.cell, loan.balance, strict=True)):
        month = loan.first + k
        tallies.cells[path, month, cell] += (balance, loan.loss_12[k], loan.loss_life[k])
        chances = loan.loss_12[k] / balance, loan.loss_life[k] / balance
        exposures = 1.2 * loan.loss_12[k], 1.2 * loan.loss_life[k]
        tallies.cell_sums[month, cell] += (HEAVY, *(HEAVY * c for c in chances), *exposures)
        if k == 0 and month > 0:
            tallies.moves[month, N_CELLS, cell] += balance
        elif k > 0:
            tallies.moves[month, loan.cell[k - 1], cell] += loan.balance[k - 1]
    if loan.left != STAYS:
        month, cell = loan.first + len(loan.cell), loan.cell[-1]
        tallies.moves[month, cell, N_CELLS + loan.left] += loan.balance[-1]
        used = {
            WRITTEN_OFF: (Leaving.WRITTEN_OFF_BALANCE, Flow.WRITTEN_OFF),
            SOLD: (Leaving.SOLD_BALANCE, Flow.SOLD),
        }
        if loan.left in used:
            column, flow = used[loan.left]
            tallies.moves[month, cell, N_CELLS + column] += loan.at_exit
            tallies.flows[path, month, flow] += loan.at_exit


def books_of(**changes: object) -> dict[str, RuleBook]:
    """``BOOKS``, fields changed where a rule book has them."""
    return {name: build_rule_book(name, {**values, **changes}) for name, values in BOOKS.items()}


def run_of(
    seeds: Sequence[int] = (1,), policies: Sequence[str] = ("status_quo",), **changes: object
) -> SimulationOutput:
    """A scenario for each seed; policies have loans of their own."""
    scenarios = tuple(f"scenario_{seed}" for seed in seeds)
    output = output_of(
        {name: tallies_of(loans_of(1)) for name in policies}, months=MONTHS, scenarios=scenarios
    )
    own = {
        (scenario, policy): tallies_of(loans_of(seed + 1000 * number))
        for scenario, seed in zip(scenarios, seeds, strict=True)
        for number, policy in enumerate(policies)
    }
    return replace(output, tallies=own, provision=books_of(**changes), cells=table())


@cache
def dataset_of(seeds: tuple[int, ...] = (1,), foresight: str = "perfect") -> xr.Dataset:
    return to_dataset(run_of(seeds, foresight=foresight))


def estimates_of(output: SimulationOutput) -> list[Estimates]:
    pools, horizon = pool_numbers(cells()), output.timeline.horizon
    return [
        estimate(totals(output.tallies[s.name, "status_quo"]), pools, 2.0, horizon)
        for s in output.scenarios
    ]


def coverage_of(
    output: SimulationOutput, book: str, scenario: int = 0, weights: Sequence[float] = ()
) -> Coverage:
    number = list(output.provision).index(book)
    given = np.array(weights) if weights else output.scenario_weights()
    foreseen = Foreseen(estimates_of(output), given)
    calendar = calendar_of(output.timeline.start, MONTHS)
    return cover(output.provision[book], number, cells(), foreseen, scenario, calendar)


# Identities


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


# Roll-forward


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


# Rates


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
    sums = totals(run_of().tallies["scenario_1", "status_quo"])
    pools = pool_numbers(cells())
    whole, cut = (estimate(sums, pools, 2.0, horizon) for horizon in (MONTHS + 12, 15))
    for measure in (CellMeasure.LOSS_12, CellMeasure.DEFAULT_LIFE):
        known = whole.level[:4] == Level.OWN
        np.testing.assert_array_equal(
            cut.rates[measure][:4][known], whole.rates[measure][:4][known]
        )
        np.testing.assert_array_equal(cut.rates[measure][4:], cut.rates[measure][3:4].repeat(11, 0))
    assert estimate(sums, pools, 2.0, 7).sources.max() == 0


def test_a_short_horizon_is_told() -> None:
    output = run_of()
    (text,) = provision_warnings(output)
    assert "run.runoff_months=18 or more tells them apart" in text
    longer = output_of({"status_quo": zero_tallies(2, 23)}, months=5)
    assert provision_warnings(replace(longer, cells=table())) == []
    assert provision_warnings(replace(output, cells=None)) == []
    short = output_of({"status_quo": zero_tallies(2, 8)}, months=5)
    (text,) = provision_warnings(replace(short, cells=table()))
    assert "ends after month 8" in text
    cut = output_of({"status_quo": zero_tallies(2, 20)}, months=17)
    (text,) = provision_warnings(replace(cut, cells=table()))
    assert "last 9 months are those of month 8" in text


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


# Grades


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


# Intervals


@pytest.mark.parametrize("foresight", ["perfect", "weighted", "point_in_time"])
@pytest.mark.parametrize("thin", [False, True])
def test_the_spread_is_what_a_path_moves_the_mean_by(foresight: str, thin: bool) -> None:
    output = run_of((1, 2), foresight=foresight, overlays=[])
    arrays = [output.tallies[s.name, "status_quo"].cells for s in output.scenarios]
    book, pools = output.provision["life"], pool_numbers(cells())
    sums = [totals(output.tallies[s.name, "status_quo"]) for s in output.scenarios]
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
    spread = spread_of_allowance(allowance, coverage, estimates, arrays, 0)
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


def summary_row(rows: Sequence[SummaryRow], metric: str, month: int | None) -> SummaryRow:
    (found,) = [row for row in rows if (row.metric, row.month) == (metric, month)]
    return found


def test_the_summary_takes_its_intervals_from_the_spread() -> None:
    dataset = dataset_of((1, 2), "weighted").isel(scenario=[0])
    rows, values = summarise(dataset), dataset.isel(scenario=0, policy=0).sel(provision="life")
    allowance, spread = values["allowance"].values, values["allowance_spread"].values
    below = values["impaired_balance"].values
    row = summary_row(rows, "allowance_life", 5)
    own, wide = over_paths(allowance, 1), over_paths(spread, 1)
    assert row.mean == pytest.approx(own.mean[4])
    assert row.ci_high - row.mean == pytest.approx(wide.ci_high[4] - wide.mean[4])
    assert (row.p05, row.p95) == (own.p05[4], own.p95[4])
    row = summary_row(rows, "coverage_ratio_life", 5)
    wide = ratio_over_paths(spread, below, 1)
    assert row.mean == pytest.approx(allowance[:, 4].sum() / below[:, 4].sum())
    assert (row.ci_low, row.ci_high) == pytest.approx((wide.ci_low[4], wide.ci_high[4]))
    row = summary_row(rows, "provision_charge_life", None)
    influence = spread - allowance
    opening = values["allowance_spread_at_opening"] - values["allowance_at_opening"]
    total = values["provision_charge"].sum("month").values + influence[:, -1] - opening.values
    wide = over_paths(total, 1)
    assert row.ci_high - row.ci_low == pytest.approx(wide.ci_high - wide.ci_low)


def test_every_grade_has_rows_and_only_of_its_own_rule_book() -> None:
    dataset = dataset_of()
    rows = summarise(dataset)
    grades = {r.metric.removeprefix("coverage_") for r in rows if r.metric.startswith("coverage_")}
    grades -= {f"ratio_{book}" for book in BOOKS}
    own = {f"{name}_{grade}" for name, book in books_of().items() for grade in book.grades}
    assert grades == own
    row = summary_row(rows, "allowance_stages_stage_2", 6)
    found = dataset["allowance_by_grade"].sel(provision="stages", grade="stage_2", month=6)
    assert row.mean == float(found[0, 0])
    parts = [summary_row(rows, f"balance_share_stages_stage_{n}", 6).mean for n in (1, 2, 3)]
    assert sum(parts) == pytest.approx(1.0)
    assert np.isnan(dataset["allowance_by_grade"].sel(provision="life", grade="loss")).all()


def test_breaches_are_shares_of_paths_below_the_minimum() -> None:
    minima = {"coverage_ratio": 0.55, "provisions_over_loans": 0.2}
    output = run_of((1,), ("status_quo", "care"), minima=minima)
    dataset = to_dataset(output)
    for name, ratio, whole in (
        ("breach_coverage", "coverage_ratio", dataset["impaired_balance"]),
        ("breach_provisions", "provisions_over_loans", dataset["closing_balance"]),
    ):
        booked = dataset["allowance"].isel(provision=0, drop=True)
        below = booked < minima[ratio] * whole
        below = below.sel(provision="life") if "provision" in below.dims else below
        values = {(v.name, len(v.months)): v for v in provision_values(dataset)}
        monthly = values[f"{name}_life", MONTHS]
        assert monthly.chance
        expected = below.transpose("scenario", "policy", "path", "month").astype(float)
        np.testing.assert_array_equal(monthly.values, expected)
        ever = values[f"ever_{name}_life", 1].values[..., 0]
        np.testing.assert_array_equal(ever, expected.max("month"))
    without = {v.name for v in provision_values(dataset_of())}
    assert not {name for name in without if "breach" in name and "classes" not in name}


def test_differences_of_ratios_are_ratios_of_means_apart() -> None:
    dataset = to_dataset(run_of((1,), ("status_quo", "care")))
    rows = summarise(dataset)
    for metric in ("provisions_over_loans_stages", "coverage_ratio_stages", "impaired_ratio_life"):
        ours, theirs = (
            row.mean
            for p in ("care", "status_quo")
            for row in rows
            if (row.metric, row.month, row.policy) == (metric, 8, p)
        )
        row = summary_row(rows, f"delta_{metric}", 8)
        assert row.mean == pytest.approx(ours - theirs)
        assert row.ci_low < row.mean < row.ci_high


# Dataset


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
