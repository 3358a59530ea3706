"""The page on underwriting: what each tenth of the scores is worth, and where to draw the line."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from simulator.report.kit.card import FigureCard, plain
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr
from simulator.report.kit.numbers import Scale, money_scale, percent
from simulator.report.kit.page_shell import page_text
from simulator.report.kit.table import SCENARIO, Table
from simulator.report.underwriting.underwriting_figures import (
    by_cutoff,
    by_decile,
    cutoff_words,
    decile_words,
)
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
        bands=_table(currency, rows, labels, "band", tr("Band")),
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
        _table(currency, rows, labels, "decile", tr("Tenth")),
    )


def _cutoff_card(currency: str, cutoff: float, rows: Rows, labels: Labels) -> FigureCard:
    chosen = [row for row in rows if row.kind == "cutoff"]
    scale, per_loan = money_scale(currency, [r.change for r in chosen]), _scale(currency, chosen)
    header = (
        tr(SCENARIO),
        tr("Cut-off"),
        tr("Value against the current cut-off ({unit})", unit=scale.unit),
        tr("Value of a loan at the margin ({unit})", unit=per_loan.unit),
        tr("Bad loans at the margin"),
    )
    lines = tuple(
        (
            labels[row.scenario],
            row.group,
            scale.spanned(row.change, row.change_ci_low, row.change_ci_high, signed=True),
            _told(per_loan)(row),
            percent(row.bad_rate),
        )
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
        Table(header, lines, n_names=2),
    )


def _scale(currency: str, rows: Rows) -> Scale:
    return money_scale(currency, [row.value_per_loan for row in rows])


def _told(scale: Scale) -> Callable[[UnderwritingRow], str]:
    """Value of a loan with its interval."""
    return lambda row: scale.spanned(
        row.value_per_loan, row.value_per_loan_ci_low, row.value_per_loan_ci_high
    )


def _table(currency: str, rows: Rows, labels: Labels, kind: str, title: str) -> Table:
    """Everything that is known of each group of scores."""
    chosen = [row for row in rows if row.kind == kind]
    scale = _scale(currency, chosen)
    header = (
        tr(SCENARIO),
        title,
        tr("Scores from"),
        tr("Applications"),
        tr("Approved today"),
        tr("Price a year"),
        tr("Bad loans"),
        tr("Charge-offs over amount lent"),
        tr("Value of a loan ({unit})", unit=scale.unit),
    )
    lines = tuple(
        (
            labels[row.scenario],
            row.group,
            f"{row.low:.0f}" if row.low > 0.0 else "",
            f"{row.asked:,.0f}",
            percent(row.approved / row.asked if row.asked > 0.0 else None),
            percent(row.price),
            percent(row.bad_rate),
            percent(row.charge_off_rate),
            _told(scale)(row),
        )
        for row in chosen
    )
    return Table(header, lines, n_names=2)
