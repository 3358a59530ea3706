"""Tables of the fit report: parameters, and the numbers behind each figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from simulator.catalogue import catalogue
from simulator.report.data import clean
from simulator.report.fit_data import FitReport, FittedParameter, Predicted
from simulator.report.numbers import MINUS, NONE, missing, number, percent, rate_decimals
from simulator.report.tables import Table

_BAR: Final = 90
"""Pixels of a whole bar of information."""


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
    return f"{value:.4g}".replace("-", MINUS)


def parameter_lines(report: FitReport) -> list[ParameterLine]:
    """Every parameter, in the order of the settings."""
    known = catalogue()
    return [
        ParameterLine(
            name=clean(p.name, 60),
            meaning=clean(known[p.name].meaning, 200) if p.name in known else "",
            estimate=significant(p.estimate),
            interval=f"{significant(p.ci_low)} to {significant(p.ci_high)}",
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
    bounds = f"{significant(p.low)} to {significant(p.high)}"
    if p.prior_mean is None or p.prior_sd is None:
        return f"bounds {bounds}"
    unit = {"log": " relative", "logit": " in log-odds"}.get(p.scale, "")
    return f"{significant(p.prior_mean)} \u00b1 {significant(p.prior_sd)}{unit}, within {bounds}"


def parameter_table(report: FitReport) -> Table:
    """Numbers of the figure of parameters."""
    level = number(100.0 * report.level, 0)
    header = (
        "Parameter",
        "Estimate",
        f"{level} % low",
        f"{level} % high",
        "Standard error",
        "Start",
        "From the data",
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
        "Target",
        "Number",
        "Seen",
        "Sampling error",
        "Model",
        "Simulation error",
        "Not explained",
        "z",
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
    header = ("Target", "Kind", "Numbers", "Within two errors", "Misfit (rms of z)")
    rows = []
    for target in report.targets:
        own = report.numbers_of(target)
        rows.append(
            (
                clean(target, 60),
                clean(report.kinds.get(target, NONE), 40).replace("_", " "),
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
        (name, *(number(v, 2, signed=True) for v in row))
        for name, row in zip(names, report.correlations, strict=True)
    )
    return Table(("Parameter", *names), rows)


def score_table(report: FitReport) -> Table:
    """How the model and its rivals did over all backtests."""
    header = (
        "Forecaster",
        "Numbers",
        "Error (rms, percentage points)",
        "Model on the same numbers",
        "Intervals that held",
    )
    rows = tuple(
        (
            clean(s.forecaster, 60).replace("_", " "),
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
    header = ("Backtest", "Target", "Number", "Forecaster", "Seen", "Forecast", "Low", "High")
    rows = tuple(
        (
            clean(r.backtest, 60),
            clean(r.target, 60),
            clean(r.label, 60),
            clean(r.forecaster, 60).replace("_", " "),
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
    return Table(("Prediction", "Number", "Value", "Low", "High"), shown, n_names=2)
