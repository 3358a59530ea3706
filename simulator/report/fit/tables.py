"""Tables of the fit report: parameters, and the numbers behind each figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

from simulator.catalogue import catalogue
from simulator.report.fit.data import MEETS, FitReport, FittedParameter, Predicted
from simulator.report.fit.words import forecaster_name
from simulator.report.kit.language import mark, name, tr
from simulator.report.kit.numbers import (
    NONE,
    number,
    percent,
    rate_decimals,
    significant,
    span,
)
from simulator.report.kit.text import clean
from simulator.results.table import BARE, COUNT, FRACTION, Column, Row, Table, named, texts

_BAR: Final = 90
"""Pixels of a whole bar of information."""
_PRIOR: Final = mark("{mean} \u00b1 {sd}, within {bounds}")
_PRIORS: Final = {
    "log": mark("{mean} \u00b1 {sd} relative, within {bounds}"),
    "logit": mark("{mean} \u00b1 {sd} in log-odds, within {bounds}"),
}
"""How a prior is told by the scale of the parameter."""


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """A parameter as the page's table shows it; ``bar`` is a length in pixels."""

    name: str
    meaning: str
    estimate: str
    interval: str
    error: str
    start: str
    prior: str
    source: str
    information: str
    bar: int
    is_pinned: bool


def parameter_lines(report: FitReport) -> list[ParameterLine]:
    """Every parameter, in the order of the settings."""
    known = catalogue()
    return [
        ParameterLine(
            name=clean(p.name, 60),
            meaning=clean(name(known[p.name].meaning), 200) if p.name in known else "",
            estimate=significant(p.estimate),
            interval=span(significant(p.ci_low), significant(p.ci_high)),
            error=significant(p.se),
            start=significant(p.start),
            prior=_prior(p),
            source=clean(p.prior_source, 300),
            information=percent(p.information, 0),
            bar=max(0, min(_BAR, round(_BAR * p.information))) if isfinite(p.information) else 0,
            is_pinned=p.is_pinned,
        )
        for p in report.parameters
    ]


def _prior(p: FittedParameter) -> str:
    bounds = span(significant(p.low), significant(p.high))
    if p.prior_mean is None or p.prior_sd is None:
        return tr("bounds {bounds}", bounds=bounds)
    words = _PRIORS.get(p.scale, _PRIOR)
    mean, sd = significant(p.prior_mean), significant(p.prior_sd)
    return tr(words, mean=mean, sd=sd, bounds=bounds)


def parameter_table(report: FitReport) -> Table:
    """Numbers of the figure of parameters."""
    level = {"level": number(100.0 * report.level, 0)}
    headings = (
        mark("Estimate"),
        mark("{level} % low"),
        mark("{level} % high"),
        mark("Standard error"),
        mark("Start"),
    )
    rows = tuple(
        (clean(p.name, 60), p.estimate, p.ci_low, p.ci_high, p.se, p.start, p.information)
        for p in report.parameters
    )
    numbers = (Column(heading, BARE, said=level) for heading in headings)
    share = Column(mark("From the data"), FRACTION, decimals=0)
    return Table((*texts(mark("Parameter")), *numbers, share), rows)


def _shares(headings: Sequence[str], values: Sequence[float]) -> Iterator[Column]:
    """Columns of shares that have the decimals which fit ``values``, two at least."""
    decimals = max(2, rate_decimals(values))
    return (Column(heading, FRACTION, decimals=decimals) for heading in headings)


def fit_table(report: FitReport, targets: Sequence[str]) -> Table:
    """Every number of ``targets``, seen and simulated."""
    wanted = [n for n in report.numbers if n.target in targets]
    headings = (
        mark("Seen"),
        mark("Sampling error"),
        mark("Model"),
        mark("Simulation error"),
        mark("Not explained"),
    )
    rows = tuple(
        (
            clean(n.target, 60),
            clean(n.label, 60),
            n.observed,
            n.sampling_se,
            n.simulated,
            n.simulation_se,
            n.discrepancy_sd,
            n.z,
        )
        for n in wanted
    )
    columns = (
        *texts(mark("Target"), mark("Number")),
        *_shares(headings, [n.observed for n in wanted]),
        Column(mark("z"), COUNT, is_change=True, decimals=1),
    )
    return Table(columns, rows, n_names=2)


def target_table(report: FitReport) -> Table:
    """Every target: its kind, its numbers, how well it is met."""
    columns = (
        *texts(mark("Target"), mark("Kind")),
        Column(mark("Numbers"), COUNT, decimals=0),
        Column(mark("Within two errors"), COUNT, decimals=0),
        Column(mark("Misfit (rms of z)"), COUNT, decimals=2),
    )
    rows: list[Row] = []
    for target in report.targets:
        own = report.numbers_of(target)
        kind = name(clean(report.kinds.get(target, NONE), 40).replace("_", " "))
        met = sum(abs(n.z) <= MEETS for n in own)
        rows.append((clean(target, 60), kind, len(own), met, report.misfit(target)))
    return Table(columns, tuple(rows), n_names=2)


def correlation_table(report: FitReport) -> Table:
    """Correlations of the estimates' errors."""
    names = [clean(p.name, 60) for p in report.parameters]
    rows: list[Row] = [(n, *row) for n, row in zip(names, report.correlations, strict=True)]
    columns = (replace(named(n, COUNT), is_change=True, decimals=2) for n in names)
    return Table((*texts(mark("Parameter")), *columns), rows)


def score_table(report: FitReport) -> Table:
    """How the model and its rivals did over all backtests."""
    columns = (
        *texts(mark("Forecaster")),
        Column(mark("Numbers"), COUNT, decimals=0),
        *(
            Column(heading, COUNT, decimals=2)
            for heading in (
                mark("Error (rms, percentage points)"),
                mark("Model on the same numbers"),
            )
        ),
        Column(mark("Coverage of intervals"), FRACTION, decimals=0),
    )
    rows = tuple(
        (forecaster_name(s.forecaster), s.n, 100.0 * s.error, 100.0 * s.model_error, s.coverage)
        for s in report.scores()
    )
    return Table(columns, rows)


def backtest_table(report: FitReport) -> Table:
    """Every forecast beside what was seen."""
    headings = mark("Seen"), mark("Forecast"), mark("Low"), mark("High")
    rows = tuple(
        (
            clean(r.backtest, 60),
            clean(r.target, 60),
            clean(r.label, 60),
            forecaster_name(r.forecaster),
            *(r.seen, r.value, r.low, r.high),
        )
        for r in report.backtests
    )
    columns = (
        *texts(mark("Backtest"), mark("Target"), mark("Number"), mark("Forecaster")),
        *_shares(headings, [r.seen for r in report.backtests]),
    )
    return Table(columns, rows, n_names=4)


def prediction_table(rows: Sequence[Predicted]) -> Table:
    """Every prediction with its interval."""
    shown = tuple((clean(r.group, 60), clean(r.label, 60), r.value, r.low, r.high) for r in rows)
    headings = mark("Content"), mark("Low"), mark("High")
    columns = (
        *texts(mark("Prediction"), mark("Number")),
        *_shares(headings, [r.value for r in rows]),
    )
    return Table(columns, shown, n_names=2)
