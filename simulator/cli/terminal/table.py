"""The writer of tables for the terminal: names to the left, numbers with intervals to the right."""

import sys
from collections.abc import Sequence
from math import isfinite
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table as Drawn

from simulator.report.kit.language import currency_name, language, tr
from simulator.report.kit.text import columns_of, padded
from simulator.results.estimate import Estimate
from simulator.results.table import (
    BARE,
    FRACTION,
    MONEY,
    Cell,
    Column,
    Number,
    Table,
    Value,
    ends_of,
    number_of,
)

NO_NUMBER: Final = "-"


def console(width: int) -> Console:
    """The terminal; ``width`` columns where the output goes elsewhere."""
    found = Console(file=sys.stdout)
    return found if found.is_terminal else Console(file=sys.stdout, width=width)


def drawn(table: Table, gap: str = " ") -> Drawn:
    """``table`` for a console; ``gap`` is between a number and its interval."""
    out = Drawn(
        title=table.title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE,
        padding=(0, 1 if gap == " " else 0),
        show_edge=False,
    )
    for at, column in enumerate(table.columns):
        title = tr(column.heading, **column.said)
        spans = any(isinstance(number_of(row[at]), Estimate) for row in table.rows)
        whole = spans and gap == " " if column.unit else " " not in title
        out.add_column(title, justify="right" if column.unit else "left", no_wrap=whole)
    for row in table.rows:
        out.add_row(*(_text(table, at, value, gap) for at, value in enumerate(row)))
    return out


def lines(rows: Sequence[Sequence[str]], n_left: int) -> list[str]:
    """``rows`` of texts below each other: ``n_left`` columns to the left, the others to the right.

    The last column is as long as it likes.
    """
    widths = [max(columns_of(text) for text in column) for column in zip(*rows, strict=True)]
    shown = []
    for row in rows:
        cells = [
            padded(text, width) if at < n_left else " " * (width - columns_of(text)) + text
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        shown.append("  ".join(cells).rstrip())
    return shown


def money_step(amounts: Sequence[float]) -> tuple[float, str]:
    """Size and word of the language that make the largest of ``amounts`` short."""
    steps = language().money_steps
    largest = max((abs(amount) for amount in amounts if isfinite(amount)), default=0.0)
    return next((step for step in steps if largest >= step[0]), steps[-1])


def money_unit(currency: str, amounts: Sequence[float]) -> str:
    """The unit that ``amounts`` are shown in: ``CNY k``."""
    step = money_step(amounts)[1]
    return language().money_unit.format(currency=currency_name(currency), step=step)


def _text(table: Table, at: int, value: Value, gap: str) -> str:
    number, column = number_of(value), table.columns[at]
    if isinstance(number, str):
        return number
    unit = value.unit if isinstance(value, Cell) and value.unit else column.unit
    decimals = value.decimals if isinstance(value, Cell) else None
    return number_text(number, column, unit, column.decimals if decimals is None else decimals, gap)


def number_text(
    number: Number, column: Column, unit: str, decimals: int | None, gap: str = " "
) -> str:
    """``+1.20 [+0.80, +1.60]``: changes with their sign, those of shares in points.

    The interval is left out if there is none.
    """
    parts = ends_of(number)
    if not parts or not isfinite(parts[0]):
        return NO_NUMBER
    if column.is_change and isinstance(number, Estimate) and number.is_zero:
        return tr("no difference")
    size = money_step(column.like)[0] if unit == MONEY and column.like else 1.0
    mean, *ends = (_one(part / size, column, unit, decimals) for part in parts if isfinite(part))
    return f"{mean}{gap}[{', '.join(ends)}]" if ends else mean


def _one(number: float, column: Column, unit: str, decimals: int | None) -> str:
    if column.is_change:
        return signed(100.0 * number if unit == FRACTION else number, decimals)
    if unit == FRACTION:
        return f"{number:.{2 if decimals is None else decimals}%}"
    if unit == BARE:
        return f"{number:.{column.digits}g}"
    return f"{number:,.{decimals or 0}f}"


def signed(number: float, decimals: int | None = None) -> str:
    """A number with its sign, in three digits unless ``decimals`` are given."""
    if decimals is None:
        decimals = 2 if abs(number) < 10 else 1 if abs(number) < 100 else 0
    return f"{number + 0.0:+,.{decimals}f}"
