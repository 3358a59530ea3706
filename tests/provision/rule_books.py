"""Shipped rule books and loans in a situation, for the tests of rule books."""

from simulator.provision import Classes, Milestones, RuleBook, Staged, build_rule_book
from simulator.provision.rule_book import INSTALMENT
from simulator.shipped import read_shipped
from simulator.situation import Situation, relief_code, situation_code, situation_of
from simulator.vocabulary import MAX_DUE_DAY, Forbearance

NAMES = ("cas22", "ifrs9", "cecl", "china_minimum")
NO_MILESTONES = Milestones()
DUE_DAYS = range(1, MAX_DUE_DAY + 1)


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
