"""What the comparison of several runs says: where they do not compare, and what came out."""

import json
from collections.abc import Callable, Sequence
from typing import Final

from simulator.report.comparison.compared_runs import ComparedRun, difference, union
from simulator.report.kit.language import listed, mark, name, tr
from simulator.report.kit.numbers import money_scale, points_scale
from simulator.report.kit.phrases import scale_for
from simulator.report.kit.text import clean, titled

RATE = "peak_overdue_rate_90"


def shared_scenarios(runs: Sequence[ComparedRun]) -> list[str]:
    """Scenarios (by name) of every run."""
    names = union(runs, lambda run: run.data.scenarios)
    return [name for name in names if all(name in run.data.scenarios for run in runs)]


def one_currency(runs: Sequence[ComparedRun]) -> bool:
    """Whether amounts of the runs are in the same money."""
    return len({run.data.currency for run in runs}) == 1


def can_be_paired(runs: Sequence[ComparedRun]) -> bool:
    """Whether path i of one run can be set beside path i of every other."""
    return len({run.luck for run in runs}) == 1


def letters(runs: Sequence[ComparedRun]) -> str:
    """``A``, ``A and B`` or ``A, B and C``."""
    return listed([run.letter for run in runs], final=True)


def _by_value(runs: Sequence[ComparedRun], value: Callable[[ComparedRun], str]) -> str:
    """``CNY (A and C), USD (B)``; empty where all are the same."""
    found: dict[str, list[ComparedRun]] = {}
    for run in runs:
        found.setdefault(value(run), []).append(run)
    told = [
        tr("{value} ({runs})", value=clean(text, 60), runs=letters(having))
        for text, having in found.items()
    ]
    return listed(told) if len(told) > 1 else ""


def _months(run: ComparedRun) -> str:
    reported, runoff = run.months
    if not runoff:
        return f"{reported}"
    return tr("{months} and {runoff} of run-off", months=reported, runoff=runoff)


def _paths(run: ComparedRun) -> str:
    paths, replicates = run.luck
    if replicates <= 1:
        return f"{paths:,}"
    return tr(
        "{paths}, {replicates} per draw of the economy",
        paths=f"{paths:,}",
        replicates=replicates,
    )


_RULES: Final[tuple[tuple[Callable[[ComparedRun], str], str], ...]] = (
    (
        lambda run: run.data.currency,
        mark(
            "Currencies differ: {values}. Amounts are not comparable; no differences of amounts"
            " are shown."
        ),
    ),
    (
        lambda run: run.attribute("start_date")[:7],
        mark(
            "Start months differ: {values}. The same month of the run is not the same calendar"
            " month."
        ),
    ),
    (
        _months,
        mark(
            "Horizons differ: {values}. Peaks and sums cover different periods; differences are"
            " shown only for figures over the same months."
        ),
    ),
    (
        lambda run: run.attribute("seed"),
        mark(
            "Seeds differ: {values}. Without common random numbers, differences include the"
            " sampling error of both runs."
        ),
    ),
    (
        _paths,
        mark(
            "Numbers of paths differ: {values}. Runs are compared with A path by path; no"
            " differences are shown for other numbers of paths."
        ),
    ),
    (
        lambda run: run.attribute("random_numbers"),
        mark(
            "Versions of the random numbers differ: {values}. The runs have no common random"
            " numbers."
        ),
    ),
    (
        lambda run: run.data.policy_label(run.data.reference),
        mark("Current policies differ: {values}."),
    ),
)
"""What may differ between runs, and what that means for comparing them."""


def warnings(runs: Sequence[ComparedRun]) -> list[str]:
    """A sentence for everything that stands in the way of comparing the runs."""
    out = [tr(words, values=found) for value, words in _RULES if (found := _by_value(runs, value))]
    return [*out, *_other_books(runs), *_namesakes(runs)]


def _other_books(runs: Sequence[ComparedRun]) -> list[str]:
    """Whether the runs have different borrowers, by settings or by the data of a tape."""

    def book(run: ComparedRun) -> str:
        digest = run.data.run.inputs.get("book_sha256")
        return _exact([run.part("book"), run.attribute("book"), digest])

    if len({book(run) for run in runs}) == 1:
        return []
    told = _by_value(runs, lambda run: name(run.attribute("book")))
    if not told:
        told = tr("settings or data")
    return [tr("Books differ: {values}. Differences include those of the borrowers.", values=told)]


def _namesakes(runs: Sequence[ComparedRun]) -> list[str]:
    """Scenarios and policies that have the same name and are not the same."""
    out = []
    for kind, words, names in (
        (
            "scenario",
            mark("The scenario {label} has different settings in {runs}."),
            union(runs, lambda run: run.data.scenarios),
        ),
        (
            "policy",
            mark("The policy {label} has different settings in {runs}."),
            union(runs, lambda run: run.data.policies),
        ),
    ):
        for found in names:
            held = [(run, run.part(kind, found)) for run in runs]
            having = [(run, _exact(settings)) for run, settings in held if settings is not None]
            if len({settings for _, settings in having}) > 1:
                label = clean(name(titled(found)), 48)
                out.append(tr(words, label=label, runs=letters([run for run, _ in having])))
    return out


def _exact(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def headline(runs: Sequence[ComparedRun]) -> str:
    """The peak 90+ rate of every run under its reference, in the worst scenario that all have."""
    shared = shared_scenarios(runs)
    if not shared:
        return tr("The runs have no common scenario: each is read by itself.")
    worst = max(shared, key=lambda name: _peak(runs[0], name) or 0.0)
    first, *others = runs
    scale = scale_for(
        first.data,
        RATE,
        [stat for run in runs if (stat := run.data.stat(worst, run.data.reference, RATE))],
    )
    label = first.data.scenario_label(worst)
    parts = [tr("{rate} in {run}", rate=scale.full(_peak(first, worst)), run=first.label)]
    parts += [
        tr(
            "{rate} in {run}{gap}",
            rate=scale.full(_peak(run, worst)),
            run=run.label,
            gap=_gap(first, run, worst),
        )
        for run in others
    ]
    same = {run.data.reference for run in runs} == {first.data.reference}
    policy = (
        first.data.policy_label(first.data.reference)
        if same
        else tr("the current policy of each run")
    )
    return tr(
        "Under {scenario} and {policy}, the peak 90+ rate is {rates}.",
        scenario=label,
        policy=policy,
        rates=listed(parts),
    )


def _peak(run: ComparedRun, scenario: str) -> float | None:
    stat = run.data.stat(scenario, run.data.reference, RATE)
    return stat.mean if stat else None


def _gap(first: ComparedRun, other: ComparedRun, scenario: str) -> str:
    """How far ``other`` is from the first run, if both have the same reference."""
    if first.data.reference != other.data.reference:
        return ""
    stat = difference(first, other, (scenario, first.data.reference), RATE)
    if stat is None:
        return ""
    if stat.is_zero:
        return _aside(tr("the same on every path"))
    if stat.has_interval and stat.sign == 0:
        return _aside(tr("not significantly different from {run}", run=first.letter))
    scale = points_scale(stat.ends)
    ends = sorted((abs(stat.ci_low or 0.0), abs(stat.ci_high or 0.0)))
    size = scale.full(abs(stat.mean))
    if not stat.has_interval:
        words = mark("{size} more than {run}") if stat.mean > 0 else mark("{size} less than {run}")
        return _aside(tr(words, size=size, run=first.letter))
    more = mark("{size} more than {run}, 95 % interval {span}")
    less = mark("{size} less than {run}, 95 % interval {span}")
    words = more if stat.mean > 0 else less
    return _aside(tr(words, size=size, run=first.letter, span=scale.span(*ends)))


def _aside(text: str) -> str:
    """``text`` in brackets, as it follows a word."""
    return tr(" ({text})", text=text)


def support(runs: Sequence[ComparedRun]) -> list[str]:
    """Which policy each run ranks first, and by how much."""
    out = []
    for run in runs:
        overall = run.data.overall
        if overall is None:
            out.append(tr("{run} ranks no policies.", run=run.label))
            continue
        best = overall.standings[0]
        scale = money_scale(run.data.currency, best.worth.ends)
        worth = scale.full(best.worth.mean, signed=True)
        if best.worth.has_interval:
            worth += _aside(scale.span(best.worth.ci_low, best.worth.ci_high))
        out.append(
            tr(
                "{run} ranks {policy} first {where}: {title} {worth}.",
                run=run.label,
                policy=run.data.policy_label(best.policy),
                where=run.data.where(overall.scenario),
                title=run.data.measure()[1],
                worth=worth,
            )
        )
    return out
