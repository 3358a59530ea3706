"""sweep.csv: one row per job and whole-horizon metric, and one per failed job."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.results.files import remove_files
from simulator.results.store import write_files, writer_of
from simulator.results.summary import SummaryRow
from simulator.results.table import csv_text

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


def write_sweep(folder: Path, records: Sequence[JobRecord]) -> Path:
    """Write ``sweep.csv`` into ``folder`` under its final name only when it is complete.

    Metrics by month stay in each job's own summary.csv: a sweep of 20 jobs would otherwise be
    a table of a hundred thousand rows.
    """
    ordered = sorted(records, key=lambda record: record.job)
    text = csv_text(SWEEP_COLUMNS, (row for record in ordered for row in _cells(record)))
    write_files(folder, {SWEEP_NAME: writer_of(text)})
    return folder / SWEEP_NAME


def remove_sweep(folder: Path) -> None:
    """Remove an earlier sweep's table: it would be taken for that of the sweep that begins."""
    remove_files(folder, (SWEEP_NAME,), "sweep")
