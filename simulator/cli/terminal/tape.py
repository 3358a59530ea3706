"""What the inspector says of a tape, in the language that is spoken."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from simulator.book.tape.columns import TAPE_COLUMNS
from simulator.book.tape.inspection import Inspection
from simulator.book.tape.opening import imputed_columns
from simulator.book.tape.reader import Tape
from simulator.cli.terminal.table import lines
from simulator.reading.table_file import DELIMITERS
from simulator.report.kit.language import mark, tn, tr
from simulator.report.kit.run_messages import run_message
from simulator.validation import clip

_NAME_WIDTH: Final = 26
_KINDS: Final = {"number": mark("number"), "text": mark("text")}
_BETWEEN: Final = {
    ",": mark("commas"),
    ";": mark("semicolons"),
    "\t": mark("tabs"),
    "|": mark("bars"),
}
assert set(_BETWEEN) == set(DELIMITERS)


def tape_lines(found: Inspection) -> Iterator[str]:
    """File, columns, the proposed mapping, and whether the tape can be run."""
    yield from _file_lines(found)
    yield ""
    yield from _table(found)
    yield ""
    needs = found.needs_mapping
    yield tr("Proposed mapping:") if needs else tr("Proposed mapping (the tape needs none):")
    yield from (f"  {line}" for line in found.proposal.text.rstrip().splitlines())
    yield ""
    yield from _wrong_lines(found) if found.tape is None else _tape_lines(found.tape)


def _file_lines(found: Inspection) -> Iterator[str]:
    source, path = found.source, found.path
    shown = path if isinstance(path, str) else ", ".join(path)
    form = source.encoding
    if source.delimiter:
        between = tr(_BETWEEN[source.delimiter])
        form = tr("CSV in {encoding}, columns separated by {sign}", encoding=form, sign=between)
    if source.parts:
        n_files = tn("{n} file", "{n} files", len(source.parts))
        shown = f"{shown} ({n_files})"
    yield f"{clip(shown, 200)}: {form}"
    yield tr(
        "{rows} rows, {columns} columns, SHA-256 {sha}",
        rows=f"{source.table.num_rows:,}",
        columns=f"{len(source.names):,}",
        sha=source.sha256,
    )


def _table(found: Inspection) -> Iterator[str]:
    rows = [
        (
            tr("column"),
            tr("read as"),
            tr("type"),
            tr("missing"),
            tr("distinct"),
            tr("min | median | max, or top values"),
        )
    ]
    for place, p in found.profiles.items():
        ignored = p.name in found.given.mapping.ignore
        unread = tr("(ignored)") if ignored else tr("(not known)")
        kind = tr(_KINDS[p.kind]) if p.kind in _KINDS else p.kind
        name = clip(p.name, _NAME_WIDTH) or tr("(no name)")
        counts = (f"{p.n_missing:,}", f"{p.n_distinct:,}")
        rows.append((name, found.models.get(place, unread), kind, *counts, p.values))
    yield from lines(rows, len(rows[0]))
    more = len(found.source.names) - len(found.profiles)
    if more:
        yield tr("... and {n} further columns, none of them read", n=more)


def can_be_run(tape: Tape) -> str:
    """That a run takes the tape: loans, borrowers, balance."""
    return tr(
        "The tape can be run: {loans} loans of {borrowers} borrowers, balance {balance}.",
        loans=f"{tape.n_loans:,}",
        borrowers=f"{np.unique(tape.texts['borrower_id'].codes).size:,}",
        balance=f"{float(tape.numbers['principal'].sum()):,.0f}",
    )


def _tape_lines(tape: Tape) -> Iterator[str]:
    optional = {c.name for c in TAPE_COLUMNS}
    drawn = [n for n in imputed_columns(tape) if n in optional]
    yield can_be_run(tape)
    yield from (f"  {clip(run_message(note), 400)}" for note in tape.notes)
    yield tr(
        "Imputed, wholly or where cells are empty: {columns}.",
        columns=", ".join(drawn) or tr("nothing"),
    )


def _wrong_lines(found: Inspection) -> Iterator[str]:
    yield tr("Cannot be run yet, even with this mapping:")
    yield from (f"  {line}" for line in found.wrong.splitlines())
    for question in found.proposal.open_questions:
        yield "  " + tr("to decide: {question}", question=clip(run_message(question), 300))
