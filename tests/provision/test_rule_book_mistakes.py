"""A mistake in a rule file is one line that names the field."""

from collections.abc import Mapping
from copy import deepcopy

import pytest

from simulator.provision import build_rule_book, check_books
from simulator.shipped import read_shipped
from simulator.validation import UserError
from tests.provision.rule_books import china, shipped, staged

OVERLAY = {
    "name": "platforms",
    "reason": "platform lenders are leaving the market",
    "grade": "stage_2",
    "share_of_balance": 0.05,
    "until": "2026-12",
}
MISTAKES = {
    "overlap": ("china_minimum", "instalment.2.from_dpd", 90, "must be 91; got 90, bands overlap"),
    "gap": ("china_minimum", "revolving.3.from_dpd", 125, "must be 121; got 125, a gap"),
    "crooked limit": ("china_minimum", "instalment.2.to_dpd", 275, "multiple of 30"),
    "open too early": ("china_minimum", "instalment.3.to_dpd", None, "only the last band is open"),
    "closed at the end": ("china_minimum", "revolving.4.to_dpd", 360, "must be null"),
    "backwards": ("china_minimum", "instalment.3.to_dpd", 240, "must be at least 271; got 240"),
    "wrong class": ("china_minimum", "instalment.4.grade", "lost", "got lost"),
    "share over 1": ("china_minimum", "minimum_shares.loss", 1.2, "must be in [0, 1]"),
    "negative share": ("china_minimum", "minimum_shares.loss", -0.1, "must be in [0, 1]"),
    "technical month": ("china_minimum", "technical_days", 30, "must be in [0, 30); got 30"),
    "weights": ("cas22", "scenario_weights", {"a": 0.5, "b": 0.6}, "must sum to 1, not to 1.1"),
    "weight over 1": ("cas22", "scenario_weights.a", 1.5, "must be in [0, 1]; got 1.5"),
    "default limit": ("cas22", "default_dpd", 75, "multiple of 30"),
    "late default": ("cecl", "default_dpd", 210, "must be in [30, 180]; got 210"),
    "crooked backstop": ("cas22", "significant_increase.overdue_dpd", 45, "multiple of 30"),
    "late backstop": ("cas22", "significant_increase.overdue_dpd", 120, "default_dpd (90)"),
    "fall of PD": ("cas22", "significant_increase.pd_multiple", 0.5, "must be in [1, 100]"),
    "foresight": ("cecl", "foresight", "prefect", "'weighted'"),
    "minimum": ("cas22", "minima.provisions_over_loans", 2.5, "must be in [0, 1]; got 2.5"),
    "unknown grade": ("cas22", "overlays.0.grade", "substandard", "stage_1, stage_2, stage_3"),
    "overlay share": ("cas22", "overlays.0.share_of_balance", 1.1, "must be in [0, 1]"),
    "no calendar": ("cas22", "overlays.0.until", "2026-13", "must be a month as YYYY-MM"),
    "over before": ("cas22", "overlays.0.from_month", "2027-01", "until must not be before"),
}


def _at(values: dict[str, object], path: str) -> tuple[object, str | int]:
    """The container and last key of ``path`` in ``values``."""
    *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    found: object = values
    for part in parts:
        assert isinstance(found, dict | list)
        found = found[part]
    return found, last


def _values(name: str) -> dict[str, object]:
    values = deepcopy(read_shipped("provision", name))
    values["scenario_weights"] = {}
    if name == "cas22":
        values["overlays"] = [dict(OVERLAY)]
    return values


def _message(name: str, values: Mapping[str, object]) -> str:
    with pytest.raises(UserError) as error:
        build_rule_book(name, values)
    return str(error.value)


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_a_rule_file_is_one_line_that_names_the_field(case):
    name, path, value, says = MISTAKES[case]
    values = _values(name)
    holder, last = _at(values, path)
    holder[last] = value
    message = _message(name, values)
    field = path.replace("from_month", "until") if case == "over before" else path
    assert len(message.splitlines()) == 1
    assert message.startswith(f"provision.{name}.{field} ")
    assert says.removeprefix("until ") in message


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("cas22", "overlays.0.until"),
        ("cas22", "overlays.0.reason"),
        ("china_minimum", "revolving"),
        ("china_minimum", "instalment.1.from_dpd"),
        ("cecl", "source"),
    ],
)
def test_what_a_rule_file_must_say_is_asked_for(name, path):
    values = _values(name)
    holder, last = _at(values, path)
    del holder[last]
    assert _message(name, values) == f"provision.{name}.{path} field required"


def test_classes_are_those_of_the_measures_in_each_list():
    values = _values("china_minimum")
    del values["instalment"][1]
    assert "provision.china_minimum.instalment must have one band for each" in _message(
        "china_minimum", values
    )
    values = _values("china_minimum")
    del values["minimum_shares"]["doubtful"]
    assert "minimum_shares must have one share for each" in _message("china_minimum", values)
    values["minimum_shares"] = _values("china_minimum")["minimum_shares"]
    values["impaired_shares"] = {"normal": 0.5}
    assert "impaired_shares may have shares for substandard" in _message("china_minimum", values)


def test_substandard_begins_where_default_does():
    values = {**_values("china_minimum"), "default_dpd": 60}
    message = "provision.china_minimum.instalment.2.from_dpd must be the day after default_dpd (60)"
    assert _message("china_minimum", values).startswith(message)


def test_overlays_have_names_of_their_own():
    values = {**_values("cas22"), "overlays": [OVERLAY, OVERLAY]}
    assert _message("cas22", values).startswith("provision.cas22.overlays.1.name must differ")


def test_an_unknown_kind_and_an_unknown_key_get_the_nearest_name():
    assert "did you mean staged?" in _message("own", {"kind": "stagd"})
    values = {**_values("cas22"), "cure_month": 3}
    assert "cure_month is not a known key - did you mean cure_months?" in _message("cas22", values)
    with pytest.raises(UserError, match="provision name must be lower-case"):
        build_rule_book("No name", {})


def test_rule_books_of_a_run_share_the_definition_of_default_and_of_lateness():
    with pytest.raises(UserError, match="same default_dpd; got 90 in cas22, 60 in cecl"):
        check_books({"cas22": staged(), "cecl": shipped("cecl", default_dpd=60)}, ())
    other = shipped("china_minimum", technical_days=3)
    with pytest.raises(UserError, match="same technical_days; got 7 in a, 3 in b"):
        check_books({"a": china(), "cecl": shipped("cecl"), "b": other}, ())


def test_a_run_counts_only_so_many_months():
    signs = staged().significant_increase
    books = {
        f"b{months}": staged(
            significant_increase={**signs.model_dump(), "forbearance_months": months},
            cure_months=1,
            probation_months=0,
        )
        for months in (3, 6, 9, 12, 15)
    }
    with pytest.raises(UserError, match=r"at most 4 different lengths of observation; got 3, 6"):
        check_books(books, ())
    cured = {f"c{k}": staged(cure_months=k, probation_months=30) for k in (1, 2, 3, 4)}
    with pytest.raises(UserError, match=r"at most 6 different lengths of cure"):
        check_books(cured, ())


def test_weights_name_scenarios_of_the_run():
    book = staged(scenario_weights={"baseline": 0.7, "downturn": 0.3})
    check_books({"cas22": book}, ("baseline", "downturn", "epidemic"))
    with pytest.raises(UserError, match=r"cas22.scenario_weights must name scenarios") as e:
        check_books({"cas22": book}, ("baseline", "down"))
    assert "got downturn" in str(e.value)
