"""manifest.json: what produced these results, so that anybody can produce them again."""

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import numpy as np

from simulator.book.schema import Book
from simulator.catalogue import catalogue
from simulator.code_identity import code_identity
from simulator.kernels.rng import RNG_VERSION
from simulator.path_windows import windows
from simulator.results.checks import CheckResult
from simulator.results.dataset import SCHEMA_VERSION
from simulator.results.inputs import SimulationOutput
from simulator.results.provisions.audit import provision_warnings
from simulator.results.value import value_warnings
from simulator.vocabulary import Count

PACKAGES: Final = (
    "loanstress",
    "numpy",
    "scipy",
    "numba",
    "xarray",
    "netCDF4",
    "plotly",
    "hydra-core",
    "pydantic",
    "pyarrow",
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What only the caller knows: overrides as typed, simulation seconds, threads, checks, people.

    ``started`` is the time at which the run began, UTC; ``list_warnings`` are those of the list of
    assumptions that was tried.
    """

    overrides: tuple[str, ...]
    seconds: float
    threads: int
    checks: Sequence[CheckResult]
    started: datetime | None = None
    governance: Mapping[str, str] = field(default_factory=dict)
    list_warnings: tuple[str, ...] = ()


def live_borrower_months(output: SimulationOutput) -> float:
    """Rows of live borrowers x months x paths x policies x scenarios that were simulated.

    Tallies are weighted, so they are divided by the mean weight of the book's borrowers:
    exact for equal weights, close otherwise.
    """
    weight = float(output.book.borrowers.weight.mean())
    total = sum(
        float(tallies.counts[:, 1:, Count.LIVE_BORROWERS].sum())
        for pair in output.tallies
        for _, tallies in windows(output.tallies, pair, ("counts",))
    )
    return total / weight


def package_versions() -> dict[str, str]:
    """Version of every package that can change a number or a file."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def build_manifest(output: SimulationOutput, facts: RunFacts) -> dict[str, object]:
    """Content of manifest.json: plain JSON, no NaN, no host, no path but the user's own."""
    book, live = output.book, live_borrower_months(output)
    found = book.reconciliation
    return {
        "schema_version": SCHEMA_VERSION,
        "configuration": dict(output.configuration),
        "overrides": list(facts.overrides),
        "inputs": {
            "book_sha256": book.input_sha256,
            "drawn_book_sha256": _hash_of(book),
            "scenario_sha256": {s.name: s.table_sha256 for s in output.scenarios},
        },
        "book": {
            "name": book.name,
            "jurisdiction": book.jurisdiction.code,
            "currency": book.currency,
            "opening_borrowers": book.n_opening_borrowers,
            "dormant_customers": book.n_dormant_customers,
            "loans": book.n_loans,
            "imputed_columns": list(book.imputed_columns),
            "notes": list(book.notes),
            "warnings": list(book.warnings),
            "reconciliation": None if found is None else found.plain(),
            "rejected": [item._asdict() for item in book.rejected],
        },
        "scenarios": {
            s.name: {
                "label": s.label,
                "narrative": s.narrative,
                "source": s.source,
                "weight": s.weight,
                "warnings": list(s.warnings),
                "notes": list(s.notes),
                "history": None if s.history is None else s.history.file,
                "severity": {v.variable: asdict(v) for v in s.severity},
            }
            for s in output.scenarios
        },
        "parameters": _parameter_counts(output),
        "policies": list(output.policies),
        "reference": output.reference,
        "provision": {
            "accounting_book": next(iter(output.provision), None),
            "warnings": provision_warnings(output),
        },
        "value": {"warnings": [*value_warnings(output), *facts.list_warnings]},
        "suitability": {"warnings": list(output.warnings)},
        "governance": dict(facts.governance),
        "code": code_identity(),
        "started": _moment(facts.started),
        "finished": _moment(datetime.now(UTC)),
        "seed": output.run.seed,
        "random_numbers": RNG_VERSION,
        "python": platform.python_version(),
        "packages": package_versions(),
        "threads": facts.threads,
        "run_seconds": facts.seconds,
        "live_borrower_months": live,
        "live_borrower_months_per_second": live / facts.seconds if facts.seconds > 0 else None,
        "checks": [_plain(check) for check in facts.checks],
        "checks_passed": all(check.passed for check in facts.checks),
    }


def _moment(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(timespec="seconds")


def _hash_of(book: Book) -> str:
    """SHA-256 of every column of borrowers and loans as they were simulated."""
    digest = sha256()
    for table in (book.borrowers, book.loans):
        for name, column in table._asdict().items():
            for part in column if isinstance(column, tuple) else (column,):
                digest.update(name.encode())
                digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _parameter_counts(output: SimulationOutput) -> dict[str, int]:
    """How many parameters there are, differ from the catalogue's default, are assumptions."""
    specs = catalogue()
    changed = {n for n, value in output.parameters.items() if value != specs[n].default}
    assumed = [
        n for n, s in specs.items() if s.source.startswith("assumption") and n not in changed
    ]
    return {"all": len(specs), "set": len(changed), "assumed": len(assumed)}


def _plain(check: CheckResult) -> dict[str, object]:
    """A check as JSON content; a value that is not finite becomes null."""
    value = check.value if math.isfinite(check.value) else None
    return {**check._asdict(), "value": value}
