"""Rule books: published boundaries to the day, marks and memory, and mistakes in the files."""

import re
from collections.abc import Mapping
from copy import deepcopy

import pytest
import yaml
from pydantic import BaseModel

from simulator.provision import (
    RULE_BOOK_KINDS,
    Band,
    Classes,
    Milestones,
    Minima,
    Overlay,
    RuleBook,
    SignificantIncrease,
    Staged,
    build_rule_book,
    check_books,
)
from simulator.provision.rule_book import FAMILIES, INSTALMENT, REVOLVING
from simulator.shipped import read_shipped
from simulator.situation import Situation, relief_code, situation_code, situation_of
from simulator.validation import UserError
from simulator.vocabulary import MAX_DUE_DAY, Forbearance
from tests import ROOT

NAMES = ("cas22", "ifrs9", "cecl", "china_minimum")
NO_MILESTONES = Milestones()
DUE_DAYS = range(1, MAX_DUE_DAY + 1)
NORMAL, SPECIAL_MENTION, SUBSTANDARD, DOUBTFUL, LOSS = range(5)


def shipped(name: str, **changes: object) -> RuleBook:
    return build_rule_book(name, {**read_shipped("provision", name), **changes})


def china() -> Classes:
    book = shipped("china_minimum")
    assert isinstance(book, Classes)
    return book


def staged(name: str = "cas22", **changes: object) -> Staged:
    book = shipped(name, **changes)
    assert isinstance(book, Staged)
    return book


def loan(
    unpaid: int = 0,
    *,
    warned: bool = False,
    technical: bool = False,
    mark: Forbearance = Forbearance.NONE,
    since: int | None = None,
    clean: int | None = None,
    milestones: Milestones = NO_MILESTONES,
) -> Situation:
    """A situation through its code; ``since`` None: relief runs, ``clean`` None: no default."""
    passed = sum(k <= since for k in milestones.observation) if since is not None else 0
    remembered = 0 if clean is None else 1 + sum(k <= clean for k in milestones.cure)
    running = since is None and mark is not Forbearance.NONE
    relief = relief_code(int(mark), running, passed)
    return situation_of(situation_code(unpaid, 0, warned, technical, relief, remembered))


def grade(book: RuleBook, situation: Situation, family: str = INSTALMENT) -> str:
    return book.grades[book.grade_of(situation, family, book.milestones)]


# --- days past due ------------------------------------------------------------------------


def published_class(dpd: int, family: str) -> int:
    """The Measures of 2023, and for cards the rule of 2011, written out."""
    substandard, doubtful = (270, 360) if family == INSTALMENT else (120, 180)
    if dpd == 0:
        return NORMAL
    if dpd <= 90:
        return SPECIAL_MENTION
    if dpd <= substandard:
        return SUBSTANDARD
    return DOUBTFUL if dpd <= doubtful else LOSS


@pytest.mark.parametrize(
    ("family", "dpd", "expected"),
    [
        (INSTALMENT, 0, NORMAL),
        (INSTALMENT, 1, SPECIAL_MENTION),
        (INSTALMENT, 90, SPECIAL_MENTION),
        (INSTALMENT, 91, SUBSTANDARD),
        (INSTALMENT, 270, SUBSTANDARD),
        (INSTALMENT, 271, DOUBTFUL),
        (INSTALMENT, 360, DOUBTFUL),
        (INSTALMENT, 361, LOSS),
        (REVOLVING, 90, SPECIAL_MENTION),
        (REVOLVING, 91, SUBSTANDARD),
        (REVOLVING, 120, SUBSTANDARD),
        (REVOLVING, 121, DOUBTFUL),
        (REVOLVING, 180, DOUBTFUL),
        (REVOLVING, 181, LOSS),
    ],
)
def test_the_published_class_holds_on_each_boundary_day(family, dpd, expected):
    assert china().class_of_dpd(dpd, family) == expected == published_class(dpd, family)


@pytest.mark.parametrize("due_day", DUE_DAYS)
def test_the_class_by_unpaid_instalments_is_that_of_the_days_for_every_due_day(due_day):
    book = china()
    for family in FAMILIES:
        for unpaid in range(14):
            dpd = 30 * unpaid - due_day if unpaid else 0
            found = book.grade_of(loan(unpaid), family, book.milestones)
            assert found == published_class(dpd, family), (family, unpaid, dpd)


@pytest.mark.parametrize("due_day", DUE_DAYS)
@pytest.mark.parametrize("limit", [30, 60, 90])
def test_backstop_and_default_begin_the_day_after_their_limit_for_every_due_day(due_day, limit):
    signs = {"overdue_dpd": 30, "pd_multiple": None, "forbearance_months": None}
    book = staged(default_dpd=limit, significant_increase=signs)
    for unpaid in range(1, 14):
        dpd = 30 * unpaid - due_day
        expected = "stage_3" if dpd > limit else "stage_2" if dpd > 30 else "stage_1"
        assert grade(book, loan(unpaid)) == expected, dpd


# --- classes ------------------------------------------------------------------------------


def test_a_week_by_a_failed_channel_is_no_lateness():
    assert grade(china(), loan(1, technical=True)) == "normal"
    assert grade(china(), loan(1)) == "special_mention"
    assert grade(china(), loan(2, technical=True)) == "special_mention"
    assert china().excused_days == 7


def test_restructured_loans_are_observed_a_year_after_relief():
    book = china()

    def current(since: int | None, mark: Forbearance = Forbearance.RESTRUCTURED) -> str:
        return grade(book, loan(mark=mark, since=since, milestones=book.milestones))

    assert current(None) == current(0) == current(11) == "special_mention"
    assert current(12) == "normal"
    assert current(None, Forbearance.DEFERRED) == "normal"
    wide = shipped("china_minimum", deferred_is_restructured=True)
    deferred = loan(mark=Forbearance.DEFERRED, since=11, milestones=wide.milestones)
    assert grade(wide, deferred) == "special_mention"


def test_observation_without_months_lasts_as_long_as_relief():
    book = shipped("china_minimum", observation_months=0)
    mark = Forbearance.RESTRUCTURED
    assert grade(book, loan(mark=mark)) == "special_mention"
    assert grade(book, loan(mark=mark, since=0, milestones=book.milestones)) == "normal"


def test_a_non_performing_loan_is_upgraded_after_six_clean_months_only():
    book = china()

    def after(unpaid: int, clean: int) -> str:
        return grade(book, loan(unpaid, clean=clean, milestones=book.milestones))

    assert after(0, 0) == after(3, 0) == after(0, 5) == "substandard"
    assert after(0, 6) == "normal"
    assert after(1, 6) == "special_mention"
    assert grade(book, loan(10, clean=0)) == "doubtful"


def test_a_class_holds_its_minimum_share_and_no_expected_loss():
    book = china()
    assert [book.share(name) for name in book.grades] == [0.01, 0.02, 0.25, 0.5, 1.0]
    assert {book.horizon(name) for name in book.grades} == {None}
    assert book.impaired == ("substandard", "doubtful", "loss")


# --- stages -------------------------------------------------------------------------------


@pytest.mark.parametrize("clean", range(20))
def test_cure_then_probation_then_stage_1(clean):
    book = staged(cure_months=3, probation_months=12)
    expected = "stage_3" if clean < 3 else "stage_2" if clean < 15 else "stage_1"
    assert grade(book, loan(clean=clean, milestones=book.milestones)) == expected
    late = "stage_3" if clean < 3 else "stage_2"
    assert grade(book, loan(2, clean=clean, milestones=book.milestones)) == late


def test_without_cure_months_a_loan_below_90_days_is_on_probation():
    book = staged(cure_months=0, probation_months=2)
    assert grade(book, loan(3, clean=0, milestones=book.milestones)) == "stage_2"
    assert grade(book, loan(clean=1, milestones=book.milestones)) == "stage_2"
    assert grade(book, loan(clean=2, milestones=book.milestones)) == "stage_1"


@pytest.mark.parametrize("mark", [Forbearance.DEFERRED, Forbearance.RESTRUCTURED])
def test_forbearance_is_a_sign_while_relief_runs_and_twelve_months_after(mark):
    book = staged()
    assert grade(book, loan(mark=mark)) == "stage_2"
    for since in range(15):
        expected = "stage_2" if since < 12 else "stage_1"
        assert grade(book, loan(mark=mark, since=since, milestones=book.milestones)) == expected
    signs = {**book.significant_increase.model_dump(), "forbearance_months": None}
    assert grade(staged(significant_increase=signs), loan(mark=mark)) == "stage_1"


def test_an_early_warning_is_a_sign_where_the_book_says_so():
    assert grade(staged("cas22"), loan(warned=True)) == "stage_2"
    assert grade(staged("ifrs9"), loan(warned=True)) == "stage_1"


def test_a_new_plan_is_a_default_where_the_book_says_so():
    book = staged(restructured_is_default=True, cure_months=3)
    assert book.milestones.observation == (3, 12)

    def replanned(since: int | None) -> str:
        mark = Forbearance.RESTRUCTURED
        return grade(book, loan(mark=mark, since=since, milestones=book.milestones))

    assert replanned(None) == replanned(2) == "stage_3"
    assert replanned(3) == replanned(11) == "stage_2"
    assert replanned(12) == "stage_1"
    assert grade(book, loan(mark=Forbearance.DEFERRED)) == "stage_2"


def test_a_book_reads_its_own_months_among_the_milestones_of_a_run():
    run = Milestones((3, 12, 24), (3, 6, 15))
    books = {name: shipped(name) for name in NAMES}

    def seen(name: str, **state: object) -> str:
        book = books[name]
        return book.grades[book.grade_of(loan(milestones=run, **state), INSTALMENT, run)]

    mark = Forbearance.RESTRUCTURED
    assert seen("cas22", mark=mark, since=12) == "stage_1"
    assert seen("ifrs9", mark=mark, since=12) == "stage_2"
    assert seen("china_minimum", mark=mark, since=11) == "special_mention"
    assert seen("china_minimum", clean=5) == "substandard"
    assert seen("cas22", clean=5) == "stage_2"


def test_stages_and_lifetime_say_which_loss_they_hold():
    book = staged()
    assert [book.horizon(name) for name in book.grades] == ["12", "lifetime", "lifetime"]
    assert book.impaired == ("stage_3",)
    cecl = shipped("cecl")
    assert (cecl.grades, cecl.impaired) == (("lifetime",), ())
    assert cecl.horizon("lifetime") == "lifetime"
    assert {grade(cecl, loan(unpaid)) for unpaid in range(14)} == {"lifetime"}
    assert cecl.share("lifetime") is None


# --- mistakes -----------------------------------------------------------------------------

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
    "share over 1": ("china_minimum", "minimum_shares.loss", 1.2, "less than or equal to 1"),
    "negative share": ("china_minimum", "minimum_shares.loss", -0.1, "greater than or equal to 0"),
    "technical month": ("china_minimum", "technical_days", 30, "less than 30; got 30"),
    "weights": ("cas22", "scenario_weights", {"a": 0.5, "b": 0.6}, "must sum to 1, not to 1.1"),
    "weight over 1": ("cas22", "scenario_weights.a", 1.5, "less than or equal to 1; got 1.5"),
    "default limit": ("cas22", "default_dpd", 75, "multiple of 30"),
    "late default": ("cecl", "default_dpd", 210, "less than or equal to 180; got 210"),
    "crooked backstop": ("cas22", "significant_increase.overdue_dpd", 45, "multiple of 30"),
    "late backstop": ("cas22", "significant_increase.overdue_dpd", 120, "default_dpd (90)"),
    "fall of PD": ("cas22", "significant_increase.pd_multiple", 0.5, "greater than or equal to 1"),
    "foresight": ("cecl", "foresight", "prefect", "'weighted'"),
    "minimum": ("cas22", "minima.provisions_over_loans", 2.5, "less than or equal to 1; got 2.5"),
    "unknown grade": ("cas22", "overlays.0.grade", "substandard", "stage_1, stage_2, stage_3"),
    "overlay share": ("cas22", "overlays.0.share_of_balance", 1.1, "less than or equal to 1"),
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


# --- documentation ------------------------------------------------------------------------

PARTS: tuple[type[BaseModel], ...] = (
    *RULE_BOOK_KINDS.values(),
    SignificantIncrease,
    Minima,
    Overlay,
    Band,
)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_page_on_provisions_explains_every_field(part):
    page = (ROOT / "docs" / "provisions.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert set(part.model_fields) <= explained


def test_the_example_of_the_page_is_a_rule_book():
    page = (ROOT / "docs" / "provisions.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    book = build_rule_book("own", yaml.safe_load(example))
    assert book.overlays[0].until == "2026-12"
