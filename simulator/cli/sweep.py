"""sweep.csv: one row per job and whole-horizon metric, and one per failed job."""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from simulator.results.files import remove_files
from simulator.results.store import safe_text, write_files
from simulator.results.summary import SummaryRow

SWEEP_NAME = "sweep.csv"
SWEEP_COLUMNS = ("job", "overrides", "status", "error", *SummaryRow._fields)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What became of one job of a sweep; ``error`` is empty for a job that wrote everything."""

    job: int
    overrides: str
    error: str = ""
    rows: tuple[SummaryRow, ...] = ()

    @property
    def status(self) -> str:
        """``ok`` or ``failed``."""
        return "failed" if self.error else "ok"


def _cells(record: JobRecord) -> Iterable[Sequence[str | float | None]]:
    error = " / ".join(record.error.splitlines())
    head = (record.job, record.overrides, record.status, error)
    wanted = [row for row in record.rows if row.month is None]
    for row in wanted:
        yield (*head, *row)
    if not wanted:
        yield (*head, *(None for _ in SummaryRow._fields))


def _shown(cell: str | float | None) -> str | float:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    return safe_text(cell) if isinstance(cell, str) else cell


def write_sweep(folder: Path, records: Sequence[JobRecord]) -> Path:
    """Write ``sweep.csv`` into ``folder`` under its final name only when it is complete.

    Metrics by month stay in each job's own summary.csv: a sweep of 20 jobs would otherwise be
    a table of a hundred thousand rows.
    """
    write_files(folder, {SWEEP_NAME: partial(_write_table, records)})
    return folder / SWEEP_NAME


def _write_table(records: Sequence[JobRecord], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SWEEP_COLUMNS)
        for record in sorted(records, key=lambda r: r.job):
            writer.writerows([_shown(cell) for cell in cells] for cells in _cells(record))


def remove_sweep(folder: Path) -> None:
    """Remove an earlier sweep's table: it would be taken for that of the sweep that begins."""
    remove_files(folder, (SWEEP_NAME,), "sweep")
