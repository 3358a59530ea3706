"""results.nc of a stored run, in memory: one that this version reads, or one line on why not."""

from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from simulator.results.dataset import READ_VERSIONS
from simulator.results.files import RESULTS_NAME
from simulator.results.run_folder import check_whole
from simulator.results.sampling import DEVIATION
from simulator.results.variables import PATH_VARIABLES
from simulator.validation import UserError, clip

_DRAWS: Final = "draws_per_path"
_WHOLE: Final = {_DRAWS: 1, "runoff_months": 0, "months": 1}
_ATTRIBUTES: Final = ("currency", "reference", *_WHOLE)
MAX_BYTES: Final = 8 << 30
"""Of all variables in memory; the default run has some megabytes."""
_NEVER_NAN: Final = ("balance", "loans", DEVIATION)
AGAIN: Final = "run it again, or use the version that wrote it"


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
    if found not in READ_VERSIONS:
        raise UserError(
            f"{name}: is of schema {clip(found, 20)}, and this version reads"
            f" {' and '.join(READ_VERSIONS)};"
            f" {AGAIN}"
        )
    known = {*dataset.variables, *dataset.dims}
    wanted = ("scenario", "policy", "path", "month", *(item.name for item in PATH_VARIABLES))
    missing = [item for item in wanted if item not in known]
    missing += [item for item in _ATTRIBUTES if item not in dataset.attrs]
    if missing:
        raise UserError(f"{name}: lacks {clip(', '.join(missing), 120)}; it is not complete")
    wrong = _edited(dataset)
    if wrong:
        raise UserError(f"{name}: is not as a run writes it: {wrong}; {AGAIN}")


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
    for name in (item for item in _NEVER_NAN if item in dataset):
        if not np.isfinite(dataset[name].values).all():
            return f"{name} is not a number somewhere"
    return ""
