"""What was observed before a scenario begins: the history that its path is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.macro.at_work import growth_at_work
from simulator.macro.rows import used_rows
from simulator.macro.tables import credit_supply, numbers
from simulator.macro.variables import MACRO_VARIABLES
from simulator.reading.periods import MONTHS_OF
from simulator.reading.row_labels import (
    Months,
    frequency_of,
    label_column,
    months_of,
)
from simulator.reading.text_table import cells_of, read_bytes
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
    scenario's. A ``UserError`` names file and column of what is wrong in a file of its own.
    """
    path = table if history is None else history
    header, cells, n_rows = cells_of(path.name, read_bytes(path))
    stop = n_rows
    if history is None:
        stop = used_rows(owner, path.name, cells, n_rows, settings.rows).start
        if stop == 0:
            return None
    past = {column: texts[:stop] for column, texts in cells.items()}
    months = _row_months(past)
    if months is None and history is None:
        return None
    if months is None:
        raise UserError(
            f"{owner}.history: {path.name} needs a column date, month or quarter with dates such as"
            f" 2025 Q1 or 2025-01; the table has {clip(', '.join(header), 300)}"
        )
    frequency = frequency_of(owner, path.name, past)
    if settings.frequency not in (None, frequency):
        raise UserError(
            f"{owner}.history: {path.name} must be {settings.frequency}, as the scenario is;"
            f" its rows are {frequency}"
        )
    length = MONTHS_OF[frequency]
    before = months + length - 1 < np.datetime64(start_month, "M")
    if not before.any():
        raise UserError(
            f"{owner}.history: {path.name} must have rows before {start_month}, the first month of"
            f" the scenario; it begins in {months[0]}"
        )
    values, findings = _values(path.name, past, settings, 12 // length)
    if history is None and not values:
        return None
    if history is not None and not (findings or values):
        findings = [
            f"{owner}.history: {path.name} must have a column of {', '.join(SHOWN_VARIABLES)}, as"
            f" {owner}.columns names them; it has {clip(', '.join(header), 300)}"
        ]
    if history is not None and findings:
        raise UserError("\n".join(findings))
    kept = {name: column[before] for name, column in values.items()}
    return MacroHistory(path.name, months[before], length, kept)


def _row_months(cells: Mapping[str, Sequence[str]]) -> Months | None:
    column = label_column(cells)
    return None if column is None else months_of(cells[column])


def _values(
    file: str, cells: dict[str, list[str]], settings: ScenarioSettings, rows_a_year: int
) -> tuple[dict[str, F8], list[str]]:
    """Every shown variable that can be read, NaN where blank, and what is wrong with the others."""
    values: dict[str, F8] = {}
    findings: list[str] = []
    for name in SHOWN_VARIABLES:
        column = settings.columns.get(name, "" if settings.columns else name)
        if column in cells:
            found, finding = _column(file, name, column, cells[column], settings)
            findings += [finding] if finding else []
            values |= {} if finding else {name: found}
    if settings.credit_spread is not None:
        supply, finding = _supply(file, cells, settings.credit_spread)
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


def _supply(file: str, cells: dict[str, list[str]], spread: CreditSpread) -> tuple[F8, str | None]:
    """Supply of credit; NaN before the yields begin, where a scenario takes 1 unobserved."""
    n_rows = len(next(iter(cells.values())))
    supply, finding = credit_supply(file, cells, range(n_rows), spread)
    for column in (spread.yield_column, spread.over_column):
        for row, text in enumerate(cells.get(column, ())):
            if not text:
                supply[row] = np.nan
    return supply, finding


def _column(
    file: str, name: str, column: str, texts: Sequence[str], settings: ScenarioSettings
) -> tuple[F8, str | None]:
    """One column in the model's units, NaN where blank, and the finding if a cell is bad."""
    written = [row for row, text in enumerate(texts) if text]
    values = np.full(len(texts), np.nan)
    values[written], finding = numbers(
        file, name, column, [texts[row] for row in written], 0, settings
    )
    return values, finding
