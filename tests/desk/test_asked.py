"""The command line that a page's choices become, and what never becomes one."""

from pathlib import Path

import pytest

from simulator.cli.arguments import read_arguments
from simulator.cli.configuration.hydra_app import checked
from simulator.desk.asked import (
    MOST_POLICIES,
    QUICK,
    RunAsked,
    TapeFiles,
    books_offered,
    in_folder,
    policies_offered,
    run_arguments,
)
from simulator.desk.choices import choices
from simulator.desk.fields import fields_of
from simulator.desk.names import book_names
from simulator.policies import build_policy, kind_model
from simulator.report.kit.language import speaking
from simulator.shipped import default_choices, read_shipped
from simulator.validation import UserError, build
from tests.report.browser.payloads import PAYLOADS

ASKED = {"book": "cn_online", "scenarios": {"baseline": 1.0, "downturn": 1.5}}
INJECTIONS = (
    *("1 run.paths=9", "1,2", "[1]", "${oc.env:HOME}", "$(id)", "1;id", "../../x", "null", "~run"),
    *("1\nhydra.run.dir=/tmp", "${hydra:runtime.cwd}", "+x=1", "range(1,9)", "glob(*)", *PAYLOADS),
)


def _arguments(**changed: object) -> list[str]:
    return run_arguments(build("run", RunAsked, ASKED | changed), None)


def test_what_is_chosen_is_on_the_command_line():
    changed = {"grace_period": {"months": 6, "is_record": True, "deferred_share": 0.5}}
    assert _arguments(policies=changed) == [
        "book=cn_online",
        "scenario=[baseline,downturn]",
        "scenario.downturn.severity=1.5",
        "policy=[grace_period]",
        "policy.grace_period.months=6",
        "policy.grace_period.is_record=true",
        "policy.grace_period.deferred_share=0.5",
        *(f"{key}={value}" for key, value in QUICK.items()),
        "book.borrowers=2000",
    ]


def test_a_member_of_a_combination_has_its_fields():
    policies = {"care_and_strict": {"members.stricter_approval.score_cutoff": 560}}
    found = _arguments(policies=policies, size="full", language="zh")
    assert found[-2:] == [
        "policy.care_and_strict.members.stricter_approval.score_cutoff=560.0",
        "report.language=zh",
    ]


@pytest.mark.parametrize("book", books_offered())
@pytest.mark.parametrize("size", ["quick", "full"])
def test_every_book_is_taken_by_the_command(book, size):
    found = run_arguments(build("run", RunAsked, ASKED | {"book": book, "size": size}), None)
    checked(read_arguments(found))


@pytest.mark.parametrize("policy", policies_offered())
def test_every_field_is_spelled_as_it_stands(policy):
    settings = read_shipped("policy", policy)
    usual = _usual(policy)
    assert usual, policy
    found = [text for text in _arguments(policies={policy: usual}) if f"{policy}." in text]
    assert [text.partition("=")[0] for text in found] == [f"policy.{policy}.{k}" for k in usual]
    build_policy(policy, settings)


def _usual(policy):
    return {
        f.key: f.value for f in fields_of(read_shipped("policy", policy)) if f.value is not None
    }


def test_every_policy_is_taken_by_the_command_with_all_of_its_fields():
    names = list(policies_offered())
    for first in range(0, len(names), MOST_POLICIES):
        some = {name: _usual(name) for name in names[first : first + MOST_POLICIES]}
        checked(read_arguments(_arguments(policies=some)))


def test_every_field_of_every_policy_is_offered():
    for policy in policies_offered():
        settings = read_shipped("policy", policy)
        owners = {
            "": settings,
            **{f"members.{n}.": m for n, m in settings.get("members", {}).items()},
        }
        keys = {
            f"{before}{key}"
            for before, owner in owners.items()
            for key in kind_model("kind", owner["kind"]).model_fields
        }
        left = {key for key in keys if key.rpartition(".")[2] in ("kind", "members")}
        assert {field.key for field in fields_of(settings)} == keys - left, policy


def test_lists_are_words_of_the_schema_and_of_the_book():
    changed = {
        "grace_period": {"regions": ["west", "east"], "hardships": ["illness"], "last_month": 9},
        "risk_based_price": {"annual_rate_add": {"A": -0.01, "E": 0.05}},
        "more_collectors": {"staff": {"human_call": 3, "legal": 2}},
        "ai_only_collections": {
            "rules": [{"stage": "ai_call", "first_bucket": 1, "risk_bands": ["A"], "intensity": 2}]
        },
        "full_programme": {"members.replan_without_proof.hardships": []},
    }
    found = _arguments(policies=changed)
    assert {text for text in found if text.startswith("policy.")} == {
        "policy.grace_period.regions=[west,east]",
        "policy.grace_period.hardships=[illness]",
        "policy.grace_period.last_month=9",
        "policy.risk_based_price.annual_rate_add={A:-0.01,E:0.05}",
        "policy.more_collectors.staff={human_call:3.0,legal:2.0}",
        "policy.ai_only_collections.rules="
        "[{stage:ai_call,first_bucket:1,risk_bands:[A],intensity:2.0}]",
        "policy.full_programme.members.replan_without_proof.hardships=[]",
    }
    checked(read_arguments(found))


def test_names_are_those_of_the_book_that_is_chosen():
    asked = {"policies": {"grace_period": {"regions": ["midwest"]}}}
    assert "policy.grace_period.regions=[midwest]" in _arguments(book="us_cards", **asked)
    with pytest.raises(UserError, match="must be one of central, east, northeast, west"):
        _arguments(**asked)


def test_names_of_a_tape_are_quoted_where_their_characters_need_it():
    names = book_names(["华东", "it's", "${oc.env:HOME}", "null", "East Coast"], ["cash_loan"])
    assert names["regions"] == ("华东", "null", "East Coast")
    asked = ASKED | {"book": "tape", "tape": "0"}
    asked |= {"policies": {"grace_period": {"regions": list(names["regions"])}}}
    found = run_arguments(build("run", RunAsked, asked), TapeFiles(Path("/t.csv"), None, names))
    assert "policy.grace_period.regions=['华东','null','East Coast']" in found


def test_standards_and_questions_are_chosen_by_name():
    asked = {"provision": ["ifrs9"], "policies": {"grace_period": {}}}
    assert "provision=[ifrs9]" in _arguments(**asked)
    questions = {"break_even": ["moral_hazard"], "reverse": ["double_loss"]}
    found = _arguments(**asked, **questions, size="full")
    assert found[-3:] == ["provision=[ifrs9]", "break_even=[moral_hazard]", "reverse=[double_loss]"]
    checked(read_arguments(found))
    usual = list(default_choices("provision"))
    assert not [text for text in _arguments(provision=usual) if text.startswith("provision")]
    with pytest.raises(UserError, match="choose it too"):
        _arguments(break_even=["false_proof"], size="full")
    with pytest.raises(UserError, match="of a full run"):
        _arguments(reverse=["double_loss"])


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_becomes_a_value_or_a_name(text):
    for asked in (
        {"policies": {"grace_period": {"months": text}}},
        {"policies": {"grace_period": {"is_record": text}}},
        {"policies": {"grace_period": {text: 1}}},
        {"policies": {"grace_period": {"regions": [text]}}},
        {"policies": {"grace_period": {"hardships": [text]}}},
        {"policies": {"more_collectors": {"staff": {text: 1}}}},
        {"policies": {"more_collectors": {"staff": {"legal": text}}}},
        {"policies": {"ai_only_collections": {"rules": [{"stage": text, "intensity": 1}]}}},
        {"policies": {"ai_only_collections": {"rules": [{"stage": "legal", text: 1}]}}},
        {"provision": [text]},
        {"break_even": [text], "size": "full"},
        {"reverse": [text], "size": "full"},
        {"policies": {text: {}}},
        {"scenarios": {text: 1.0}},
        {"book": text},
        {"size": text},
        {"language": text},
        {"settings": {text: 1}, "size": "full"},
        {"settings": {"run.paths": text}, "size": "full"},
        {text: 1},
    ):
        with pytest.raises(UserError):
            _arguments(**asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"policies": {"grace_period": {"months": 61}}},
        {"policies": {"grace_period": {"months": 2.5}}},
        {"policies": {"grace_period": {"months": True}}},
        {"policies": {"grace_period": {"awareness": 1.01}}},
        {"policies": {"grace_period": {"awareness": 1e308 * 10}}},
        {"policies": {"grace_period": {"kind": "care_programme"}}},
        {"policies": {"grace_period": {"months": 10**400}}},
        {"policies": {"grace_period": {"regions": "east"}}},
        {"policies": {"grace_period": {"regions": ["mars"]}}},
        {"policies": {"grace_period": {"hardships": ["illness"] * 6}}},
        {"policies": {"more_collectors": {"staff": {"legal": 101}}}},
        {"policies": {"more_collectors": {"staff": {"reminder": 1}}}},
        {"policies": {"more_collectors": {"day_shifts": {"legal": 0.5}}}},
        {"policies": {"ai_only_collections": {"rules": [{"stage": "legal"}]}}},
        {"policies": {"ai_only_collections": {"rules": [{"stage": "legal", "intensity": 11}]}}},
        {"policies": {"grace_period": {"first_month": 9, "last_month": 3}}},
        {"policies": {"care_and_strict": {"members.other.months": 1}}},
        {"policies": {"status_quo": {}}},
        {"scenarios": {}},
        {"scenarios": {"baseline": 5.1}},
        {"scenarios": {"baseline": -1}},
        {"book": "tape"},
        {"settings": {"run.paths": 5}},
        {"settings": {"run.threads": 1}, "size": "full"},
        {"settings": {"run.paths": 0}, "size": "full"},
        {"settings": {"book.borrowers": 0}, "size": "full"},
        {"book": "lending_club_2016q1", "settings": {"book.borrowers": 5}, "size": "full"},
    ],
    ids=str,
)
def test_what_the_schema_does_not_allow(asked):
    with pytest.raises(UserError):
        _arguments(**asked)


def test_a_tape_and_a_folder_of_any_name_are_one_value(tmp_path):
    folder = tmp_path / "it's a [folder], 'so'"
    folder.mkdir()
    (folder / "tape.csv").write_text("x", encoding="utf-8")
    asked = build("run", RunAsked, ASKED | {"book": "tape", "tape": "0"})
    found = run_arguments(asked, TapeFiles(folder / "tape.csv", None, {}))
    checked(read_arguments([*found, in_folder(folder)]))


def test_everything_that_is_offered_has_its_chinese():
    with speaking("zh"):
        found = choices()
    texts = [(p["label"], p["about"]) for p in (*found["policies"], *found["books"])]
    for policy in found["policies"]:
        texts += [_all_words(field) for field in policy["fields"]]
    texts += [field["words"].values() for field in found["questions"]]
    for book in found["books"]:
        names = book["names"]
        texts += [[name["label"] for name in (*names["regions"], *names["products"])]]
    english = {text for part in texts for text in part if text and text.isascii()}
    assert english == set()


def _all_words(field):
    below = [text for inner in field["fields"] for text in _all_words(inner)]
    return (field["label"], field["meaning"], *field["words"].values(), *below)


def test_every_scenario_has_its_path_and_its_severity():
    found = choices()["scenarios"]
    assert all(len(item["spark"]) >= 4 and item["spark_text"] for item in found)
    assert all(len(item["severe"]) == 2 for item in found)
    downturn = next(item for item in found if item["name"] == "downturn")
    assert max(downturn["spark"]) == pytest.approx(0.07, abs=1e-3)
