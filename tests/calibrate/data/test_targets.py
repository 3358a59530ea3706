"""Targets: the data's side, the model's side, and contradictions that need no model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book import build_book
from simulator.book.schema import Book
from simulator.calibrate.data.moments import Moments, Observation
from simulator.calibrate.data.targets import (
    check_targets,
    group_counts,
    labels_of,
    needs_accounts,
    observed,
    observed_joint,
    simulated,
    simulated_series,
    simulated_unknown,
)
from simulator.calibrate.settings import CalibrationSettings, OutcomeTarget, SeriesTarget, Target
from simulator.catalogue import parameters_from
from simulator.kernels.tally import MAX_MOB, Tallies, allocate_tallies
from simulator.results.dataset import to_dataset
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from simulator.results.summary import summarise
from simulator.settings import BookSettings, RunSettings
from simulator.timeline import Timeline
from simulator.validation import UserError
from simulator.vocabulary import Count, Flow
from tests.conftest import run_small, small_book

F8 = NDArray[np.float64]
MONTHS = ("2005-04", "2005-05", "2005-06", "2005-07")
PANEL = {
    "path": "uci_cards_half_a_2005_04_to_07.csv",
    "columns": {month: f"status_{month.replace('-', '_')}" for month in MONTHS},
    "codes": {-2: 0, -1: 0, 0: 0, 1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7},
    "labels": ("C", "2", "3", "4+"),
}
ROLLS = {
    "kind": "rolls",
    "panel": "cards",
    "cells": ["C->2", "2->C", "2->3"],
    "months": ["2005-04", "2005-05"],
}
CURES = {
    "kind": "cure_by_duration",
    "panel": "cards",
    "durations": [1, 2],
    "months": ["2005-05", "2005-06"],
}
SHARES = {"kind": "shares", "panel": "cards", "states": ["2", "4+"], "months": ["2005-07"]}
FLAGS = {
    "kind": "flag_by_overdue_months",
    "panel": "cards",
    "window": ["2005-04", "2005-06"],
    "flag_month": "2005-07",
}
SERIES = {
    "kind": "series",
    "measure": "overdue_rate_30",
    "path": "us_large_bank_cards_2012_2019.csv",
    "column": "balance_30dpd_pct",
    "span": ["2013Q1", "2013Q4"],
    "sampling_sd": 0.1,
}
LEVEL = {
    "kind": "level",
    "measure": "first_day_overdue_rate",
    "value": 0.07,
    "sd": 0.01,
    "months": [1, 12],
    "source": "test",
}
VINTAGE = {"kind": "vintage", "values": {3: 0.01, 6: 0.02}, "sd": 0.004, "source": "test"}
OUTCOME = {
    "kind": "outcome",
    "path": "lending_club_2016q1.csv",
    "id_column": "loan_id",
    "column": "outcome",
    "bad": "bad",
    "good": "good",
    "groups": ["all", "grade", "term"],
    "horizon_months": 9,
}
GRADES = ("A", "B", "C", "D", "E", "F", "G")


def calibration(targets: dict[str, object], **panel: object) -> CalibrationSettings:
    return CalibrationSettings.model_validate(
        {
            "label": "test",
            "free": {"p_refuse_monthly": {}},
            "panels": {"cards": PANEL | panel},
            "targets": targets,
        }
    )


def only(target: dict[str, object]) -> Target:
    return calibration({"x": target}).targets["x"]


def observation_of(
    tallies: Tallies | None = None, months: int = 12, start: str = "2013-01", **changes: object
) -> Observation:
    book = small_book(borrowers=60, months=months)
    empty = tallies or tallies_of(book, months)
    made = Observation(book, Timeline(start, months), empty, parameters_from({}))
    return replace(made, **changes)  # type: ignore[arg-type]


def tallies_of(book: Book, months: int, paths: int = 2) -> Tallies:
    sizes = (len(book.segments.region), len(book.products), len(book.vintage_labels))
    return allocate_tallies(paths, months, *sizes, len(book.regions))


def quarter_book_tallies() -> Tallies:
    """Two paths of twelve months whose every sum is known in closed form."""
    tallies = tallies_of(small_book(borrowers=60, months=12), 12)
    month = np.arange(13.0)
    for path, scale in enumerate((1.0, 3.0)):
        tallies.balance[path, :, 0] = 100.0 - month
        tallies.balance[path, :, 2] = scale * month
        tallies.balance[path, :, 3] = scale
        tallies.counts[path, :, Count.OPENING_BALANCE] = 100.0 + month
        tallies.counts[path, :, Count.INSTALMENTS_DUE] = 50.0
        tallies.counts[path, :, Count.INSTALMENTS_LATE] = scale * month
        tallies.counts[path, :, Count.SALE_PRICE] = 0.25
        tallies.counts[path, :, Count.LEGAL_RECOVERED] = 0.5
        tallies.flows[path, 1:, Flow.WRITTEN_OFF] = scale
        tallies.flows[path, 1:, Flow.SOLD] = 2.0
    return tallies


# The data's side


def test_every_kind_of_target_says_which_numbers_it_holds_and_how_sure_they_are() -> None:
    targets = {
        "rolls": ROLLS,
        "pooled": ROLLS | {"pool": True},
        "cures": CURES,
        "shares": SHARES,
        "flags": FLAGS,
        "series": SERIES,
        "level": LEVEL,
        "vintage": VINTAGE,
        "outcome": OUTCOME,
    }
    settings = calibration(targets)
    seen = observed(settings)
    assert list(seen) == list(targets)
    for name, moments in seen.items():
        size = len(moments.labels)
        assert moments.name == name
        assert moments.labels == labels_of(name, settings.targets[name])
        assert moments.values.shape == moments.counts.shape == (size,)
        assert moments.covariance.shape == (size, size)
        assert np.all((moments.values > 0) & (moments.values < 1))
        assert np.all(np.diag(moments.covariance) > 0)
        assert needs_accounts(settings.targets[name]) == bool(np.all(moments.counts > 0))
    assert seen["rolls"].labels[:3] == ("C->2 2005-04", "2->C 2005-04", "2->3 2005-04")
    assert seen["pooled"].labels == ("C->2", "2->C", "2->3")
    assert seen["cures"].labels == ("1", "2")
    assert seen["shares"].labels == ("2 2005-07", "4+ 2005-07")
    assert seen["series"].labels == ("2013Q1", "2013Q2", "2013Q3", "2013Q4")
    assert np.sqrt(np.diag(seen["series"].covariance)) == pytest.approx(0.001)
    assert seen["outcome"].labels == ("all", *GRADES, "36", "60")


def test_outcomes_are_the_shares_of_the_file() -> None:
    found = observed(calibration({"x": OUTCOME}))["x"]
    at = dict(zip(found.labels, found.values, strict=True))
    assert at["36"] == pytest.approx(156 / (156 + 3380))
    assert at["60"] == pytest.approx(91 / (91 + 1302))
    assert at["all"] == pytest.approx(247 / 4929)
    assert found.counts[0] == 4929
    counts = group_counts("x", only(OUTCOME))  # type: ignore[arg-type]
    assert dict(zip(counts.labels, counts.unknown, strict=True))["60"] == 1417
    assert counts.known[counts.labels.index("36")] == 156 + 3380


def test_an_outcome_that_is_neither_good_nor_bad_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    path.write_text(
        "loan_id,sub_grade,term,outcome\n1,A1,36,good\n2,A2,36,bad\n3,B1,60,late\n4,B1,60,\n"
    )
    moments = observed(calibration({"x": OUTCOME | {"path": str(path)}}))["x"]
    assert moments.labels == ("all", "A", "36")
    assert moments.counts.tolist() == [2, 2, 2]
    assert "targets.x column outcome has 1 times late" in moments.warnings[0]
    path.write_text("loan_id,sub_grade,term,outcome\n1,A1,36,\n")
    with pytest.raises(UserError, match=r"column outcome must hold good or bad somewhere"):
        observed(calibration({"x": OUTCOME | {"path": str(path)}}))
    path.write_text("loan_id,sub_grade,term,outcome\n1,A1,long,bad\n")
    with pytest.raises(UserError, match=r"must hold a number of months; got long in line 2"):
        observed(calibration({"x": OUTCOME | {"path": str(path)}}))


def test_warnings_about_a_panel_travel_with_its_targets() -> None:
    settings = calibration({"rolls": ROLLS}, codes={0: 0, 2: 1, 3: 2})
    warnings = observed(settings)["rolls"].warnings
    assert any("status -2 is not among codes" in warning for warning in warnings)


def test_targets_of_one_panel_err_together_and_others_do_not() -> None:
    targets = {"rolls": ROLLS, "level": LEVEL, "shares": SHARES, "outcome": OUTCOME}
    settings = calibration(targets)
    joint, seen = observed_joint(settings), observed(settings)
    owners = np.array([name for name, _ in joint.labels])
    for name, moments in seen.items():
        mine = owners == name
        assert joint.values[mine] == pytest.approx(moments.values)
        assert joint.covariance[np.ix_(mine, mine)] == pytest.approx(moments.covariance)
    between = joint.covariance[np.ix_(owners == "rolls", owners == "shares")]
    assert np.all(between != 0.0)
    apart = joint.covariance[np.ix_(owners == "outcome", owners != "outcome")]
    assert np.all(apart == 0.0)
    assert np.all(np.linalg.eigvalsh(joint.covariance) > -1e-12)


# The model's side


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


def test_outcomes_are_simulated_for_the_loans_of_the_file_by_id() -> None:
    book = build_book(
        BookSettings(kind="lending_club", jurisdiction="us", applicants_monthly_share=0.0),
        RunSettings(months=12, paths=1),
    )
    sizes = (len(book.segments.region), 1, len(book.vintage_labels), len(book.regions))
    bands = np.array(book.segments.risk_band)[book.loans.segment]
    long = book.loans.term_months == 60
    unpaid = np.zeros((13, book.n_loans), dtype=np.int16)
    written_off = np.zeros(unpaid.shape, dtype=bool)
    unpaid[5:7, bands == "G"] = 4
    written_off[9:, long] = True
    unpaid[10:, :] = 4
    world = Observation(
        book,
        Timeline("2016-01", 12),
        allocate_tallies(1, 12, *sizes),
        parameters_from({}),
        unpaid,
        written_off,
        book.loans.id,
    )
    target = only(OUTCOME)
    assert isinstance(target, OutcomeTarget)
    found = simulated("x", target, calibration({"x": OUTCOME}), world)
    at = dict(zip(labels_of("x", target), found, strict=True))
    assert (at["60"], at["G"]) == (1.0, 1.0)
    assert 0.0 < at["A"] < at["all"] < 1.0
    assert at["36"] < 0.05
    labels, unknown = simulated_unknown("x", target, world)
    share = dict(zip(labels, unknown, strict=True))
    counts = group_counts("x", target)
    total = counts.known + counts.unknown
    for label in GRADES:
        whole = long[bands == label].mean() if label != "G" else 1.0
        place = counts.labels.index(label)
        pooled = at[label] * counts.known[place] + share[label] * counts.unknown[place]
        assert pooled / total[place] == pytest.approx(whole), label
    with pytest.raises(UserError, match=r"targets.x.horizon_months must be at most the 12 months"):
        simulated("x", only(OUTCOME | {"horizon_months": 13}), calibration({"x": OUTCOME}), world)
    other = replace(observation_of(), unpaid=unpaid, written_off=written_off)
    other = replace(other, loan_ids=other.book.loans.id)
    with pytest.raises(UserError, match=r"lacks 4929 of its loans"):
        simulated("x", target, calibration({"x": OUTCOME}), other)


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


# Contradictions


def moments_of(name: str, labels: tuple[str, ...], values: list[float], sd: float) -> Moments:
    size = len(labels)
    return Moments(name, labels, np.array(values), np.eye(size) * sd**2, np.zeros(size))


def found_in(targets: dict[str, object], *evidence: Moments) -> tuple[str, ...]:
    return check_targets({moments.name: moments for moments in evidence}, calibration(targets))


def test_targets_that_agree_are_not_reported() -> None:
    settings = calibration(
        {
            "rolls": ROLLS,
            "again": ROLLS,
            "cures": CURES,
            "shares": SHARES,
            "flags": FLAGS,
            "series": SERIES,
            "deeper": SERIES | {"measure": "overdue_rate_60", "column": "balance_60dpd_pct"},
            "level": LEVEL,
            "vintage": VINTAGE,
            "outcome": OUTCOME,
        }
    )
    assert check_targets(observed(settings), settings) == ()


def test_60_above_30_in_the_same_quarter_names_both_targets() -> None:
    targets = {"shallow": SERIES, "deep": SERIES | {"measure": "overdue_rate_60"}}
    quarters = ("2013Q1", "2013Q2")
    found = found_in(
        targets,
        moments_of("shallow", quarters, [0.02, 0.02], 0.001),
        moments_of("deep", quarters, [0.023, 0.025], 0.001),
    )
    assert len(found) == 1
    assert "targets.deep (2013Q2: 2.5000%)" in found[0]
    assert "targets.shallow (2013Q2: 2.0000%)" in found[0]
    other = moments_of("deep", ("2014Q1",), [0.5], 0.001)
    assert found_in(targets, moments_of("shallow", quarters, [0.02, 0.02], 0.001), other) == ()


def test_two_values_of_one_measure_and_period_are_reported_beyond_three_standard_errors() -> None:
    targets = {"one": LEVEL, "two": LEVEL}
    label = ("first_day_overdue_rate months 1-12",)
    one = moments_of("one", label, [0.07], 0.003)
    near = moments_of("two", label, [0.084], 0.004)
    far = moments_of("two", label, [0.086], 0.004)
    assert found_in(targets, one, near) == ()
    (text,) = found_in(targets, one, far)
    assert "targets.one" in text
    assert "targets.two" in text
    assert "differ by more than 3 standard errors" in text


def test_rolls_out_of_one_state_that_sum_to_more_than_one_are_reported() -> None:
    targets = {
        "stay": ROLLS | {"cells": ["2->2"], "months": ["2005-04"]},
        "leave": ROLLS | {"cells": ["2->C"], "months": ["2005-04"]},
    }
    stay = moments_of("stay", ("2->2 2005-04",), [0.7], 0.01)
    leave = moments_of("leave", ("2->C 2005-04",), [0.4], 0.01)
    (text,) = found_in(targets, stay, leave)
    assert "targets.stay" in text
    assert "targets.leave" in text
    assert "sum to 110.00% of one state" in text
    assert found_in(targets, stay, moments_of("leave", ("2->C 2005-04",), [0.33], 0.01)) == ()


def test_a_share_of_nobody_contradicts_nothing() -> None:
    targets = {"one": LEVEL, "two": LEVEL}
    label = ("first_day_overdue_rate months 1-12",)
    one, two = (moments_of(n, label, [v], 0.0) for n, v in (("one", 0.07), ("two", np.nan)))
    assert found_in(targets, one, two) == ()
