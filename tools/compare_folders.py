"""Whether two runs gave the same numbers: ``python -m tools.compare_folders A B``.

Compares what a change of structure must leave as it is. Of a run: every variable of ``results.nc``
(values byte for byte, dtype, dimensions, attributes) and its global attributes, of the manifest all
but times, versions and file paths; ``summary.csv``, ``sweep.csv`` and ``history.parquet`` byte for
byte. Of a calibration: its tables and parameters byte for byte. Pages and workbooks hold how long a
run took, so they are not compared. Prints each difference and exits with 1 where there is any.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import xarray as xr

MANIFEST = "manifest"
OF_THE_MACHINE = (
    "run_seconds",
    "live_borrower_months_per_second",
    "packages",
    "python",
    "version",
    "code",
    "started",
    "finished",
    "threads",
    "blocks_reused",
    "blocks_made",
)
"""Keys of the manifest that say how fast, when, where and by which version a run was made."""
BYTE_FOR_BYTE = (
    "summary.csv",
    "sweep.csv",
    "history.parquet",
    "parameters.csv",
    "parameters.yaml",
    "fit.csv",
    "predictions.csv",
    "backtest.csv",
)
DATASET = "results.nc"


def differences(one: Path, other: Path) -> Iterator[str]:
    """Each difference between two folders of results, in words."""
    compared = 0
    for name in (*BYTE_FOR_BYTE, DATASET):
        first, second = one / name, other / name
        if first.exists() != second.exists():
            yield f"{name}: only in {one if first.exists() else other}"
        elif first.exists():
            compared += 1
            if name == DATASET:
                yield from _datasets(first, second)
            elif first.read_bytes() != second.read_bytes():
                yield f"{name}: differs"
    if not compared:
        yield f"nothing to compare in {one} and {other}"


def _datasets(one: Path, other: Path) -> Iterator[str]:
    """Differences between two files as they are stored: nothing is decoded."""
    with (
        xr.open_dataset(one, decode_cf=False) as first,
        xr.open_dataset(other, decode_cf=False) as second,
    ):
        for name in sorted({*map(str, first.variables), *map(str, second.variables)}):
            if name not in first.variables or name not in second.variables:
                where = one if name in first.variables else other
                yield f"results.nc: variable {name} only in {where}"
                continue
            yield from _variables(name, first.variables[name], second.variables[name])
        manifests = [json.loads(d.attrs.get(MANIFEST, "{}")) for d in (first, second)]
        for key in sorted({*manifests[0], *manifests[1]} - set(OF_THE_MACHINE)):
            if manifests[0].get(key) != manifests[1].get(key):
                yield f"results.nc: {key} of the manifest differs"
        plain = [{k: v for k, v in d.attrs.items() if k != MANIFEST} for d in (first, second)]
        yield from _attributes("results.nc", *plain)


def _variables(name: str, first: xr.Variable, second: xr.Variable) -> Iterator[str]:
    if first.dims != second.dims:
        yield f"{name}: dimensions {first.dims} and {second.dims}"
    elif first.dtype != second.dtype:
        yield f"{name}: dtype {first.dtype} and {second.dtype}"
    elif first.shape != second.shape:
        yield f"{name}: shape {first.shape} and {second.shape}"
    else:
        one, other = first.values, second.values
        is_text = one.dtype == object
        same = (one == other).all() if is_text else one.tobytes() == other.tobytes()
        if not same:
            count = np.count_nonzero(one != other)
            yield f"{name}: values differ ({count} of {one.size})"
    yield from _attributes(name, first.attrs, second.attrs)


def _attributes(
    owner: str, first: Mapping[str, object], second: Mapping[str, object]
) -> Iterator[str]:
    for key in sorted({*first, *second}):
        if key not in first or key not in second or not _same(first[key], second[key]):
            yield f"{owner}: attribute {key} differs"


def _same(first: object, second: object) -> bool:
    """Whether two attributes are the same to the bit, NaN included."""
    one, other = np.asarray(first), np.asarray(second)
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return one.tobytes() == other.tobytes() if one.dtype != object else first == second


def main(argv: list[str] | None = None) -> int:
    """Print each difference; 1 where there is any."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.compare_folders", description="whether two runs gave the same numbers"
    )
    parser.add_argument("folders", nargs=2, type=Path)
    one, other = parser.parse_args(argv).folders
    found = list(differences(one, other))
    print(*(found or [f"{one} and {other}: equal"]), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
