"""Sentences of the fit report: what each part shows, from its numbers."""

from collections.abc import Sequence
from math import isfinite
from typing import Final

from simulator.report.fit.data import MEETS, MODEL, FitReport, Predicted, Score
from simulator.report.kit.language import clauses, listed, mark, name, sentences, tn, tr
from simulator.report.kit.numbers import Scale, number, percent, points_scale, rate_decimals, span
from simulator.report.kit.text import clean

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
    n = len(report.numbers)
    some = mark(
        "The model meets {met} of {n} observed numbers within two standard errors of sampling and"
        " simulation"
    )
    every = mark(
        "The model meets every one of {n} observed numbers within two standard errors of sampling"
        " and simulation"
    )
    many = tn("{n} parameter", "{n} parameters", len(report.parameters))
    parts = [
        tr(every if met == n else some, met=met, n=n),
        tr("the data identify {pinned} of {parameters}", pinned=len(pinned), parameters=many),
    ]
    if loose:
        one = mark("{names} is determined by prior and bounds")
        words = mark("{names} are determined by priors and bounds") if len(loose) > 1 else one
        parts.append(tr(words, names=_listed(loose)))
    return tr("{text}.", text=clauses(parts))


def support(report: FitReport) -> list[str]:
    """What else a reader must know first."""
    found = [_targets_sentence(report)]
    if report.backtests:
        found.append(backtest_caption(report))
    if report.warnings:
        many = tn("{n} warning", "{n} warnings", len(report.warnings))
        found.append(tr("{warnings}, listed below: read before use.", warnings=many))
    return found


def _targets_sentence(report: FitReport) -> str:
    misfits = {target: report.misfit(target) for target in report.targets}
    known = {target: value for target, value in misfits.items() if isfinite(value)}
    if not known:
        return tr("No target has a number to compare.")
    well = [target for target, value in known.items() if value <= WELL]
    worst = max(known, key=lambda target: known[target])
    targets = tn("{n} target", "{n} targets", len(known))
    words = mark("{well} of {targets} fitted within sampling error")
    if not well:
        words = mark("None of {targets} fitted within sampling error")
    parts = [tr(words, well=len(well), targets=targets)]
    if known[worst] > WELL:
        parts.append(
            tr(
                "least well {target}, off by {errors} standard errors",
                target=_name(worst),
                errors=number(known[worst], 1),
            )
        )
    return tr(
        "{text} (root mean square up to {most} standard errors).",
        text=clauses(parts),
        most=f"{WELL:g}",
    )


def parameter_caption(report: FitReport) -> str:
    """Which estimates moved from where they started, and which the data hardly touch."""
    outside = [p.name for p in report.parameters if not p.place[1] <= p.place_start <= p.place[2]]
    level = number(100.0 * report.level, 0)
    moved = tr("Every start lies within the interval of its estimate.")
    if outside:
        moved = tr("The data move {names} away from the start.", names=_listed(outside))
    least = min(report.parameters, key=lambda p: p.information)
    return sentences(
        moved,
        tr(
            "Least known from the data: {parameter}, {share}.",
            parameter=_name(least.name),
            share=percent(least.information, 0),
        ),
        tr(
            "Dot and bar: estimate and {level} % interval between the bounds of the search;"
            " vertical mark: start; small dots: estimate with each seed alone. Grey: more"
            " information from prior and bounds than from the data.",
            level=level,
        ),
    )


def fit_caption(report: FitReport, targets: Sequence[str]) -> str:
    """How many numbers of these targets are met, and the worst miss."""
    rows = [n for n in report.numbers if n.target in targets and isfinite(n.z)]
    if not rows:
        return tr("No number to compare.")
    met = sum(abs(n.z) <= MEETS for n in rows)
    worst = max(rows, key=lambda n: abs(n.z))
    gap = points_scale([worst.simulated - worst.observed])
    above = mark(
        "Largest miss: {number} of {target}, where the model is {gap} above the observation"
        " ({errors} standard errors)."
    )
    below = mark(
        "Largest miss: {number} of {target}, where the model is {gap} below the observation"
        " ({errors} standard errors)."
    )
    return sentences(
        tr("{met} of {n} numbers are met within two standard errors.", met=met, n=len(rows)),
        tr(
            above if worst.simulated > worst.observed else below,
            number=_name(worst.label),
            target=_name(worst.target),
            gap=gap.full(abs(worst.simulated - worst.observed)),
            errors=number(abs(worst.z), 1),
        ),
        tr(
            "Around observations: two sampling errors; around the model: two errors of simulation"
            " and unexplained variation."
        ),
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
        named = [
            tr("{one} and {other}, {value}", one=_name(a), other=_name(b), value=_signed(value))
            for value, a, b in close
        ]
        return sentences(
            tr("Strongly correlated: {pairs}.", pairs=clauses(named)),
            tr("The data identify a combination of such a pair better than either of the two."),
        )
    if not pairs:
        return tr("One parameter: no correlation.")
    value, a, b = pairs[0]
    return tr(
        "No two parameter estimates are strongly correlated; the largest correlation is {one} and"
        " {other}, {value}.",
        one=_name(a),
        other=_name(b),
        value=_signed(value),
    )


def backtest_caption(report: FitReport) -> str:
    """Whether the model beats its rivals on what it had not seen, and whether intervals held."""
    scores = {score.forecaster: score for score in report.scores()}
    own = scores.get(MODEL)
    if own is None:
        return tr("No forecast has an observation to compare.")
    scale = points_scale([score.error for score in scores.values()])
    parts = [
        tr(
            "On {numbers} not used in the fit, the error of the model is {error} (root mean"
            " square)",
            numbers=tn("{n} number", "{n} numbers", own.n),
            error=scale.full(own.error),
        )
    ]
    rivals = [score for score in scores.values() if score.forecaster != MODEL]
    if rivals:
        best = min(rivals, key=lambda score: score.error / score.model_error)
        parts.append(_against(best, own, scale))
    held = ""
    if isfinite(own.coverage):
        held = tr(
            "Its {level} % intervals cover {share} of them.",
            level=number(100.0 * report.level, 0),
            share=percent(own.coverage, 0),
        )
    return sentences(tr("{text}.", text=clauses(parts)), held)


def _against(rival: Score, own: Score, scale: Scale) -> str:
    """How the model did beside its hardest rival, on the numbers that both forecast."""
    is_better = rival.model_error < rival.error
    if rival.n == own.n:
        better = mark("it is better than the best benchmark, {rival} ({own} against {error})")
        other = mark("it is not better than the best benchmark, {rival} ({own} against {error})")
    else:
        better = mark(
            "it is better than the best benchmark, {rival} on {n} of these numbers ({own} against"
            " {error})"
        )
        other = mark(
            "it is not better than the best benchmark, {rival} on {n} of these numbers ({own}"
            " against {error})"
        )
    return tr(
        better if is_better else other,
        rival=name(_name(rival.forecaster)),
        n=rival.n,
        own=scale.full(rival.model_error),
        error=scale.full(rival.error),
    )


def prediction_caption(report: FitReport, rows: Sequence[Predicted]) -> str:
    """Range of the predictions, and the widest interval."""
    decimals = rate_decimals([row.value for row in rows])
    lowest, highest = min(rows, key=lambda r: r.value), max(rows, key=lambda r: r.value)
    widest = max(rows, key=lambda r: r.high - r.low)
    level = number(100.0 * report.level, 0)
    return sentences(
        tr(
            "{predictions} from {low} ({lowest}) to {high} ({highest}).",
            predictions=tn("{n} prediction", "{n} predictions", len(rows)),
            low=percent(lowest.value, decimals),
            lowest=_place(lowest),
            high=percent(highest.value, decimals),
            highest=_place(highest),
        ),
        tr(
            "Least sure: {number}, {span}.",
            number=_place(widest),
            span=span(percent(widest.low, decimals), percent(widest.high, decimals)),
        ),
        tr(
            "Intervals of {level} % include parameter error, sampling error of the book and"
            " unexplained variation.",
            level=level,
        ),
    )


def forecaster_name(forecaster: str) -> str:
    """The model or a rival in words."""
    return name(clean(forecaster, 60).replace("_", " "))


def _signed(value: float) -> str:
    return number(value, 2, signed=True)


def _place(row: Predicted) -> str:
    return tr("{number} of {group}", number=_name(row.label), group=_name(row.group))


def _name(text: str) -> str:
    return clean(text, 60)


def _listed(names: Sequence[str]) -> str:
    shown = [_name(name) for name in names[:_MOST_NAMED]]
    if len(names) > _MOST_NAMED:
        shown[-1] = tr("{n} others", n=len(names) - _MOST_NAMED + 1)
    return listed(shown, final=True)
