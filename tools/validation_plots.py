"""Plots of docs/validation.md, as SVG that is the same for the same result.

Colours after Okabe and Ito; what was seen is ink, the model blue, relief orange. Text is drawn as
paths, so that a page looks alike wherever it is read.
"""

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.stats import norm

from simulator.calibrate.forecast.backtest import MODEL, BacktestRow
from simulator.calibrate.forecast.predict import PredictionRow
from simulator.calibrate.settings import LevelTarget, SeriesPrediction
from simulator.reading.periods import period_places
from simulator.report.fit.data import FittedNumber
from simulator.report.kit.phrases import capital
from tools.validation_results import Result
from tools.validation_tables import NAMED_FORECASTERS

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

F8 = NDArray[np.float64]
INK, MUTED, GRID = "#1d232c", "#5d6673", "#e4e7ec"
BLUE, ORANGE, GREEN, PURPLE, OCHRE = "#0072b2", "#bd4b00", "#00795a", "#a8437f", "#8a6d00"
FORECASTERS: Mapping[str, tuple[str, str]] = {
    MODEL: (BLUE, "-"),
    "constant": (GREEN, "--"),
    "last": (OCHRE, ":"),
    "logit": (PURPLE, "-."),
}
RELIEF: Mapping[str, tuple[str, str, str]] = {
    "none": ("no relief", BLUE, "-"),
    "programme": ("relief programme", ORANGE, "--"),
    "": ("predicted", BLUE, "-"),
}
BAND = 0.16
WIDTH = 8.0
"""Inches; a page shows it at about its own size."""
ROOM_FOR_NAMES = 0.28
"""Room right of the last year, of the years shown."""
LABEL_GAP = 0.075
"""Least distance of labels at line ends, of the height of the panel."""
STYLE: "dict[RcKeyType, object]" = {
    "svg.hashsalt": "validation",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": MUTED,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
}
LEVELS: Mapping[str, str] = {
    "overdue_rate_1": "overdue",
    "overdue_rate_30": "30+ days past due",
    "overdue_rate_60": "60+ days past due",
    "overdue_rate_90": "90+ days past due",
    "first_day_overdue_rate": "late on the first day",
    "charge_off_annualised": "charge-offs a year",
    "net_charge_off_annualised": "net charge-offs a year",
    "recovery_rate": "recovered of charge-offs",
    "repeat_share": "lent to customers who came back",
    "score_gini_opening": "Gini of the score, opening loans",
    "score_gini_new": "Gini of the score, new loans",
    "income_shock_share": "new 90+ that began with a loss of income",
    "flow_into_90_year": "flow into 90+ of four quarters",
}
"""Measures in words."""


@dataclass(frozen=True)
class Curve:
    """A line over calendar years, percent, with its name at the end; the band is optional."""

    name: str
    colour: str
    years: F8
    middle: F8
    low: F8 | None = None
    high: F8 | None = None
    dash: str = "-"
    weight: float = 1.6


def draw(result: Result) -> dict[str, str]:
    """SVG text by file name: one plot a case, and one of its backtests."""
    with mpl.rc_context(STYLE):
        figures = {f"{result.case}.svg": DRAWN[result.case](result)}
        along_a_series = all(re.fullmatch(r"\d{4}Q\d", row.label) for row in result.forecasts)
        if result.forecasts and along_a_series:
            figures[f"{result.case}_backtests.svg"] = backtests(result)
        return {name: _svg(figure) for name, figure in figures.items()}


def taiwanese_cards(result: Result) -> Figure:
    """Predicted shares with their intervals, and the fitted months where they have the same."""
    groups: dict[str, list[PredictionRow]] = {}
    for row in result.predictions:
        groups.setdefault(row.names[0].removesuffix(row.label).strip(), []).append(row)
    height = 0.27 * (len(result.predictions) + 1.3 * len(groups)) + 0.8
    figure, axes = _figure(height)
    place, names = 0.0, {}
    for title, rows in groups.items():
        axes.text(0, place, title, weight="bold", va="center", fontsize=9)
        for row in rows:
            place += 1.0
            names[place] = row.label
            axes.plot([100 * row.ci_low, 100 * row.ci_high], [place] * 2, color=BLUE, lw=2)
            axes.plot(100 * row.prediction, place, "o", color=BLUE, ms=5.5)
            seen = result.seen.get((row.owner, row.label), np.nan)
            axes.plot(100 * seen, place, "D", color=INK, ms=5.5, mfc="none", mew=1.3)
            words = f"{100 * row.prediction:.1f} ({100 * row.ci_low:.1f} to"
            words = f"{words} {100 * row.ci_high:.1f})"
            axes.text(1.01, place, words, transform=axes.get_yaxis_transform(), va="center")
        place += 1.3
    axes.set_yticks(list(names), list(names.values()))
    axes.set_ylim(place - 0.6, -0.8)
    axes.set_xlim(left=0)
    axes.grid(axis="x", color=GRID, lw=0.8)
    axes.set_xlabel("percent of the accounts at risk")
    _key(axes, result, "seen in the fitted months")
    return figure


def series_cards(result: Result) -> Figure:
    """Each series seen, fitted, and predicted, where asked without and with relief."""
    series = result.series()
    figure = Figure(figsize=(WIDTH, 2.4 * len(series)), layout="constrained")
    panels = figure.subplots(len(series), 1, sharex=True, squeeze=False)[:, 0]
    predictions = result.settings.predictions.items()
    asked = {owner: item for owner, item in predictions if isinstance(item, SeriesPrediction)}
    for axes, (name, target) in zip(panels, series.items(), strict=True):
        rows = result.of_target(name)
        curves = _window(rows)
        own = [row for row in result.predictions if asked[row.owner].target == name]
        for relief in dict.fromkeys(asked[row.owner].label for row in own):
            ahead = [row for row in own if asked[row.owner].label == relief]
            starts = rows[-1] if relief != "programme" or len(series) > 1 else None
            curves.append(_fan(*RELIEF[relief], ahead, starts))
        _curves(axes, curves)
        _boundary(axes, own[0].label)
        about = f", {target.column}" if target.ages or len(series) > len(LEVELS) / 2 else ""
        axes.set_title(f"{capital(LEVELS[target.measure])}{about}, percent of balances")
    return figure


def lending_club(result: Result) -> Figure:
    """Bad outcomes by group: the known loans' and what is predicted for the others."""
    known = {row.label: row for row in result.fit}
    kinds = {
        "term, months": [row for row in result.predictions if row.label.isdigit()],
        "grade": [row for row in result.predictions if not row.label.isdigit()],
    }
    figure = Figure(figsize=(WIDTH, 3.8), layout="constrained")
    widths = [len(rows) for rows in kinds.values()]
    panels = figure.subplots(1, len(kinds), sharey=True, width_ratios=widths, squeeze=False)[0]
    for axes, (kind, rows) in zip(panels, kinds.items(), strict=True):
        for place, row in enumerate(rows):
            _dot(axes, place + 0.1, row.prediction, row.ci_low, row.ci_high, BLUE, "o")
            seen = known[row.label]
            half = float(norm.ppf(0.5 + result.settings.level / 2)) * seen.sampling_se
            low = max(0.0, seen.observed - half)
            _dot(axes, place - 0.1, seen.observed, low, seen.observed + half, INK, "D")
        axes.set_xticks(range(len(rows)), [row.label for row in rows])
        axes.set_xlim(-0.6, len(rows) - 0.4)
        axes.set_xlabel(kind)
        axes.grid(axis="y", color=GRID, lw=0.8)
    panels[0].set_ylim(bottom=0)
    panels[0].set_title("Bad outcomes, percent of loans")
    _key(panels[-1], result, "seen, the known half")
    return figure


def cn_online_lender(result: Result) -> Figure:
    """Published ratios with their spread against those of the fitted book."""
    figure, axes = _figure(0.42 * len(result.fit) + 0.9)
    half_width = float(norm.ppf(0.5 + result.settings.level / 2))
    names = []
    for place, row in enumerate(result.fit):
        half = half_width * row.sampling_se
        span = [100 * max(0.0, row.observed - half), 100 * (row.observed + half)]
        axes.plot(span, [place] * 2, color=INK, lw=1.4)
        axes.plot(100 * row.observed, place, "D", color=INK, ms=6, mfc="white", mew=1.3)
        axes.plot(100 * row.simulated, place, "o", color=BLUE, ms=6)
        words = f"{100 * row.observed:.2f} published, {100 * row.simulated:.2f} fitted"
        axes.text(1.01, place, words, transform=axes.get_yaxis_transform(), va="center")
        target = result.settings.targets[row.target]
        assert isinstance(target, LevelTarget)
        first, last = target.months
        names.append(f"{LEVELS[target.measure]}, months {first}-{last}")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.grid(axis="x", color=GRID, lw=0.8)
    axes.set_xlabel("percent")
    axes.plot([], [], "D-", color=INK, mfc="white", ms=6, label="published, with the error given")
    axes.plot([], [], "o", color=BLUE, ms=6, label="simulated at the estimate")
    _key_above(axes)
    return figure


def backtests(result: Result) -> Figure:
    """Model and rivals against what was seen, a panel for each backtest and series."""
    panels: dict[tuple[str, str], list[BacktestRow]] = {}
    for row in result.forecasts:
        panels.setdefault((row.backtest, row.target), []).append(row)
    figure = Figure(figsize=(WIDTH, 2.5 * len(panels)), layout="constrained")
    shown = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axes, ((test, target), rows) in zip(shown, panels.items(), strict=True):
        seen = [row for row in rows if row.forecaster == MODEL]
        start = _years([seen[0].label])[0]
        before = [row for row in result.of_target(target) if _years([row.label])[0] < start]
        labels = [*(row.label for row in before), *(row.label for row in seen)]
        values = [*(row.observed for row in before), *(row.seen for row in seen)]
        curves = [Curve("seen", INK, _years(labels), 100 * np.array(values))]
        curves += [_forecast(name, rows) for name in FORECASTERS]
        _curves(axes, [curve for curve in curves if np.isfinite(curve.middle).any()])
        _boundary(axes, seen[0].label)
        ends = result.settings.backtests[test]
        what = capital(LEVELS[result.series()[target].measure])
        axes.set_title(f"{what}, percent; fitted until {ends.fit_to}")
    return figure


DRAWN: Mapping[str, Callable[[Result], Figure]] = {
    "tw_cards": taiwanese_cards,
    "us_cards": series_cards,
    "us_large_bank_cards": series_cards,
    "us_cards_by_age": series_cards,
    "lending_club": lending_club,
    "cn_online_lender": cn_online_lender,
}


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    assert isinstance(axes, Axes)
    return figure, axes


def _svg(figure: Figure) -> str:
    """The figure without a date, so that the same result gives the same file."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _years(quarters: Iterable[str]) -> F8:
    """Quarters such as ``2008Q1`` as years, at their middle."""
    return (period_places(list(quarters), "quarterly") + 0.5) / 4


def _window(rows: Sequence[FittedNumber]) -> list[Curve]:
    """A fitted series: what was seen and what the model makes of it."""
    years = _years(row.label for row in rows)
    seen = Curve("seen", INK, years, 100 * np.array([row.observed for row in rows]))
    model = 100 * np.array([row.simulated for row in rows])
    return [seen, Curve("model", BLUE, years, model, weight=1.1)]


def _fan(
    name: str, colour: str, dash: str, rows: Sequence[PredictionRow], last: FittedNumber | None
) -> Curve:
    """Predictions with their band, which opens at the last value that was seen, if they do."""
    before = [] if last is None else [[last.observed] * 3]
    columns = [[row.prediction, row.ci_low, row.ci_high] for row in rows]
    middle, low, high = 100 * np.array([*before, *columns]).T
    labels = [*([] if last is None else [last.label]), *(row.label for row in rows)]
    return Curve(name, colour, _years(labels), middle, low, high, dash)


def _forecast(name: str, rows: Sequence[BacktestRow]) -> Curve:
    """One forecaster's line; the band is the model's only."""
    colour, dash = FORECASTERS[name]
    own = [row for row in rows if row.forecaster == name]
    numbers = 100 * np.array([[row.prediction, row.ci_low, row.ci_high] for row in own])
    middle, low, high = numbers.T
    years, words = _years(row.label for row in own), NAMED_FORECASTERS[name]
    if name == MODEL:
        return Curve(words, colour, years, middle, low, high)
    return Curve(words, colour, years, middle, dash=dash, weight=1.2)


def _curves(axes: Axes, curves: Sequence[Curve]) -> None:
    """Lines with bands; names at the ends of those that reach the last year, else in a key."""
    first = float(min(curve.years[0] for curve in curves))
    last = float(max(curve.years[-1] for curve in curves))
    for curve in curves:
        if curve.low is not None and curve.high is not None:
            axes.fill_between(
                curve.years, curve.low, curve.high, color=curve.colour, alpha=BAND, lw=0
            )
        name = None if curve.years[-1] == last else curve.name
        axes.plot(
            curve.years,
            curve.middle,
            color=curve.colour,
            ls=curve.dash,
            lw=curve.weight,
            label=name,
        )
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=GRID, lw=0.8)
    axes.set_xlim(first - 0.2, last + ROOM_FOR_NAMES * (last - first))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9))
    axes.xaxis.set_major_formatter(lambda year, _: f"{year:.0f}" if year <= last + 0.5 else "")
    ended = [curve for curve in curves if curve.years[-1] == last]
    if len(ended) < len(curves):
        # Every axis begins at zero, so that rates leave room there.
        axes.legend(frameon=False, loc="lower left", fontsize=8.5, ncols=2)
    heights = _apart([float(c.middle[-1]) for c in ended], LABEL_GAP * axes.get_ylim()[1])
    for curve, height in zip(ended, heights, strict=True):
        at = last + 0.012 * (last - first)
        axes.text(at, height, curve.name, color=curve.colour, va="center", fontsize=8.5)


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """``heights`` moved as little as needed to be ``gap`` apart, in their order."""
    order = np.argsort(heights, kind="stable")
    moved = np.array(heights, dtype=float)[order]
    for _ in range(100):
        for i in range(1, moved.size):
            short = gap - (moved[i] - moved[i - 1])
            if short > 1e-9:
                moved[i - 1] -= short / 2
                moved[i] += short / 2
    placed = np.empty_like(moved)
    placed[order] = moved
    return [float(height) for height in placed]


def _dot(
    axes: Axes, at: float, middle: float, low: float, high: float, colour: str, mark: str
) -> None:
    """A vertical interval with its point, fractions."""
    axes.plot([at] * 2, [100 * low, 100 * high], color=colour, lw=1.6)
    face = colour if mark == "o" else "white"
    axes.plot(at, 100 * middle, mark, color=colour, mfc=face, ms=5.5, mew=1.3)


def _key(axes: Axes, result: Result, seen: str) -> None:
    """Marks of predictions and of what was seen."""
    words = f"predicted, with the {_level(result)} interval"
    axes.plot([], [], "o-", color=BLUE, ms=5.5, lw=2, label=words)
    axes.plot([], [], "D", color=INK, mfc="none", ms=5.5, mew=1.3, label=seen)
    _key_above(axes)


def _key_above(axes: Axes) -> None:
    """What is labelled so far, in a line above the panel, where no data can be."""
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=8.5)


def _boundary(axes: Axes, quarter: str) -> None:
    """A line at the beginning of a quarter: what is to its right was not used."""
    axes.axvline(_years([quarter])[0] - 0.125, color=MUTED, lw=0.8, dashes=(2, 2))


def _level(result: Result) -> str:
    return f"{result.settings.level:.0%}".replace("%", " %")
