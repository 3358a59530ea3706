"""Allowances: where they come from, their way over the months, and how near they are to minima."""

from typing import Final

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style, waterfall
from simulator.report.kit.data import ReportData
from simulator.report.kit.fans import (
    LABEL_ROOM,
    MOST_BANDS,
    add_fan,
    axis_top,
    month_axis,
    value_axis,
)
from simulator.report.kit.language import listed, mark, tr
from simulator.report.kit.numbers import Scale, money_scale, percent
from simulator.report.kit.statistics import Fan
from simulator.report.kit.style import Frame, Grid, Settings, Sheet, axis, axis_names
from simulator.report.provisions.rule_books import COVERAGE, PROVISIONS, Provisions, plain
from simulator.results.provisions.roll_forward import CLOSING, OPENING

LINE_WORDS: Final = {
    "opening": mark("Opening"),
    "new": mark("New loans"),
    "transfer_in": mark("Moved in"),
    "transfer_out": mark("Moved out"),
    "remeasurement": mark("Remeasured"),
    "repaid": mark("Repaid: released"),
    "written_off": mark("Written off"),
    "sold": mark("Sold"),
    "overlay": mark("Overlays"),
    "closing": mark("Closing"),
}
"""Lines of the roll-forward whose names differ from their key."""

RATIO_WORDS: Final = {
    COVERAGE: mark("Booked coverage"),
    PROVISIONS: mark("Booked provisions over loans"),
}

EITHER_WAY: Final = ("remeasurement", "repaid", "overlay")

TAKES_AWAY: Final = ("transfer_out", "written_off", "sold")

MOST_OF_MINIMUM: Final = 4.0
"""Ratios beyond so many times the largest minimum are drawn at the edge."""


def line_word(line: str) -> str:
    """A line of the roll-forward as a reader calls it."""
    return tr(LINE_WORDS[line]) if line in LINE_WORDS else plain(line)


def used_lines(books: Provisions) -> tuple[str, ...]:
    """Lines of the roll-forward that ever hold money under the drawn policies."""
    rolls = [books.roll(place) for place in books.data.places]
    always = (OPENING, CLOSING)
    used = [
        line
        for at, line in enumerate(rolls[0].lines)
        if line in always or any(np.any(roll.values[at]) for roll in rolls)
    ]
    return tuple(sorted(used, key=_order))


def _order(line: str) -> int:
    """First what adds, then what may do either, last what only takes away: no grade gets below
    zero on its way to a closing allowance that is not."""
    if line == CLOSING:
        return 3
    return 2 if line in TAKES_AWAY else 1 if line in EITHER_WAY else 0


def waterfall_figure(books: Provisions, frame: Frame, place: tuple[str, str]) -> go.Figure:
    """From the opening to the closing allowance, all grades together and each; a panel each.

    All places share axes and unit, so that a reader can compare them.
    """
    lines, grades = used_lines(books), books.grades(books.accounting)
    scale = waterfall_scale(books)
    panels = ((tr("All"), None), *((plain(g), i) for i, g in enumerate(grades)))
    panels = panels if len(grades) > 1 else panels[:1]
    grid = waterfall.row_grid(frame, len(panels), len(lines), 4, least=230)
    sheet = Sheet(grid)
    names = [line_word(line) for line in lines]
    ends = np.concatenate(
        [_falls(books, p, lines, i).ends() for p in books.data.places for _, i in panels]
    )
    shown = waterfall.span_of(ends, scale, room=60.0 / grid.panel_width)
    for panel, (title, grade) in enumerate(panels):
        sheet.add_panel(panel, title, *waterfall.row_axes(scale.unit, len(lines), shown))
        waterfall.add_bars(
            sheet,
            panel,
            names,
            _falls(books, place, lines, grade),
            scale,
            row=books.data.row(*place),
        )
        if grid.is_left(panel):
            waterfall.add_row_names(sheet, panel, names)
    return sheet.figure()


def book_style(books: Provisions, book: str) -> tuple[str, str]:
    """Colour and dash of a rule book; only the first is drawn solid, as lines may coincide."""
    number = books.books.index(book)
    return style.series(number + 1 if number else 0)


def waterfall_scale(books: Provisions) -> Scale:
    """One unit of money for every roll-forward of the figure."""
    return money_scale(books.data.currency, waterfall_values(books))


def waterfall_values(books: Provisions) -> list[float]:
    """Every number of the figure's roll-forwards."""
    rolls = (books.roll(place).values for place in books.data.places)
    return [float(v) for r in rolls for v in r.ravel()]


def _falls(
    books: Provisions, place: tuple[str, str], lines: tuple[str, ...], grade: int | None
) -> waterfall.Bars:
    roll = books.roll(place)
    values = [
        float(roll.of(line)[grade]) if grade is not None else roll.total(line) for line in lines
    ]
    return waterfall.waterfall(values, [line in (OPENING, CLOSING) for line in lines])


def coverage_figure(books: Provisions, frame: Frame, place: tuple[str, str]) -> go.Figure:
    """Each rule book's own allowance by month; beside it, how near the booked one is to minima.

    All places share their axes, so that a reader can compare them.
    """
    columns = style.columns_for(frame, 3, 300, 3)
    right = LABEL_ROOM - 36 if columns > 1 else 104
    height = 230 if columns > 1 else 210
    grid = Grid(frame, 3, columns, height, right=right, gap_x=right + 10, gap_y=76)
    sheet = Sheet(grid)
    _add_months(sheet, books, place)
    rows = books.with_minima()
    for panel, ratio in enumerate((COVERAGE, PROVISIONS), start=1):
        top = _coverage_top(books, ratio)
        sheet.add_panel(
            panel,
            tr(RATIO_WORDS[ratio]),
            axis(tr("Lowest month (%)"), range=[0.0, 1.04 * top], nticks=5, showgrid=True),
            axis(range=[-len(rows) + 0.4, 0.7], showticklabels=False),
        )
        for row, book in enumerate(rows):
            _add_coverage_name(sheet, books, (panel, -row), book)
            _add_coverage(sheet, books, (panel, ratio, -row), place, (book, top))
    return sheet.figure()


def _add_months(sheet: Sheet, books: Provisions, place: tuple[str, str]) -> None:
    """The first panel: allowance over balance by month and rule book, with minima."""
    data, grid = books.data, sheet.grid
    banded = books.books if len(books.books) <= MOST_BANDS else books.books[:1]
    minima = sorted({m for b in books.books if (m := books.minimum(b, PROVISIONS)) is not None})
    tops = [
        fan.high if book in banded else fan.median
        for found in data.places
        for book in books.books
        for fan in (share_fan(books, found, book),)
    ]
    top = axis_top([*tops, np.array([100.0 * m for m in minima] or [0.0])])
    axes = (
        month_axis(data, grid, 0) | axis(tr("Month of the run")),
        value_axis(grid, 0, tr("Allowance (% of balance)"), top),
    )
    sheet.add_panel(0, tr("Allowance by provisioning standard"), *axes)
    ends = [_add_minimum(sheet, data, 0, minimum) for minimum in minima]
    for book in books.books:
        fan, label = share_fan(books, place, book), books.label(book)
        colour, dash = book_style(books, book)
        line: Settings = {"color": colour, "dash": dash, "width": 2.2}
        add_fan(sheet, data, 0, (fan, label, colour, line), band=book in banded)
        ends.append((label, float(fan.median[-1]), colour))
    sheet.add_end_labels(0, top, ends)


def share_fan(books: Provisions, place: tuple[str, str], book: str) -> Fan:
    """Quantiles over paths of allowance over balance (%), by month."""
    return books.fan(place, book).percent


def _add_minimum(
    sheet: Sheet, data: ReportData, panel: int, minimum: float
) -> tuple[str, float, str]:
    """A dotted line at a minimum; its end label."""
    sheet.add_trace(
        panel,
        type="scatter",
        x=[float(data.months[0]), float(data.months[-1])],
        y=[100.0 * minimum] * 2,
        mode="lines",
        line={"color": style.MUTED[0], "dash": "dot", "width": 1.4},
        hoverinfo="skip",
    )
    return tr("minimum {share}", share=percent(minimum)), 100.0 * minimum, style.MUTED[0]


def _coverage_top(books: Provisions, ratio: str) -> float:
    """The largest value (%) drawn in a panel: all of them, but not far beyond the minima."""
    found = [
        float(books.lowest(ratio, place, book).high[0])
        for place in books.data.places
        for book in books.with_minima()
    ]
    minima = [m for b in books.books if (m := books.minimum(b, ratio)) is not None]
    largest = max((v for v in (*found, *minima) if np.isfinite(v)), default=0.0) or 1.0
    return 100.0 * (min(largest, MOST_OF_MINIMUM * max(minima)) if minima else largest)


def _add_coverage_name(sheet: Sheet, books: Provisions, spot: tuple[int, int], book: str) -> None:
    """The name of a rule book above its row."""
    (panel, height), (colour, _) = spot, book_style(books, book)
    x_name, y_name = axis_names(panel)
    sheet.add_label(
        books.label(book),
        colour,
        x=0.0,
        y=height,
        xref=f"{x_name} domain",
        yref=y_name,
        xshift=4,
        yshift=20,
        font={"size": 12, "color": colour},
    )


def _add_coverage(
    sheet: Sheet,
    books: Provisions,
    spot: tuple[int, str, int],
    place: tuple[str, str],
    drawn: tuple[str, float],
) -> None:
    """Nine paths in ten, the median path and the minimum of a rule book, and its breaches."""
    (panel, ratio, height), (book, top) = spot, drawn
    fan, minimum = books.lowest(ratio, place, book), books.minimum(book, ratio)
    low, median, high = (100.0 * float(v[0]) for v in (fan.low, fan.median, fan.high))
    if not np.isfinite(median):
        return
    colour, _ = book_style(books, book)
    title = style.plotly_text(listed([books.label(book), books.data.scenario_label(place[0])]))
    if books.data.n_paths > 1:
        _add_line(sheet, panel, [min(low, top), min(high, top)], [height] * 2, (colour, 3.0))
    beyond = median > top
    sheet.add_trace(
        panel,
        type="scatter",
        x=[round(min(median, top), 4)],
        y=[height],
        name=title,
        meta={"row": [*books.data.row(*place), books.label(book), tr(RATIO_WORDS[ratio])]},
        customdata=[f"{median:.1f}"],
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": "triangle-right" if beyond else "circle"},
        hovertemplate="%{fullData.name}: %{customdata} %<extra></extra>",
    )
    if minimum is not None:
        at, ends = [100.0 * minimum] * 2, [height - 0.22, height + 0.22]
        _add_line(sheet, panel, at, ends, (style.INK[0], 2.2))
    breach = books.breach(ratio, place, book)
    sheet.add_trace(
        panel,
        type="scatter",
        x=[top],
        y=[height],
        text=[tr("  breach {share}", share=percent(breach.mean, 0)) if breach else ""],
        mode="text",
        textposition="middle right",
        textfont={"size": 10.5, "color": style.MUTED[0]},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _add_line(
    sheet: Sheet, panel: int, x: list[float], y: list[float], drawn: tuple[str, float]
) -> None:
    colour, width = drawn
    sheet.add_trace(
        panel,
        type="scatter",
        x=[round(v, 4) for v in x],
        y=y,
        mode="lines",
        line={"color": colour, "width": width},
        hoverinfo="skip",
    )
