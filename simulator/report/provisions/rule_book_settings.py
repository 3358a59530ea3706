"""Rule books of provisions as cards: their settings under names that a reader knows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, language, listed, mark, name, tr
from simulator.report.kit.numbers import missing
from simulator.report.kit.setting_words import Part, value_words
from simulator.report.kit.text import clean
from simulator.report.provisions.rule_books import plain, provisions_of

MOST_SETTINGS: Final = 200
"""Settings of a card; more than any rule book has."""

MOST_TEXT: Final = 600
"""Characters of one setting."""

NAMES: Final = {
    "default_dpd": mark("In default beyond (days past due)"),
    "foresight": mark("Loss rates"),
    "scenario_weights": mark("Scenario weights"),
    "significant_increase": mark("Criteria for stage 2 (SICR)"),
    "cure_months": mark("Clean months until stage 3 is left"),
    "probation_months": mark("Then months in stage 2"),
    "restructured_is_default": mark("Re-planned loans count as in default"),
    "instalment": mark("Classes of instalment loans"),
    "revolving": mark("Classes of credit cards"),
    "minimum_shares": mark("Least allowance, share of balance"),
    "technical_days": mark("Days excused when a channel fails"),
    "observation_months": mark("Months watched after relief"),
    "deferred_is_restructured": mark("Deferred payments count as restructured"),
    "upgrade_months": mark("Clean months until performing again"),
    "impaired_shares": mark("Class by lifetime loss, at least"),
    "minima": mark("Minima"),
    "overdue_dpd": mark("days past due, more than"),
    "pd_multiple": mark("probability of default, at least times that of new loans"),
    "pd_rise": mark("and above it by"),
    "forbearance_months": mark("relief in hardship and months after it"),
    "early_warning_months": mark("months on the early-warning list"),
    "coverage_ratio": mark("coverage"),
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
    return name(NAMES.get(str(key)) or plain(str(key)))


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
        f"{name(NAMES.get(str(key)) or clean(key, 60).replace('_', ' '))}"
        f" {_percent(value) if key == 'pd_rise' else words(value)}"
        for key, value in entry.items()
        if value is not None
    )
    return listed(list(islice(told, MOST_SETTINGS)))


def _percent(value: object) -> str:
    """A share in percent."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value_words(value) or missing()
    return language().percent.format(f"{100.0 * value:g}")


def _bands(bands: Sequence[Mapping[str, object]]) -> str:
    """Bands of days past due as ``1 to 90 special mention``."""
    told = clauses([_band(band) for band in bands])
    return clean(tr("{bands} (days past due)", bands=told), MOST_TEXT)


def _band(band: Mapping[str, object]) -> str:
    said = {"first": band["from_dpd"], "grade": name(str(band["grade"]).replace("_", " "))}
    if band["to_dpd"] is None:
        return tr("{first} or more {grade}", **said)
    return tr("{first} to {last} {grade}", last=band["to_dpd"], **said)


def _is_band(item: object) -> bool:
    return isinstance(item, Mapping) and {"from_dpd", "to_dpd", "grade"} <= set(item)
