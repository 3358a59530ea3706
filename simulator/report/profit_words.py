"""Captions and tables of losses over paths, of profit, and of what policies are worth."""

from typing import Final

from simulator.report.data import ReportData, Stat
from simulator.report.findings import level_text, one_draw
from simulator.report.numbers import (
    NONE,
    Scale,
    money_scale,
    number,
    percent,
    rate_scale,
)
from simulator.report.profit_figure import CHARGE, INCOME, NET, Bridge
from simulator.report.tables import Table
from simulator.report.tail_figure import Losses
from simulator.results.tail import LEVELS

OF_BALANCE: Final = "_of_balance"


def loss_caption(found: Losses) -> str:
    """Expected loss, the tail that the paths can carry and what others need; whose luck."""
    data = found.data
    place = data.worst_scenario(), data.reference
    where = f"Under {data.scenario_label(place[0])} and {data.policy_label(place[1])}"
    told = []
    expected = data.stat(*place, f"expected_loss{OF_BALANCE}")
    if expected is not None:
        size = level_text(rate_scale(expected.values()), expected)
        told.append(
            f"the expected loss in {found.horizon}, loans made in the run included, is {size} of"
            " the opening balance"
        )
    for label, level in LEVELS.items():
        risk, shortfall = (
            data.stat(*place, f"loss_{name}_{label}{OF_BALANCE}") for name in ("var", "es")
        )
        if risk is not None and shortfall is not None:
            one = rate_scale([*risk.values(), *shortfall.values()])
            told.append(
                f"{100 * level:g} % of paths lose no more than {level_text(one, risk)} (VaR), the"
                f" others {level_text(one, shortfall)} on average (ES)"
            )
    text = f"{where}, {'; '.join(told)}." if told else f"{where}, no loss can be told."
    return f"{text}{_needs(data, place)} {_luck(data, place)}"


def _needs(data: ReportData, place: tuple[str, str]) -> str:
    """Levels that need more paths than the run has, in words."""
    found = {
        level: data.stat(*place, f"paths_needed_loss_var_{label}")
        for label, level in LEVELS.items()
    }
    listed = [
        f"{100 * level:g} % needs {number(stat.mean, 0)} paths"
        for level, stat in found.items()
        if stat is not None
    ]
    if not listed:
        return ""
    return f" The tail at {', at '.join(listed)}; this run has {number(data.n_paths, 0)}."


def _luck(data: ReportData, place: tuple[str, str]) -> str:
    """How much of the variance of losses is luck of the economy."""
    stat = data.stat(*place, "loss_share_economy")
    if stat is None:
        if data.n_draws == data.n_paths:
            return (
                "Luck of the economy and of borrowers cannot be told apart with one path for each"
                " draw of the economy; run.luck_replicates=2 tells them."
            )
        return f"On {one_draw(data)}, luck of the economy cannot be told."
    text = f"Luck of the economy makes {percent(stat.mean, 0)} of the variance of losses"
    if stat.has_interval:
        low, high = (number(100.0 * (v or 0.0), 0) for v in (stat.ci_low, stat.ci_high))
        text += f" (95 % interval {low} to {high}\u202f%)"
    return f"{text}, luck of borrowers the rest."


def loss_table(found: Losses) -> Table:
    """Every figure of the loss distribution with its interval, of the opening balance."""
    data = found.data
    names = (
        ("expected_loss", "Expected loss"),
        *(
            (f"loss_{name}_{label}", f"{words} {100 * level:g} %")
            for label, level in LEVELS.items()
            for name, words in (("var", "VaR"), ("es", "ES"))
        ),
    )
    rows = []
    for place in found.places:
        cells = [_rate(data.stat(*place, name + OF_BALANCE)) or NONE for name, _ in names]
        needs = _needs(data, place).strip() or "nothing"
        luck = _rate(data.stat(*place, "loss_share_economy"), decimals=0) or NONE
        labels = (data.scenario_label(place[0]), data.policy_label(place[1]))
        rows.append((*labels, *cells, luck, needs))
    header = (f"{title} (% of opening balance)" for _, title in names)
    last = ("Luck of the economy (% of variance)", "What is missing")
    return Table(("Scenario", "Policy", *header, *last), tuple(rows), n_names=2)


def _rate(stat: Stat | None, decimals: int | None = None) -> str:
    """A share in percent with its interval; nothing without one."""
    if stat is None:
        return ""
    return _text(rate_scale(stat.values(), decimals), stat)


def _text(scale: Scale, stat: Stat, *, signed: bool = False) -> str:
    if signed and stat.is_zero:
        return "no difference"
    text = scale.text(stat.mean, signed=signed)
    if not stat.has_interval:
        return text
    return f"{text} ({scale.span(stat.ci_low, stat.ci_high)})"


def bridge_caption(bridge: Bridge) -> str:
    """What the reference earns and what the best policy changes, by its largest line."""
    data = bridge.data
    scenario, reference = data.worst_scenario(), data.reference
    own = {line: bridge.stat(scenario, reference, line) for line in bridge.names}
    net = own[NET]
    scale = money_scale(data.currency, [s.mean for s in own.values()])
    net_scale = money_scale(data.currency, net.values())
    where = f"Under {data.scenario_label(scenario)}, {data.policy_label(reference)}"
    span = f"after tax in {len(data.months)} months"
    if net.has_interval and net.sign == 0:
        told = f"{where} earns {level_text(net_scale, net)} {span}, not distinguishable from zero"
    else:
        verb = "earns" if net.mean >= 0 else "loses"
        size = Stat(abs(net.mean), *_turned(net), None, None)
        told = f"{where} {verb} {level_text(net_scale, size)} {span}"
    text = f"{told}: income of {scale.full(own[INCOME].mean)}{_charge(own, scale)}."
    text += _break_even(data, scenario)
    return f"{text}{_best_change(bridge, scenario)}" if data.alternatives else text


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
    return (
        f" It breaks even before tax at an income of {level_text(scale, needed)} of balance a year;"
        f" it has {scale.full(found.mean)}."
    )


def _charge(own: dict[str, Stat], scale: Scale) -> str:
    if CHARGE not in own:
        return ""
    charge = own[CHARGE].mean
    if charge > 0:
        return f", and {scale.full(charge)} of provisions that are released"
    return f", of which provisions take {scale.full(-charge)}"


def _best_change(bridge: Bridge, scenario: str) -> str:
    """The policy whose net income is highest, whether that is told from zero, and why."""
    data = bridge.data
    found = {p: bridge.stat(scenario, p, NET, change=True) for p in data.alternatives}
    best = max(found, key=lambda p: found[p].mean)
    stat, name = found[best], data.policy_label(best)
    scale = money_scale(data.currency, stat.values())
    if stat.is_zero:
        return f" No policy raises it; {name} leaves it where it is."
    size = scale.full(stat.mean, signed=True)
    span = f", 95 % interval {scale.span(stat.ci_low, stat.ci_high)}" if stat.has_interval else ""
    if stat.has_interval and stat.sign == 0:
        return (
            f" No policy is shown to raise it: the change under {name}, the best estimate, is not"
            f" distinguishable from zero ({size}{span})."
        )
    lines = {
        line: bridge.stat(scenario, best, line, change=True).mean
        for line in bridge.names
        if line != NET
    }
    sign = 1 if stat.mean > 0 else -1
    most = max(lines, key=lambda line: sign * lines[line])
    line_scale = money_scale(data.currency, [lines[most]])
    why = f"mostly by \u201c{most.lower()}\u201d ({line_scale.full(lines[most], signed=True)})"
    if stat.mean < 0:
        return f" No policy raises it; {name} lowers it least, by {size}{span}, {why}."
    return f" {name} raises it most, by {size}{span}, {why}."


def bridge_table(bridge: Bridge) -> Table:
    """Every line by scenario: the reference's own, every policy's change, with intervals."""
    data, rows = bridge.data, []
    for scenario in data.scenarios:
        found = {p: bridge.stats(scenario, p) for p in data.policies}
        for policy, stats in found.items():
            reference = policy == data.reference
            scale = money_scale(data.currency, [v for s in stats for v in s.values()])
            what = "level" if reference else "change"
            cells = (_text(scale, stat, signed=not reference) for stat in stats)
            labels = (data.scenario_label(scenario), data.policy_label(policy), what)
            rows.append((*labels, scale.unit, *cells))
    header = ("Scenario", "Policy", "What", "Unit", *bridge.names)
    return Table(header, tuple(rows), n_names=4)
