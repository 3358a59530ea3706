"""Cells and tables of docs/validation.md."""

from collections.abc import Iterable, Sequence
from math import isfinite

MANY = 10.0
"""Percentages from here on are shown with one decimal, smaller ones with two."""


def percent(fraction: float) -> str:
    """A fraction in percent, without the sign; empty if it is unknown."""
    return percentage(100.0 * fraction) if isfinite(fraction) else ""


def percentage(value: float) -> str:
    """A number in percent, without the sign."""
    return f"{value:.1f}" if abs(value) >= MANY else f"{value:.2f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of the page."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
