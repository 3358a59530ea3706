"""Sentences made from the numbers: the finding, how sure it is, what each figure shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.report.data import ReportData, Stat, optional, stat_of
from simulator.report.effect_figures import effect_metrics
from simulator.report.money_data import provisions_of
from simulator.report.numbers import Scale, money_scale, percent, points_scale, rate_scale
from simulator.report.ranking import verdict, verdict_support
from simulator.report.re_ageing import before_relief, re_aged
from simulator.report.value_table import VALUE, measures
from simulator.results.frontier import Frontier
from simulator.results.intervals import over_paths

ROUGH_PATHS = 30
"""With fewer paths the report warns that intervals are rough (assumption)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The headline and the sentences that say how sure it is."""

    headline: str
    support: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number of the first screen."""

    label: str
    value: str
    interval: str
    note: str


def scale_for(data: ReportData, metric: str, stats: list[Stat]) -> Scale:
    """The unit of a metric fit for ``stats``: money, percent, or points for a difference."""
    values = [v for stat in stats for v in stat.values()]
    if "rate" not in metric:
        return money_scale(data.currency, values)
    return points_scale(values) if metric.startswith("delta_") else rate_scale(values)


def _size(scale: Scale, stat: Stat, bracket: str) -> str:
    """Size of a difference without its sign, with its interval where there is one."""
    text = scale.full(abs(stat.mean))
    if stat.ci_low is None or stat.ci_high is None:
        return text
    ends = sorted((abs(stat.ci_low), abs(stat.ci_high)))
    return f"{text} ({bracket}{scale.span(*ends)})"


def level_text(scale: Scale, stat: Stat) -> str:
    """A level with its interval where there is one."""
    text = scale.full(stat.mean)
    if not stat.has_interval:
        return text
    return f"{text} (95 % interval {scale.span(stat.ci_low, stat.ci_high)})"


def effect_text(data: ReportData, metric: str, name: str, stat: Stat, *, bracket: str = "") -> str:
    """What a policy does to ``name``: ``lowers the peak 90+ rate by 0.8 pp (0.6 to 1.0)``.

    ``bracket`` opens the bracket of the interval, to say once what brackets are.
    """
    scale = scale_for(data, f"delta_{metric}", [stat])
    if stat.is_zero or (stat.mean == 0.0 and not stat.has_interval):
        return f"leaves the {name} where it is"
    if stat.has_interval and stat.sign == 0:
        return (
            f"has no distinguishable effect on the {name} ({scale.full(stat.mean, signed=True)},"
            f" {bracket}{scale.span(stat.ci_low, stat.ci_high)})"
        )
    verb = "raises" if stat.mean > 0 else "lowers"
    return f"{verb} the {name} by {_size(scale, stat, bracket)}"


def decisive_metric(data: ReportData) -> tuple[str, str, int]:
    """The metric that ranks policies, its name and the sign that is better."""
    policy = data.alternatives[0]
    metric, name = data.with_runoff("net_result", "net result")
    if all(data.stat(s, policy, f"delta_{metric}") for s in data.scenarios):
        return metric, name, 1
    return *data.with_runoff("net_loss", "net loss"), -1


def ranked(data: ReportData, scenario: str) -> list[tuple[str, Stat]]:
    """Policies with their difference in the deciding metric, best first."""
    if not data.alternatives:
        return []
    metric, _, better = decisive_metric(data)
    found = [(p, data.stat(scenario, p, f"delta_{metric}")) for p in data.alternatives]
    known = [(p, stat) for p, stat in found if stat is not None]
    return sorted(known, key=lambda pair: -better * pair[1].mean)


def headline(data: ReportData) -> Finding:
    """The finding of the run, from its numbers: the ranking's where the results give one."""
    scenario = data.worst_scenario()
    if data.overall is not None:
        support = (*verdict_support(data, data.overall), *_best_peaks(data, scenario))
        balances = _smaller_balances(data, scenario, data.best_first)
        doubts = value_doubts(data, data.overall)
        return Finding(
            verdict(data, data.overall), (*doubts, *support, *balances, *_run_support(data))
        )
    order = ranked(data, scenario)
    if not order:
        return Finding(_reference_headline(data, scenario), _run_support(data))
    return Finding(
        _policy_headline(data, scenario, order),
        (*_policy_support(data, scenario, order), *_run_support(data)),
    )


def measures_sentence(data: ReportData) -> str:
    """Under the cards: what value and net result leave out; nothing where no value is shown."""
    shown = any(data.stat(data.worst_scenario(), p, VALUE) for p in data.alternatives)
    return measures(data) if shown and provisions_of(data) is not None else ""


def value_doubts(data: ReportData, frontier: Frontier) -> tuple[str, ...]:
    """Where the best policy's value (NPV) does not bear out the net result of the headline."""
    best = frontier.standings[0]
    net = stat_of(best.net)
    if not net.sign or "net_present_value" not in data.dataset:
        return ()
    worst = data.worst_scenario()
    found = {data.over(frontier): value_change(data, frontier, best.policy)}
    if (own := data.stat(worst, best.policy, VALUE)) is not None:
        found[f"under {data.scenario_label(worst)}"] = own
    told = [
        f"{where} it {_doubt(money_scale(data.currency, stat.values()), stat)}"
        for where, stat in found.items()
        if stat.has_interval and stat.sign != net.sign
    ]
    if not told:
        return ()
    turned = any(stat.sign == -net.sign for stat in found.values())
    how = "does not bear this out" if turned else "bears this out less clearly"
    return (
        f"The value (NPV) of {data.policy_label(best.policy)} {how}:"
        f" {'; '.join(told)}. {measures(data)}",
    )


def _doubt(scale: Scale, stat: Stat) -> str:
    verb = "cannot be told from zero"
    if stat.sign:
        verb = "rises" if stat.sign > 0 else "falls"
    span = scale.span(stat.ci_low, stat.ci_high)
    return f"{verb} ({scale.full(stat.mean, signed=True)}, {span})"


def value_change(data: ReportData, frontier: Frontier, policy: str) -> Stat:
    """A policy's change of value (NPV) on the same paths, where ``frontier`` holds."""
    scenario = frontier.scenario
    if scenario is None:
        weights = data.dataset["scenario_weight"]
        values = (data.dataset["net_present_value"] * weights).sum("scenario")
    else:
        values = data.dataset["net_present_value"].sel(scenario=scenario)
    change = values.sel(policy=policy) - values.sel(policy=data.reference)
    paths = np.asarray(change.values, dtype=np.float64)
    found = over_paths(paths, int(data.dataset.attrs["luck_replicates"]))
    low, high = optional(float(found.ci_low)), optional(float(found.ci_high))
    return Stat(float(found.mean), low, high, float(found.p05), float(found.p95))


def _best_peaks(data: ReportData, scenario: str) -> tuple[str, ...]:
    """What the best policy does to the peak of the 90+ rate in the worst scenario."""
    best = data.best_first[0]
    stat = data.stat(scenario, best, "delta_peak_overdue_rate_90")
    if stat is None:
        return ()
    before = before_relief(data, scenario, best, "peak_overdue_rate_90")
    effect = _peak_effect(data, scenario, best, stat)
    sentence = f"Under {data.scenario_label(scenario)}, {data.policy_label(best)} {effect}"
    falls_by_re_ageing = re_aged(data, scenario, best, "peak_overdue_rate_90")
    if before is None or before == stat or falls_by_re_ageing:
        return (f"{sentence}.",)
    effect = effect_text(data, "peak_overdue_rate_90", "peak 90+ rate", before)
    return (
        f"{sentence}; with re-planned loans counted at their days past due before relief, it"
        f" {effect}.",
    )


def _peak_effect(data: ReportData, scenario: str, policy: str, stat: Stat) -> str:
    """What a policy does to the peak of the 90+ rate; before relief where only re-ageing helps."""
    before = before_relief(data, scenario, policy, "peak_overdue_rate_90")
    if before is None or not re_aged(data, scenario, policy, "peak_overdue_rate_90"):
        return effect_text(data, "peak_overdue_rate_90", "peak 90+ rate", stat)
    name = "peak 90+ rate with re-planned loans at their days past due before relief"
    return effect_text(data, "peak_overdue_rate_90", name, before)


def _reference_headline(data: ReportData, scenario: str) -> str:
    """Only the reference was run: how bad it gets, and beside the mildest scenario."""
    label = data.scenario_label(scenario)
    peak = data.stat(scenario, data.reference, "peak_overdue_rate_30")
    metric, name = data.with_runoff("net_loss", "net loss")
    loss = data.stat(scenario, data.reference, metric)
    parts = []
    if peak is not None:
        text = level_text(scale_for(data, "overdue_rate", [peak]), peak)
        mild = data.mildest_scenario()
        other = data.stat(mild, data.reference, "peak_overdue_rate_30")
        if mild != scenario and other is not None:
            gap = points_scale([peak.mean - other.mean])
            side = "above" if peak.mean >= other.mean else "below"
            text += f", {gap.full(abs(peak.mean - other.mean))} {side} {data.scenario_label(mild)}"
        parts.append(f"the 30+ overdue rate peaks at {text}")
    if loss is not None:
        parts.append(f"the {name} is {level_text(money_scale(data.currency, loss.values()), loss)}")
    return f"Under {label}, {'; '.join(parts) or 'no summary figure is available'}."


def _policy_headline(data: ReportData, scenario: str, order: list[tuple[str, Stat]]) -> str:
    metric, name, better = decisive_metric(data)
    best, stat = order[0]
    label, policy = data.scenario_label(scenario), data.policy_label(best)
    effect = effect_text(data, metric, name, stat, bracket="95 % interval ")
    peak = data.stat(scenario, best, "delta_peak_overdue_rate_90")
    tail = f" and {_peak_effect(data, scenario, best, peak)}" if peak else ""
    if not stat.has_interval:
        return f"On {one_draw(data)}, under {label}, {policy} {effect}{tail}."
    if stat.sign == better:
        return f"Under {label}, {policy} {effect}{tail}."
    if stat.sign == -better:
        runoff = data.dataset.attrs.get("runoff_months", 0)
        months = f"{len(data.months)} months" + (f" and {runoff} of run-off" if runoff else "")
        return (
            f"Under {label}, no policy pays for itself within {months}:"
            f" the least costly, {policy}, {effect}{tail}."
        )
    return (
        f"Under {label}, no policy is shown to improve the {name}:"
        f" the best estimate, {policy}, {effect}{tail}."
    )


def _policy_support(
    data: ReportData, scenario: str, order: list[tuple[str, Stat]]
) -> tuple[str, ...]:
    """Why the others lose, whether it holds elsewhere, and the range over single paths."""
    metric, name, better = decisive_metric(data)
    best, stat = order[0]
    out = []
    if stat.p05 is not None and stat.p95 is not None and data.n_paths > 1:
        scale = scale_for(data, f"delta_{metric}", [Stat(stat.p05, stat.p95, None, None, None)])
        low, high = scale.full(stat.p05, signed=True), scale.full(stat.p95, signed=True)
        out.append(f"On nine paths in ten its effect lies between {low} and {high}.")
    if len(data.scenarios) > 1 and stat.has_interval:
        elsewhere = [data.stat(s, best, f"delta_{metric}") for s in data.scenarios]
        out.append(f"{data.policy_label(best)} {_across(name, elsewhere, better)}.")
    before = before_relief(data, scenario, best, "peak_overdue_rate_90")
    after = data.stat(scenario, best, "delta_peak_overdue_rate_90")
    falls_by_re_ageing = re_aged(data, scenario, best, "peak_overdue_rate_90")
    if before is not None and after is not None and before != after and not falls_by_re_ageing:
        effect = effect_text(data, "peak_overdue_rate_90", "peak 90+ rate", before)
        out.append(
            f"With re-planned loans counted at their days past due before relief, it {effect}."
        )
    for policy, other in order[1:4]:
        effect = effect_text(data, metric, name, other)
        near = "; the two intervals overlap" if _overlap(stat, other) else ""
        out.append(f"{data.policy_label(policy)} {effect}{near}.")
    return (*out, *_smaller_balances(data, scenario, [policy for policy, _ in order]))


def _smaller_balances(data: ReportData, scenario: str, policies: Sequence[str]) -> tuple[str, ...]:
    """Whose overdue rates are over a clearly smaller balance, in one sentence, if any."""
    shares = {p: data.smaller_balances.get((scenario, p)) for p in policies}
    listed = ", ".join(
        f"{data.policy_label(policy)} ({percent(share, 0)} less)"
        for policy, share in shares.items()
        if share is not None
    )
    if not listed:
        return ()
    return (
        f"Overdue rates are over a smaller balance than the reference's, in the last month, for"
        f" {listed}.",
    )


def _across(name: str, stats: list[Stat | None], better: int) -> str:
    """In how many scenarios a policy is better, worse, without difference or unclear."""
    total = len(stats)
    signs = [stat.sign * better if stat is not None else 0 for stat in stats]
    same = sum(1 for stat in stats if stat is not None and stat.is_zero)
    if signs.count(1) == total:
        return f"improves the {name} in all {total} scenarios"
    if signs.count(-1) == total:
        return f"worsens the {name} in all {total} scenarios"
    counts = (
        (signs.count(1), "better"),
        (signs.count(-1), "worse"),
        (same, "no difference"),
        (signs.count(0) - same, "not distinguishable"),
    )
    parts = [f"{words} in {count}" for count, words in counts if count]
    return f"compared with the reference over {total} scenarios: {name} {', '.join(parts)}"


def _overlap(one: Stat, other: Stat) -> bool:
    """Whether two intervals share a point."""
    ends = (one.ci_low, one.ci_high, other.ci_low, other.ci_high)
    low, high, other_low, other_high = ends
    if low is None or high is None or other_low is None or other_high is None:
        return False
    return low <= other_high and other_low <= high


def one_draw(data: ReportData) -> str:
    """What a run without intervals has seen."""
    return "one path" if data.n_paths == 1 else "one draw of the economy"


def outside_the_months(data: ReportData) -> str:
    """What a run without run-off leaves out, and whom that flatters; empty with run-off."""
    if data.dataset.attrs.get("runoff_months", 0):
        return ""
    return (
        f"Losses after the last month (month {len(data.months)}), and later income, of loans still"
        " open are outside, which flatters a policy that puts payments off; run.runoff_months=18"
        " brings them in."
    )


def _run_support(data: ReportData) -> tuple[str, ...]:
    """What limits every figure of the run: the months it covers, and its luck."""
    outside = tuple(filter(None, (outside_the_months(data),)))
    return (*outside, *_luck_support(data))


def _luck_support(data: ReportData) -> tuple[str, ...]:
    if data.n_draws == 1:
        seen = one_draw(data)
        return (f"A run of {seen} has no interval and cannot tell effect from luck.",)
    text = (
        f"Brackets are 95 % intervals of the mean over {data.n_paths} paths;"
        " policies meet the same borrowers under the same luck."
    )
    if data.n_draws < ROUGH_PATHS:
        text += f" With fewer than {ROUGH_PATHS} draws of the economy they are themselves rough."
    return (text,)


def key_figures(data: ReportData) -> list[KeyFigure]:
    """Levels under the reference in the worst scenario, and the best policy's effect."""
    scenario = data.worst_scenario()
    out = []
    for metric, title, _ in effect_metrics(data):
        stat = data.stat(scenario, data.reference, metric)
        if stat is not None:
            note = f"{data.policy_label(data.reference)}"
            out.append(_key_figure(title, scale_for(data, metric, [stat]), stat, note))
    order = ranked(data, scenario)
    if order:
        metric, name, _ = decisive_metric(data)
        best, stat = next((pair for pair in order if pair[0] == data.best_first[0]), order[0])
        scale = scale_for(data, f"delta_{metric}", [stat])
        out.append(
            _key_figure(f"Change of {name}", scale, stat, data.policy_label(best), signed=True)
        )
    return [*out, *_money_figures(data, scenario)]


def _money_figures(data: ReportData, scenario: str) -> list[KeyFigure]:
    """The best policy's change of value, and the allowance needed; nothing without rule books."""
    books, out = provisions_of(data), []
    if books is None:
        return []
    best = data.best_first[0] if data.best_first else data.reference
    value = data.stat(scenario, best, "delta_net_present_value")
    if value is not None:
        scale = money_scale(data.currency, value.values())
        note = data.policy_label(best)
        out.append(_key_figure("Change of value (NPV)", scale, value, note, signed=True))
    needed = books.needed((scenario, data.reference))
    if needed is not None:
        scale = money_scale(data.currency, needed.values())
        note = f"{data.policy_label(data.reference)}, {books.label(books.accounting)}, month"
        note = f"{note} {data.months[-1]:.0f}; {books.rates_words(books.accounting)}"
        out.append(_key_figure("Allowance needed", scale, needed, note))
    return out


def _key_figure(
    title: str, scale: Scale, stat: Stat, note: str, *, signed: bool = False
) -> KeyFigure:
    interval = scale.span(stat.ci_low, stat.ci_high) if stat.has_interval else ""
    return KeyFigure(title, scale.full(stat.mean, signed=signed), interval, note)
