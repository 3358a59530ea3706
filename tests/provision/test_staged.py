"""Stages and lifetime: default and its backstop to the day, cure, signs of a rise of the risk."""

import pytest

from simulator.provision import Milestones
from simulator.provision.rule_book import INSTALMENT
from simulator.vocabulary import Forbearance
from tests.provision.rule_books import DUE_DAYS, NAMES, grade, loan, shipped, staged


@pytest.mark.parametrize("due_day", DUE_DAYS)
@pytest.mark.parametrize("limit", [30, 60, 90])
def test_backstop_and_default_begin_the_day_after_their_limit_for_every_due_day(due_day, limit):
    signs = {"overdue_dpd": 30, "pd_multiple": None, "forbearance_months": None}
    book = staged(default_dpd=limit, significant_increase=signs)
    for unpaid in range(1, 14):
        dpd = 30 * unpaid - due_day
        expected = "stage_3" if dpd > limit else "stage_2" if dpd > 30 else "stage_1"
        assert grade(book, loan(unpaid)) == expected, dpd


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
