"""What finished worlds gave, on disk: one line a world, found again by all that decides it.

A line is found only by a run that would give the same numbers: same parameters, seed, targets,
book, scenario and policy, and the same sources of the program.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

import simulator
from simulator.calibrate.settings import CalibrationSettings
from simulator.macro.tables import find_table
from simulator.policies import REFERENCE
from simulator.reading.named_files import named_files
from simulator.request import ExperimentRequest

F8 = NDArray[np.float64]

FILE_NAME: Final = "evaluations.jsonl"

_NO_PART_IN_RUNS: Final = ("cli", "report", "break_even", "explain", "provision")
"""Packages that change no simulated number."""
_AFTER_RUNS: Final = (
    "__main__.py",
    "calibration.py",
    "fit_report.py",
    "manifest.py",
    "store.py",
    "forecast",
    "data/contradictions.py",
    "data/windows.py",
    "estimate/discrepancy.py",
    "estimate/findings.py",
    "estimate/fit.py",
    "estimate/fitted.py",
    "estimate/identification.py",
    "estimate/parameter_transform.py",
    "estimate/profile.py",
    "estimate/residual_autoregression.py",
    "estimate/search.py",
    "estimate/standard_errors.py",
    "estimate/weighting_matrix.py",
)
"""What of this package only reads what was simulated; a file that is not named here counts."""
_SOURCES: Final = (".py", ".csv", ".parquet", ".gz")


class MomentCache:
    """The file of finished worlds in ``folder``; a half-written last line is dropped."""

    def __init__(
        self, folder: Path, request: ExperimentRequest, settings: CalibrationSettings
    ) -> None:
        self._file = folder / FILE_NAME
        self._base = fingerprint(request, settings)
        self._lock = threading.Lock()
        self._found: dict[str, dict[str, F8]] = {}
        if self._file.is_file():
            self._read()

    def find(self, values: Mapping[str, float], seeds: Iterable[int]) -> dict[int, dict[str, F8]]:
        """Numbers by target of those ``seeds`` whose world is known."""
        keys = {seed: self._key(values, seed) for seed in seeds}
        return {seed: self._found[key] for seed, key in keys.items() if key in self._found}

    def add(self, values: Mapping[str, float], seed: int, numbers: Mapping[str, F8]) -> None:
        """Write down a finished world."""
        key = self._key(values, seed)
        plain = {
            name: [float(x) if np.isfinite(x) else None for x in row]
            for name, row in numbers.items()
        }
        line = json.dumps({"key": key, "seed": seed, "values": dict(values), "numbers": plain})
        with self._lock, self._file.open("a", encoding="utf-8") as out:
            out.write(line + "\n")
        self._found[key] = dict(numbers)

    def _read(self) -> None:
        text = self._file.read_text(encoding="utf-8", errors="replace")
        whole, _, half = text.rpartition("\n")
        if half:
            self._file.write_text(whole + "\n" if whole else "", encoding="utf-8")
        for line in whole.splitlines():
            try:
                item = json.loads(line)
                numbers = {
                    name: np.array(row, dtype=float) for name, row in item["numbers"].items()
                }
                self._found[item["key"]] = numbers
            except (ValueError, TypeError, KeyError, AttributeError):
                continue

    def _key(self, values: Mapping[str, float], seed: int) -> str:
        ordered = sorted((name, repr(float(value))) for name, value in values.items())
        return sha256(json.dumps([self._base, ordered, seed]).encode()).hexdigest()


def fingerprint(request: ExperimentRequest, settings: CalibrationSettings) -> str:
    """Hash of all that decides a world's numbers but the free parameters and the seed."""
    reference = request.policies.get(REFERENCE)
    said = [
        request.book.model_dump(mode="json"),
        {name: item.model_dump(mode="json") for name, item in request.scenarios.items()},
        reference.model_dump(mode="json") if isinstance(reference, BaseModel) else repr(reference),
        request.run.model_dump(
            mode="json", exclude={"seed", "threads", "path_batch", "history_borrowers"}
        ),
        sorted((name, repr(value)) for name, value in request.parameters.items()),
        sorted((name, repr(value)) for name, value in request.sections.items()),
        sorted((name, repr(value)) for name, value in request.products.items()),
        {name: item.model_dump(mode="json") for name, item in settings.targets.items()},
        {name: item.model_dump(mode="json") for name, item in settings.panels.items()},
        source_hash(),
    ]
    digest = sha256(json.dumps(said, sort_keys=True).encode())
    for file in _input_files(request, settings):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _input_files(request: ExperimentRequest, settings: CalibrationSettings) -> list[Path]:
    """Files of the user's that decide numbers; shipped ones are among the sources."""
    files = [
        find_table(f"scenario.{name}.table", item.table, request.table_folders)
        for name, item in request.scenarios.items()
    ]
    tape = named_files("book.path", request.book.path) if request.book.path else []
    named = [*tape, *(getattr(t, "path", None) for t in settings.targets.values())]
    files += [Path(path) for path in named if path is not None]
    return [file for file in files if file.is_file()]


def source_hash() -> str:
    """Hash of the sources and data of this program that decide simulated numbers."""
    package = Path(simulator.__file__).parent
    digest = sha256()
    for file in sorted(package.rglob("*")):
        inside = file.relative_to(package)
        if file.suffix not in _SOURCES or inside.parts[0] in _NO_PART_IN_RUNS:
            continue
        if inside.parts[0] == "calibrate" and _is_after_runs(inside):
            continue
        digest.update(str(inside).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_after_runs(inside: Path) -> bool:
    """Whether a file of this package, named from the program's folder, decides no moments."""
    here = inside.relative_to("calibrate")
    return any(here == Path(part) or Path(part) in here.parents for part in _AFTER_RUNS)
