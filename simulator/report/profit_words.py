"""Captions and tables of losses over paths, of profit, and of what policies are worth."""

from typing import Final

from simulator.report.data import ReportData, Stat
from simulator.report.findings import level_text, one_draw
from simulator.report.language import clauses, language, listed, mark, sentences, tr
from simulator.report.numbers import (
    NONE,
    Scale,
    Shown,
    interval,
    money_scale,
    number,
    percent,
    rate_scale,
    span,
)
from simulator.report.profit_figure import CHARGE, INCOME, NET, Bridge
from simulator.report.tables import Table
from simulator.report.tail_figure import Losses, measure_words
from simulator.results.loss_distribution import LEVELS

OF_BALANCE: Final = "_of_balance"


def loss_caption(found: Losses) -> str:
    """Expected loss, the tail that the paths can carry and what others need; whose luck."""
    data = found.data
    place = data.worst_scenario(), data.reference
    where = tr(
        "Under {scenario} and {policy}",
        scenario=data.scenario_label(place[0]),
        policy=data.policy_label(place[1]),
    )
    told = []
    expected = data.stat(*place, f"expected_loss{OF_BALANCE}")
    if expected is not None:
        size = level_text(rate_scale(expected.values()), expected)
        told.append(
            tr(
                "the expected loss in {horizon}, loans made in the run included, is {size} of the"
                " opening balance",
                horizon=found.horizon,
                size=size,
            )
        )
    for label, level in LEVELS.items():
        risk, shortfall = (
            data.stat(*place, f"loss_{name}_{label}{OF_BALANCE}") for name in ("var", "es")
        )
        if risk is not None and shortfall is not None:
            one = rate_scale([*risk.values(), *shortfall.values()])
            told.append(
                tr(
                    "{level} % of paths lose no more than {risk} (VaR), the others {shortfall} on"
                    " average (ES)",
                    level=f"{100 * level:g}",
                    risk=level_text(one, risk),
                    shortfall=level_text(one, shortfall),
                )
            )
    text = (
        tr("{where}, {told}.", where=where, told=clauses(told))
        if told
        else tr("{where}, no loss can be told.", where=where)
    )
    return sentences(text, _needs(data, place), _luck(data, place))


def _needs(data: ReportData, place: tuple[str, str]) -> str:
    """Levels that need more paths than the run has, in words."""
    found = {
        level: data.stat(*place, f"paths_needed_loss_var_{label}")
        for label, level in LEVELS.items()
    }
    needed = [
        tr("at {level} % needs {n} paths", level=f"{100 * level:g}", n=number(stat.mean, 0))
        for level, stat in found.items()
        if stat is not None
    ]
    if not needed:
        return ""
    return tr(
        "The tail {needed}; this run has {n}.", needed=listed(needed), n=number(data.n_paths, 0)
    )


def _luck(data: ReportData, place: tuple[str, str]) -> str:
    """How much of the variance of losses is luck of the economy."""
    stat = data.stat(*place, "loss_share_economy")
    if stat is None:
        if data.n_draws == data.n_paths:
            return tr(
                "Luck of the economy and of borrowers cannot be told apart with one path for each"
                " draw of the economy; run.luck_replicates=2 tells them."
            )
        return tr("On {draw}, luck of the economy cannot be told.", draw=one_draw(data))
    share = percent(stat.mean, 0)
    if stat.has_interval:
        ends = span(*(number(100.0 * (v or 0.0), 0) for v in (stat.ci_low, stat.ci_high)))
        brackets = interval(language().percent.format(ends))
        share = tr("{number} of the variance of losses {brackets}", number=share, brackets=brackets)
    else:
        share = tr("{number} of the variance of losses", number=share)
    return tr("Luck of the economy makes {share}, luck of borrowers the rest.", share=share)


def loss_table(found: Losses) -> Table:
    """Every figure of the loss distribution with its interval, of the opening balance."""
    data = found.data
    names = (
        ("expected_loss", tr("Expected loss")),
        *(
            (f"loss_{name}_{label}", measure_words(words, level))
            for label, level in LEVELS.items()
            for name, words in (("var", "VaR"), ("es", "ES"))
        ),
    )
    rows = []
    for place in found.places:
        cells = [_rate(data.stat(*place, name + OF_BALANCE)) or NONE for name, _ in names]
        needs = _needs(data, place) or tr("nothing")
        luck = _rate(data.stat(*place, "loss_share_economy"), decimals=0) or NONE
        rows.append((*found.row(place), *cells, luck, needs))
    header = (tr("{title} (% of opening balance)", title=title) for _, title in names)
    last = (tr("Luck of the economy (% of variance)"), tr("What is missing"))
    return Table((tr("Scenario"), tr("Policy"), *header, *last), tuple(rows), n_names=2)


def _rate(stat: Stat | None, decimals: int | None = None) -> str:
    """A share in percent with its interval; nothing without one."""
    if stat is None:
        return ""
    return _text(rate_scale(stat.values(), decimals), stat)


def _text(scale: Scale, stat: Stat, *, signed: bool = False) -> str:
    if signed and stat.is_zero:
        return Shown(tr("no difference"), 0.0, 0.0, 0.0)
    return scale.spanned(stat.mean, stat.ci_low, stat.ci_high, signed=signed)


def bridge_caption(bridge: Bridge) -> str:
    """What the reference earns and what the best policy changes, by its largest line."""
    data = bridge.data
    scenario, reference = data.worst_scenario(), data.reference
    own = {line: bridge.stat(scenario, reference, line) for line in bridge.names}
    net = own[NET]
    scale = money_scale(data.currency, [s.mean for s in own.values()])
    net_scale = money_scale(data.currency, net.values())
    said = {
        "scenario": data.scenario_label(scenario),
        "policy": data.policy_label(reference),
        "months": str(len(data.months)),
        "income": _income(own, scale),
    }
    if net.has_interval and net.sign == 0:
        told = tr(
            "Under {scenario}, {policy} earns {size} after tax in {months} months, not"
            " distinguishable from zero: {income}.",
            size=level_text(net_scale, net),
            **said,
        )
    else:
        size = level_text(net_scale, Stat(abs(net.mean), *_turned(net), None, None))
        message = mark(
            "Under {scenario}, {policy} earns {size} after tax in {months} months: {income}."
        )
        if net.mean < 0:
            message = mark(
                "Under {scenario}, {policy} loses {size} after tax in {months} months: {income}."
            )
        told = tr(message, size=size, **said)
    change = _best_change(bridge, scenario) if data.alternatives else ""
    return sentences(told, _break_even(data, scenario), change)


def _turned(stat: Stat) -> tuple[float | None, float | None]:
    """The interval of the size of a mean: turned over where the mean is below zero."""
    if stat.mean >= 0 or stat.ci_low is None or stat.ci_high is None:
        return stat.ci_low, stat.ci_high
    return -stat.ci_high, -stat.ci_low


def _break_even(data: ReportData, scenario: str) -> str:
    """The income over balance that the reference needs, and the one that it has."""
    needed, found = (
        data.stat(scenario, data.reference, metric)
        for metric in ("break_even_price", "income_rate")
    )
    if needed is None or found is None:
        return ""
    scale = rate_scale([*needed.values(), *found.values()])
    return tr(
        "It breaks even before tax at an income of {needed} of balance a year; it has {found}.",
        needed=level_text(scale, needed),
        found=scale.full(found.mean),
    )


def _income(own: dict[str, Stat], scale: Scale) -> str:
    """Income, and what provisions take of it."""
    income = scale.full(own[INCOME].mean)
    if CHARGE not in own:
        return tr("income of {income}", income=income)
    charge = own[CHARGE].mean
    message = mark("income of {income}, of which provisions take {charge}")
    if charge > 0:
        message = mark("income of {income}, and {charge} of provisions that are released")
    return tr(message, income=income, charge=scale.full(abs(charge)))


def _best_change(bridge: Bridge, scenario: str) -> str:
    """The policy whose net income is highest, whether that is told from zero, and why."""
    data = bridge.data
    found = {p: bridge.stat(scenario, p, NET, change=True) for p in data.alternatives}
    best = max(found, key=lambda p: found[p].mean)
    stat, policy = found[best], data.policy_label(best)
    scale = money_scale(data.currency, stat.values())
    if stat.is_zero:
        return tr("No policy raises it; {policy} leaves it where it is.", policy=policy)
    size = scale.full(stat.mean, signed=True)
    if stat.has_interval:
        ends = scale.span(stat.ci_low, stat.ci_high)
        size = tr("{size}, 95 % interval {span}", size=size, span=ends)
    if stat.has_interval and stat.sign == 0:
        return tr(
            "No policy is shown to raise it: the change under {policy}, the best estimate, is not"
            " distinguishable from zero ({size}).",
            policy=policy,
            size=size,
        )
    message = mark("{policy} raises it most, by {size}, {why}.")
    if stat.mean < 0:
        message = mark("No policy raises it; {policy} lowers it least, by {size}, {why}.")
    why = _largest_line(bridge, scenario, best, 1 if stat.mean > 0 else -1)
    return tr(message, policy=policy, size=size, why=why)


def _largest_line(bridge: Bridge, scenario: str, policy: str, sign: int) -> str:
    """The line that a policy changes most to the side of ``sign``."""
    lines = {
        line: bridge.stat(scenario, policy, line, change=True).mean
        for line in bridge.names
        if line != NET
    }
    most = max(lines, key=lambda line: sign * lines[line])
    size = money_scale(bridge.data.currency, [lines[most]]).full(lines[most], signed=True)
    return tr("mostly by \u201c{line}\u201d ({size})", line=tr(most).lower(), size=size)


def bridge_table(bridge: Bridge) -> Table:
    """Every line by scenario: the reference's own, every policy's change, with intervals."""
    data, rows = bridge.data, []
    for scenario in data.scenarios:
        found = {p: bridge.stats(scenario, p) for p in data.policies}
        for policy, stats in found.items():
            reference = policy == data.reference
            scale = money_scale(data.currency, [v for s in stats for v in s.values()])
            what = tr("level") if reference else tr("change")
            cells = (_text(scale, stat, signed=not reference) for stat in stats)
            labels = (data.scenario_label(scenario), data.policy_label(policy), what)
            rows.append((*labels, scale.unit, *cells))
    names = (tr("Scenario"), tr("Policy"), tr("What"), tr("Unit"))
    header = (*names, *(tr(line) for line in bridge.names))
    return Table(header, tuple(rows), n_names=4)
