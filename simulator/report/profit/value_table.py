"""The table of policies: profit, capital, value and the allowance needed, best value first."""

from typing import Final, NamedTuple

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import language, sentences, tr
from simulator.report.kit.numbers import NONE, Scale, missing, money_scale, number, rate_scale, span
from simulator.report.kit.policy_table import PolicyCell, PolicyRow, PolicyTable, judged_cell
from simulator.report.provisions.rule_books import Provisions
from simulator.results.estimate import Estimate
from simulator.results.income_statement import parameters_of
from simulator.results.metrics import better

VALUE: Final = "delta_value"


class Column(NamedTuple):
    """Title, metric, whether of the last month, and whether it is judged as a change."""

    title: str
    metric: str
    at_end: bool = False
    judged: bool = False


def value_table(books: Provisions, scenario: str) -> PolicyTable:
    """Every policy under a scenario; differences are paired with the reference."""
    data, shown = books.data, books.impaired_book
    columns = (
        Column(tr("Value"), VALUE, judged=True),
        Column(tr("Net income"), "net_income"),
        Column(tr("Return on equity"), "return_on_equity"),
        Column(tr("Lowest capital ratio"), "lowest_capital_ratio"),
        Column(tr("Paths below {minimum}", minimum=capital_minimum(data)), "ever_breach_capital"),
        Column(tr("Allowance"), f"delta_allowance_{books.accounting}", True, True),
        Column(books.impaired_words(shown)[1], f"impaired_ratio_{shown}", True),
    )
    scales = [_scale(data, scenario, column) for column in columns]
    rows, rank = [], 0
    for policy in _best_value_first(data, scenario):
        cells = tuple(
            _cell(column, _found(data, (scenario, policy), column), scale)
            for column, scale in zip(columns, scales, strict=True)
        )
        reference = policy == data.reference
        rank += not reference
        note = tr("reference") if reference else ""
        shown_rank = NONE if reference else str(rank)
        rows.append(PolicyRow(shown_rank, data.policy_label(policy), note, cells))
    titles = tuple((c.title, _unit(c, scale)) for c, scale in zip(columns, scales, strict=True))
    place = tr("Under {scenario}", scenario=data.scenario_label(scenario))
    return PolicyTable(place, tr("{n} months", n=len(data.months)), "", titles, tuple(rows))


def capital_minimum(data: ReportData) -> str:
    """The least capital ratio of the run's parameters: ``10.5 %``."""
    return _parameter(data, "capital_minimum")


def _parameter(data: ReportData, name: str) -> str:
    """A share among the run's parameters, in percent without needless decimals."""
    return language().percent.format(f"{100.0 * parameters_of(data.dataset)[name]:g}")


def measures(data: ReportData) -> str:
    """Why value and net result may disagree, with the two rates."""
    return tr(
        "Value is after operating cost, tax and a charge of {equity} a year on the capital tied"
        " up, discounted at the cost of funding ({funding} a year) after tax; the net result is"
        " before operating cost and tax, so the two may disagree.",
        equity=_parameter(data, "cost_of_equity"),
        funding=_parameter(data, "funding_annual_rate"),
    )


def value_caption(books: Provisions) -> str:
    """What the columns hold, and which rule books they follow."""
    data, shown = books.data, books.impaired_book
    words, share = books.impaired_words(shown)
    return sentences(
        measures(data),
        tr(
            "Net income, capital and the required allowance at the end of the last month follow"
            " the provisioning standard {book} ({rates}).",
            book=books.label(books.accounting),
            rates=books.rates_words(books.accounting),
        ),
        tr(
            "The opening capital ratio is {opening}; profit is paid out as far as the ratio stays"
            " at {target}. Paths below {minimum}: the capital ratio is below this minimum in any"
            " month.",
            opening=_parameter(data, "opening_capital_ratio"),
            target=_parameter(data, "capital_target"),
            minimum=capital_minimum(data),
        ),
        tr(
            "{share}: balance of {loans} of {book} over all balance.",
            share=share,
            loans=words,
            book=books.label(shown),
        ),
    )


def _best_value_first(data: ReportData, scenario: str) -> list[str]:
    """All policies by the change of their value; the reference stands at zero."""
    found = {p: data.stat(scenario, p, VALUE) for p in data.policies}
    return sorted(found, key=lambda p: -stat.mean if (stat := found[p]) else 0.0)


def _found(data: ReportData, place: tuple[str, str], column: Column) -> Estimate[float] | None:
    if column.at_end:
        return data.closing(*place, column.metric)
    return data.stat(*place, column.metric)


def _is_money(column: Column) -> bool:
    return column.judged or column.metric == "net_income"


def _scale(data: ReportData, scenario: str, column: Column) -> Scale:
    stats = [_found(data, (scenario, p), column) for p in data.policies]
    values = [v for stat in stats if stat is not None for v in stat.ends]
    return money_scale(data.currency, values) if _is_money(column) else rate_scale(values)


def _unit(column: Column, scale: Scale) -> str:
    """Unit of a column in its head."""
    if column.metric == "return_on_equity":
        return tr("% a year")
    if column.metric.startswith("ever_"):
        return tr("% of paths")
    if column.metric == "lowest_capital_ratio":
        return tr("% of risk-weighted assets")
    if column.metric.startswith("impaired_ratio_"):
        return tr("%, last month")
    return tr("{unit}, change", unit=scale.unit) if column.judged else scale.unit


def _cell(column: Column, stat: Estimate[float] | None, scale: Scale) -> PolicyCell:
    """A number with its interval and, for a change, whether it is told from zero."""
    title = tr("{title}, {unit}", title=column.title, unit=_unit(column, scale))
    if stat is None:
        return PolicyCell(title, NONE if column.judged else missing())
    if column.metric.startswith("ever_"):
        return _chance_cell(title, stat)
    if column.judged:
        return judged_cell(title, scale, stat, better(column.metric))
    ends = scale.span(stat.ci_low, stat.ci_high) if stat.has_interval else ""
    return PolicyCell(title, scale.text(stat.mean), ends)


def _chance_cell(title: str, stat: Estimate[float]) -> PolicyCell:
    """A probability in percent, its interval cut to 0..1."""
    if not stat.has_interval or stat.ci_low == stat.ci_high:
        return PolicyCell(title, number(100.0 * stat.mean, 0))
    low, high = (
        number(100.0 * min(1.0, max(0.0, v)), 0) for v in (stat.ci_low or 0.0, stat.ci_high or 0.0)
    )
    return PolicyCell(title, number(100.0 * stat.mean, 0), span(low, high))
