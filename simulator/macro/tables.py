"""Macro tables: found in the shipped folders or at a user's path, read and checked in full."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.macro.rows import used_rows
from simulator.macro.variables import column_names, disaster_column, variable_of
from simulator.reading.periods import MONTHS_OF, Frequency
from simulator.reading.row_labels import LABEL_COLUMNS, frequency_of
from simulator.reading.text_table import cells_of, number, read_bytes
from simulator.settings import CreditSpread, ScenarioSettings
from simulator.validation import UserError, clip, first_offender, unknown_choice

F8 = NDArray[np.float64]

PERCENT: Final = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class MacroTable:
    """A checked table: the rows that a scenario uses, in the model's units.

    ``columns``: shape (n_rows,) by macro column name; ``before``: value of the row before the
    first used one, of the columns that have one. ``sha256`` is the whole file's.
    """

    file: str
    columns: dict[str, F8]
    before: dict[str, float]
    n_rows: int
    frequency: Frequency
    sha256: str

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
        str(file.relative_to(folder)) for folder in folders for file in folder.rglob("*.csv")
    }
    raise unknown_choice(f"{key}: no such file; it", {*shipped, "a path to a CSV"}, table)


def read_table(
    owner: str, path: Path, settings: ScenarioSettings, regions: Sequence[str]
) -> MacroTable:
    """The columns and rows that a scenario uses, checked; a ``UserError`` names every bad column.

    Of the rows outside ``settings.rows`` only the one before the first is read, as the opening of
    the variables that ``settings.opening`` does not name; it may be blank.
    """
    raw = read_bytes(path)
    header, cells, n_rows = cells_of(path.name, raw)
    sources, findings = _sources(owner, path.name, header, settings, regions)
    used = used_rows(owner, path.name, cells, n_rows, settings.rows)
    columns: dict[str, F8] = {}
    before: dict[str, float] = {}
    for name, column in sources.items():
        texts = cells[column][: used.stop]
        wanted = used.start > 0 and name not in settings.opening and texts[used.start - 1] != ""
        start = used.start - 1 if wanted else used.start
        values, finding = numbers(path.name, name, column, texts, start, settings)
        columns[name] = values[used.start - start :]
        before |= {name: float(values[0])} if wanted else {}
        findings += [finding] if finding else []
    if settings.credit_spread is not None:
        supply, finding = credit_supply(path.name, cells, used, settings.credit_spread)
        columns["credit_supply"] = supply
        findings += [finding] if finding else []
    if findings:
        raise UserError("\n".join(findings))
    used_cells = {column: texts[used.start : used.stop] for column, texts in cells.items()}
    frequency = settings.frequency or frequency_of(owner, path.name, used_cells)
    digest = hashlib.sha256(raw).hexdigest()
    return MacroTable(path.name, columns, before, len(used), frequency, digest)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long, a folder that may not be entered
        return False


def _sources(
    owner: str,
    file: str,
    header: Sequence[str],
    settings: ScenarioSettings,
    regions: Sequence[str],
) -> tuple[dict[str, str], list[str]]:
    """Which column of the table each macro column is read from, and what is wrong with that."""
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


def credit_supply(
    file: str, cells: dict[str, list[str]], used: range, spread: CreditSpread
) -> tuple[F8, str | None]:
    """Supply of credit in the used rows from a spread of yields, and the finding if it has none.

    Before the yields begin, supply is 1.
    """
    first = max(
        (
            next((k for k, row in enumerate(used) if cells[column][row] != ""), len(used))
            for column in (spread.yield_column, spread.over_column)
            if column in cells
        ),
        default=0,
    )
    yields = []
    for column in (spread.yield_column, spread.over_column):
        if column not in cells:
            return np.ones(len(used)), (
                f"{file}: column {clip(column)} (for credit_spread) is missing;"
                f" the table has {clip(', '.join(cells), 300)}"
            )
        late = used[first:]
        values = [number(cells[column][row]) for row in late]
        labels = [f"row {row + 1}: {cells[column][row] or 'empty'}" for row in late]
        finding = first_offender(
            f"{file}, column {column}",
            labels,
            [not isfinite(x) for x in values],
            "no finite number",
        )
        if finding:
            return np.ones(len(used)), finding
        yields.append(np.array(values, dtype=np.float64))
    above = np.maximum(0.0, yields[0] - yields[1] - spread.usual)
    supply = np.ones(len(used))
    supply[first:] = np.clip(1.0 - spread.fall_per_point * above, spread.least, 1.0)
    return supply, None


def numbers(
    file: str,
    name: str,
    column: str,
    texts: Sequence[str],
    start: int,
    settings: ScenarioSettings,
) -> tuple[F8, str | None]:
    """``texts`` from number ``start`` on in the model's units, and the finding if one is bad."""
    variable = variable_of(name)
    in_percent = settings.percent and variable.is_rate
    unit = PERCENT if in_percent else 1.0
    written = [number(text) for text in texts[start:]]
    labels = [
        f"row {row}: {text or 'empty'}" for row, text in enumerate(texts[start:], start=start + 1)
    ]
    where = f"{file}, column {column}"
    finding = first_offender(where, labels, [not isfinite(x) for x in written], "no finite number")
    values = np.array(written, dtype=np.float64) / unit
    if finding is None:
        outside = [not variable.low <= value <= variable.high for value in values]
        bounds = f"[{variable.low * unit:g}, {variable.high * unit:g}]"
        rule = f"a number outside {bounds} {'percent' if in_percent else variable.unit}"
        finding = first_offender(where, labels, outside, rule)
        if finding and variable.is_rate and not in_percent and max(values) > 1:
            finding += "; set percent: true if the table is in percent"
    return values, finding
