"""Which parameters move a figure: a sentence and a table."""

from math import isnan
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, mark, name, sentences, tr
from simulator.report.kit.numbers import Scale, money_scale, percent, rate_scale, significant, span
from simulator.report.kit.text import clean
from simulator.report.reverse.reverse_words import words
from simulator.results.sensitivity import DUMMY, Sensitive
from simulator.results.table import BARE, FRACTION, MONEY, Column, Row, Table, texts

N_NAMED: Final = 5
MOST_ROWS: Final = 20
"""On the page; sensitivity.csv has all."""


def sensitivity_sentence(data: ReportData) -> str:
    """The largest parameters, how many are beyond noise, and how good the quadratic is."""
    rows = _real(data)
    if not rows:
        return ""
    scale, sure = _scale(data, rows), [row for row in rows if row.beyond_noise]
    said = {
        "metric": words(rows[0].metric),
        "n": str(len(rows)),
        "sure": str(len(sure)),
        "largest": listed([_told(row, scale) for row in sure[:N_NAMED]]) or tr("nothing"),
    }
    found = tr(
        "Of {n} parameters moved over half to double, {sure} move {metric} beyond noise, most of"
        " all {largest}.",
        **said,
    )
    error = rows[0].emulator_error
    if isnan(error):
        return found
    return sentences(
        found,
        tr(
            "Shares of the variance are those of a quadratic that misses points left out by"
            " {error}; five dummy parameters show what is noise.",
            error=scale.full(error),
        ),
    )


def sensitivity_table(data: ReportData) -> Table | None:
    """The largest parameters, then dummies; None where nothing was asked."""
    rows = _real(data)
    if not rows:
        return None
    dummies = [row for row in data.run.sensitivity if row.parameter.startswith(DUMMY)]
    unit = MONEY if rows[0].unit == data.currency else FRACTION if rows[0].unit == "1" else BARE
    lines: list[Row] = [
        (
            _name(row),
            span(significant(row.low), significant(row.high)),
            row.mean,
            row.se,
            None if isnan(row.first) else row.first,
            None if isnan(row.total) else row.total,
            None if isnan(row.shapley) else row.shapley,
            tr("yes") if row.beyond_noise else tr("no"),
        )
        for row in (*rows[:MOST_ROWS], *dummies)
    ]
    columns = (
        *texts(mark("Parameter"), mark("From half to double")),
        Column(mark("Change of the figure ({unit})"), unit, is_change=True),
        Column(mark("Error ({unit})"), unit),
        Column(mark("First-order share"), FRACTION, decimals=1),
        Column(mark("Total share"), FRACTION, decimals=1),
        Column(mark("Shapley share"), FRACTION, decimals=1),
        *texts(mark("Beyond noise")),
    )
    return Table(columns, lines, n_names=2, currency=data.currency)


def _real(data: ReportData) -> list[Sensitive]:
    return [row for row in data.run.sensitivity if not row.parameter.startswith(DUMMY)]


def _name(row: Sensitive) -> str:
    return name(clean(row.parameter.replace("_", " "), 60))


def _told(row: Sensitive, scale: Scale) -> str:
    """A parameter with its share of the variance, else with its effect."""
    effect = scale.full(row.mean, signed=True)
    if isnan(row.shapley):
        return tr("{part} {amount}", part=_name(row), amount=effect)
    share = percent(row.shapley, 0)
    return tr("{part} {amount} ({share})", part=_name(row), amount=effect, share=share)


def _scale(data: ReportData, rows: list[Sensitive]) -> Scale:
    values = [row.mean for row in rows]
    if rows[0].unit == data.currency:
        return money_scale(data.currency, values)
    return rate_scale(values) if rows[0].unit == "1" else Scale(rows[0].unit, 1.0, None)
