"""Macro tables: found in the shipped folders or at a user's path, read and checked in full."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.macro.rows import used_rows
from simulator.macro.standards import standards_history
from simulator.macro.variables import column_names, disaster_column, variable_of
from simulator.reading import columns as reading
from simulator.reading.periods import MONTHS_OF, Frequency
from simulator.reading.row_labels import LABEL_COLUMNS, check_order, frequency_of
from simulator.reading.table_file import Source
from simulator.settings import CreditSpread, ScenarioSettings
from simulator.validation import UserError, clip, refuse, unknown_choice

F8 = NDArray[np.float64]

PERCENT: Final = 100.0
MAX_ROWS: Final = 1200
"""A century of months: a longer table is no scenario, and smoothing it is a dense system."""


@dataclass(frozen=True, slots=True, eq=False)
class MacroTable:
    """A checked table: the rows that a scenario uses, in the model's units.

    ``columns``: shape (n_rows,) by macro column name; ``before``: value of the row before the
    first used one, of the columns that have one. ``sha256`` is the whole file's; ``notes`` say in
    which encoding it was read, where that is not UTF-8.
    """

    file: str
    columns: dict[str, F8]
    before: dict[str, float]
    n_rows: int
    frequency: Frequency
    sha256: str
    notes: tuple[str, ...] = ()

    @property
    def months(self) -> int:
        """The month at which the table ends."""
        return self.n_rows * MONTHS_OF[self.frequency]


def find_table(key: str, table: str, folders: Sequence[Path]) -> Path:
    """The file of ``table``, the value of ``key``: in one of ``folders``, else the user's path.

    A name with ``..`` never leaves a folder: it can only be a path of the user's.
    """
    if "\0" not in table:
        wanted = Path(table)
        inside = not wanted.is_absolute() and ".." not in wanted.parts
        candidates = [folder / wanted for folder in folders] if inside else []
        for candidate in (*candidates, wanted):
            if _is_file(candidate):
                return candidate
    shipped = {
        file.relative_to(folder).as_posix() for folder in folders for file in folder.rglob("*.csv")
    }
    raise unknown_choice(f"{key}: no such file; it", {*shipped, "a path to a CSV"}, table)


def read_table(
    owner: str, path: Path, settings: ScenarioSettings, regions: Sequence[str]
) -> MacroTable:
    """The columns and rows that a scenario uses, checked; a ``UserError`` names every bad column.

    Of the rows outside ``settings.rows`` only the one before the first is read, as the opening of
    the variables that ``settings.opening`` does not name; it may be blank.
    """
    source = open_rows(f"{owner}.table", path)
    sources, findings = _sources(owner, source, settings, regions)
    used = used_rows(owner, source, settings.rows)
    if settings.frequency is not None:
        check_order(owner, source, used, settings.frequency)
    columns: dict[str, F8] = {}
    before: dict[str, float] = {}
    for name, column in sources.items():
        opens = used.start > 0 and name not in settings.opening
        wanted = opens and reading.texts(source, column)[used.start - 1] != ""
        rows = range(used.start - wanted, used.stop)
        values, finding = numbers(source, name, column, rows, settings)
        columns[name] = values[int(wanted) :]
        before |= {name: float(values[0])} if wanted else {}
        findings += [finding] if finding else []
    if settings.credit_spread is not None:
        columns["credit_supply"], finding = credit_supply(source, used, settings.credit_spread)
        findings += [finding] if finding else []
    if settings.standards is not None:
        columns["lending_standards"], finding = standards_history(
            owner, source, used, settings.standards, settings.frequency
        )
        findings += [finding] if finding else []
    refuse(findings)
    return MacroTable(
        file=path.name,
        columns=columns,
        before=before,
        n_rows=len(used),
        frequency=settings.frequency or frequency_of(owner, source, used),
        sha256=source.sha256,
        notes=source.notes,
    )


def open_rows(key: str, path: Path) -> Source:
    """The table at ``path``, the value of ``key``, if it is no longer than a scenario may be."""
    source = reading.open_table(key, path)
    if source.table.num_rows > MAX_ROWS:
        raise UserError(
            f"{key} {source.name} must have 1 to {MAX_ROWS:,} rows below the header; got"
            f" {source.table.num_rows:,}"
        )
    return source


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long, a folder that may not be entered
        return False


def _sources(
    owner: str, source: Source, settings: ScenarioSettings, regions: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Which column of the table each macro column is read from, and what is wrong with that."""
    file, header = source.name, source.names
    known = column_names(regions)
    sources = dict(settings.columns) or {c: c for c in header if c.lower() not in LABEL_COLUMNS}
    findings: list[str] = []
    unknown: list[str] = []
    for name, column in sources.items():
        if name not in known and name.startswith(disaster_column("")):
            findings.append(
                f"{file}: column {clip(name)} names no region of the book"
                f" ({clip(', '.join(regions), 300)}); map it to one in {owner}.columns"
            )
        elif name not in known:
            unknown.append(name)
        elif column not in header:
            findings.append(
                f"{file}: column {clip(column)} (for {name}) is missing;"
                f" the table has {clip(', '.join(header), 300)}"
            )
    if unknown:
        key = f"{owner}.columns: key" if settings.columns else f"{file}: column"
        others = f" (also unknown: {clip(', '.join(unknown[1:]), 300)})" if unknown[1:] else ""
        findings.append(f"{unknown_choice(key, known, unknown[0])}{others}")
    if not sources:
        findings.append(f"{file} must have at least one column of {', '.join(known)}")
    usable = {n: c for n, c in sources.items() if n in known and c in header}
    return usable, findings


def credit_supply(source: Source, used: range, spread: CreditSpread) -> tuple[F8, str | None]:
    """Supply of credit in the used rows from a spread of yields, and the finding if it has none.

    Before the yields begin, supply is 1.
    """
    supply, pair = np.ones(len(used)), (spread.yield_column, spread.over_column)
    for column in pair:
        if column not in source.names:
            return supply, (
                f"{source.name}: column {clip(column)} (for credit_spread) is missing;"
                f" the table has {clip(', '.join(source.names), 300)}"
            )
    cells = [reading.texts(source, column)[used.start : used.stop] for column in pair]
    first = max(next((k for k, text in enumerate(c) if text), len(used)) for c in cells)
    yields = []
    for column in pair:
        found = reading.numbers(source, column, used[first:])
        if found.finding:
            return supply, found.finding
        yields.append(found.values * (PERCENT if found.signs else 1.0))
    above = np.maximum(0.0, yields[0] - yields[1] - spread.usual)
    supply[first:] = np.clip(1.0 - spread.fall_per_point * above, spread.least, 1.0)
    return supply, None


def numbers(
    source: Source,
    name: str,
    column: str,
    rows: range,
    settings: ScenarioSettings,
    *,
    may_be_empty: bool = False,
) -> tuple[F8, str | None]:
    """``rows`` of ``column`` in the model's units, and the finding if one is bad."""
    variable = variable_of(name)
    found = reading.numbers(source, column, rows, may_be_empty=may_be_empty)
    in_percent = settings.percent and variable.is_rate and not found.signs
    unit = PERCENT if in_percent else 1.0
    values, finding = found.values / unit, found.finding
    if finding is None:
        outside = (values < variable.low) | (values > variable.high)
        bounds = f"[{variable.low * unit:g}, {variable.high * unit:g}]"
        rule = f"a number outside {bounds} {'percent' if in_percent else variable.unit}"
        finding = reading.offender(source, column, rows, outside, rule)
        if finding and variable.is_rate and not in_percent and np.nanmax(values) > 1:
            finding += "; set percent: true if the table is in percent"
    return values, finding
