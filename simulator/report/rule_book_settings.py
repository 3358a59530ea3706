"""Rule books of provisions as cards: their settings under names that a reader knows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from simulator.report.data import ReportData, clean
from simulator.report.language import language
from simulator.report.money_data import plain, provisions_of
from simulator.report.numbers import missing
from simulator.report.policy_settings import Part, value_words

MOST_SETTINGS: Final = 200
"""Settings of a card; more than any rule book has."""
MOST_TEXT: Final = 600
"""Characters of one setting."""
NAMES: Final = {
    "default_dpd": "In default beyond (days past due)",
    "foresight": "Loss rates",
    "scenario_weights": "Scenario weights",
    "significant_increase": "Signs for stage 2",
    "cure_months": "Clean months until stage 3 is left",
    "probation_months": "Then months in stage 2",
    "restructured_is_default": "Re-planned loans count as in default",
    "instalment": "Classes of instalment loans",
    "revolving": "Classes of credit cards",
    "minimum_shares": "Least share of balance held",
    "technical_days": "Days excused when a channel fails",
    "observation_months": "Months watched after relief",
    "deferred_is_restructured": "Deferred payments count as restructured",
    "upgrade_months": "Clean months until performing again",
    "impaired_shares": "Class by lifetime loss, at least",
    "minima": "Minima",
    "overdue_dpd": "days past due, more than",
    "pd_multiple": "chance of default, at least times that of new loans",
    "pd_rise": "and above it by",
    "forbearance_months": "relief in hardship and months after it",
    "early_warning_months": "months on the early-warning list",
    "coverage_ratio": "coverage",
}
"""Fields whose names differ from their key."""
SHARES: Final = ("scenario_weights", "minimum_shares", "impaired_shares", "minima")
"""Fields that hold shares by name."""
LEFT_OUT: Final = ("kind", "label")


def rule_book_parts(entry: Mapping[str, object]) -> tuple[Part, ...]:
    """The settings of a rule book in words; those left empty are out."""
    settings = tuple(
        (_name(key), words)
        for key, value in islice(entry.items(), MOST_SETTINGS)
        if key not in LEFT_OUT and (words := _words(key, value))
    )
    return (Part("", settings),) if settings else ()


def rule_books(data: ReportData) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """Label and settings of each rule book of the run, the accounts' first."""
    books = provisions_of(data)
    if books is not None:
        for book in books.books:
            yield books.full_label(book), rule_book_parts(books.entry(book))


def _name(key: object) -> str:
    return NAMES.get(str(key)) or plain(str(key))


def _words(key: str, value: object) -> str:
    """A setting in words, nothing for one left empty."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, Mapping):
        return _pairs(value, _percent if key in SHARES else value_words)
    if isinstance(value, list) and all(_is_band(item) for item in value):
        return _bands(value)
    return clean(value_words(value).replace("_", " "), MOST_TEXT)


def _pairs(entry: Mapping[str, object], words: Callable[[object], str]) -> str:
    """Names and values of nested settings that are not empty."""
    told = (
        f"{NAMES.get(str(key)) or clean(key, 60).replace('_', ' ')}"
        f" {_percent(value) if key == 'pd_rise' else words(value)}"
        for key, value in entry.items()
        if value is not None
    )
    return ", ".join(islice(told, MOST_SETTINGS))


def _percent(value: object) -> str:
    """A share in percent."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value_words(value) or missing()
    return language().percent.format(f"{100.0 * value:g}")


def _bands(bands: Sequence[Mapping[str, object]]) -> str:
    """Bands of days past due as ``1 to 90 special mention``."""
    told = (
        f"{band['from_dpd']} or more {band['grade']}"
        if band["to_dpd"] is None
        else f"{band['from_dpd']} to {band['to_dpd']} {band['grade']}"
        for band in bands
    )
    return clean(f"{'; '.join(told)} (days past due)".replace("_", " "), MOST_TEXT)


def _is_band(item: object) -> bool:
    return isinstance(item, Mapping) and {"from_dpd", "to_dpd", "grade"} <= set(item)
