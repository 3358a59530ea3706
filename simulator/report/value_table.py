"""The table of policies: profit, capital, value and the allowance needed, best value first."""

from typing import Final, NamedTuple

from simulator.report.data import ReportData, Stat
from simulator.report.money_data import Provisions
from simulator.report.numbers import NONE, Scale, missing, money_scale, number, rate_scale
from simulator.report.ranking import Ranking, RankingCell, RankingRow
from simulator.results.profit import parameters_of

VALUE: Final = "delta_net_present_value"


class Column(NamedTuple):
    """Title, metric, whether of the last month, and the sign that is better (0: not judged)."""

    title: str
    metric: str
    at_end: bool = False
    better: int = 0


def value_table(books: Provisions, scenario: str) -> Ranking:
    """Every policy under a scenario; differences are paired with the reference."""
    data, shown = books.data, books.impaired_book
    columns = (
        Column("Value", VALUE, better=1),
        Column("Net income", "net_income"),
        Column("Return on equity", "return_on_equity"),
        Column("Lowest capital ratio", "lowest_capital_ratio"),
        Column(f"Paths below {capital_minimum(data)}", "ever_breach_capital"),
        Column("Allowance", f"delta_allowance_{books.accounting}", True, -1),
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
        note = "the reference" if reference else ""
        name = NONE if reference else str(rank)
        rows.append(RankingRow(name, data.policy_label(policy), note, cells))
    titles = tuple((c.title, _unit(c, scale)) for c, scale in zip(columns, scales, strict=True))
    place = f"Under {data.scenario_label(scenario)}"
    return Ranking(place, f"{len(data.months)} months", "", titles, tuple(rows))


def capital_minimum(data: ReportData) -> str:
    """The least capital ratio of the run's parameters: ``10.5 %``."""
    return _parameter(data, "capital_minimum")


def _parameter(data: ReportData, name: str) -> str:
    """A share among the run's parameters, in percent without needless decimals."""
    return f"{100.0 * parameters_of(data.dataset)[name]:g}\u202f%"


def measures(data: ReportData) -> str:
    """Why value and net result may disagree, with the two rates."""
    discount, funding = (
        _parameter(data, f"{name}_annual_rate") for name in ("discount", "funding")
    )
    return (
        f"Value (NPV) is after operating cost and discounted at {discount} a year; the net result"
        f" is before operating cost and funded at {funding} a year, so the two may disagree."
    )


def value_caption(books: Provisions) -> str:
    """What the columns hold, and which rule books they follow."""
    data, shown = books.data, books.impaired_book
    words, share = books.impaired_words(shown)
    return (
        f"{measures(data)} Net income, capital and the allowance needed at the end of the last"
        f" month follow the rule book {books.label(books.accounting)}"
        f" ({books.rates_words(books.accounting)}). Equity starts at"
        f" {_parameter(data, 'opening_equity_share')} of the opening balance and profit is"
        f" retained; paths below {capital_minimum(data)}: a month's capital ratio was below this"
        f" minimum. {share}: balance of {words} of {books.label(shown)} over all balance."
    )


def _best_value_first(data: ReportData, scenario: str) -> list[str]:
    """All policies by the change of their value; the reference stands at zero."""
    found = {p: data.stat(scenario, p, VALUE) for p in data.policies}
    return sorted(found, key=lambda p: -stat.mean if (stat := found[p]) else 0.0)


def _found(data: ReportData, place: tuple[str, str], column: Column) -> Stat | None:
    if column.at_end:
        return data.closing(*place, column.metric)
    return data.stat(*place, column.metric)


def _is_money(column: Column) -> bool:
    return bool(column.better) or column.metric == "net_income"


def _scale(data: ReportData, scenario: str, column: Column) -> Scale:
    stats = [_found(data, (scenario, p), column) for p in data.policies]
    values = [v for stat in stats if stat is not None for v in stat.values()]
    return money_scale(data.currency, values) if _is_money(column) else rate_scale(values)


def _unit(column: Column, scale: Scale) -> str:
    """Unit of a column in its head."""
    if column.metric == "return_on_equity":
        return "% a year"
    if column.metric.startswith("ever_"):
        return "% of paths"
    if column.metric == "lowest_capital_ratio":
        return "% of risk-weighted assets"
    if column.metric.startswith("impaired_ratio_"):
        return "%, last month"
    return f"{scale.unit}, change" if column.better else scale.unit


def _cell(column: Column, stat: Stat | None, scale: Scale) -> RankingCell:
    """A number with its interval and, for a change, whether it is told from zero."""
    title = f"{column.title}, {_unit(column, scale)}"
    if stat is None:
        return RankingCell(title, NONE if column.better else missing())
    if column.metric.startswith("ever_"):
        return _chance_cell(title, stat)
    if column.better and stat.is_zero:
        return RankingCell(title, "no difference", verdict="same")
    text = scale.text(stat.mean, signed=bool(column.better))
    span = scale.span(stat.ci_low, stat.ci_high) if stat.has_interval else ""
    judged = {1: "better", -1: "worse"}.get(stat.sign * column.better, "unclear")
    return RankingCell(title, text, span, judged if column.better and span else "")


def _chance_cell(title: str, stat: Stat) -> RankingCell:
    """A probability in percent, its interval cut to 0..1."""
    if not stat.has_interval or stat.ci_low == stat.ci_high:
        return RankingCell(title, number(100.0 * stat.mean, 0))
    ends = (min(1.0, max(0.0, v)) for v in (stat.ci_low or 0.0, stat.ci_high or 0.0))
    span = " to ".join(number(100.0 * v, 0) for v in ends)
    return RankingCell(title, number(100.0 * stat.mean, 0), span)
