"""A small chart in characters: columns of blocks, an eighth of a line fine."""

from collections.abc import Sequence
from math import isfinite
from typing import Final

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
N_LINES: Final = 5
_ROOM: Final = 72
"""Columns of characters for all quarters together."""


def chart(past: Sequence[float], path: Sequence[float]) -> list[str]:
    """Lines of a chart of ``past``, a bar and ``path``, in percent from zero up.

    Values are fractions; NaN is a gap. Of a long past the quarters nearest to the bar are shown.
    """
    shown_path = list(path)[:_ROOM]
    room = max(0, _ROOM - len(shown_path))
    shown_past = list(past)[-room:] if room else []
    top = max((v for v in (*shown_past, *shown_path) if isfinite(v)), default=0.0)
    lines: list[str] = []
    for line in range(N_LINES, 0, -1):
        columns = [_cell(v, top, line) for v in shown_past]
        columns += ["│"] if shown_past else []
        columns += [_cell(v, top, line) for v in shown_path]
        lines.append(f"{100 * top * line / N_LINES:5.1f} %  {''.join(columns).rstrip()}")
    return lines


def _cell(value: float, top: float, line: int) -> str:
    if not isfinite(value) or top <= 0:
        return " "
    filled = max(0.0, value) / top * N_LINES - (line - 1)
    return _EIGHTHS[round(8 * min(1.0, max(0.0, filled)))]
