"""The page on underwriting: what each tenth of the scores is worth, and where to draw the line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import nan

from simulator.report.kit.card import FigureCard, plain
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.report.kit.numbers import Scale, money_scale
from simulator.report.kit.page_shell import page_text
from simulator.report.kit.table import SCENARIO
from simulator.report.underwriting.underwriting_figures import (
    by_cutoff,
    by_decile,
    cutoff_words,
    decile_words,
)
from simulator.results.table import COUNT, FRACTION, MONEY, Column, Table, texts
from simulator.results.underwriting import CUTOFF, UnderwritingRow

Rows = Sequence[UnderwritingRow]
Labels = Mapping[str, str]


def render_underwriting(data: ReportData) -> str:
    """The page as the text of one HTML file that loads nothing from anywhere.

    The run must explain underwriting.
    """
    rows, currency = data.run.underwriting, data.currency
    cutoff = float(data.dataset.attrs[CUTOFF])
    labels = {scenario: data.scenario_label(scenario) for scenario in data.scenarios}
    cards = [_decile_card(currency, rows, labels), _cutoff_card(currency, cutoff, rows, labels)]
    return page_text(
        "underwriting.html.j2",
        cards,
        {},
        title=tr("Value of new customers by score"),
        facts=[tr("Current policy"), tr("Cut-off {score}", score=f"{cutoff:g}"), currency],
        headline=decile_words(currency, rows, labels),
        support=cutoff_words(currency, cutoff, rows, labels),
        cards=cards,
        bands=_table(currency, rows, labels, "band", mark("Band")),
    )


def _decile_card(currency: str, rows: Rows, labels: Labels) -> FigureCard:
    chosen = [row for row in rows if row.kind == "decile"]
    return plain(
        "deciles",
        tr("Value of a first loan by tenth of the score"),
        tr(
            "All applicants are approved. Value of all loans of a new customer, repeat loans"
            " included, over first loans booked: mean over paths and its 95 % interval. 1 is the"
            " tenth of all applicants with the lowest scores."
        ),
        partial(by_decile, chosen, labels, _scale(currency, chosen)),
        _table(currency, rows, labels, "decile", mark("Tenth")),
    )


def _cutoff_card(currency: str, cutoff: float, rows: Rows, labels: Labels) -> FigureCard:
    chosen = [row for row in rows if row.kind == "cutoff"]
    scale = money_scale(currency, [r.change.mean for r in chosen])
    columns = (
        *texts(SCENARIO, mark("Cut-off")),
        Column(
            mark("Value against the current cut-off ({unit})"),
            MONEY,
            is_change=True,
            like=[r.change.mean for r in chosen],
        ),
        replace(_per_loan(chosen), heading=mark("Value of a loan at the margin ({unit})")),
        Column(mark("Bad loans at the margin"), FRACTION, decimals=1),
    )
    lines = tuple(
        (labels[row.scenario], row.group, row.change, row.value_per_loan, row.bad_rate)
        for row in chosen
    )
    return plain(
        "cutoffs",
        tr("Value against the cut-off"),
        tr(
            "Value of all new customers with at least a score, less that with the current"
            " cut-off, path by path; other rules unchanged. Band: 95 % interval of the mean. The"
            " other score of returning customers is left out: for an exact answer run a policy"
            " with the cut-off."
        ),
        partial(by_cutoff, cutoff, chosen, labels, scale),
        Table(columns, lines, 2, currency),
    )


def _scale(currency: str, rows: Rows) -> Scale:
    return money_scale(currency, [row.value_per_loan.mean for row in rows])


def _per_loan(rows: Rows) -> Column:
    """Value of a loan with its interval."""
    like = [row.value_per_loan.mean for row in rows]
    return Column(mark("Value of a loan ({unit})"), MONEY, like=like)


def _table(currency: str, rows: Rows, labels: Labels, kind: str, title: str) -> Table:
    """Everything that is known of each group of scores."""
    chosen = [row for row in rows if row.kind == kind]
    shares = (
        mark("Approved today"),
        mark("Price a year"),
        mark("Bad loans"),
        mark("Charge-offs over amount lent"),
    )
    columns = (
        *texts(SCENARIO, title, mark("Scores from")),
        Column(mark("Applications"), COUNT, decimals=0),
        *(Column(share, FRACTION, decimals=1) for share in shares),
        _per_loan(chosen),
    )
    lines = tuple(
        (
            labels[row.scenario],
            row.group,
            f"{row.low:.0f}" if row.low > 0.0 else "",
            row.asked,
            row.approved / row.asked if row.asked > 0.0 else nan,
            row.price,
            row.bad_rate,
            row.charge_off_rate,
            row.value_per_loan,
        )
        for row in chosen
    )
    return Table(columns, lines, 2, currency)
