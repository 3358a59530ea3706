"""The model's side of targets, against data of the same accounts and closed forms."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Observation
from simulator.calibrate.data.targets import observed, simulated, simulated_series
from simulator.calibrate.settings import SeriesTarget
from simulator.catalogue import parameters_from
from simulator.kernels.tally import MAX_MOB
from simulator.results.dataset import to_dataset
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from simulator.results.summary import summarise
from simulator.validation import UserError
from simulator.vocabulary import Count, Flow
from tests.calibrate.data.targets import (
    CURES,
    FLAGS,
    LEVEL,
    MONTHS,
    ROLLS,
    SERIES,
    SHARES,
    VINTAGE,
    calibration,
    observation_of,
    only,
    quarter_book_tallies,
    tallies_of,
)
from tests.conftest import run_small, small_book

F8 = NDArray[np.float64]


def test_the_same_accounts_give_the_same_numbers_as_data_and_as_simulation(tmp_path: Path) -> None:
    made = observation_of(months=3, start="2005-05")
    ids = made.book.loans.id
    rng = np.random.default_rng(5)
    states = rng.choice(4, (ids.size, 4), p=[0.5, 0.3, 0.1, 0.1]).astype(np.int16)
    states[::7, :2] = -1
    lines = [
        ",".join([str(identity), *("" if n < 0 else str(n) for n in row)])
        for identity, row in zip(ids, states, strict=True)
    ]
    header = ",".join(["id", *(f"status_{month.replace('-', '_')}" for month in MONTHS)])
    path = tmp_path / "panel.csv"
    path.write_text("\n".join([header, *lines]))
    order = rng.permutation(ids.size)
    world = replace(made, unpaid=states[order].T.copy(), loan_ids=ids[order])
    targets = {"rolls": ROLLS, "cures": CURES, "shares": SHARES, "flags": FLAGS}
    settings = calibration(targets, path=str(path), codes={n: n for n in range(4)})
    seen = observed(settings)
    for name, target in settings.targets.items():
        assert simulated(name, target, settings, world) == pytest.approx(
            seen[name].values, nan_ok=True
        )


def test_an_account_counts_as_often_as_its_weight() -> None:
    made = observation_of(months=3, start="2005-05")
    book = made.book
    weight = 1.0 + np.arange(book.borrowers.id.size)
    heavy = replace(book, borrowers=book.borrowers._replace(weight=weight))
    unpaid = np.zeros((4, book.n_loans), dtype=np.int16)
    unpaid[1, ::2] = 1
    world = replace(made, book=heavy, unpaid=unpaid, loan_ids=book.loans.id)
    target = only(ROLLS | {"cells": ["C->2"], "months": ["2005-04"]})
    each = weight[book.loans.borrower]
    found = simulated("x", target, calibration({"x": ROLLS}), world)
    assert found == pytest.approx([each[::2].sum() / each.sum()])


def test_a_stock_is_read_at_the_last_month_of_a_quarter_and_averaged_over_paths() -> None:
    settings = calibration({"x": SERIES})
    world = observation_of(quarter_book_tallies())
    month = np.array([3.0, 6.0, 9.0, 12.0])
    rates = [scale * (month + 1) / (100 - month + scale * (month + 1)) for scale in (1.0, 3.0)]
    found = simulated("x", settings.targets["x"], settings, world)
    assert found == pytest.approx(np.mean(rates, axis=0))
    deeper = only(SERIES | {"measure": "overdue_rate_60"})
    share = [scale / (100 - month + scale * (month + 1)) for scale in (1.0, 3.0)]
    assert simulated("x", deeper, settings, world) == pytest.approx(np.mean(share, axis=0))


def test_the_opening_is_the_month_before_the_start() -> None:
    target = only(SERIES)
    assert isinstance(target, SeriesTarget)
    world = observation_of(quarter_book_tallies())
    labels, rates = simulated_series("x", target, ("2012Q4", "2013Q4"), world)
    assert labels == ("2012Q4", "2013Q1", "2013Q2", "2013Q3", "2013Q4")
    assert rates[0] == pytest.approx((1 / 101 + 3 / 103) / 2)
    with pytest.raises(UserError, match=r"x needs the month 2014-03; the run covers 2012-12 to 2"):
        simulated_series("x", target, ("2013Q4", "2014Q1"), world)
    flow = target.model_copy(update={"measure": "charge_off_annualised"})
    with pytest.raises(UserError, match=r"x needs the month 2012-10; the run covers 2013-01 to 2"):
        simulated_series("x", flow, ("2012Q4", "2013Q1"), world)


def test_flows_are_summed_over_a_quarter_and_annualised_over_the_mean_balance() -> None:
    settings = calibration({"x": SERIES})
    world = observation_of(quarter_book_tallies())
    opening = np.array([102.0, 105.0, 108.0, 111.0])

    def found(measure: str) -> F8:
        return simulated("x", only(SERIES | {"measure": measure}), settings, world)

    charged = np.mean([4 * 3 * (scale + 2.0) / opening for scale in (1.0, 3.0)], axis=0)
    assert found("charge_off_annualised") == pytest.approx(charged)
    # No write-off by product is tallied, so that recoveries are what courts brought.
    net = charged - 4 * 3 * (0.25 + 0.5) / opening
    assert found("net_charge_off_annualised") == pytest.approx(net)
    middle = np.array([2.0, 5.0, 8.0, 11.0])
    late = np.mean([scale * middle / 50.0 for scale in (1.0, 3.0)], axis=0)
    assert found("first_day_overdue_rate") == pytest.approx(late)
    assert found("recovery_rate") == pytest.approx(np.full(4, (0.5 / 1 + 0.5 / 3) / 2))


def test_a_recovery_follows_the_curve_of_its_product() -> None:
    tallies = quarter_book_tallies()
    tallies.counts[:, :, Count.LEGAL_RECOVERED] = 0.0
    tallies.written_off_by_product[:, 1, 0] = 80.0
    world = observation_of(tallies)
    product = world.book.products[0]
    kept = 2.0 ** (-1.0 / product.recovery_half_life_months)
    target = only(LEVEL | {"measure": "recovery_rate", "months": [1, 4]})
    wanted = product.recovery_share * 80.0 * (1 - kept**3)
    found = simulated("x", target, calibration({"x": LEVEL}), world)
    assert found == pytest.approx([wanted * (1 / 4 + 1 / 12) / 2])


def test_a_level_is_the_mean_over_its_months() -> None:
    settings = calibration({"x": LEVEL})
    world = observation_of(quarter_book_tallies())
    rate = simulated("x", settings.targets["x"], settings, world)
    assert rate == pytest.approx([(1 + 3) / 2 * 78 / 600])
    month = np.arange(2.0, 5.0)
    stock = only(LEVEL | {"measure": "overdue_rate_60", "months": [2, 4]})
    means = [np.mean(s / (100 - month + s * (month + 1))) for s in (1.0, 3.0)]
    assert simulated("x", stock, settings, world) == pytest.approx([np.mean(means)])
    beyond = only(LEVEL | {"months": [1, 13]})
    with pytest.raises(UserError, match=r"targets.x.months must be two ascending months in \[1, 1"):
        simulated("x", beyond, settings, world)


def test_a_ratio_that_one_path_lacks_is_the_mean_of_the_others() -> None:
    tallies = quarter_book_tallies()
    tallies.counts[1, :, Count.INSTALMENTS_DUE] = 0.0
    found = simulated("x", only(LEVEL), calibration({"x": LEVEL}), observation_of(tallies))
    assert found == pytest.approx([78 / 600])


def test_a_vintage_pools_the_new_loans_that_are_old_enough() -> None:
    book = small_book(borrowers=60, months=12)
    tallies = tallies_of(book, 12)
    new = [i for i, label in enumerate(book.vintage_labels) if label.startswith("Q+")]
    tallies.vintage_loans[:] = 1e6
    for place, vintage in enumerate(new):
        tallies.vintage_loans[:, vintage] = 10.0 * (place + 1)
        tallies.vintage_first_90[:, vintage, 3] = 1.0 + place
        tallies.vintage_first_90[:, vintage, 5] = 2.0
        tallies.vintage_first_90[:, vintage, MAX_MOB] = 50.0
    world = observation_of(tallies)
    found = simulated("x", only(VINTAGE), calibration({"x": VINTAGE}), world)
    # Youngest loans of the quarters come in months 3, 6, 9 and 12: three quarters are seen for 3
    # months, two for 6.
    assert found == pytest.approx([(1 + 2 + 3) / 60, (1 + 2 + 2 + 2) / 30])
    old = only(VINTAGE | {"values": {12: 0.1}})
    with pytest.raises(UserError, match=r"targets.x.values: no new loan is observed for 12 months"):
        simulated("x", old, calibration({"x": VINTAGE}), world)


def test_measures_are_those_of_the_summary_of_the_same_run() -> None:
    small = run_small(small_book(borrowers=150, months=9), months=9, paths=3, history=True)
    output = SimulationOutput(
        tallies=small.simulation.tallies,
        macro_unemployment={"hard": small.macro["hard"].by_draw["unemployment_rate"]},
        book=small.book,
        timeline=small.run.timeline,
        scenarios=(ScenarioInfo("hard", "Hard", 1.0),),
        policies=("status_quo",),
        run=small.run,
    )
    summary = {(row.metric, row.month): row.mean for row in summarise(to_dataset(output))}
    tallies = small.tallies()
    assert tallies.flows[:, :, Flow.WRITTEN_OFF].sum() > 0
    world = Observation(small.book, small.run.timeline, tallies, parameters_from({}))
    settings = calibration({"x": LEVEL})

    def level(measure: str, *months: int) -> float:
        target = only(LEVEL | {"measure": measure, "months": months})
        return float(simulated("x", target, settings, world)[0])

    for dpd in (1, 30, 60, 90):
        rates = [summary[f"overdue_rate_{dpd}", month] for month in range(4, 10)]
        assert level(f"overdue_rate_{dpd}", 4, 9) == pytest.approx(np.mean(rates))
    late = level("first_day_overdue_rate", 1, 9)
    assert late == pytest.approx(summary["first_day_overdue_rate", None])
    # The balance at the month's start is known by path, so losses are compared in money.
    opening = tallies.counts[:, 1:, Count.OPENING_BALANCE].mean(axis=1)
    tallies.counts[:, :, Count.OPENING_BALANCE] *= (1e3 / opening)[:, None]
    net = level("net_charge_off_annualised", 1, 9) * 1e3 * 9 / 12
    assert net == pytest.approx(summary["net_loss", None])
    charged = level("charge_off_annualised", 1, 9) * 1e3 * 9 / 12
    assert charged == pytest.approx(summary["written_off", None] + summary["sold", None])
