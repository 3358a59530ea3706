"""Tables of the fit report: parameters, and the numbers behind each figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from simulator.catalogue import catalogue
from simulator.report.fit.data import FitReport, FittedParameter, Predicted
from simulator.report.fit.words import forecaster_name
from simulator.report.kit.language import mark, name, tr
from simulator.report.kit.numbers import (
    MINUS,
    NONE,
    Shown,
    missing,
    number,
    percent,
    rate_decimals,
    span,
)
from simulator.report.kit.table import Table
from simulator.report.kit.text import clean

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


def significant(value: float) -> str:
    """A parameter's value with four significant digits and a true minus sign."""
    if not isfinite(value):
        return missing()
    return Shown(f"{value:.4g}".replace("-", MINUS), value)


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
    level = number(100.0 * report.level, 0)
    header = (
        tr("Parameter"),
        tr("Estimate"),
        tr("{level} % low", level=level),
        tr("{level} % high", level=level),
        tr("Standard error"),
        tr("Start"),
        tr("From the data"),
    )
    rows = tuple(
        (
            clean(p.name, 60),
            *(significant(v) for v in (p.estimate, p.ci_low, p.ci_high, p.se, p.start)),
            percent(p.information, 0),
        )
        for p in report.parameters
    )
    return Table(header, rows)


def fit_table(report: FitReport, targets: Sequence[str]) -> Table:
    """Every number of ``targets``, seen and simulated."""
    wanted = [n for n in report.numbers if n.target in targets]
    decimals = max(2, rate_decimals([n.observed for n in wanted]))
    header = (
        tr("Target"),
        tr("Number"),
        tr("Seen"),
        tr("Sampling error"),
        tr("Model"),
        tr("Simulation error"),
        tr("Not explained"),
        tr("z"),
    )
    rows = tuple(
        (
            clean(n.target, 60),
            clean(n.label, 60),
            percent(n.observed, decimals),
            percent(n.sampling_se, decimals),
            percent(n.simulated, decimals),
            percent(n.simulation_se, decimals),
            percent(n.discrepancy_sd, decimals),
            number(n.z, 1, signed=True),
        )
        for n in wanted
    )
    return Table(header, rows, n_names=2)


def target_table(report: FitReport) -> Table:
    """Every target: its kind, its numbers, how well it is met."""
    header = (
        tr("Target"),
        tr("Kind"),
        tr("Numbers"),
        tr("Within two errors"),
        tr("Misfit (rms of z)"),
    )
    rows = []
    for target in report.targets:
        own = report.numbers_of(target)
        rows.append(
            (
                clean(target, 60),
                name(clean(report.kinds.get(target, NONE), 40).replace("_", " ")),
                str(len(own)),
                str(sum(abs(n.z) <= 2.0 for n in own)),
                number(report.misfit(target), 2),
            )
        )
    return Table(header, tuple(rows), n_names=2)


def correlation_table(report: FitReport) -> Table:
    """Correlations of the estimates' errors."""
    names = [clean(p.name, 60) for p in report.parameters]
    rows = tuple(
        (parameter, *(number(v, 2, signed=True) for v in row))
        for parameter, row in zip(names, report.correlations, strict=True)
    )
    return Table((tr("Parameter"), *names), rows)


def score_table(report: FitReport) -> Table:
    """How the model and its rivals did over all backtests."""
    header = (
        tr("Forecaster"),
        tr("Numbers"),
        tr("Error (rms, percentage points)"),
        tr("Model on the same numbers"),
        tr("Coverage of intervals"),
    )
    rows = tuple(
        (
            forecaster_name(s.forecaster),
            str(s.n),
            number(100.0 * s.error, 2),
            number(100.0 * s.model_error, 2),
            percent(s.coverage, 0),
        )
        for s in report.scores()
    )
    return Table(header, rows)


def backtest_table(report: FitReport) -> Table:
    """Every forecast beside what was seen."""
    decimals = max(2, rate_decimals([r.seen for r in report.backtests]))
    header = (
        tr("Backtest"),
        tr("Target"),
        tr("Number"),
        tr("Forecaster"),
        tr("Seen"),
        tr("Forecast"),
        tr("Low"),
        tr("High"),
    )
    rows = tuple(
        (
            clean(r.backtest, 60),
            clean(r.target, 60),
            clean(r.label, 60),
            forecaster_name(r.forecaster),
            *(percent(v, decimals) for v in (r.seen, r.value, r.low, r.high)),
        )
        for r in report.backtests
    )
    return Table(header, rows, n_names=4)


def prediction_table(rows: Sequence[Predicted]) -> Table:
    """Every prediction with its interval."""
    decimals = max(2, rate_decimals([r.value for r in rows]))
    shown = tuple(
        (
            clean(r.group, 60),
            clean(r.label, 60),
            *(percent(v, decimals) for v in (r.value, r.low, r.high)),
        )
        for r in rows
    )
    return Table(
        (tr("Prediction"), tr("Number"), tr("Content"), tr("Low"), tr("High")), shown, n_names=2
    )
