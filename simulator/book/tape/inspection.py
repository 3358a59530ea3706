"""Everything that ``python -m simulator.tape`` says of a tape."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from simulator.book.reconciliation import Reconciliation, warning_of
from simulator.book.synthesize import menu_of
from simulator.book.tape.columns import TAPE_COLUMNS
from simulator.book.tape.headers import read_headers
from simulator.book.tape.loans import looked_at
from simulator.book.tape.mapping import MappingFound, find_mapping, parse_mapping
from simulator.book.tape.opening import imputed_columns
from simulator.book.tape.profile import ColumnProfile, profile
from simulator.book.tape.proposal import Proposal, propose
from simulator.book.tape.reader import Tape, checked_tape
from simulator.reading.named_files import Paths
from simulator.reading.table_file import DELIMITERS, Source, confirmed, open_source
from simulator.settings import BookSettings
from simulator.validation import UserError, clip

_NAME_WIDTH: Final = 26


@dataclass(frozen=True, slots=True)
class Inspection:
    """``lines`` to show, the proposed mapping, and whether a run would take the tape with it."""

    lines: tuple[str, ...]
    mapping_text: str
    can_run: bool
    reconciliation: Reconciliation | None = None
    """What the tape says beside what would open, where it can be run."""
    warnings: tuple[str, ...] = ()


def inspect(
    path_text: Paths,
    mapping_path: str | None,
    panel: str | None,
    most_rejected: float | None = None,
) -> Inspection:
    """Look at the tape; ``UserError`` where there is none to look at.

    ``most_rejected`` as in ``read_tape``.
    """
    given = find_mapping(mapping_path)
    source = open_source("the tape", path_text, given.mapping.layout)
    headers = read_headers(source.names, given.mapping)
    recognised = sorted(headers.columns.values())
    profiles = profile(source, given.mapping, recognised)
    proposal = propose(headers, source, profiles, given.mapping)
    proposed = parse_mapping("the proposed mapping", proposal.text)
    as_it_is, _ = _try(source, path_text, given, panel, most_rejected)
    own = MappingFound("", proposed, ())
    tape, wrong = _try(confirmed(source), path_text, own, panel, most_rejected)
    models = {place: model for model, place in headers.columns.items()}
    lines = [
        *_file_lines(path_text, source),
        "",
        *_table(profiles, models, given, len(source.names)),
        "",
        "Proposed mapping" + (" (the tape needs none):" if as_it_is else ":"),
        *(f"  {line}" for line in proposal.text.rstrip().splitlines()),
        "",
        *(_tape_lines(tape) if tape is not None else _wrong_lines(wrong, proposal)),
    ]
    if tape is None:
        return Inspection(tuple(lines), proposal.text, False)
    menu = menu_of(BookSettings(kind="tape", path=path_text), tape.texts["product"].words)
    found = looked_at(tape, menu)
    warnings = tuple(w for w in (*tape.warnings, warning_of(found)) if w)
    return Inspection(tuple(lines), proposal.text, True, found, warnings)


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet, whole or not at all."""
    begun = False
    try:
        with path.open("x", encoding="utf-8") as file:
            begun = True
            file.write(text)
        begun = False
    except OSError as error:
        reason = error.strerror or clip(error)
        raise UserError(f"{clip(path, 200)} could not be written: {reason}") from None
    finally:
        if begun:
            path.unlink(missing_ok=True)


def _try(
    source: Source,
    path_text: Paths,
    found: MappingFound,
    panel: str | None,
    most_rejected: float | None,
) -> tuple[Tape | None, str]:
    regions = tuple(BookSettings.model_fields["regions"].default)
    try:
        return checked_tape(
            source, path_text, found, panel, regions, most_rejected=most_rejected
        ), ""
    except UserError as error:
        return None, str(error)


def _file_lines(path_text: Paths, source: Source) -> list[str]:
    form = source.encoding
    shown = path_text if isinstance(path_text, str) else ", ".join(path_text)
    if source.parts:
        shown = f"{shown} ({len(source.parts)} files)"
    if source.delimiter:
        form = f"CSV in {source.encoding}, columns separated by {DELIMITERS[source.delimiter]}s"
    return [
        f"{clip(shown, 200)}: {form}",
        f"{source.table.num_rows:,} rows, {len(source.names):,} columns, SHA-256 {source.sha256}",
    ]


def _table(
    profiles: Mapping[int, ColumnProfile],
    models: dict[int, str],
    given: MappingFound,
    n_columns: int,
) -> list[str]:
    head = ("column", "read as", "type", "missing", "distinct", "min | median | max, or top values")
    rows = [head]
    for place, p in profiles.items():
        ignored = "(ignored)" if p.name in given.mapping.ignore else "(not known)"
        name, model = clip(p.name, _NAME_WIDTH) or "(no name)", models.get(place, ignored)
        rows.append((name, model, p.kind, f"{p.n_missing:,}", f"{p.n_distinct:,}", p.values))
    widths = [max(_width(row[i]) for row in rows) for i in range(len(head) - 1)]
    lines = ["  ".join([*map(_padded, row, widths), row[-1]]).rstrip() for row in rows]
    if n_columns > len(profiles):
        lines.append(f"... and {n_columns - len(profiles)} further columns, none of them read")
    return lines


def _width(text: str) -> int:
    """Columns of a terminal that ``text`` takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _tape_lines(tape: Tape) -> list[str]:
    borrowers = np.unique(tape.texts["borrower_id"].codes).size
    balance = float(tape.numbers["principal"].sum())
    optional = {c.name for c in TAPE_COLUMNS}
    drawn = [n for n in imputed_columns(tape) if n in optional]
    return [
        f"The tape can be run: {tape.n_loans:,} loans of {borrowers:,} borrowers,"
        f" balance {balance:,.0f}.",
        *(f"  {clip(note, 400)}" for note in tape.notes),
        f"Imputed, wholly or where cells are empty: {', '.join(drawn) or 'nothing'}.",
    ]


def _wrong_lines(wrong: str, proposal: Proposal) -> list[str]:
    lines = ["Cannot be run yet, even with this mapping:"]
    lines += [f"  {line}" for line in wrong.splitlines()]
    lines += [f"  to decide: {clip(question, 300)}" for question in proposal.open_questions]
    return lines
