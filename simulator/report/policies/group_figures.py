"""Impact by borrower group: who is saved and who is harmed, by income, age, region, product."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Final, NamedTuple
from unicodedata import east_asian_width

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import name, tr
from simulator.report.kit.outcome_kinds import BEARING, GROUPS, PER, FateKind
from simulator.report.kit.style import Frame, Grid, Sheet, axis
from simulator.report.kit.text import clean
from simulator.report.policies.outcome_figures import BAR, F8, per_borrowers
from simulator.results.intervals import t_width
from simulator.results.sampling import sampling_of
from simulator.vocabulary import Fate

TICK_WIDTH: Final = 20
"""Characters of a line of a group's name."""

TICK_SIZE: Final = 11.0
"""Pixels of the type of ticks: the width of a Chinese character, near twice that of others."""


class GroupRates(NamedTuple):
    """Saved and harmed per 1,000 borrowers of each group, and half their intervals (or NaN)."""

    names: tuple[str, ...]
    rates: Mapping[Fate, F8]
    margins: Mapping[Fate, F8]


def group_dimensions(data: ReportData) -> tuple[str, ...]:
    """Dimensions by which this run's results give fates."""
    return tuple(dim for dim in GROUPS if f"fates_by_{dim}" in data.dataset)


def group_rates(data: ReportData, dim: str, policy: str) -> GroupRates:
    """Rates by group over all scenarios by weight, NaN for a group without borrowers.

    The margin of a weighted mean is the weighted margin: exact when scenarios share their luck
    fully, as they nearly do, and too wide otherwise.
    """
    at = data.position(policy)
    names = [name(clean(group, 24)) for group in data.dataset[dim].values]
    if dim == "income_decile":
        names[0] = tr("{group} (lowest)", group=names[0])
        names[-1] = tr("{group} (highest)", group=names[-1])
    means = data.by_weight(f"fates_by_{dim}", dim, "fate")[at]
    errors = data.by_weight(f"fates_by_{dim}_se", dim, "fate")[at]
    borrowers = means[:, Fate.COMPARED]
    per = PER / np.where(borrowers > 0, borrowers, np.nan)
    quantile = t_width(sampling_of(data.dataset).whole, data.n_paths)
    return GroupRates(
        tuple(names),
        {kind.fate: per * means[:, kind.fate] for kind in BEARING},
        {kind.fate: per * quantile * errors[:, kind.fate] for kind in BEARING},
    )


def bearing_figure(data: ReportData, frame: Frame, policy: str, dim: str) -> go.Figure:
    """Saved and, below it, harmed per 1,000 borrowers of each group of a dimension.

    A policy's dimensions share the range of their axis, so that a reader can compare them.
    """
    rates = group_rates(data, dim, policy)
    rows = -np.arange(len(rates.names), dtype=np.float64)
    ticks = [_tick(group) for group in rates.names]
    left = 24 + int(max(_width(line) for tick in ticks for line in tick))
    row_height = 34 if frame.width > 500 else 30
    grid = Grid(frame, 1, 1, row_height * len(rows) + 8, left=left)
    sheet = Sheet(grid)
    axes = (
        axis(
            per_borrowers(),
            range=_shared_range(data, policy),
            showgrid=True,
            nticks=8 if frame.width > 500 else 5,
            zeroline=True,
            zerolinecolor=style.MUTED[0],
            zerolinewidth=1.2,
        ),
        axis(
            range=[-len(rows) + 0.4, 0.6],
            tickvals=[float(r) for r in rows],
            ticktext=["<br>".join(style.plotly_text(line) for line in tick) for tick in ticks],
            showticklabels=True,
        ),
    )
    sheet.add_panel(0, tr(GROUPS[dim]), *axes)
    for kind, offset in zip(BEARING, (0.0, -BAR / 2), strict=True):
        _add_group_bars(sheet, kind, rates, offset, [data.policy_label(policy), tr(GROUPS[dim])])
    return sheet.figure()


def _shared_range(data: ReportData, policy: str) -> list[float]:
    """Rates from zero to the largest of any group of any dimension, with its interval."""
    ends = [
        (rates.rates[kind.fate], np.nan_to_num(rates.margins[kind.fate]), sign)
        for rates in (group_rates(data, dim, policy) for dim in group_dimensions(data))
        for kind in BEARING
        for sign in (1.0, -1.0)
    ]
    found = np.nan_to_num(np.concatenate([rate + sign * margin for rate, margin, sign in ends]))
    low, high = min(0.0, float(found.min())), max(0.0, float(found.max()))
    room = 0.04 * (high - low) or 1.0
    return [low - room if low < 0.0 else 0.0, high + room]


def _add_group_bars(
    sheet: Sheet, kind: FateKind, rates: GroupRates, offset: float, row: Sequence[str]
) -> None:
    """One fate of every group, half a row high, with its interval."""
    rows = range(len(rates.names))
    sheet.add_trace(
        0,
        type="bar",
        orientation="h",
        y=[-float(at) for at in rows],
        x=[round(float(v), 4) for v in np.nan_to_num(rates.rates[kind.fate])],
        width=BAR / 2,
        offset=offset,
        name=tr(kind.name),
        text=[style.plotly_text(_plain(group)) for group in rates.names],
        textposition="none",
        meta={"row": list(row)},
        marker={"color": kind.colour[0], "line": {"width": 0}},
        error_x={
            "type": "data",
            "array": [round(float(m), 4) for m in np.nan_to_num(rates.margins[kind.fate])],
            "color": style.MUTED[0],
            "thickness": 1.2,
            "width": 0,
        },
        hovertemplate="%{text}<br>%{fullData.name}: %{x:.2f}<extra></extra>",
    )


def _plain(group: str) -> str:
    return group.replace("_", " ")


def _tick(group: str) -> list[str]:
    """A group's name on at most two lines, so that it keeps to its row."""
    return wrap(_plain(group), TICK_WIDTH, max_lines=2, placeholder="\u2026") or [""]


def _width(line: str) -> float:
    """Width of a tick's line in pixels, roughly."""
    return sum(TICK_SIZE if east_asian_width(c) in "WF" else 0.58 * TICK_SIZE for c in line)
