"""The one call of a notebook: names and objects, the same numbers as the command line."""

import json
import warnings

import pytest

import simulator
from simulator import (
    BookSettings,
    ScenarioSettings,
    UserError,
    build_policy,
    stress_test,
)
from simulator.cli.run import main
from simulator.policies import GracePeriod
from simulator.provision import build_rule_book
from simulator.shipped import read_shipped, shipped_folders

SMALL = {"paths": 2, "months": 3, "borrowers": 100}


def _scenario(**changes: object) -> ScenarioSettings:
    return ScenarioSettings.model_validate({**read_shipped("scenario", "baseline"), **changes})


def test_names_give_the_numbers_of_the_command_line(tmp_path):
    outcome = stress_test("cn_online", ["baseline"], ["grace_period"], seed=7, **SMALL)
    code = main(
        [
            "scenario=[baseline]",
            "policy=[grace_period]",
            "run.paths=2",
            "run.months=3",
            "run.seed=7",
            "book.borrowers=100",
            "assumptions=null",
            "report.enabled=false",
            f"hydra.run.dir={tmp_path}",
        ]
    )
    assert code == 0
    stored = simulator.load(str(tmp_path)).dataset
    assert list(stored["policy"].values) == ["status_quo", "grace_period"]
    for name, variable in stored.data_vars.items():
        assert variable.identical(outcome.dataset[name]), name


@pytest.mark.parametrize("over", ["cn_online_lender", "default"])
def test_values_of_parameters_stand_over_a_set_as_on_the_command_line(tmp_path, over):
    scenario, changes = ["baseline"], {"p_forget_mean": 0.2}
    outcome = stress_test(scenarios=scenario, policies=[], parameters=changes, over=over, **SMALL)
    words = ["scenario=[baseline]", "policy=[status_quo]", "run.paths=2", "run.months=3"]
    words += ["book.borrowers=100", f"parameters={over}", "parameters.p_forget_mean=0.2"]
    assert main([*words, "report.enabled=false", f"hydra.run.dir={tmp_path}"]) == 0
    stored = simulator.load(str(tmp_path)).dataset
    for name, variable in stored.data_vars.items():
        assert variable.identical(outcome.dataset[name]), name


def test_a_set_over_a_set_is_refused():
    with pytest.raises(UserError, match="over goes with values by name; got parameters=default"):
        stress_test(parameters="default", over="us_cards", **SMALL)


@pytest.mark.filterwarnings("ignore:parameters. cn_online_lender was fitted")
def test_typed_objects_are_named_after_label_and_kind():
    own = _scenario(label="Half-way, house")
    policy = GracePeriod(months=6)
    outcome = stress_test(BookSettings(), [own, "baseline"], [policy], **SMALL)
    assert list(outcome.dataset["scenario"].values) == ["half_way_house", "baseline"]
    assert list(outcome.dataset["policy"].values) == ["status_quo", "grace_period"]
    same = outcome.dataset["balance"]
    assert (same.sel(scenario="half_way_house") == same.sel(scenario="baseline")).all()


def test_a_mapping_gives_own_names():
    half = build_policy("half", {"kind": "grace_period", "deferred_share": 0.5})
    policies = {"whole": "grace_period", "half": half}
    outcome = stress_test(scenarios={"calm": "baseline"}, policies=policies, **SMALL)
    assert list(outcome.dataset["scenario"].values) == ["calm"]
    assert list(outcome.dataset["policy"].values) == ["status_quo", "whole", "half"]
    configuration = json.loads(outcome.dataset.attrs["configuration"])
    assert configuration["policy"]["half"]["deferred_share"] == 0.5
    assert configuration["book"]["borrowers"] == 100
    assert configuration["run"]["paths"] == 2


def test_rule_books_go_by_name_or_object_and_stand_in_the_manifest():
    overlay = {"name": "flood", "reason": "unseen", "grade": "lifetime", "until": "2026-06"}
    settings = {**read_shipped("provision", "cecl"), "label": "Own book"}
    own = build_rule_book("own", {**settings, "overlays": [{**overlay, "share_of_balance": 0.02}]})
    outcome = stress_test(scenarios=["baseline"], policies=[], provision=["cas22", own], **SMALL)
    recorded = outcome.manifest["configuration"]["provision"]
    assert list(recorded) == ["cas22", "own_book"]
    assert recorded["own_book"]["overlays"][0]["reason"] == "unseen"
    without = stress_test(scenarios=["baseline"], policies=[], provision=[], **SMALL)
    assert "provision" not in without.manifest["configuration"]
    assert (without.dataset["balance"] == outcome.dataset["balance"]).all()


def test_with_an_output_all_files_are_written(tmp_path):
    folder = tmp_path / "a" / "b"
    outcome = stress_test(scenarios=["baseline"], policies=[], output=folder, **SMALL)
    names = {path.name for path in folder.iterdir()}
    written = {"results.nc", "summary.csv", "report.html", "tables.xlsx", "manifest.json"}
    assert names == written | {"blocks"}
    assert simulator.load(folder).dataset["balance"].identical(outcome.dataset["balance"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"book": "cn"},
            "book must be one of cn_online, lending_club_2016q1, tape, tw_cards, us_cards; got cn",
        ),
        ({"scenarios": ["base"]}, "did you mean baseline?"),
        ({"policies": ["grace"]}, "policy must be one of"),
        ({"scenarios": []}, "scenario: choose at least one"),
        ({"scenarios": "baseline"}, "scenario must be a list of names or objects"),
        ({"policies": ["grace_period", GracePeriod()]}, "duplicate grace_period"),
        ({"policies": {"No name": "grace_period"}}, "policy name must be lower-case"),
        ({"provision": ["cas"]}, "provision must be one of cas22, cecl, china_minimum, ifrs9"),
        (
            {"paths": 3, "draws_per_path": 2},
            "run.draws_per_path must divide run.paths; got 2 and 3",
        ),
        ({"paths": 0}, "run.paths must be in [1, 1000000]; got 0"),
        ({"borrowers": -1}, "book.borrowers must be in [0, 20000000]; got -1"),
        ({"book": "tape"}, "book.path"),
    ],
)
def test_a_mistake_is_one_clear_error(arguments, message):
    with pytest.raises(UserError) as error:
        stress_test(**{**SMALL, **arguments})
    assert message in str(error.value)


def test_an_output_that_is_a_file_is_refused_before_the_run(tmp_path):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="the output folder must be one that can be written"):
        stress_test(scenarios=["baseline"], output=file, **SMALL)


def test_shipped_folders_are_those_of_the_checkout():
    configs, scenarios = shipped_folders()
    assert (configs / "config.yaml").is_file()
    assert (scenarios / "_macro").is_dir()


def test_a_failed_check_warns(monkeypatch):
    monkeypatch.setattr("simulator.results.checks.TOLERANCE", -1.0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        stress_test("cn_online", ["baseline"], **SMALL)
    assert any("the check money_identity failed" in str(warning.message) for warning in told)


def test_scenarios_that_open_in_another_economy_are_warned_of():
    other = read_shipped("scenario", "downturn")
    other["opening"] = {**other.get("opening", {}), "unemployment_rate": 0.09}
    scenarios = {"baseline": "baseline", "later": ScenarioSettings(**other)}
    with pytest.warns(UserWarning, match=r"scenario.later: opens in another economy than baseline"):
        outcome = stress_test("cn_online", scenarios, **SMALL)
    assert "unemployment_rate 0.09 against 0.052" in outcome.opening_warnings[0]
