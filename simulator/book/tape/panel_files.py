"""Panels of a tape: its own earlier months, or a file of monthly statuses beside it."""

from typing import Final

import numpy as np
import pyarrow as pa

from simulator.book.schema import F8
from simulator.book.tape.dates import calendar, month_end
from simulator.book.tape.draft import Draft, read_columns, translate_values
from simulator.book.tape.panel import Panel, spells_of, twice_in_panel
from simulator.book.tape.statuses import unpaid_of_status
from simulator.reading.cells import I8, B, Texts, Trouble
from simulator.reading.table_file import open_source
from simulator.validation import clip

PANEL_COLUMNS: Final = ("loan_id", "month", "status", "dpd")


def split_panel(draft: Draft) -> None:
    """Of a tape with a row a loan and month, the last month is the tape, the rest its history."""
    if "month" not in draft.dates:
        return
    days = draft.dates.pop("month")
    empty = np.isnan(days)
    draft.add(Trouble(empty, "an empty month"))
    if "loan_id" not in draft.texts or empty.all():
        return
    panel, codes = _panel_of(draft, days, empty), draft.texts["loan_id"].codes
    if panel is None:
        return
    spells = spells_of(panel, len(draft.texts["loan_id"].names))
    months = calendar(days).month
    last = (months == spells.last_month) & ~empty
    gone = int(np.count_nonzero(~spells.seen_last))
    draft.set_snapshot(month_end(spells.last_month), "last month of the panel")
    draft.keep(last)
    draft.months_overdue = spells.months_overdue[codes[last]]
    _tell_panel(draft, spells.n_months, gone, int(np.count_nonzero(spells.cut_off)))


def _panel_of(draft: Draft, days: F8, empty: B) -> Panel | None:
    overdue = _overdue(draft)
    if overdue is None:
        draft.findings.say("a panel needs a column status or dpd")
        return None
    codes = draft.texts["loan_id"].codes
    panel = Panel(codes[~empty], calendar(days).month[~empty], overdue[~empty])
    twice = np.zeros(empty.size, dtype=bool)
    found = twice_in_panel(panel)
    twice[~empty] = found.rows
    draft.add(Trouble(twice, found.rule))
    return panel


def _overdue(draft: Draft) -> B | None:
    """Rows that are overdue by dpd, or by status where that is empty; None without both."""
    late = None
    if "dpd" in draft.numbers:
        late = draft.numbers["dpd"]
    if "status" in draft.texts:
        unpaid, _ = unpaid_of_status(draft.texts["status"])
        late = unpaid if late is None else np.where(np.isnan(late), unpaid, late)
    return None if late is None else np.nan_to_num(late) > 0


def _tell_panel(draft: Draft, n_months: int, gone: int, cut_off: int) -> None:
    draft.notes.append(
        f"Panel of {n_months} months: {gone} loans have no row in the last month and leave;"
        f" {cut_off} spells ran already in the first month and may be longer than it shows."
    )


def join_panel(draft: Draft, path_text: str) -> None:
    """Spells, and dpd where the tape has none, from a file of monthly statuses."""
    source = open_source("book.panel", path_text, draft.mapping.layout)
    other = read_columns(source, draft.mapping, PANEL_COLUMNS, whole_tape=False)
    translate_values(other, ())
    days = other.dates.get("month")
    if days is None or "loan_id" not in other.texts:
        other.findings.say("a panel needs the columns loan_id, month and status or dpd")
    else:
        empty = np.isnan(days)
        other.add(Trouble(empty, "an empty month"))
        panel = None if empty.all() else _panel_of(other, days, empty)
        if panel is not None and "loan_id" in draft.texts:
            _take_spells(draft, other, panel)
    draft.findings.lines += other.findings.lines
    draft.notes.append(f"Months overdue from {clip(source.name)} (SHA-256 {source.sha256}).")


def _take_spells(draft: Draft, other: Draft, panel: Panel) -> None:
    ids = other.texts["loan_id"]
    spells = spells_of(panel, len(ids.names))
    places = {name: code for code, name in enumerate(ids.words)}
    loan = draft.texts["loan_id"]
    code = np.array([places.get(w, -1) for w in loan.words], dtype=np.int64)[loan.codes]
    seen = (code >= 0) & spells.seen_last[np.maximum(code, 0)]
    draft.months_overdue = np.where(seen, spells.months_overdue[np.maximum(code, 0)], 0)
    draft.set_snapshot(month_end(spells.last_month), "last month of the panel")
    if "dpd" not in draft.numbers and "status" not in draft.texts:
        months = calendar(other.dates["month"]).month
        at_last = np.flatnonzero((months == spells.last_month) & ~np.isnan(other.dates["month"]))
        row = np.full(len(ids.names), -1, dtype=np.int64)
        row[ids.codes[at_last]] = at_last
        place = np.where(seen, row[np.maximum(code, 0)], -1)
        if "dpd" in other.numbers:
            draft.fill("dpd", np.where(seen, other.numbers["dpd"][place], np.nan))
        if "status" in other.texts:
            draft.texts["status"] = _taken(other.texts["status"], place)
    _tell_panel(draft, spells.n_months, 0, int(np.count_nonzero(spells.cut_off)))
    draft.notes.append(
        f"{np.count_nonzero(~seen)} loans of the tape have no row in the last month."
    )


def _taken(texts: Texts, place: I8) -> Texts:
    """Texts at ``place``, empty where it is negative."""
    words = [*texts.words, ""]
    codes = np.where(place >= 0, texts.codes[place], len(words) - 1)
    return Texts(codes, pa.array(words, pa.large_string())).renamed(words)
