"""What was observed before a scenario begins: the history that its path is held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.macro.at_work import growth_at_work
from simulator.macro.rows import used_rows
from simulator.macro.tables import credit_supply, numbers, open_rows
from simulator.macro.variables import MACRO_VARIABLES
from simulator.reading.columns import texts
from simulator.reading.periods import MONTHS_OF, SPELLINGS, Months
from simulator.reading.row_labels import frequency_of, row_months
from simulator.reading.table_file import Source
from simulator.settings import CreditSpread, ScenarioSettings
from simulator.validation import UserError, clip

F8 = NDArray[np.float64]

SHOWN_VARIABLES: Final = (
    "unemployment_rate",
    "income_growth",
    "inflation",
    "policy_rate",
    "epidemic",
    "credit_supply",
)
"""Macro variables whose central path and history stand in results.nc."""


@dataclass(frozen=True, slots=True, eq=False)
class MacroHistory:
    """Rows that were observed before a scenario's month 1.

    ``first_months``: first calendar month of each row, ``datetime64[M]`` (n_rows,), evenly spaced;
    ``values``: those of ``SHOWN_VARIABLES`` that the file has, (n_rows,) in the model's units,
    NaN where the cell is blank.
    """

    file: str
    first_months: Months
    months_per_row: int
    values: Mapping[str, F8]

    def by_month(self) -> tuple[Months, dict[str, F8]]:
        """Every month and its values: a quarter's value stands for each of its three months."""
        within = np.arange(self.months_per_row)
        months = (self.first_months[:, None] + within).reshape(-1)
        return months, {n: np.repeat(v, self.months_per_row) for n, v in self.values.items()}

    def by_quarter(self) -> tuple[Months, dict[str, F8]]:
        """Quarters (first months, means); months are grouped by three, back from the last."""
        if self.months_per_row == MONTHS_OF["quarterly"]:
            return self.first_months, dict(self.values)
        skip = self.first_months.size % 3
        quarters = {n: v[skip:].reshape(-1, 3).mean(axis=1) for n, v in self.values.items()}
        return self.first_months[skip::3], quarters


def read_history(
    owner: str, table: Path, history: Path | None, settings: ScenarioSettings, start_month: str
) -> MacroHistory | None:
    """The observed rows before ``start_month`` (YYYY-MM) in ``history``.

    Without a file of its own, the history is the rows of ``table`` before ``settings.rows``, and
    None where there are none or their labels are no dates; those rows may hold anything, so a
    column that cannot be read there is not observed. Columns, percent and frequency are the
    scenario's; any day or month of a quarter stands for it. A ``UserError`` names file and column
    of what is wrong in a file of its own.
    """
    source = open_rows(f"{owner}.{'history' if history else 'table'}", history or table)
    past = range(source.table.num_rows)
    if history is None:
        past = range(used_rows(owner, source, settings.rows).start)
    months = row_months(source, past)
    if history is None and (months is None or not past):
        return None
    if months is None:
        raise UserError(
            f"{owner}.history: {source.name} needs a column date, month or quarter with dates as"
            f" {SPELLINGS}; the table has {clip(', '.join(source.names), 300)}"
        )
    frequency = frequency_of(owner, source, past)
    if settings.frequency not in (None, frequency):
        raise UserError(
            f"{owner}.history: {source.name} must be {settings.frequency}, as the scenario is;"
            f" its rows are {frequency}"
        )
    length = MONTHS_OF[frequency]
    months = months - months.astype(np.int64) % length
    before = months + length - 1 < np.datetime64(start_month, "M")
    if not before.any():
        raise UserError(
            f"{owner}.history: {source.name} must have rows before {start_month}, the first month"
            f" of the scenario; it begins in {months[0]}"
        )
    values, findings = _values(source, past, settings, 12 // length)
    if history is None and not values:
        return None
    if history is not None and not (findings or values):
        findings = [
            f"{owner}.history: {source.name} must have a column of {', '.join(SHOWN_VARIABLES)}, as"
            f" {owner}.columns names them; it has {clip(', '.join(source.names), 300)}"
        ]
    if history is not None and findings:
        raise UserError("\n".join(findings))
    kept = {name: column[before] for name, column in values.items()}
    return MacroHistory(source.name, months[before], length, kept)


def _values(
    source: Source, past: range, settings: ScenarioSettings, rows_a_year: int
) -> tuple[dict[str, F8], list[str]]:
    """Every shown variable that can be read, NaN where blank, and what is wrong with the others."""
    values: dict[str, F8] = {}
    findings: list[str] = []
    for name in SHOWN_VARIABLES:
        column = settings.columns.get(name, "" if settings.columns else name)
        if column in source.names:
            found, finding = numbers(source, name, column, past, settings, may_be_empty=True)
            findings += [finding] if finding else []
            values |= {} if finding else {name: found}
    if settings.credit_spread is not None:
        supply, finding = _supply(source, past, settings.credit_spread)
        findings += [finding] if finding else []
        values |= {} if finding else {"credit_supply": supply}
    if settings.income_is_aggregate and "income_growth" in values:
        aggregate = values["income_growth"]
        usual = np.full_like(aggregate, MACRO_VARIABLES["unemployment_rate"].default)
        values["income_growth"] = growth_at_work(
            aggregate,
            values.get("unemployment_rate", usual),
            settings.population_growth,
            settings.income_lost_when_unemployed,
            rows_a_year,
        )
    return values, findings


def _supply(source: Source, past: range, spread: CreditSpread) -> tuple[F8, str | None]:
    """Supply of credit; NaN before the yields begin, where a scenario takes 1 unobserved."""
    supply, finding = credit_supply(source, past, spread)
    for column in (spread.yield_column, spread.over_column):
        if column in source.names:
            empty = np.array(texts(source, column)[: past.stop]) == ""
            supply[empty] = np.nan
    return supply, finding
