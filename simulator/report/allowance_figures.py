"""Allowances: where they come from, their way over the months, and how near they are to minima."""

from typing import Final

import numpy as np
import plotly.graph_objects as go

from simulator.report import bars, style
from simulator.report.data import Fan, ReportData
from simulator.report.figures import (
    MOST_BANDS,
    add_fan,
    axis_top,
    month_axis,
    scenario_grid,
    value_axis,
)
from simulator.report.money_data import COVERAGE, PROVISIONS, Provisions, plain
from simulator.report.numbers import Scale, money_scale, percent
from simulator.report.style import Frame, Grid, Settings, Sheet, axis, axis_names
from simulator.results.provisions.roll_forward import CLOSING, OPENING

LINE_WORDS: Final = {
    "opening": "Opening",
    "new": "New loans",
    "transfer_in": "Moved in",
    "transfer_out": "Moved out",
    "remeasurement": "Remeasured",
    "repaid": "Repaid: released",
    "written_off": "Written off",
    "sold": "Sold",
    "overlay": "Overlays",
    "closing": "Closing",
}
"""Lines of the roll-forward whose names differ from their key."""
RATIO_WORDS: Final = {
    COVERAGE: "Booked coverage",
    PROVISIONS: "Booked provisions over loans",
}
EITHER_WAY: Final = ("remeasurement", "repaid", "overlay")
TAKES_AWAY: Final = ("transfer_out", "written_off", "sold")
MOST_OF_MINIMUM: Final = 4.0
"""Ratios beyond so many times the largest minimum are drawn at the edge."""


def line_word(line: str) -> str:
    """A line of the roll-forward as a reader calls it."""
    return LINE_WORDS.get(line, plain(line))


def places(data: ReportData) -> tuple[tuple[str, str], ...]:
    """Scenarios and policies of a figure that shows one of each, the worst scenario first."""
    worst = data.worst_scenario()
    scenarios = (worst, *(s for s in data.scenarios if s != worst))
    return tuple((s, p) for s in scenarios for p in data.drawn_policies)


def used_lines(books: Provisions) -> tuple[str, ...]:
    """Lines of the roll-forward that ever hold money under the drawn policies."""
    rolls = [books.roll(place) for place in places(books.data)]
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
    panels = (("All", None), *((plain(g), i) for i, g in enumerate(grades)))
    panels = panels if len(grades) > 1 else panels[:1]
    grid = bars.row_grid(frame, len(panels), len(lines), 4, least=230)
    sheet = Sheet(grid)
    names = [line_word(line) for line in lines]
    ends = np.concatenate(
        [_falls(books, p, lines, i).ends() for p in places(books.data) for _, i in panels]
    )
    shown = bars.span_of(ends, scale, room=60.0 / grid.panel_width)
    for panel, (title, grade) in enumerate(panels):
        sheet.add_panel(panel, title, *bars.row_axes(scale.unit, len(lines), shown))
        bars.add_bars(sheet, panel, names, _falls(books, place, lines, grade), scale)
        if grid.is_left(panel):
            bars.add_row_names(sheet, panel, names)
    return sheet.figure()


def book_style(books: Provisions, book: str) -> tuple[str, str]:
    """Colour and dash of a rule book; only the first is drawn solid, as lines may coincide."""
    number = books.books.index(book)
    return style.series(number + 1 if number else 0)


def waterfall_scale(books: Provisions) -> Scale:
    """One unit of money for every roll-forward of the figure."""
    rolls = (books.roll(place).values for place in places(books.data))
    return money_scale(books.data.currency, [float(v) for r in rolls for v in r.ravel()])


def _falls(
    books: Provisions, place: tuple[str, str], lines: tuple[str, ...], grade: int | None
) -> bars.Bars:
    roll = books.roll(place)
    values = [
        float(roll.of(line)[grade]) if grade is not None else roll.total(line) for line in lines
    ]
    return bars.waterfall(values, [line in (OPENING, CLOSING) for line in lines])


def allowance_fan(books: Provisions, frame: Frame, policy: str) -> go.Figure:
    """Each rule book's own allowance over balance by month, with minima; a panel a scenario."""
    data = books.data
    grid = scenario_grid(data, frame)
    sheet = Sheet(grid)
    banded = books.books if len(books.books) <= MOST_BANDS else books.books[:1]
    minima = sorted({m for b in books.books if (m := books.minimum(b, PROVISIONS)) is not None})
    tops = [
        fan.high if book in banded else fan.median
        for place in places(data)
        for book in books.books
        for fan in (share_fan(books, place, book),)
    ]
    top = axis_top([*tops, np.array([100.0 * m for m in minima] or [0.0])])
    for panel, scenario in enumerate(data.scenarios):
        axes = (
            month_axis(data, grid, panel),
            value_axis(grid, panel, "Allowance (% of balance)", top),
        )
        sheet.add_panel(panel, data.scenario_label(scenario), *axes)
        ends = [_add_minimum(sheet, data, panel, minimum) for minimum in minima]
        for book in books.books:
            fan, label = share_fan(books, (scenario, policy), book), books.label(book)
            colour, dash = book_style(books, book)
            line: Settings = {"color": colour, "dash": dash, "width": 2.2}
            add_fan(sheet, data, panel, (fan, label, colour, line), band=book in banded)
            ends.append((label, float(fan.median[-1]), colour))
        if grid.ends_row(panel):
            sheet.add_end_labels(panel, top, ends)
    return sheet.figure()


def share_fan(books: Provisions, place: tuple[str, str], book: str) -> Fan:
    """Quantiles over paths of allowance over balance (%), by month."""
    fan = books.fan(place, book)
    return Fan(100.0 * fan.low, 100.0 * fan.median, 100.0 * fan.high)


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
    return f"minimum {percent(minimum)}", 100.0 * minimum, style.MUTED[0]


def coverage_figure(books: Provisions, frame: Frame, policy: str) -> go.Figure:
    """Lowest month of both ratios of the booked allowance by scenario and rule book with minima."""
    rows = coverage_rows(books)
    columns = style.columns_for(frame, 2, 330, 2)
    left = 190 if frame.width > 500 else 120
    grid = Grid(frame, 2, columns, 22 * len(rows) + 8, left=left, gap_x=24, gap_y=76)
    sheet = Sheet(grid)
    for panel, ratio in enumerate((COVERAGE, PROVISIONS)):
        top, room = _coverage_top(books, ratio), 74.0 / grid.panel_width
        edge = top / (1.0 - room)
        sheet.add_panel(
            panel,
            RATIO_WORDS[ratio],
            axis("Lowest month (%)", range=[0.0, edge], nticks=5, showgrid=True),
            axis(range=[-len(rows) + 0.4, 0.6], showticklabels=False),
        )
        if grid.is_left(panel):
            _add_coverage_names(sheet, books, panel, rows)
        for row, (scenario, book) in enumerate(rows):
            if book is not None:
                _add_coverage(sheet, books, (panel, ratio, -row), (scenario, policy), (book, top))
    return sheet.figure()


def coverage_rows(books: Provisions) -> list[tuple[str, str | None]]:
    """Rows from the top: a scenario's heading, then the rule books."""
    return [(s, book) for s in books.data.scenarios for book in (None, *books.with_minima())]


def _coverage_top(books: Provisions, ratio: str) -> float:
    """The largest value (%) drawn in a panel: all of them, but not far beyond the minima."""
    found = [
        float(books.lowest(ratio, place, book).high[0])
        for place in places(books.data)
        for book in books.with_minima()
    ]
    minima = [m for b in books.books if (m := books.minimum(b, ratio)) is not None]
    largest = max((v for v in (*found, *minima) if np.isfinite(v)), default=0.0) or 1.0
    return 100.0 * (min(largest, MOST_OF_MINIMUM * max(minima)) if minima else largest)


def _add_coverage_names(
    sheet: Sheet, books: Provisions, panel: int, rows: list[tuple[str, str | None]]
) -> None:
    x_name, y_name = axis_names(panel)
    fits = int((sheet.grid.left - 12) / 6.4)
    for row, (scenario, book) in enumerate(rows):
        name = books.label(book, fits) if book else books.data.scenario_label(scenario, fits)
        sheet.add_label(
            name,
            style.INK[0],
            x=0.0,
            y=-row,
            xref=f"{x_name} domain",
            yref=y_name,
            xshift=-sheet.grid.left + (8 if book else 0),
            font={"size": 12, "weight": 400 if book else 600, "color": style.INK[0]},
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
    name = style.plotly_text(f"{books.label(book)}, {books.data.scenario_label(place[0])}")
    if books.data.n_paths > 1:
        _add_line(sheet, panel, [min(low, top), min(high, top)], [height] * 2, (colour, 3.0))
    beyond = median > top
    sheet.add_trace(
        panel,
        type="scatter",
        x=[round(min(median, top), 4)],
        y=[height],
        name=name,
        customdata=[f"{median:.1f}"],
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": "triangle-right" if beyond else "circle"},
        hovertemplate="%{fullData.name}: %{customdata} %<extra></extra>",
    )
    if minimum is not None:
        mark = [100.0 * minimum] * 2
        _add_line(sheet, panel, mark, [height - 0.36, height + 0.36], (style.INK[0], 2.2))
    breach = books.breach(ratio, place, book)
    sheet.add_trace(
        panel,
        type="scatter",
        x=[top],
        y=[height],
        text=[f"  breach {percent(breach.mean, 0)}" if breach else ""],
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
