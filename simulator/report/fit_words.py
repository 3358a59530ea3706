"""Sentences of the fit report: what each part shows, from its numbers."""

from collections.abc import Sequence
from math import isfinite
from typing import Final

from simulator.report.data import clean
from simulator.report.fit_data import MEETS, MODEL, FitReport, Predicted
from simulator.report.numbers import number, percent, points_scale, rate_decimals

WELL: Final = 1.5
"""Root mean square of z up to which a target counts as well met (1 is chance alone)."""
STRONG: Final = 0.8
"""Correlation from which two parameters are named together."""
_MOST_NAMED: Final = 4


def headline(report: FitReport) -> str:
    """How well the model fits, and what the data pin down."""
    met = sum(abs(n.z) <= MEETS for n in report.numbers)
    pinned = [p for p in report.parameters if p.is_pinned]
    loose = [p.name for p in report.parameters if not p.is_pinned]
    rest = f"; {_listed(loose)} rest on priors and bounds" if len(loose) > 1 else ""
    rest = f"; {_listed(loose)} rests on prior and bounds" if len(loose) == 1 else rest
    many = "every one" if met == len(report.numbers) else f"{met}"
    return (
        f"The model meets {many} of {len(report.numbers)} observed numbers within two standard"
        f" errors of sampling and simulation; the data pin down {len(pinned)} of"
        f" {_count(len(report.parameters), 'parameter')}{rest}."
    )


def support(report: FitReport) -> list[str]:
    """What else a reader must know first."""
    found = [_targets_sentence(report)]
    if report.backtests:
        found.append(backtest_caption(report))
    if report.warnings:
        found.append(f"{_count(len(report.warnings), 'warning')}, told below: read before use.")
    return found


def _targets_sentence(report: FitReport) -> str:
    misfits = {target: report.misfit(target) for target in report.targets}
    known = {target: value for target, value in misfits.items() if isfinite(value)}
    if not known:
        return "No target has a number to compare."
    well = [target for target, value in known.items() if value <= WELL]
    worst = max(known, key=lambda target: known[target])
    many = str(len(well)) if well else "None"
    text = f"{many} of {_count(len(known), 'target')} met about as well as chance allows"
    if known[worst] > WELL:
        text += f"; least well {_name(worst)}, off by {number(known[worst], 1)} standard errors"
    return f"{text} (root mean square; up to {WELL:g} counts as well)."


def parameter_caption(report: FitReport) -> str:
    """Which estimates moved from where they started, and which the data hardly touch."""
    outside = [p.name for p in report.parameters if not p.place[1] <= p.place_start <= p.place[2]]
    level = number(100.0 * report.level, 0)
    if outside:
        text = f"The data move {_listed(outside)} away from the start"
    else:
        text = "No start lies outside of its estimate's interval"
    least = min(report.parameters, key=lambda p: p.information)
    return (
        f"{text}. Least known from the data: {_name(least.name)},"
        f" {percent(least.information, 0)}. Dot and bar: estimate and {level} % interval between"
        " the bounds of the search; upright stroke: start; small dots: what each seed alone would"
        " give. Grey: prior and bounds say more than the data."
    )


def fit_caption(report: FitReport, targets: Sequence[str]) -> str:
    """How many numbers of these targets are met, and the worst miss."""
    rows = [n for n in report.numbers if n.target in targets and isfinite(n.z)]
    if not rows:
        return "No number to compare."
    met = sum(abs(n.z) <= MEETS for n in rows)
    worst = max(rows, key=lambda n: abs(n.z))
    gap = points_scale([worst.simulated - worst.observed])
    side = "above" if worst.simulated > worst.observed else "below"
    return (
        f"{met} of {len(rows)} numbers are met within two standard errors. Largest miss:"
        f" {_name(worst.label)} of {_name(worst.target)}, where the model is"
        f" {gap.full(abs(worst.simulated - worst.observed))} {side} what was seen"
        f" ({number(abs(worst.z), 1)} standard errors). Around what was seen: two sampling errors;"
        " around the model: two errors of simulation and of what it does not explain."
    )


def correlation_caption(report: FitReport) -> str:
    """Which estimates cannot be told apart."""
    pairs = [
        (value, report.parameters[i].name, report.parameters[j].name)
        for i, row in enumerate(report.correlations)
        for j, value in enumerate(row)
        if j < i and isfinite(value)
    ]
    pairs.sort(key=lambda pair: -abs(pair[0]))
    close = [pair for pair in pairs if abs(pair[0]) >= STRONG][:_MOST_NAMED]
    if close:
        named = "; ".join(f"{_name(a)} and {_name(b)}, {_signed(value)}" for value, a, b in close)
        return (
            f"Hard to tell apart: {named}. The data fix a combination of such a pair better than"
            " either of the two."
        )
    if not pairs:
        return "One parameter: nothing to confuse it with."
    value, a, b = pairs[0]
    return (
        f"No two parameters stand in for each other; the closest are {_name(a)} and {_name(b)},"
        f" {_signed(value)}."
    )


def backtest_caption(report: FitReport) -> str:
    """Whether the model beats its rivals on what it had not seen, and whether intervals held."""
    scores = {score.forecaster: score for score in report.scores()}
    own = scores.get(MODEL)
    if own is None:
        return "No forecast could be compared with what was seen."
    scale = points_scale([score.error for score in scores.values()])
    text = (
        f"On {_count(own.n, 'number')} that the fit had not seen, the model is off by"
        f" {scale.full(own.error)} (root mean square)"
    )
    rivals = [score for score in scores.values() if score.forecaster != MODEL]
    if rivals:
        best = min(rivals, key=lambda score: score.error / score.model_error)
        word = "better than" if best.model_error < best.error else "not better than"
        of_these = "" if best.n == own.n else f" on {best.n} of these numbers"
        text += (
            f"; it is {word} its hardest rival, {_name(best.forecaster)}{of_these}"
            f" ({scale.full(best.model_error)} against {scale.full(best.error)})"
        )
    if isfinite(own.coverage):
        level = number(100.0 * report.level, 0)
        text += f". Its {level} % intervals held {percent(own.coverage, 0)} of them"
    return f"{text}."


def prediction_caption(report: FitReport, rows: Sequence[Predicted]) -> str:
    """Range of the predictions, and the widest interval."""
    decimals = rate_decimals([row.value for row in rows])
    lowest, highest = min(rows, key=lambda r: r.value), max(rows, key=lambda r: r.value)
    widest = max(rows, key=lambda r: r.high - r.low)
    level = number(100.0 * report.level, 0)
    return (
        f"{_count(len(rows), 'prediction')} from {percent(lowest.value, decimals)}"
        f" ({_place(lowest)}) to {percent(highest.value, decimals)} ({_place(highest)}). Least"
        f" sure: {_place(widest)}, {percent(widest.low, decimals)} to"
        f" {percent(widest.high, decimals)}. Intervals of {level} % hold the errors"
        " of parameters, the luck of a book, and what the model does not explain."
    )


def _signed(value: float) -> str:
    return number(value, 2, signed=True)


def _place(row: Predicted) -> str:
    return f"{_name(row.label)} of {_name(row.group)}"


def _name(text: str) -> str:
    return clean(text, 60)


def _listed(names: Sequence[str]) -> str:
    shown = [_name(name) for name in names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        shown[-1] = f"{len(names) - _MOST_NAMED + 1} others"
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
