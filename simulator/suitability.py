"""What of a run belongs to another lender, another country or another time than its book."""

from collections.abc import Iterator, Mapping
from typing import Final

from simulator.book.schema import Book
from simulator.macro import Scenario
from simulator.reading.periods import month_number, next_month
from simulator.request import ExperimentRequest

MOST_NAMED: Final = 6
"""Scenarios that a warning names."""


def suitability_warnings(
    request: ExperimentRequest, book: Book, scenarios: Mapping[str, Scenario]
) -> tuple[str, ...]:
    """What a reader has to know before any number, one sentence each; empty where all fits."""
    found = (
        *_of_another_lender(request),
        *_of_another_country(request, book),
        *_of_another_time(book, scenarios),
        *_table_ends(scenarios),
    )
    return tuple(found)


def _of_another_lender(request: ExperimentRequest) -> Iterator[str]:
    """The set of parameters was fitted to other loans than the run's."""
    if request.fitted_books and request.book_name not in request.fitted_books:
        yield (
            f"parameters: {request.parameters_name} was fitted to the book"
            f" {' or '.join(request.fitted_books)}, not to {request.book_name}: levels are those of"
            " another lender until parameters are fitted to its own history (docs/calibration.md)"
        )


def _of_another_country(request: ExperimentRequest, book: Book) -> Iterator[str]:
    """A scenario says for which jurisdiction it was written, and it is not the book's."""
    code = book.jurisdiction.code
    others = {
        name: settings.jurisdiction
        for name, settings in request.scenarios.items()
        if settings.jurisdiction not in (None, code)
    }
    if others:
        yield (
            f"scenario: written for another jurisdiction than the book's ({code}):"
            f" {_listed({name: str(home) for name, home in others.items()})}"
        )


def _of_another_time(book: Book, scenarios: Mapping[str, Scenario]) -> Iterator[str]:
    """The loans are of another month than the one before the run."""
    start = next(iter(scenarios.values())).start_month
    if book.as_of is None:
        return
    balances = f"{book.as_of:%Y-%m}"
    gap = month_number(start) - month_number(balances) - 1
    said = f"book: its balances are of {book.as_of}, and month 1 of the run is {start}"
    follows = f"a run from {next_month(balances)} would follow on"
    if gap > 0:
        yield (
            f"{said}: {gap} months lie between, in which loans neither age nor are paid; {follows}"
        )
    elif gap < 0:
        yield f"{said}, before they were counted; {follows}"


def _table_ends(scenarios: Mapping[str, Scenario]) -> Iterator[str]:
    """A table is shorter than the run."""
    short = {
        name: f"month {scenario.table_months}"
        for name, scenario in scenarios.items()
        if scenario.table_months < scenario.horizon
    }
    if short:
        horizon = next(iter(scenarios.values())).horizon
        yield (
            f"scenario: tables end before the run does, in month {horizon}: {_listed(short)}; from"
            " there on variables return to their long-run means (assumption)"
        )


def _listed(found: Mapping[str, str]) -> str:
    """``a (x), b (y)``; beyond ``MOST_NAMED`` how many more there are."""
    shown = [f"{name} ({what})" for name, what in list(found.items())[:MOST_NAMED]]
    more = len(found) - len(shown)
    return ", ".join([*shown, *([f"{more} more"] if more else [])])
