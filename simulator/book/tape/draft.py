"""A tape that is being read: its columns as numbers, texts and dates, and what is wrong so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from simulator.book.reconciliation import LeftOut
from simulator.book.schema import F8
from simulator.book.tape.checks import Findings
from simulator.book.tape.columns import COLUMN_BY_NAME
from simulator.book.tape.fractions import like_the_others
from simulator.book.tape.headers import read_headers
from simulator.book.tape.mapping import TapeMapping
from simulator.book.tape.quarantine import Quarantine
from simulator.book.tape.statuses import read_statuses
from simulator.book.tape.synonyms import VALUE_WORDS, bracketed_unit, plain_word, province_word
from simulator.reading.cells import (
    I8,
    B,
    ColumnRule,
    Texts,
    Trouble,
    as_dates,
    as_numbers,
    as_texts,
    number_troubles,
    translate,
)
from simulator.reading.periods import next_month
from simulator.reading.table_file import Source
from simulator.validation import clip

MOST_WORDS: Final = 8
"""Renamed values that a note names."""
LEAST_USUAL_RATE: Final = 0.02
"""Median below which yearly rates of consumer loans may be monthly or daily ones."""
MOST_HEADERS: Final = 24
"""Headers that a note names."""


@dataclass(slots=True)
class Draft:
    """A tape that is being read: columns so far, and what is wrong with them."""

    source: Source
    mapping: TapeMapping
    findings: Findings
    numbers: dict[str, F8] = field(default_factory=dict)
    texts: dict[str, Texts] = field(default_factory=dict)
    dates: dict[str, F8] = field(default_factory=dict)
    unread: dict[str, B] = field(default_factory=dict)
    """Cells of ``numbers`` that were refused already."""
    rows: I8 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    months_overdue: I8 | None = None
    snapshot: date | None = None
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What a reader must see on the console."""
    quarantine: Quarantine | None = None
    """Where rows that break a rule go; None refuses the tape."""
    left_out: list[LeftOut] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """Model's column -> header of the file."""

    def keep(self, wanted: B) -> None:
        """Leave out the other rows."""
        rows = np.flatnonzero(wanted)
        self.rows = self.rows[rows]
        self.numbers = {n: c[rows] for n, c in self.numbers.items()}
        self.dates = {n: c[rows] for n, c in self.dates.items()}
        self.unread = {n: c[rows] for n, c in self.unread.items()}
        self.texts = {n: c.take(rows) for n, c in self.texts.items()}
        if self.months_overdue is not None:
            self.months_overdue = self.months_overdue[rows]
        self.findings.about(self.texts.get("loan_id"), self.rows)

    def add(self, *troubles: Trouble) -> None:
        """Findings about the rows as they are now, or rows to leave out."""
        if self.quarantine is None:
            self.findings.add(troubles)
        else:
            self.quarantine.note(troubles, self.rows)

    def warn(self, text: str, rows: B | None = None) -> None:
        """Something to see on the console, with the first of ``rows`` where it is about some."""
        place = "" if rows is None else f" (first: {self.findings.place(int(np.argmax(rows)))})"
        self.warnings.append(f"{clip(self.source.name, 60)}: {text}{place}")

    def fill(self, name: str, values: F8) -> None:
        """Give a column, or the cells that it lacks."""
        given = self.numbers.get(name)
        self.numbers[name] = values if given is None else np.where(np.isnan(given), values, given)

    def set_snapshot(self, found: date, what: str) -> None:
        """Take ``found`` as the date of the balances; another month's is a finding."""
        if self.snapshot and next_month(str(self.snapshot)) != next_month(str(found)):
            self.findings.say(
                f"the {what} is {found:%Y-%m}, but the snapshot is of {self.snapshot}; they must be"
                " of one month"
            )
        self.snapshot = self.snapshot or found


def read_columns(
    source: Source,
    mapping: TapeMapping,
    wanted: Sequence[str] = tuple(COLUMN_BY_NAME),
    *,
    whole_tape: bool = True,
    most_rejected: float | None = None,
) -> Draft:
    """Every known column of the file, and the constants of the mapping."""
    headers = read_headers(source.names, mapping, wanted, whole_tape=whole_tape)
    draft = Draft(source, mapping, Findings(source))
    draft.quarantine = None if most_rejected is None else Quarantine(most_rejected)
    draft.findings.say(*source.findings, *headers.findings)
    draft.rows = np.arange(source.table.num_rows)
    columns = {n: source.table.column(place) for n, place in headers.columns.items()}
    draft.headers = {n: source.names[place] for n, place in headers.columns.items()}
    for name, value in mapping.constants.items():
        if name in columns:
            draft.findings.say(f"{name} is a column and a constant of the mapping; leave one out")
        elif name in wanted:
            columns[name] = pa.chunked_array([pa.repeat(pa.scalar(str(value)), len(draft.rows))])
    if headers.taken:
        pairs = [f"{clip(tape, 30)} as {model}" for tape, model in headers.taken]
        more = f" and {len(pairs) - MOST_HEADERS} more" if len(pairs) > MOST_HEADERS else ""
        draft.notes.append(
            f"Headers were read by their usual meaning: {', '.join(pairs[:MOST_HEADERS])}{more}."
        )
    if headers.format is not None:
        draft.notes.append(f"Headers are those of {headers.format.name}.")
    if "loan_id" in columns:
        _read_column(draft, "loan_id", columns.pop("loan_id"))
    draft.findings.about(draft.texts.get("loan_id"), draft.rows)
    for name, column in columns.items():
        _read_column(draft, name, column)
    return draft


def _read_column(draft: Draft, name: str, column: pa.ChunkedArray) -> None:
    spec, mapping = COLUMN_BY_NAME[name], draft.mapping
    try:
        if spec.text:
            draft.texts[name] = as_texts(column, mapping.missing)
            return
        if spec.date:
            draft.dates[name], troubles = as_dates(column, name, mapping.cells)
            draft.add(*troubles)
            return
        rule = ColumnRule(name, spec.is_fraction, spec.unit, spec.is_money)
        read = as_numbers(column, rule, mapping.cells, draft.source.marks)
        troubles = number_troubles(name, column, read)
    except (pa.ArrowException, ValueError, OverflowError, NotImplementedError) as error:
        kind = "text" if spec.text else "dates" if spec.date else "numbers"
        draft.findings.say(f"{name} must hold {kind}, not {column.type}; {clip(error, 100)}")
        return
    numbers = draft.numbers[name] = read.values
    draft.unread[name] = np.logical_or.reduce([t.rows for t in troubles])
    draft.add(*troubles)
    if spec.is_fraction and not read.signs:
        _read_outliers(draft, name)
        _doubt_fractions(draft, name)
    if read.signs:
        draft.notes.append(f"{name}: cells with a percent sign were read as hundredths.")
    if name in mapping.percent and 0 < np.nanmax(numbers, initial=0.0) <= 0.01:
        draft.findings.say(
            f"{name} is declared in percent, but its largest cell is"
            f" {100 * np.nanmax(numbers):g}, which is {np.nanmax(numbers):.4%}; leave it out of"
            " percent if 0.18 means 18 %"
        )


def _read_outliers(draft: Draft, name: str) -> None:
    """Read a few cells in percent among fractions, or the reverse, as the others; many: ask."""
    in_percent, given = name in draft.mapping.percent, draft.numbers[name]
    found = like_the_others(given, in_percent=in_percent)
    draft.numbers[name] = found.values
    if found.read.any():
        first = int(np.argmax(found.read))
        cell = given[first] * (100.0 if in_percent else 1.0)
        count = int(np.count_nonzero(found.read))
        cells = "cell is" if count == 1 else "cells are"
        draft.warn(
            f"{name}: {count} {cells} a hundred times off the others; {cell:g} was read as"
            f" {found.values[first]:.4g}, like them",
            found.read,
        )
    rule = (
        f"{name} a hundred times smaller than other rows', though declared in percent: the column"
        " mixes percent and fractions"
    )
    draft.add(Trouble(found.unlike, rule))


def _doubt_fractions(draft: Draft, name: str) -> None:
    """Warn of fractions under a header of percent, and of rates that are hardly a year's."""
    known = draft.numbers[name][np.isfinite(draft.numbers[name]) & (draft.numbers[name] > 0)]
    if not known.size or name in {*draft.mapping.percent, *draft.mapping.scale}:
        return
    header, middle = draft.headers.get(name, name), float(np.median(known))
    if "%" in bracketed_unit(header) and known.max() <= 1.0:
        draft.warn(
            f"{name} is under {clip(header, 40)}, but its cells are like fractions: {middle:g}"
            f" was read as {middle:.4%}; percent: [{name}] in the mapping if it is {middle:g} %"
        )
    elif name == "annual_rate" and middle < LEAST_USUAL_RATE:
        draft.warn(
            f"annual_rate has a median of {middle:.4%} a year: scale: {{annual_rate: 12}} in the"
            " mapping if it is a month's, 360 if a day's"
        )


def translate_values(draft: Draft, regions: Sequence[str]) -> None:
    """Names of products, kinds of work, regions and statuses in the model's words."""
    for name in ("product", "work", "region", "status"):
        if name not in draft.texts:
            continue
        if name == "status":
            _translate_statuses(draft)
            continue
        texts, usual = draft.texts[name], VALUE_WORDS[name]
        chosen = draft.mapping.values.get(name, {})
        if name == "region":
            known = [province_word(w) in usual for w in texts.words if w and w not in chosen]
            if not all(known) or not set(usual.values()) <= set(regions):
                usual = {}
        folded = province_word if name == "region" else plain_word
        draft.texts[name], taken = translate(texts, chosen, usual, folded)
        _tell_taken(draft, name, taken)


def _translate_statuses(draft: Draft) -> None:
    """Statuses as ``drop``, ``M2`` or ``45 days``; what may mean two things is a finding."""
    texts, mapping = draft.texts["status"], draft.mapping
    rows = np.bincount(texts.codes, minlength=len(texts.names)).tolist()
    header, chosen = draft.headers.get("status", "status"), mapping.values.get("status", {})
    found = read_statuses(texts.words, rows, header, chosen, mapping.status_codes)
    draft.texts["status"] = texts.renamed(found.words)
    draft.findings.say(*found.questions)
    for warning in found.warnings:
        draft.warn(warning)
    _tell_taken(draft, "status", found.taken)


def _tell_taken(draft: Draft, name: str, taken: Mapping[str, str]) -> None:
    if taken:
        pairs = [f"{clip(a, 24)} as {b}" for a, b in list(taken.items())[:MOST_WORDS]]
        more = f" and {len(taken) - MOST_WORDS} more" if len(taken) > MOST_WORDS else ""
        draft.notes.append(f"{name}: {', '.join(pairs)}{more}, by their usual meaning.")
