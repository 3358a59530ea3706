"""What becomes of the jobs of a sweep: a record a job on the disk, and sweep.csv from all of them.

A job may run in this process, in others or on another machine: what it leaves is its folder and
its record, so the memory of a sweep does not grow with its jobs, and a sweep that is given again
goes on where it ended.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from simulator.results.files import SUMMARY_NAME, remove_files
from simulator.results.run_folder import intact_files
from simulator.results.store import write_files
from simulator.results.summary import SummaryRow
from simulator.results.table import csv_line

SWEEP_NAME: Final = "sweep.csv"
RECORDS: Final = ".jobs"
"""Folder of the records of a sweep's jobs."""
LOST: Final = "the job ended without a record: killed, or out of memory"


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What became of one job; ``error`` is empty for one that wrote everything.

    ``folder``: name within the sweep's; ``token``: of its arguments; ``identity``: of what decides
    its numbers; ``seconds``: 0 where its results were there already.
    """

    job: int
    overrides: str
    values: tuple[str, ...] = ()
    """Of the keys that are swept, in their order."""
    folder: str = ""
    token: str = ""
    identity: str = ""
    error: str = ""
    code: int = 0
    seconds: float = 0.0

    @property
    def status(self) -> str:
        """``ok`` or ``failed``."""
        return "failed" if self.error else "ok"


def write_record(sweep: Path, record: JobRecord) -> None:
    """Leave the record of a job in the folder of its sweep."""
    folder = sweep / RECORDS
    text = json.dumps(asdict(record), ensure_ascii=False) + "\n"
    write_files(folder, {f"{record.job}.json": lambda path: _write(path, text)})


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def record_of(sweep: Path, job: int) -> JobRecord | None:
    """The record of a job; None where there is none that can be read."""
    try:
        found = json.loads((sweep / RECORDS / f"{job}.json").read_text(encoding="utf-8"))
        return JobRecord(**{**found, "values": tuple(found["values"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def forget_others(sweep: Path, tokens: Sequence[str]) -> None:
    """Remove records of other jobs than those of ``tokens``, and of those that did not end well."""
    for file in (sweep / RECORDS).glob("*.json"):
        job = int(file.stem) if file.stem.isdecimal() else len(tokens)
        found = record_of(sweep, job)
        if found is None or found.code or found.token not in tokens[job : job + 1]:
            with suppress(OSError):
                file.unlink()


def forget(sweep: Path, job: int) -> None:
    """Remove the record of a job that is run now: what is there later is new."""
    with suppress(OSError):
        (sweep / RECORDS / f"{job}.json").unlink()


def is_there(sweep: Path, job: int, folder: Path, identity: str) -> bool:
    """Whether a job's results are those of ``identity``, every file as its manifest names it."""
    found = record_of(sweep, job)
    return (
        found is not None
        and not found.code
        and found.identity == identity
        and SUMMARY_NAME in intact_files(folder)
    )


def seconds_left(sweep: Path, jobs: int, at_once: int) -> float | None:
    """Seconds that a sweep of ``jobs``, some ``at_once``, is likely to take yet; None at first."""
    records = [record_of(sweep, job) for job in range(jobs)]
    took = [record.seconds for record in records if record is not None and record.seconds > 0.0]
    if not took:
        return None
    left = sum(record is None for record in records)
    return sum(took) / len(took) * left / at_once


def write_sweep(sweep: Path, jobs: int, keys: Sequence[str]) -> tuple[Path, list[JobRecord]]:
    """Write ``sweep.csv``, and what became of each job.

    Its columns: job, the swept ``keys``, overrides, status, error, then those of summary.csv; a row
    a job and metric of the whole horizon, one for a job that failed. Metrics by month stay in each
    job's own summary.csv: a sweep of 20 jobs would otherwise be a table of a hundred thousand rows.
    """
    records = [
        record_of(sweep, job) or JobRecord(job, "", error=LOST, code=1) for job in range(jobs)
    ]

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(csv_line(columns(keys)))
            for record in records:
                for row in _rows(sweep, record, len(keys)):
                    file.write(row)

    write_files(sweep, {SWEEP_NAME: write})
    return sweep / SWEEP_NAME, records


def columns(keys: Sequence[str]) -> tuple[str, ...]:
    """Header of ``sweep.csv``; a key that is the name of another column has a word before it."""
    other = ("overrides", "status", "error", *SummaryRow._fields)
    return ("job", *(f"swept_{key}" if key in other else key for key in keys), *other)


def _rows(sweep: Path, record: JobRecord, n_keys: int) -> Iterator[str]:
    values = (*record.values, *("",) * n_keys)[:n_keys]
    error = " / ".join(record.error.splitlines())
    head = csv_line((record.job, *values, record.overrides, record.status, error)).rstrip("\n")
    if record.error:
        yield head + "," * len(SummaryRow._fields) + "\n"
        return
    with (sweep / record.folder / SUMMARY_NAME).open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        month = next(lines).index("month")
        for cells in lines:
            if not cells[month]:  # its texts are no formulas since they were written
                yield f"{head},{csv_line(cells, are_safe=True)}"


def remove_sweep(sweep: Path) -> None:
    """Remove an earlier sweep's table: it would be taken for that of the sweep that begins."""
    remove_files(sweep, (SWEEP_NAME,), "sweep")
