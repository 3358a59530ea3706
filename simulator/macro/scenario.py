"""A scenario: its words and the central path of every macro variable, month by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.macro.at_work import growth_at_work
from simulator.macro.history import SHOWN_VARIABLES, MacroHistory, read_history
from simulator.macro.monthly import continued, months_from_quarters
from simulator.macro.scaled import scaled
from simulator.macro.tables import MacroTable, find_table, read_table
from simulator.macro.variables import (
    DISASTER,
    MACRO_VARIABLES,
    column_names,
    disaster_column,
    variable_of,
)
from simulator.settings import MacroDeviation, ScenarioSettings
from simulator.validation import UserError, clip, first_offender, printable, refuse, unknown_choice
from simulator.vocabulary import TIMES_SEVERITY

F8 = NDArray[np.float64]
MAX_MONTHS: Final = 1200
"""Months of a run at most: of a scenario without a table."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """What happens to the world; month 0 is the opening.

    ``central``: every variable but disasters, read-only arrays of shape (horizon + 1,);
    ``disaster``: chance a month that a borrower of the region is hit, (horizon + 1, n_regions);
    ``warnings``: what a reader of the results has to know; ``notes``: which variables the table
    leaves at their defaults; ``driven``: those of ``SHOWN_VARIABLES`` that it gives; ``growth``:
    yearly rate of the number of applicants; ``table_months``: last month that the table gives.
    """

    name: str
    label: str
    narrative: str
    source: str
    weight: float
    start_month: str
    regions: tuple[str, ...]
    central: Mapping[str, F8]
    disaster: F8
    deviation: MacroDeviation
    table_sha256: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    driven: tuple[str, ...] = ()
    history: MacroHistory | None = None
    growth: float = 0.0
    table_months: int = MAX_MONTHS

    @property
    def horizon(self) -> int:
        """The last month."""
        return len(self.disaster) - 1


def load_scenario(
    name: str,
    settings: ScenarioSettings,
    horizon: int,
    regions: Sequence[str],
    default_start_month: str,
    table_folders: Sequence[Path],
) -> Scenario:
    """The scenario ``name`` for months 0..horizon and the regions of a book.

    ``default_start_month`` (YYYY-MM) holds if the settings fix none. The table is looked up in
    ``table_folders``, then as a path of the user's. A ``UserError`` names everything that is
    wrong with the table or with the opening.
    """
    owner = f"scenario.{name}"
    file = find_table(f"{owner}.table", settings.table, table_folders)
    table = read_table(owner, file, settings, regions)
    _check_opening(owner, settings.opening, table, regions)
    _check_end(owner, settings, table, horizon)
    if settings.smoothing != "quadratic" and table.frequency != "quarterly":
        raise UserError(
            f"{owner}.smoothing is for quarterly tables; {table.file} is {table.frequency}"
        )
    paths, disaster = _paths(owner, table, settings, horizon, regions)
    if settings.severity != 1.0:
        base, calm = _baseline(owner, settings, horizon, regions, table_folders) or (
            {name: np.full(horizon + 1, path[0]) for name, path in paths.items()},
            np.repeat(disaster[:1], horizon + 1, axis=0),
        )
        by = settings.severity
        paths = {name: scaled(name, path, base[name], by) for name, path in paths.items()}
        disaster = scaled(DISASTER, disaster, calm, by)
    start_month = settings.start_month or default_start_month
    observed = settings.history and find_table(f"{owner}.history", settings.history, table_folders)
    for array in (*paths.values(), disaster):
        array.setflags(write=False)
    return Scenario(
        name=name,
        label=_label(settings),
        narrative=printable(settings.narrative),
        source=printable(settings.source),
        weight=settings.weight,
        start_month=start_month,
        regions=tuple(regions),
        central=paths,
        disaster=disaster,
        deviation=settings.deviation,
        table_sha256=table.sha256,
        warnings=_warnings(owner, settings, table, horizon),
        notes=(*_notes(owner, table), *_severity_note(owner, settings)),
        driven=tuple(name for name in SHOWN_VARIABLES if name in table.columns),
        history=read_history(owner, file, observed or None, settings, start_month),
        growth=settings.growth,
        table_months=table.months,
    )


def _paths(
    owner: str, table: MacroTable, settings: ScenarioSettings, horizon: int, regions: Sequence[str]
) -> tuple[dict[str, F8], F8]:
    """Every variable but disasters, (horizon + 1,) each, and disasters (horizon + 1, n_regions)."""
    months = {column: _months(column, table, settings) for column in table.columns}
    if settings.income_is_aggregate:
        months["income_growth"] = _growth_at_work(owner, table.file, months, settings)
    paths = {
        column: continued(months[column], horizon, variable_of(column))
        if column in months
        else np.full(horizon + 1, variable_of(column).default)
        for column in column_names(regions)
        if column in months or column in MACRO_VARIABLES
    }
    everywhere = paths.pop(DISASTER)
    by_region = [paths.pop(disaster_column(region), everywhere) for region in regions]
    disaster = np.stack(by_region, axis=1) if by_region else np.zeros((horizon + 1, 0))
    return paths, disaster


def _baseline(
    owner: str,
    settings: ScenarioSettings,
    horizon: int,
    regions: Sequence[str],
    folders: Sequence[Path],
) -> tuple[dict[str, F8], F8] | None:
    """As ``_paths``, of the table from which severity counts; None where none is named.

    It is read as the scenario's own table is, whole, in the steps that its labels say.
    """
    if settings.baseline is None:
        return None
    file = find_table(f"{owner}.baseline", settings.baseline, folders)
    other = settings.model_copy(
        update={"table": settings.baseline, "frequency": None, "rows": None}
    )
    table = read_table(owner, file, other, regions)
    return _paths(owner, table, other, horizon, regions)


def _check_opening(
    owner: str, opening: Mapping[str, float], table: MacroTable, regions: Sequence[str]
) -> None:
    """Refuse an opening of a variable that the table does not drive, or outside its range."""
    findings: list[str] = []
    for name, start in opening.items():
        variable = variable_of(name)
        if name not in table.columns:
            known = table.columns if name in column_names(regions) else column_names(regions)
            findings.append(str(unknown_choice(f"{owner}.opening: key", known, name)))
        elif not variable.low <= start <= variable.high:
            findings.append(
                f"{owner}.opening.{name} must be in [{variable.low:g}, {variable.high:g}]"
                f" {variable.unit}; got {start:g}"
            )
    refuse(findings)


def _months(column: str, table: MacroTable, settings: ScenarioSettings) -> F8:
    """One column of the table from month 0 to the month at which the table ends."""
    rows = table.columns[column]
    opening = settings.opening.get(column, table.before.get(column, float(rows[0])))
    if table.frequency == "quarterly":
        variable = variable_of(column)
        rows = months_from_quarters(rows, opening, variable.low, variable.high, settings.smoothing)
    return np.append(opening, rows)


def _growth_at_work(
    owner: str, file: str, months: Mapping[str, F8], settings: ScenarioSettings
) -> F8:
    """Income growth of a person at work; the table's is aggregate. Refused outside the range."""
    if "income_growth" not in months:
        raise UserError(f"{owner}.income_is_aggregate needs income_growth in {file}; it has none")
    aggregate, variable = months["income_growth"], MACRO_VARIABLES["income_growth"]
    unemployment = months.get(
        "unemployment_rate",
        np.full(aggregate.size, MACRO_VARIABLES["unemployment_rate"].default),
    )
    growth = growth_at_work(
        aggregate, unemployment, settings.population_growth, settings.income_lost_when_unemployed
    )
    labels = [f"month {month}: {value:.4g}" for month, value in enumerate(growth)]
    outside = [not variable.low <= value <= variable.high for value in growth]
    rule = f"income growth at work outside [{variable.low:g}, {variable.high:g}] {variable.unit}"
    finding = first_offender(f"{owner}, {file}", labels, outside, rule)
    if finding is not None:
        raise UserError(finding)
    return growth


def _rows(settings: ScenarioSettings) -> str:
    """Which rows are used, in words; empty for all."""
    return f" (rows {clip(settings.rows[0])} to {clip(settings.rows[1])})" if settings.rows else ""


def _check_end(owner: str, settings: ScenarioSettings, table: MacroTable, horizon: int) -> None:
    """Refuse a table that is shorter than the run where ``scenario_end`` is error."""
    if settings.scenario_end == "error" and table.months < horizon:
        raise UserError(
            f"{owner}: {table.file}{_rows(settings)} has {table.months} months, the run needs"
            f" {horizon} (run.months + run.runoff_months); add rows, shorten the run, or set"
            f" {owner}.scenario_end=revert"
        )


def _notes(owner: str, table: MacroTable) -> tuple[str, ...]:
    """How the table was read, and which variables it has no column for, with their defaults."""
    absent = [
        f"{variable.name} {variable.default:g}"
        for variable in MACRO_VARIABLES.values()
        if variable.name not in table.columns
        and not any(variable_of(column) is variable for column in table.columns)
    ]
    lacks = f"{table.file} has no column for {', '.join(absent)} (defaults)"
    return tuple(f"{owner}: {note}" for note in (*table.notes, *([lacks] if absent else [])))


def _label(settings: ScenarioSettings) -> str:
    """The scenario's label, with its severity where that is not 1."""
    label = printable(settings.label)
    if settings.severity == 1.0:
        return label
    return f"{label}{TIMES_SEVERITY}{settings.severity:g}"


def _severity_note(owner: str, settings: ScenarioSettings) -> tuple[str, ...]:
    """That the path is not the table's, where severity is not 1."""
    if settings.severity == 1.0:
        return ()
    of = settings.baseline or "its opening, held"
    return (f"{owner}: severity {settings.severity:g} times its distance from {of}",)


def _warnings(
    owner: str, settings: ScenarioSettings, table: MacroTable, horizon: int
) -> tuple[str, ...]:
    if table.months >= horizon:
        return ()
    half_lives = ", ".join(
        f"{column} {variable_of(column).half_life_months:g}"
        for column in table.columns
        if variable_of(column).long_run is not None
    )
    return (
        f"{owner}: {table.file}{_rows(settings)} ends at month {table.months} of {horizon};"
        f" from month {table.months + 1} on"
        f" its variables return to their long-run means, half-lives in months (assumption):"
        f" {half_lives or 'none, they stay'}",
    )
