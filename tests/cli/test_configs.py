"""Every file under configs and scenarios composes, validates and is complete."""

from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.errors import ConfigCompositionException

from simulator.book_settings import UNREAD_BY_KIND
from simulator.cli.configuration.folders import chosen_in, find_folders
from simulator.cli.configuration.groups import is_list, with_files
from simulator.cli.configuration.hydra_app import compose_inputs, search_path
from simulator.cli.configuration.yaml_scan import scan
from simulator.provision import RULE_BOOK_KINDS
from simulator.settings import BookSettings, ReportSettings, RunSettings

FOLDERS = find_folders()
CHOICES = [
    (group, name)
    for group in with_files()
    if group != "product"  # every run takes all of them
    for name in FOLDERS.choices(group)
]
MODELS = {"book": BookSettings, "run": RunSettings, "report": ReportSettings}


def _inputs(*arguments):
    return compose_inputs([*arguments, search_path(FOLDERS)], FOLDERS)


def test_shipped_files_pass_the_scan():
    assert scan(FOLDERS, {}) == []


@pytest.mark.parametrize(("group", "name"), CHOICES)
def test_every_choice_composes_and_validates(group, name, tmp_path):
    chosen = f"[{name}]" if is_list(group) else name
    has_place = group in chosen_in(FOLDERS.configs / "config.yaml")
    arguments = [f"{'' if has_place else '+'}{group}={chosen}"]
    if group == "break_even":
        asked = yaml.safe_load(FOLDERS.choices(group)[name].read_text(encoding="utf-8"))
        arguments.append(f"policy=[{asked['policy']}]")
    if (group, name) == ("book", "tape"):
        tape = tmp_path / "loans.csv"
        tape.write_text("loan_id\n", encoding="utf-8")
        arguments.append(f"++book.path='{tape}'")
    inputs = _inputs(*arguments)
    if group == "scenario":
        assert list(inputs.scenarios) == [name]
    if group == "policy":
        assert set(inputs.policies) == {"status_quo", name}
    if group == "provision":
        assert list(inputs.provision) == [name]


@pytest.mark.parametrize(
    ("group", "name"), [choice for choice in CHOICES if choice[0] in MODELS], ids="/".join
)
def test_a_settings_file_lists_every_key_of_its_class(group, name):
    content = yaml.safe_load(FOLDERS.choices(group)[name].read_text(encoding="utf-8"))
    unread = UNREAD_BY_KIND[content["kind"]] if group == "book" else ()
    assert set(content) == set(MODELS[group].model_fields) - set(unread)


@pytest.mark.parametrize("name", FOLDERS.choices("policy"))
def test_a_policy_file_lists_every_key_of_its_class(name):
    content = yaml.safe_load(FOLDERS.choices("policy")[name].read_text(encoding="utf-8")) or {}
    policy = _inputs(f"policy=[{name}]").policies[name]
    fields = getattr(type(policy), "model_fields", {})
    assert set(fields) <= set(content) | {"name"}


@pytest.mark.parametrize("name", FOLDERS.choices("provision"))
def test_a_rule_book_file_lists_every_key_of_its_class(name):
    content = yaml.safe_load(FOLDERS.choices("provision")[name].read_text(encoding="utf-8"))
    fields = RULE_BOOK_KINDS[content["kind"]].model_fields
    assert set(fields) - {"scenario_weights"} == set(content) - {"scenario_weights"}
    for key, value in content.items():
        parts = getattr(fields[key].annotation, "model_fields", None)
        assert parts is None or set(value) == set(parts)


def test_every_shipped_rule_book_can_share_a_run():
    names = ["ifrs9", "china_minimum", "cecl", "cas22"]
    assert sorted(names) == list(FOLDERS.choices("provision"))
    assert list(_inputs(f"provision=[{','.join(names)}]").provision) == names


def test_a_run_without_rule_books_is_a_choice():
    assert _inputs("provision=[]").provision == {}


@pytest.mark.parametrize(
    ("group", "name"), [choice for choice in CHOICES if is_list(choice[0])], ids="/".join
)
def test_the_package_header_is_the_file_name(group, name):
    first = FOLDERS.choices(group)[name].read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# @package {group}.{name}"


def test_default_choices_are_those_of_the_contract():
    defaults = chosen_in(FOLDERS.configs / "config.yaml")
    assert defaults["book"] == ("cn_online",)
    assert defaults["scenario"] == ("baseline", "downturn", "epidemic")
    assert defaults["policy"] == ("status_quo", "grace_period", "stricter_approval")
    assert defaults["provision"] == ("cas22", "cecl", "china_minimum")
    inputs = _inputs()
    assert next(iter(inputs.policies)) == "status_quo"
    assert (inputs.book.borrowers, inputs.run.paths, inputs.run.months) == (10_000, 100, 24)


def test_the_default_run_sees_lifetime_losses_and_both_kinds_of_luck():
    assert _inputs().run == RunSettings(runoff_months=None, book_draws=10)


def test_the_reference_policy_is_added_first():
    assert list(_inputs("policy=[grace_period]").policies) == ["status_quo", "grace_period"]


def test_a_key_of_a_policy_can_be_set():
    inputs = _inputs("policy=[grace_period]", "++policy.grace_period.months=6")
    assert inputs.policies["grace_period"].months == 6


def test_a_parameter_can_be_set_and_the_others_keep_their_defaults():
    changed = _inputs("++parameters.finding_rate=0.25").parameters
    default = _inputs().parameters
    assert changed == {**default, "finding_rate": 0.25}


def _list_of_two(folder: Path, header: str) -> None:
    (folder / "policy").mkdir()
    for name in ("a", "b"):
        text = f"# @package {header.format(name=name)}\nmonths: 3\n"
        (folder / "policy" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "config.yaml").write_text("defaults:\n  - policy: [a, b]\n", encoding="utf-8")


def test_only_the_header_with_the_file_name_keeps_two_policies_apart(tmp_path):
    """Hydra 1.3: ``_group_._name_`` is taken literally, so both files land on one key."""
    for label, header in (("named", "policy.{name}"), ("generic", "_group_._name_")):
        folder = tmp_path / label
        folder.mkdir()
        _list_of_two(folder, header)
        with initialize_config_dir(str(folder), version_base="1.3"):
            if label == "named":
                config = compose("config", ["policy.a.months=6"])
                assert (config.policy.a.months, config.policy.b.months) == (6, 3)
            else:
                with pytest.raises(ConfigCompositionException):
                    compose("config", ["policy.a.months=6"])
