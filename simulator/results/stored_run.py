"""results.nc as the whole record of a run: the report is made again from this file alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from simulator.results.break_even import row_name
from simulator.results.dataset import SCHEMA_VERSION
from simulator.results.files import RESULTS_NAME
from simulator.results.run_folder import check_whole
from simulator.results.summary import SummaryRow, summarise
from simulator.results.variables import FRACTION, PATH_VARIABLES
from simulator.validation import UserError, clip

MANIFEST: Final = "manifest"
"""Attribute: the manifest as JSON in the order of its keys, without the configuration."""
REPORT: Final = "report"
"""Attribute: the settings of the report as JSON."""
_CONFIGURATION: Final = "configuration"
_DRAWS: Final = "draws_per_path"
_WHOLE: Final = {_DRAWS: 1, "runoff_months": 0, "months": 1}
_ATTRIBUTES: Final = ("currency", "reference", *_WHOLE)
MAX_BYTES: Final = 8 << 30
"""Of all variables in memory; the default run has some megabytes."""
_NEVER_NAN: Final = ("balance", "loans")
_AGAIN: Final = "run it again, or use the version that wrote it"


class Record(NamedTuple):
    """What the report of a run is made from."""

    dataset: xr.Dataset
    summary_rows: tuple[SummaryRow, ...]
    manifest: dict[str, object]
    report: dict[str, object]
    """Settings of the report, not yet validated."""


def with_record(
    dataset: xr.Dataset, manifest: Mapping[str, object], report: Mapping[str, object]
) -> xr.Dataset:
    """``dataset`` with what else its report needs, as attributes.

    The configuration stands there already. ``ValueError`` for NaN or infinity.
    """
    told = {key: value for key, value in manifest.items() if key != _CONFIGURATION}
    return dataset.assign_attrs(
        {MANIFEST: json.dumps(told, allow_nan=False), REPORT: json.dumps(dict(report))}
    )


def read_record(folder: Path) -> Record:
    """The record in ``folder``'s results.nc, whatever else is there; a ``UserError`` else."""
    path = folder / RESULTS_NAME
    dataset = read_dataset(folder)
    if MANIFEST not in dataset.attrs:
        raise UserError(
            f"{clip(path, 300)}: holds no manifest, so an older version wrote it; {_AGAIN}"
        )
    manifest, report = _mapping(path, dataset, MANIFEST), _mapping(path, dataset, REPORT)
    manifest[_CONFIGURATION] = _mapping(path, dataset, _CONFIGURATION)
    try:
        rows = (*summarise(dataset), *stored_break_even_rows(dataset))
    except (ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
        raise UserError(
            f"{clip(path, 300)}: is not as a run writes it ({clip(error, 120)}); {_AGAIN}"
        ) from error
    return Record(dataset, rows, manifest, report)


def stored_manifest(folder: Path, dataset: xr.Dataset) -> dict[str, object]:
    """The manifest in ``dataset`` of ``folder``, without the configuration; empty without one."""
    if MANIFEST not in dataset.attrs:
        return {}
    return _mapping(folder / RESULTS_NAME, dataset, MANIFEST)


def read_dataset(folder: Path) -> xr.Dataset:
    """results.nc of ``folder`` in memory, checked to be one that this version reads.

    One clear line as a ``UserError`` where there is none, or one that is cut short, foreign or of
    another version.
    """
    path = folder / RESULTS_NAME
    name = clip(path, 300)
    check_whole(folder, (RESULTS_NAME,))
    if not path.is_file():
        raise UserError(f"{name}: is missing; a folder of a finished run has it")
    try:
        with xr.open_dataset(path, engine="netcdf4", decode_timedelta=False) as opened:
            size = sum(item.nbytes for item in opened.variables.values())
            if size > MAX_BYTES:
                raise UserError(
                    f"{name}: must hold at most {MAX_BYTES >> 30} GiB; got {size / 2**30:.1f} GiB"
                )
            dataset = opened.load()
    except UserError:
        raise
    except MemoryError:
        raise UserError(f"{name}: is too large for the memory of this machine") from None
    except PermissionError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}") from error
    except Exception as error:  # the libraries tell a damaged file in many ways
        raise UserError(
            f"{name}: cannot be read as netCDF, it may be cut short or damaged:"
            f" {clip(getattr(error, 'strerror', None) or error, 120)}"
        ) from error
    _check(name, dataset)
    return dataset


def _check(name: str, dataset: xr.Dataset) -> None:
    """Whether ``dataset`` is results of this schema; ``name`` is the file's."""
    found = dataset.attrs.get("schema_version")
    if not isinstance(found, str):
        raise UserError(
            f"{name}: is not a file of results of this program (it has no schema_version)"
        )
    if found != SCHEMA_VERSION:
        raise UserError(
            f"{name}: is of schema {clip(found, 20)}, and this version reads {SCHEMA_VERSION};"
            f" {_AGAIN}"
        )
    known = {*dataset.variables, *dataset.dims}
    wanted = ("scenario", "policy", "path", "month", *(item.name for item in PATH_VARIABLES))
    missing = [item for item in wanted if item not in known]
    missing += [item for item in _ATTRIBUTES if item not in dataset.attrs]
    if missing:
        raise UserError(f"{name}: lacks {clip(', '.join(missing), 120)}; it is not complete")
    wrong = _edited(dataset)
    if wrong:
        raise UserError(f"{name}: is not as a run writes it: {wrong}; {_AGAIN}")


def _edited(dataset: xr.Dataset) -> str:
    """What no run writes; nothing where all is well."""
    for name in ("scenario", "policy"):
        names = [str(item) for item in np.atleast_1d(dataset[name].values)]
        twice = next((item for item in names if names.count(item) > 1), None)
        if twice is not None:
            return f"{name} {clip(twice, 40)} is in it twice"
    for name, least in _WHOLE.items():
        value = dataset.attrs[name]
        number = isinstance(value, int | float | np.integer | np.floating)
        if not number or not np.isfinite(value) or value != int(value) or value < least:
            return f"{name} must be a whole number of at least {least}; got {clip(value, 40)}"
    draws = int(dataset.attrs[_DRAWS])
    if dataset.sizes["path"] % draws:
        return f"{_DRAWS} must divide {dataset.sizes['path']} paths; got {draws}"
    for name in _NEVER_NAN:
        if not np.isfinite(dataset[name].values).all():
            return f"{name} is not a number somewhere"
    return ""


def _mapping(path: Path, dataset: xr.Dataset, attribute: str) -> dict[str, object]:
    """An attribute that holds a JSON object."""
    try:
        content = json.loads(str(dataset.attrs.get(attribute, "")))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise UserError(f"{clip(path, 300)}: the attribute {attribute} must be a JSON object")
    return content


def stored_break_even_rows(dataset: xr.Dataset) -> list[SummaryRow]:
    """Rows of summary.csv of the break-evens in results.nc, none without any."""
    if "break_even_value" not in dataset:
        return []
    fields = ("scenario", "policy", "field", "value", "ci_low", "ci_high")
    columns = [dataset[f"break_even_{name}"].values for name in fields]
    return [
        SummaryRow(
            str(scenario),
            str(policy),
            row_name(str(field)),
            None,
            float(value),
            float(low),
            float(high),
            np.nan,
            np.nan,
            np.nan,
            FRACTION,
        )
        for scenario, policy, field, value, low, high in zip(*columns, strict=True)
    ]
