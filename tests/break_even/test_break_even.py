"""Break-evens: the question's rules, its words, and a run from end to end."""

import csv
import json
import math
from functools import cache

import numpy as np
import pytest
import xarray as xr

from simulator import BookSettings, RunSettings, UserError, build_policy, stress_test
from simulator.break_even.question import ask, number_fields
from simulator.catalogue import parameters_from
from simulator.cli.configuration.folders import find_folders
from simulator.cli.run import main
from simulator.engine import simulate
from simulator.macro import draw_macro_paths
from simulator.packing import pack
from simulator.policies import CareProgramme, Combination, GracePeriod, StatusQuo, levers_for
from simulator.results.break_even import (
    BreakEven,
    GainPoint,
    Verdict,
    break_even_manifest,
    break_even_rows,
    in_words,
    with_break_evens,
)
from simulator.settings import BreakEvenSettings
from simulator.shipped import read_shipped
from tests.conftest import HARD, STILL, run_settings, scenario_of, small_book, world_builder

NAN = float("nan")


# --- the question -------------------------------------------------------------------------

POLICIES = {
    "status_quo": StatusQuo(),
    "grace_period": GracePeriod(),
    "both": Combination(
        members={"care": {"kind": "care_programme"}, "strict": {"kind": "stricter_approval"}}
    ),
}


def _ask(policies=POLICIES, runoff=0, **changes):
    settings = {"policy": "grace_period", "field": "take_up_if_no_need", **changes}
    run = RunSettings(paths=4, runoff_months=runoff)
    question = BreakEvenSettings.model_validate(settings)
    return ask({"asked": question}, policies, ("calm", "hard"), run)[0]


def test_what_is_not_said_comes_from_the_field_and_the_run():
    question = _ask()
    assert (question.low, question.high, question.setting) == (0.0, 1.0, 0.02)
    assert (question.scenario, question.metric) == ("calm", "net_result")
    assert _ask(runoff=6).metric == "lifetime_net_result"
    assert _ask(field="refusal_after_relief").low == 0.25


def test_the_policy_at_a_value_differs_in_that_field_only():
    before, after = POLICIES["grace_period"].model_dump(), _ask().policy_at(0.3).model_dump()
    assert after == before | {"take_up_if_no_need": 0.3}


def test_a_field_of_a_member_of_a_combination_can_be_varied():
    question = _ask(policy="both", field="members.care.false_proof")
    assert (question.low, question.high) == (0.0, 1.0)
    assert question.setting == CareProgramme().false_proof
    members = question.policy_at(0.4).members
    assert members["care"] == {"kind": "care_programme", "false_proof": 0.4}
    assert members["strict"] == POLICIES["both"].members["strict"]


def test_whole_fields_keep_whole_numbers():
    question = _ask(field="months", low=2, high=9)
    assert question.whole
    assert question.policy_at(5.0).months == 5


def test_every_relief_policy_has_numbers_to_vary():
    fields = number_fields(GracePeriod())
    assert {"months", "awareness", "refusal_after_relief", "take_up_if_no_need"} <= set(fields)
    assert not {"kind", "regions", "last_month"} & set(fields)
    assert fields["refusal_after_relief"][:3] == (0.25, 4.0, 1.0)


MISTAKES = {
    "policy that is not in the run": (
        {"policy": "care_programme"},
        ["asked.policy", "run's policies (grace_period, both)", "got care_programme"],
    ),
    "reference": ({"policy": "status_quo"}, ["got status_quo"]),
    "field that is not there": (
        {"field": "take_up"},
        ["asked.field", "take_up_if_no_need", "got take_up"],
    ),
    "field that is no number": ({"field": "regions"}, ["asked.field", "got regions"]),
    "member's field without its member": (
        {"policy": "both", "field": "false_proof"},
        ["members.care.false_proof", "got false_proof"],
    ),
    "below the range": ({"low": -0.1}, ["asked.low must be a number in [0, 1]", "got -0.1"]),
    "above the range": ({"high": 2}, ["asked.high must be a number in [0, 1]", "got 2"]),
    "no bracket": ({"low": 0.5, "high": 0.5}, ["asked.low must be below high (0.5)"]),
    "fraction of a month": (
        {"field": "months", "low": 1.5},
        ["asked.low must be a whole number in [1, 60]; got 1.5"],
    ),
    "scenario that is not in the run": (
        {"scenario": "severe"},
        ["asked.scenario must be one of calm, hard; got severe"],
    ),
    "metric by which nothing pays": ({"metric": "balance"}, ["asked.metric", "net_result"]),
    "lifetime without run-off": ({"metric": "lifetime_net_result"}, ["run.runoff_months"]),
    "value that a rule of the policy forbids": (
        {"policies": POLICIES | {"grace_period": GracePeriod(first_month=3, last_month=8)}}
        | {"field": "first_month", "low": 1, "high": 12},
        ["last_month must not be before first_month (12)"],
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_question_that_cannot_be_asked_is_refused_in_one_line(case):
    changes, fragments = MISTAKES[case]
    with pytest.raises(UserError) as error:
        _ask(**changes)
    assert len(str(error.value).splitlines()) == 1
    for fragment in fragments:
        assert fragment in str(error.value)


def test_without_a_policy_there_is_nothing_to_ask():
    with pytest.raises(UserError, match="no policy besides status_quo"):
        _ask(policies={"status_quo": StatusQuo()})


def test_one_field_is_asked_once_in_a_scenario():
    question = BreakEvenSettings(policy="grace_period", field="months")
    other = BreakEvenSettings(policy="grace_period", field="months", high=9)
    run = RunSettings(paths=4)
    with pytest.raises(UserError, match=r"b asks for the policy, field and scenario of .*\.a"):
        ask({"a": question, "b": other}, POLICIES, ("calm",), run)
    elsewhere = BreakEvenSettings(policy="grace_period", field="months", scenario="hard")
    assert len(ask({"a": question, "b": elsewhere}, POLICIES, ("calm", "hard"), run)) == 2


@pytest.mark.parametrize("name", find_folders().choices("break_even"))
def test_a_shipped_question_lists_every_key_and_can_be_asked_of_its_policy(name):
    content = read_shipped("break_even", name)
    assert set(content) == set(BreakEvenSettings.model_fields)
    question = BreakEvenSettings.model_validate(content)
    policy = build_policy(question.policy, read_shipped("policy", question.policy))
    policies = {"status_quo": StatusQuo(), question.policy: policy}
    assert ask({name: question}, policies, ("calm",), RunSettings(paths=4))[0].name == name


def test_a_file_of_questions_is_scanned_like_a_policy(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "own" / "break_even" / "mine.yaml"
    file.parent.mkdir(parents=True)
    rules = {
        "policy: grace_period\n": "must begin with '# @package break_even.mine'",
        "# @package _global_\nrun: {seed: 1}\n": "must begin with",
        "# @package break_even.mine\npolicy: ${oc.env:HOME}\n": "only ${key}",
        "# @package break_even.mine\n_target_: os.getcwd\n": "_target_ is not allowed",
    }
    for text, rule in rules.items():
        file.write_text(text, encoding="utf-8")
        assert main(["--config-dir", "own", "break_even=[mine]"]) == 2
        assert rule in capsys.readouterr().err
    file.write_text(
        "# @package break_even.mine\npolicy: grace_period\nfield: awareness\n", encoding="utf-8"
    )
    assert main(["--config-dir", "own", "break_even=[mine]", "--cfg", "job"]) == 0
    assert "field: awareness" in capsys.readouterr().out


# --- words --------------------------------------------------------------------------------


def _answer(**changes):
    points = (GainPoint(0.0, 2e6, 1e6, 3e6), GainPoint(1.0, -4e5, -5e5, -3e5))
    plain = {
        "name": "take_up",
        "policy": "grace_period",
        "field": "take_up_if_no_need",
        "scenario": "calm",
        "metric": "net_result",
        "low": 0.0,
        "high": 1.0,
        "verdict": Verdict.CROSSES,
        "value": 0.42,
        "ci_low": 0.3,
        "ci_high": 0.5,
        "pays_below": True,
        "points": points,
    }
    return BreakEven(**(plain | changes))


def test_a_crossing_is_told_with_its_interval_and_side():
    assert in_words(_answer(), "CNY") == (
        "calm, grace_period: take_up_if_no_need breaks even at 0.42 [0.3, 0.5];"
        " the policy pays below it"
    )
    one_path = (GainPoint(0.0, -2e6, NAN, NAN), GainPoint(1.0, 4e5, NAN, NAN))
    without = {"ci_low": NAN, "ci_high": NAN, "pays_below": False, "points": one_path}
    told = in_words(_answer(**without, warnings=("w",)), "CNY")
    assert "at 0.42 (too few paths for an interval); the policy pays above it; w" in told


def test_an_end_outside_of_the_bracket_is_told_as_such():
    below, above = "at or below 0 (end of the bracket)", "at or above 1 (end of the bracket)"
    assert f"at 0.42 [{below}, 0.5]; the" in in_words(_answer(ci_low=NAN), "CNY")
    assert f"at 0.42 [0.3, {above}]; the" in in_words(_answer(ci_high=NAN), "CNY")
    told = in_words(_answer(ci_low=NAN, ci_high=NAN), "CNY")
    assert f"at 0.42 [{below}, {above}]; the" in told


def test_too_few_paths_are_told_with_the_gain_at_both_ends():
    none = {"value": NAN, "ci_low": NAN, "ci_high": NAN, "pays_below": None}
    points = (GainPoint(0.0, -2e4, -3e6, 2e6), GainPoint(1.0, -4e4, -5e6, 4e6))
    told = in_words(_answer(verdict=Verdict.UNDECIDED, points=points, **none), "CNY")
    assert told == (
        "calm, grace_period: take_up_if_no_need has no break-even that could be shown in [0, 1]:"
        " too few paths to say whether the policy pays; gain of net result"
        " -2e+04 to -4e+04 CNY"
    )


def test_an_undecided_answer_has_empty_numbers_everywhere():
    none = {"value": NAN, "ci_low": NAN, "ci_high": NAN, "pays_below": None}
    answer = _answer(verdict=Verdict.UNDECIDED, **none)
    (row,) = break_even_rows([answer])
    assert math.isnan(row.mean)
    told = break_even_manifest([answer])["take_up"]
    assert (told["verdict"], told["value"], told["ci_low"]) == ("undecided", None, None)
    dataset = with_break_evens(xr.Dataset(attrs={"currency": "CNY"}), [answer])
    assert str(dataset["break_even_verdict"].values[0]) == "undecided"
    assert "undecided" in dataset["break_even_verdict"].attrs["long_name"]


def test_no_crossing_is_told_with_the_gain_at_both_ends():
    none = {"value": NAN, "ci_low": NAN, "ci_high": NAN, "pays_below": None}
    told = in_words(_answer(verdict=Verdict.NEVER_PAYS, **none), "CNY")
    assert "no break-even in [0, 1]: the policy never pays; gain" in told
    assert "+2e+06 to -4e+05 CNY" in told


# --- a run --------------------------------------------------------------------------------


@cache
def _run():
    policies = {
        "costly": build_policy("costly", {"kind": "grace_period", "interest_charged_share": 0.4}),
        "both": POLICIES["both"],
    }
    questions = {
        "interest": BreakEvenSettings(policy="costly", field="interest_charged_share"),
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
        BookSettings(borrowers=300), ["baseline"], {"costly": policy}, paths=6, months=8
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
    (own,) = (point for point in answer.points if point.value == 0.4)
    row = _row(_run().summary, "delta_lifetime_net_result")
    assert own[1:] == pytest.approx((row.mean, row.ci_low, row.ci_high), rel=1e-9)


@pytest.mark.parametrize("end", [0, -1])
def test_the_gain_at_an_end_is_that_of_a_run_with_that_setting(end):
    answer = _run().break_evens[0]
    row = _row(_alone(answer.points[end].value).summary, "delta_lifetime_net_result")
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
    assert list(dataset["break_even"].values) == ["interest", "length", "proof"]
    assert list(manifest) == ["interest", "length", "proof"]
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
    assert metrics[1:] == ["break_even_months", "break_even_members_care_false_proof"]


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
    assert "baseline, grace_period: take_up_if_no_need" in shown.out
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
