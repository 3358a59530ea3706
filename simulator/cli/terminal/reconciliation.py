"""What a tape says beside what the model opens, as a table on the terminal."""

from typing import Final

from simulator.book.reconciliation import Line, Reconciliation
from simulator.cli.terminal.table import console, drawn
from simulator.report.inputs.opening_book import sides_table
from simulator.report.kit.language import clauses, tr
from simulator.report.kit.run_messages import run_message

_WIDE: Final = 110
MOST_COLUMNS: Final = 8
"""Imputed columns that are named with their share."""


def reconciliation_table(found: Reconciliation) -> None:
    """Print every quantity on both sides with its gap, then what is imputed and left out."""
    shown = console(_WIDE)
    shown.print(drawn(sides_table(line for line in found.lines if _is_told(line))))
    for text in (*_imputed(found), *_left_out(found)):
        shown.print(text, highlight=False, markup=False, soft_wrap=True)


def _is_told(line: Line) -> bool:
    """Whether a line is worth a row: those of empty buckets and bands are left out."""
    return bool(line.tape or line.model or not line.part)


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
