"""What a tape says beside what the model opens, as a table on the terminal."""

import sys
from collections.abc import Iterator
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from simulator.book.reconciliation import Line, Reconciliation, said
from simulator.report.inputs.opening_book import TITLES
from simulator.report.kit.language import clauses, tr
from simulator.report.kit.run_messages import run_message

_WIDE: Final = 110
MOST_COLUMNS: Final = 8
"""Imputed columns that are named with their share."""


def reconciliation_table(found: Reconciliation) -> None:
    """Print every quantity on both sides with its gap, then what is imputed and left out."""
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console = Console(file=sys.stdout, width=_WIDE)
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in (tr("the tape says"), tr("the model opens"), tr("gap, points")):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in _shown(found):
        title = f"{tr(TITLES[line.measure])} {line.part}".strip()
        gap = "-" if line.gap_points is None else f"{line.gap_points + 0.0:+.2f}"
        table.add_row(title, said(line, line.tape), said(line, line.model), gap)
    console.print(table)
    for text in (*_imputed(found), *_left_out(found)):
        console.print(text, highlight=False, markup=False, soft_wrap=True)


def _shown(found: Reconciliation) -> Iterator[Line]:
    """Lines worth a row: those of empty buckets and bands are left out."""
    for line in found.lines:
        if line.tape or line.model or not line.part:
            yield line


def _imputed(found: Reconciliation) -> list[str]:
    shares = sorted(found.imputed.items(), key=lambda item: (-item[1], item[0]))
    partly = [f"{name} {share:.1%}" for name, share in shares if share < 1.0][:MOST_COLUMNS]
    whole = [name for name, share in shares if share >= 1.0]
    parts = [tr("for all of the balance {columns}", columns=", ".join(whole))] if whole else []
    parts += [tr("for a part {columns}", columns=", ".join(partly))] if partly else []
    return [tr("Imputed: {columns}.", columns=clauses(parts))] if parts else []


def _left_out(found: Reconciliation) -> list[str]:
    return [
        tr(
            "Left out: {loans} loans, balance {balance} ({reason}).",
            loans=f"{item.loans:,}",
            balance=f"{item.balance:,.0f}",
            reason=run_message(item.reason),
        )
        for item in found.left_out
    ]
