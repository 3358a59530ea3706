"""The question of a break-even: what it takes from the run, what is refused."""

import pytest

from simulator import RunSettings, UserError, build_policy
from simulator.break_even.question import ask
from simulator.cli.configuration.folders import find_folders
from simulator.cli.run import main
from simulator.policies import CareProgramme, GracePeriod, StatusQuo
from simulator.settings import BreakEvenSettings
from simulator.shipped import read_shipped
from simulator.varied_policy import number_fields
from tests.break_even.policies import POLICIES


def _ask(policies=POLICIES, runoff=0, **changes):
    settings = {"policy": "grace_period", "field": "take_up_if_no_need", **changes}
    run = RunSettings(paths=4, runoff_months=runoff)
    question = BreakEvenSettings.model_validate(settings)
    return ask({"asked": question}, policies, ("calm", "hard"), run)[0]


def test_what_is_not_said_comes_from_the_field_and_the_run():
    question = _ask()
    assert (question.low, question.high, question.setting) == (0.0, 1.0, 0.02)
    assert (question.scenario, question.metric) == ("calm", "net_result")
    assert _ask(runoff=6).metric == "value"
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
        ["asked.policy", "policies of the run (grace_period, both)", "got care_programme"],
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
    "value without run-off": ({"metric": "value"}, ["run.runoff_months"]),
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
