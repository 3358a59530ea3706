"""Break-evens of a run from end to end: dataset, summary, manifest, command line."""

import csv
import json
import math
from functools import cache

import numpy as np
import pytest
import xarray as xr

from simulator import BookSettings, build_policy, stress_test
from simulator.catalogue import parameters_from
from simulator.cli.run import main
from simulator.engine import simulate
from simulator.macro import draw_macro_paths
from simulator.packing import pack
from simulator.policies import GracePeriod, StatusQuo, levers_for
from simulator.results.break_even import Verdict
from simulator.results.intervals import over_paths
from simulator.results.sampling import Draws
from simulator.settings import BreakEvenSettings
from tests.break_even.policies import POLICIES
from tests.conftest import HARD, STILL, run_settings, scenario_of, small_book, world_builder

pytestmark = pytest.mark.filterwarnings("ignore:parameters. cn_online_lender was fitted")


@cache
def _run():
    policies = {
        "costly": build_policy("costly", {"kind": "grace_period", "interest_charged_share": 0.4}),
        "both": POLICIES["both"],
    }
    questions = {
        "interest": BreakEvenSettings(policy="costly", field="interest_charged_share"),
        "accounts": BreakEvenSettings(
            policy="costly",
            field="interest_charged_share",
            scenario="downturn",
            metric="lifetime_net_result",
        ),
        "length": BreakEvenSettings(policy="costly", field="months", low=1, high=4),
        "proof": BreakEvenSettings(
            policy="both", field="members.care.false_proof", scenario="downturn"
        ),
    }
    book = BookSettings(borrowers=300)
    return stress_test(
        book, ["baseline", "downturn"], policies, paths=6, months=8, break_even=questions
    )


def _alone(share):
    policy = build_policy("costly", {"kind": "grace_period", "interest_charged_share": share})
    return stress_test(
        BookSettings(borrowers=300), ["downturn"], {"costly": policy}, paths=6, months=8
    )


def _row(rows, metric, policy="costly", scenario="baseline"):
    (row,) = (
        r
        for r in rows
        if (r.metric, r.policy, r.scenario, r.month) == (metric, policy, scenario, None)
    )
    return row


def test_the_gain_at_the_own_setting_is_the_difference_of_the_summary():
    answer = _run().break_evens[0]
    assert answer.metric == "value"
    (own,) = (point for point in answer.points if point.value == 0.4)
    dataset = _run().dataset.sel(scenario="baseline")
    gain = dataset["value"].sel(policy="costly") - dataset["value"].sel(policy="status_quo")
    plain = over_paths(gain.values, Draws(1))  # without the doubt of what a unit left is worth
    assert own[1:] == pytest.approx((plain.mean, plain.ci_low, plain.ci_high), rel=1e-9)
    assert own[1] == pytest.approx(_row(_run().summary, "delta_value").mean, rel=1e-9)


@pytest.mark.parametrize("end", [0, -1])
def test_the_gain_at_an_end_is_that_of_a_run_with_that_setting(end):
    answer = _run().break_evens[1]
    rows = _alone(answer.points[end].value).summary
    row = _row(rows, "delta_lifetime_net_result", scenario="downturn")
    assert answer.points[end].mean == pytest.approx(row.mean, rel=1e-9)


def test_a_crossing_separates_paying_from_not_paying():
    for answer in _run().break_evens:
        if answer.verdict is not Verdict.CROSSES:
            continue
        before = [p for p in answer.points if p.value < answer.value]
        assert (before[0].mean > 0.0) is answer.pays_below
        assert answer.low < answer.value < answer.high
        assert math.isnan(answer.ci_low) or answer.low <= answer.ci_low < answer.value
        assert math.isnan(answer.ci_high) or answer.value < answer.ci_high <= answer.high


def test_dataset_summary_and_manifest_tell_the_same():
    outcome = _run()
    dataset, manifest = outcome.dataset, outcome.manifest["break_even"]
    assert list(dataset["break_even"].values) == ["interest", "accounts", "length", "proof"]
    assert list(manifest) == ["interest", "accounts", "length", "proof"]
    json.dumps(manifest, allow_nan=False)
    for at, answer in enumerate(outcome.break_evens):
        row = _row(outcome.summary, answer.summary_metric, answer.policy, answer.scenario)
        assert row.unit == "1"
        assert math.isnan(row.p50)
        stored = [float(dataset[f"break_even_{n}"][at]) for n in ("value", "ci_low", "ci_high")]
        np.testing.assert_equal(stored, [row.mean, row.ci_low, row.ci_high])
        assert str(dataset["break_even_verdict"].values[at]) == answer.verdict
        assert manifest[answer.name]["verdict"] == answer.verdict
        assert manifest[answer.name]["gain_at_low"] == answer.points[0].mean
        points = dataset["break_even_gain"].values[at]
        assert np.count_nonzero(~np.isnan(points)) == len(answer.points)
    metrics = [answer.summary_metric for answer in outcome.break_evens]
    assert metrics[2:] == ["break_even_months", "break_even_members_care_false_proof"]


def test_a_question_changes_no_other_number():
    asked, policy = _run().dataset, build_policy("both", POLICIES["both"].model_dump())
    costly = build_policy("costly", {"kind": "grace_period", "interest_charged_share": 0.4})
    plain = stress_test(
        BookSettings(borrowers=300),
        ["baseline", "downturn"],
        {"costly": costly, "both": policy},
        paths=6,
        months=8,
    ).dataset
    for name, variable in plain.data_vars.items():
        assert variable.identical(asked[name]), name
    assert not [name for name in plain.variables if "break_even" in str(name)]


def test_a_policy_alone_has_the_bits_that_it_has_beside_the_reference():
    book, run = small_book(borrowers=200, months=6), run_settings(paths=3, months=6)
    values = parameters_from({})
    macro = draw_macro_paths(scenario_of(HARD, 6, book.regions, STILL), run)
    worlds = {"hard": world_builder(macro, book, values)}
    levers = {
        name: levers_for(policy, StatusQuo(), book.segments, 6)
        for name, policy in (("status_quo", StatusQuo()), ("grace_period", GracePeriod()))
    }
    packed, alone = pack(book, values), {"grace_period": levers["grace_period"]}
    beside = simulate(packed, worlds, levers, run).tallies["hard", "grace_period"]
    single = simulate(packed, worlds, alone, run).tallies["hard", "grace_period"]
    for name in ("stocks", "flows", "counts", "written_off_by_product"):
        assert np.array_equal(getattr(beside, name), getattr(single, name)), name


def test_a_shipped_question_goes_by_name_and_an_own_one_by_its_field():
    own = BreakEvenSettings(policy="grace_period", field="deferred_share", low=0.5)
    small = {"paths": 2, "months": 3, "borrowers": 100}
    outcome = stress_test(
        scenarios=["baseline"], policies=["grace_period"], break_even=["moral_hazard", own], **small
    )
    assert [a.name for a in outcome.break_evens] == ["moral_hazard", "deferred_share"]
    recorded = json.loads(outcome.dataset.attrs["configuration"])["break_even"]
    assert recorded["deferred_share"]["low"] == 0.5
    assert recorded["moral_hazard"]["field"] == "refusal_after_relief"


def test_a_sweep_has_the_break_even_of_every_job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = [
        "-m",
        "run=smoke",
        "book.borrowers=100",
        "report.enabled=false",
        "scenario=[baseline]",
        "policy=[grace_period]",
        "break_even=[moral_hazard]",
        "policy.grace_period.months=2,4",
        "hydra.sweep.dir=sweep",
    ]
    assert main(arguments) == 0
    with (tmp_path / "sweep" / "sweep.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["metric"].startswith("break_even_")]
    rows = [r for r in rows if r["metric"] != "break_even_price"]  # that of profit
    assert [(r["job"], r["metric"]) for r in rows] == [
        ("0", "break_even_refusal_after_relief"),
        ("1", "break_even_refusal_after_relief"),
    ]


def test_the_command_line_writes_answers_and_tells_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = [
        "run=smoke",
        "book.borrowers=200",
        "scenario=[baseline]",
        "policy=[grace_period]",
        "break_even=[take_up]",
        "break_even.take_up.high=0.1",
        "report.enabled=false",
        "hydra.run.dir=out",
    ]
    assert main(arguments) == 0
    shown = capsys.readouterr()
    assert "searching break-even of take_up" in shown.err
    assert "Under Baseline, Grace period" in shown.out
    with (tmp_path / "out" / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["metric"] == "break_even_take_up_if_no_need"]
    assert [(r["policy"], r["unit"], r["p05"]) for r in rows] == [("grace_period", "1", "")]
    with xr.open_dataset(tmp_path / "out" / "results.nc") as dataset:
        assert float(dataset["break_even_high"][0]) == 0.1
        for name in dataset.variables:
            if str(name).startswith("break_even"):
                assert dataset[name].attrs["long_name"]
                assert dataset[name].attrs["units"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["configuration"]["break_even"]["take_up"]["high"] == 0.1
    assert manifest["break_even"]["take_up"]["field"] == "take_up_if_no_need"
