"""Best settings of policies: sentences and tables, by the figures of a fresh seed."""

from dataclasses import dataclass

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, mark, name, sentences, tr
from simulator.report.kit.numbers import Scale, interval, money_scale, percent, rate_scale
from simulator.report.kit.phrases import capital
from simulator.report.kit.setting_words import plain
from simulator.report.kit.text import clean
from simulator.report.reverse.reverse_words import words
from simulator.results.estimate import Estimate
from simulator.results.search import EndReached, FoundBound, FoundSetting, SearchAnswer
from simulator.results.summary import CHANGE
from simulator.results.table import BARE, FRACTION, MONEY, Column, Row, Table, texts


@dataclass(frozen=True, slots=True)
class BestSetting:
    """An answer: its name, sentences, finalists, and the Pareto set where there are bounds."""

    title: str
    sentence: str
    further: tuple[str, ...]
    finalists: Table
    pareto: Table | None
    command: str


def best_settings(data: ReportData) -> tuple[BestSetting, ...]:
    """An entry for each search of the run."""
    return tuple(
        BestSetting(
            capital(plain(answer.name)),
            search_sentence(data, answer),
            tuple(_further(data, answer)),
            _table(data, answer, (*answer.finalists, answer.own)),
            _table(data, answer, answer.pareto) if answer.pareto else None,
            clean(answer.command or "", 4000),
        )
        for answer in data.run.searches
    )


def search_sentence(data: ReportData, answer: SearchAnswer) -> str:
    """The best setting with what it gains, and what speaks against it."""
    said = {
        "policy": data.policy_label(answer.policy),
        "metric": words(answer.maximise),
        "where": data.where(answer.scenario),
        "paths": answer.confirm_paths,
    }
    best = answer.best
    if best is None:
        return tr(
            "Best setting of {policy} by {metric} {where}: none of the finalists keeps every bound"
            " on {paths} paths of another seed; nearest: {setting}.",
            setting=_setting(answer.finalists[0]),
            **said,
        )
    scale = _scale(data, answer, [best])
    found = tr(
        "Best setting of {policy} by {metric} {where}: {setting}; {gain} against the current policy"
        " and {over} against its own setting, on {paths} paths of another seed.",
        setting=_setting(best),
        gain=_told(scale, best.gain, best.gain_ci),
        over=_told(scale, best.over_own, best.over_own_ci),
        **said,
    )
    ends = (_end_words(end) for end in answer.at_ends)
    return sentences(found, *_unproved(best), *ends, _first_words(answer))


def _unproved(best: FoundSetting) -> list[str]:
    """What the intervals of the best setting do not show."""
    said = []
    if best.gain_ci is None or best.gain_ci[0] <= 0.0:
        said.append(tr("It is not shown to be better than the current policy."))
    if best.over_own_ci is None or best.over_own_ci[0] <= 0.0:
        said.append(tr("It is not shown to be better than the policy's own setting."))
    return said


def _end_words(end: EndReached) -> str:
    said = {"field": _field(end.field), "value": f"{end.value:.3g}"}
    if not end.allowed:
        return tr("Warning: the optimum lies at the end of what {field} may be ({value}).", **said)
    return tr(
        "Warning: the optimum lies on a bound of the search, {field} {value}: search further.",
        **said,
    )


def _first_words(answer: SearchAnswer) -> str:
    if answer.stays_first is None:
        return ""
    said = {"share": percent(answer.stays_first, 0), "n": answer.draws}
    if answer.own.bounds:
        return tr(
            "It keeps every bound and stays first of the finalists in {share} of {n} draws of the"
            " assumptions tried, by small runs.",
            **said,
        )
    return tr(
        "It stays first of the finalists in {share} of {n} draws of the assumptions tried, by small"
        " runs.",
        **said,
    )


def _further(data: ReportData, answer: SearchAnswer) -> list[str]:
    rounds = [f"{r.settings} \u00d7 {r.paths}" for r in answer.rounds]
    said = [
        tr(
            "Looks of the search (settings \u00d7 paths): {rounds}. Their figures are not told: the"
            " best of many looks better than it is.",
            rounds=listed(rounds),
        )
    ]
    if len(answer.finalists) > 1 and answer.best is not None:
        said.append(
            tr(
                "The best of {n} finalists is chosen by the very figures that are told: its mean is"
                " a little high, while its interval holds for all of them at once.",
                n=len(answer.finalists),
            )
        )
    said.append(
        tr(
            "Intervals, and whether a bound is kept, are over paths and for one draw of the"
            " borrowers: another draw of a small book moves figures further."
        )
    )
    if len(answer.own.bounds) > 1:
        said.append(
            tr(
                "Each bound is judged alone, by the end of its own 95 % interval: that all of"
                " {n} are kept at once is less sure.",
                n=len(answer.own.bounds),
            )
        )
    said += [_bound_words(data, bound) for bound in answer.finalists[0].bounds]
    if answer.stays_first is None and answer.best is not None:
        said.append(
            tr(
                "Whether it stays first under other assumptions is not known: none was drawn, or no"
                " draw could be judged."
            )
        )
    return said


def _bound_words(data: ReportData, bound: FoundBound) -> str:
    limit = bound.at_most if bound.at_most is not None else bound.at_least
    scale = _unit_scale(data, bound.unit, [bound.mean, bound.end, limit or 0.0])
    message = (
        mark("{figure} at most {limit}: {mean} under {scenario}, by its interval {end}.")
        if bound.at_most is not None
        else mark("{figure} at least {limit}: {mean} under {scenario}, by its interval {end}.")
    )
    return tr(
        message,
        figure=_figure(bound.metric),
        limit=scale.full(limit),
        mean=scale.full(bound.mean),
        scenario=data.scenario_label(bound.scenario),
        end=scale.full(bound.end),
    )


def _table(data: ReportData, answer: SearchAnswer, settings: tuple[FoundSetting, ...]) -> Table:
    """Settings with their gains and bounds; the policy's own setting is named."""
    unit = _unit(data, answer.unit)
    rows: list[Row] = []
    for found in settings:
        note = tr("as in the run") if found == answer.own else ""
        kept = tr("yes") if found.keeps else tr("no")
        row: tuple[object, ...] = (
            *(f"{value:.3g}" for value in found.settings.values()),
            note,
            Estimate(found.gain, *(found.gain_ci or ())),
            Estimate(found.over_own, *(found.over_own_ci or ())),
            *(bound.end for bound in found.bounds),
            *((kept,) if found.bounds else ()),
        )
        rows.append(row)  # type: ignore[arg-type]
    columns = (
        *texts(*(_field(one.field) for one in answer.fields), ""),
        Column(mark("Gain ({unit})"), unit, is_change=True),
        Column(mark("Against its own setting ({unit})"), unit, is_change=True),
        *(
            Column(
                mark("{title}, by its interval ({unit})"),
                _unit(data, bound.unit),
                said={"title": _figure(bound.metric)},
            )
            for bound in answer.own.bounds
        ),
        *(texts(mark("Keeps every bound")) if answer.own.bounds else ()),
    )
    return Table(columns, tuple(rows), n_names=len(answer.fields) + 1, currency=data.currency)


def _setting(found: FoundSetting) -> str:
    return listed([f"{_field(field)} {value:.3g}" for field, value in found.settings.items()])


def _field(field: str) -> str:
    return name(clean(field, 60).replace("_", " "))


def _figure(metric: str) -> str:
    if metric.startswith(CHANGE):
        return tr("Change of {figure}", figure=words(metric.removeprefix(CHANGE)))
    return capital(words(metric))


def _unit(data: ReportData, unit: str) -> str:
    return MONEY if unit == data.currency else FRACTION if unit == "1" else BARE


def _unit_scale(data: ReportData, unit: str, values: list[float]) -> Scale:
    if unit == data.currency:
        return money_scale(data.currency, values)
    return rate_scale(values) if unit == "1" else Scale(unit, 1.0, None)


def _scale(data: ReportData, answer: SearchAnswer, settings: list[FoundSetting]) -> Scale:
    ends = [end for one in settings for end in (one.gain, one.over_own, *(one.gain_ci or ()))]
    return _unit_scale(data, answer.unit, ends)


def _told(scale: Scale, mean: float, ends: tuple[float, float] | None) -> str:
    text = scale.full(mean, signed=True)
    return (
        text
        if ends is None
        else tr("{number} {brackets}", number=text, brackets=interval(scale.span(*ends)))
    )
