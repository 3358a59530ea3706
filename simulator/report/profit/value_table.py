"""The table of policies: profit, capital, value and the allowance needed, best value first."""

from math import nan
from typing import Final, NamedTuple

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import language, mark, sentences, tr
from simulator.report.kit.table import POLICY_NAMES, PolicyTable, Worths
from simulator.report.provisions.rule_books import Provisions
from simulator.results.income_statement import parameters_of
from simulator.results.metrics import better
from simulator.results.table import FRACTION, MONEY, Column, Number, Table

VALUE: Final = "delta_value"


class Measure(NamedTuple):
    """Title, unit, note and metric of a column, and whether it is of the last month."""

    title: str
    unit: str
    note: str
    metric: str
    at_end: bool = False

    @property
    def is_change(self) -> bool:
        """Whether it is judged, as a change."""
        return self.metric.startswith("delta_")

    def column(self) -> Column:
        """Its column."""
        return Column(
            "{title}",
            self.unit,
            self.note,
            {"title": self.title},
            is_change=self.is_change,
            better=better(self.metric) if self.is_change else None,
            decimals=0 if self.metric.startswith("ever_") else None,
        )


def value_table(books: Provisions, scenario: str) -> PolicyTable:
    """Every policy under a scenario; differences are paired with the reference."""
    data, shown = books.data, books.impaired_book
    below, allowance = tr("Paths below {minimum}", minimum=capital_minimum(data)), tr("Allowance")
    change, assets = mark("{unit}, change"), mark("{unit} of risk-weighted assets")
    impaired = books.impaired_words(shown)[1]
    measures = (
        Measure(tr("Value"), MONEY, change, VALUE),
        Measure(tr("Net income"), MONEY, "{unit}", "net_income"),
        Measure(tr("Return on equity"), FRACTION, mark("{unit} a year"), "return_on_equity"),
        Measure(tr("Lowest capital ratio"), FRACTION, assets, "lowest_capital_ratio"),
        Measure(below, FRACTION, mark("{unit} of paths"), "ever_breach_capital"),
        Measure(allowance, MONEY, change, f"delta_allowance_{books.accounting}", True),
        Measure(impaired, FRACTION, mark("{unit}, last month"), f"impaired_ratio_{shown}", True),
    )
    rows, rank, order = [], 0, _best_value_first(data, scenario)
    for policy in order:
        cells = (_number(data, (scenario, policy), measure) for measure in measures)
        reference = policy == data.reference
        rank += not reference
        names = (None, tr("reference")) if reference else (str(rank), "")
        rows.append((names[0], data.policy_label(policy), names[1], *cells))
    place = tr("Under {scenario}", scenario=data.scenario_label(scenario))
    columns = (*POLICY_NAMES, *(measure.column() for measure in measures))
    table = Table(columns, tuple(rows), len(POLICY_NAMES), data.currency)
    worths = Worths(0, scenario, tuple("" if p == data.reference else p for p in order))
    return PolicyTable(place, tr("{n} months", n=len(data.months)), "", table, worths)


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


def _number(data: ReportData, place: tuple[str, str], measure: Measure) -> Number:
    """A number with its interval; that of a probability is cut to 0..1."""
    read = data.closing if measure.at_end else data.stat
    stat = read(*place, measure.metric)
    if stat is None:
        return None if measure.is_change else nan
    return stat.clipped() if measure.metric.startswith("ever_") else stat
