"""Caption and table of the income statement bridge."""

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, sentences, tr
from simulator.report.kit.numbers import Scale, money_scale, rate_scale
from simulator.report.kit.phrases import level_text
from simulator.report.kit.table import POLICY, SCENARIO
from simulator.report.profit.bridge_figure import CHARGE, INCOME, NET, Bridge
from simulator.results.estimate import Estimate
from simulator.results.table import MONEY, Cell, Column, Row, Table, texts


def bridge_caption(bridge: Bridge) -> str:
    """What the reference earns and what the best policy changes, by its largest line."""
    data = bridge.data
    scenario, reference = data.worst_scenario(), data.reference
    own = {line: bridge.stat(scenario, reference, line) for line in bridge.names}
    net = own[NET]
    scale = money_scale(data.currency, [s.mean for s in own.values()])
    net_scale = money_scale(data.currency, net.ends)
    said = {
        "scenario": data.scenario_label(scenario),
        "policy": data.policy_label(reference),
        "months": str(len(data.months)),
        "income": _income(own, scale),
    }
    if net.has_interval and net.sign == 0:
        told = tr(
            "Under {scenario}, {policy} earns {size} after tax in {months} months, not"
            " significant: {income}.",
            size=level_text(net_scale, net),
            **said,
        )
    else:
        size = level_text(net_scale, net.times(-1.0 if net.mean < 0 else 1.0))
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


def _break_even(data: ReportData, scenario: str) -> str:
    """The income over balance that the reference needs, and the one that it has."""
    needed, found = (
        data.stat(scenario, data.reference, metric)
        for metric in ("break_even_price", "income_rate")
    )
    if needed is None or found is None:
        return ""
    scale = rate_scale([*needed.ends, *found.ends])
    return tr(
        "It breaks even before tax at an income of {needed} of balance a year; it has {found}.",
        needed=level_text(scale, needed),
        found=scale.full(found.mean),
    )


def _income(own: dict[str, Estimate[float]], scale: Scale) -> str:
    """Income, and what provisions take of it."""
    income = scale.full(own[INCOME].mean)
    if CHARGE not in own:
        return tr("income of {income}", income=income)
    charge = own[CHARGE].mean
    message = mark("income of {income}, of which provisions take {charge}")
    if charge > 0:
        message = mark("income of {income}, and {charge} of provisions released")
    return tr(message, income=income, charge=scale.full(abs(charge)))


def _best_change(bridge: Bridge, scenario: str) -> str:
    """The policy whose net income is highest, whether that is told from zero, and why."""
    data = bridge.data
    found = {p: bridge.stat(scenario, p, NET, change=True) for p in data.alternatives}
    best = max(found, key=lambda p: found[p].mean)
    stat, policy = found[best], data.policy_label(best)
    scale = money_scale(data.currency, stat.ends)
    if stat.is_zero:
        return tr("No policy raises it; {policy} leaves it unchanged.", policy=policy)
    size = scale.full(stat.mean, signed=True)
    if stat.has_interval:
        ends = scale.span(stat.ci_low, stat.ci_high)
        size = tr("{size}, 95 % interval {span}", size=size, span=ends)
    if stat.has_interval and stat.sign == 0:
        return tr(
            "No policy raises it significantly: the change under {policy}, the best estimate, is"
            " not significant ({size}).",
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
    rows: list[Row] = []
    data = bridge.data
    for scenario in data.scenarios:
        for policy in data.policies:
            stats, change = bridge.stats(scenario, policy), policy != data.reference
            like = [v for s in stats for v in s.ends]
            what = tr("change") if change else tr("level")
            cells = (Cell(stat, is_change=change, like=like) for stat in stats)
            unit = money_scale(data.currency, like).unit
            rows.append((*data.row(scenario, policy), what, unit, *cells))
    names = texts(SCENARIO, POLICY, mark("Item"), mark("Unit"))
    columns = (Column(line, MONEY, note="{unit}") for line in bridge.names)
    return Table((*names, *columns), tuple(rows), n_names=4, currency=data.currency)
