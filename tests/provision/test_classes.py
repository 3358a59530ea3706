"""Classes: published boundaries to the day, observation, upgrade, minimum shares."""

import pytest

from simulator.provision.rule_book import FAMILIES, INSTALMENT, REVOLVING
from simulator.vocabulary import Forbearance
from tests.provision.rule_books import DUE_DAYS, china, grade, loan, shipped

NORMAL, SPECIAL_MENTION, SUBSTANDARD, DOUBTFUL, LOSS = range(5)


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
