"""Phrases that several chapters use: levels, effects, intervals, one draw of the economy."""

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import bracketed, mark, tr
from simulator.report.kit.numbers import (
    Scale,
    interval,
    money_scale,
    points_scale,
    rate_scale,
)
from simulator.results.estimate import Estimate


def drawn_sentence(data: ReportData) -> str:
    """Which policies are drawn where they are too many; else nothing."""
    note = data.drawn_note()
    return tr("Shown: {note}.", note=note) if note else ""


def under(data: ReportData, scenario: str) -> dict[str, str]:
    """The place that a caption tells of: a scenario and the reference."""
    return {
        "scenario": data.scenario_label(scenario),
        "reference": data.policy_label(data.reference),
    }


def on_one_draw(data: ReportData, place: str) -> str:
    """Where a run without intervals has looked: ``On one path, under Downturn``."""
    return tr("On {seen}, {place}", seen=one_draw(data), place=place)


def one_draw(data: ReportData) -> str:
    """What a run without intervals has seen."""
    return tr("one path") if data.n_paths == 1 else tr("one draw of the economy")


def with_interval(text: str, scale: Scale, stat: Estimate[float]) -> str:
    """A number, then its interval in brackets that say what they are, where there is one."""
    if not stat.has_interval:
        return text
    ends = interval(scale.span(stat.ci_low, stat.ci_high))
    return tr("{number} {brackets}", number=text, brackets=ends)


def scale_for(data: ReportData, metric: str, stats: list[Estimate[float]]) -> Scale:
    """The unit of a metric fit for ``stats``: money, percent, or points for a difference."""
    values = [v for stat in stats for v in stat.ends]
    if "rate" not in metric:
        return money_scale(data.currency, values)
    return points_scale(values) if metric.startswith("delta_") else rate_scale(values)


def level_text(scale: Scale, stat: Estimate[float]) -> str:
    """A level with its interval where there is one."""
    return with_interval(scale.full(stat.mean), scale, stat)


def effect_text(
    data: ReportData, metric: str, name: str, stat: Estimate[float], *, explained: bool = False
) -> str:
    """What a policy does to ``name``: ``lowers the peak 90+ rate by 0.8 pp (0.6 to 1.0)``.

    ``explained`` says once what brackets are. ``name`` is in the language of the page.
    """
    scale = scale_for(data, f"delta_{metric}", [stat])
    if stat.is_zero or (stat.mean == 0.0 and not stat.has_interval):
        return tr("leaves the {name} unchanged", name=name)
    if stat.has_interval and stat.sign == 0:
        numbers = scale.full(stat.mean, signed=True), scale.span(stat.ci_low, stat.ci_high)
        message = mark("has no significant effect on the {name} ({mean}, {span})")
        if explained:
            message = mark("has no significant effect on the {name} ({mean}, 95 % interval {span})")
        return tr(message, name=name, mean=numbers[0], span=numbers[1])
    size = _size(scale, stat, explained=explained)
    if stat.mean > 0:
        return tr("raises the {name} by {size}", name=name, size=size)
    return tr("lowers the {name} by {size}", name=name, size=size)


def _size(scale: Scale, stat: Estimate[float], *, explained: bool) -> str:
    """Size of a difference without its sign, with its interval where there is one."""
    text = scale.full(abs(stat.mean))
    if not stat.has_interval:
        return text
    ends = scale.span(*sorted((abs(stat.ci_low), abs(stat.ci_high))))
    shown = interval(ends) if explained else bracketed(ends)
    return tr("{number} {brackets}", number=text, brackets=shown)


def capital(text: str) -> str:
    """``text`` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def months_words(data: ReportData) -> str:
    """The months that the money covers: ``24 months and 18 of run-off``."""
    months, runoff = len(data.months), data.dataset.attrs.get("runoff_months", 0)
    if runoff:
        return tr("{months} months and {runoff} of run-off", months=months, runoff=runoff)
    return tr("{months} months", months=months)


def ties(policies: str) -> str:
    """That ``policies`` cannot be told from the leading one."""
    return tr("Not distinguishable from it on the same paths: {policies}.", policies=policies)
