"""What a mapping has to say of the file as a whole: its layout, its dates, the day of balances."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from simulator.book.tape.columns import COLUMN_BY_NAME
from simulator.book.tape.dates import month_end
from simulator.book.tape.filled import with_derived
from simulator.book.tape.headers import Headers
from simulator.book.tape.mapping import TapeMapping
from simulator.book.tape.profile import ColumnProfile
from simulator.book.tape.synonyms import LAST_EVENT, plain_word
from simulator.reading.cells import Texts
from simulator.reading.date_order import fitting_forms
from simulator.reading.periods import day_number, read_label
from simulator.reading.table_file import Source
from simulator.units import MONTHS_PER_YEAR
from simulator.validation import clip

_NAMED_DAY: Final = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])(?:[-_.]?([0-3]\d))?(?!\d)")
_EPOCH_MONTHS: Final = 1970 * MONTHS_PER_YEAR


class FileKeys(NamedTuple):
    """``content``: keys of the mapping; ``questions``: what only a reader knows; ``remarks``."""

    content: dict[str, object]
    questions: list[str]
    remarks: list[str]


def file_keys(
    source: Source,
    headers: Headers,
    profiles: Mapping[int, ColumnProfile],
    given: TapeMapping,
    present: set[str],
) -> FileKeys:
    """Keys that the file needs on top of what is ``given``; ``present`` are columns that it has."""
    found = FileKeys({}, [], [])
    for key in ("sheet", "header_row", "footer_rows"):
        value = getattr(given, key)
        value = getattr(source.found, key) if value is None else value
        if value is not None:
            found.content[key] = value
    found.remarks.extend(source.unsaid)
    _date_format(headers, profiles, given, found)
    needed = {"remaining_months"} - with_derived(present)
    gives = with_derived(present | {"snapshot_date"})
    if given.snapshot_date is None and needed & gives and "month" not in present:
        _snapshot(source, profiles, found)
    return found


def _date_format(
    headers: Headers, profiles: Mapping[int, ColumnProfile], given: TapeMapping, found: FileKeys
) -> None:
    """The form of dates that no spelling tells, proposed where all columns of dates agree."""
    if given.date_format is not None:
        return
    columns = {
        model: unread
        for model, place in headers.columns.items()
        if COLUMN_BY_NAME[model].date and (unread := _unread(profiles.get(place)))
    }
    if not columns:
        return
    forms = {model: fitting_forms(words) for model, words in columns.items()}
    shared = set.intersection(*(set(f) for f in forms.values()))
    if len(shared) == 1:
        found.content["date_format"] = form = shared.pop()
        if any(len(f) > 1 for f in forms.values()) or "%d" in form:
            found.remarks.append(f"date_format: {form} reads every date of {', '.join(columns)}")
    elif shared:
        model, words = next(iter(columns.items()))
        asked = " or ".join(repr(form) for form in forms[model] if form in shared)
        found.questions.append(
            f"date_format: {asked}; no day of {', '.join(columns)} is above 12, as in"
            f" {clip(words[0], 24)}"
        )


def _unread(column: ColumnProfile | None) -> list[str]:
    """Cells that are no day as they stand."""
    texts: Texts | None = None if column is None else column.texts
    return [] if texts is None else [w for w in texts.words if w and day_number(w) is None]


def _snapshot(source: Source, profiles: Mapping[int, ColumnProfile], found: FileKeys) -> None:
    """The day of the balances from the file's name or its latest event; else it is asked."""
    for day, where in (_named_day(source), _latest_event(list(profiles.values()))):
        if day is not None:
            found.content["snapshot_date"] = day
            found.remarks.append(f"snapshot_date: {day} {where}")
            return
    found.questions.append("snapshot_date: YYYY-MM-DD, the date of the balances")


def _named_day(source: Source) -> tuple[date | None, str]:
    days = set()
    for year, month, day in _NAMED_DAY.findall(source.name):
        label = read_label(f"{year}-{month}-{day}" if day else f"{year}-{month}")
        if label is not None:
            end = label.month - _EPOCH_MONTHS
            days.add(label.first if day else month_end(end))
    return (days.pop(), "is in the name of the file") if len(days) == 1 else (None, "")


def _latest_event(profiles: Sequence[ColumnProfile]) -> tuple[date | None, str]:
    """The latest day of payments and the like; of a month, its last day."""
    last: tuple[date, str] | None = None
    for column in profiles:
        if plain_word(column.name) not in LAST_EVENT or column.texts is None:
            continue
        for word in column.texts.words:
            label = read_label(word)
            if label is None or label.months > 1:
                continue
            whole = label.months == 1
            day = month_end(label.month - _EPOCH_MONTHS) if whole else label.first
            if last is None or day > last[0]:
                last = (day, clip(column.name, 40))
    return (None, "") if last is None else (last[0], f"is the latest {last[1]}")
