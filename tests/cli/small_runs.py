"""Small runs: their arguments, and copies of finished ones with results.nc and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import xarray as xr

SETTLED = ("book.donors=500", "book.burn_in_months=12")
SMALL = ("run=smoke", "book.borrowers=200", "run.threads=1", *SETTLED)
Edit = Callable[[xr.Dataset], xr.Dataset]


def changed(source: Path, folder: Path, edit: Edit) -> Path:
    """A folder with an edited copy of a run's results.nc and nothing else."""
    folder.mkdir(parents=True)
    dataset = xr.load_dataset(source / "results.nc", engine="netcdf4")
    edit(dataset).to_netcdf(folder / "results.nc", format="NETCDF4", engine="netcdf4")
    return folder


def alone(source: Path, folder: Path) -> Path:
    """A folder with a run's results.nc and nothing else."""
    folder.mkdir(parents=True)
    shutil.copy(source / "results.nc", folder)
    return folder


def assert_same_bytes(left: xr.Dataset, right: xr.Dataset) -> None:
    """Every variable has the same kind, shape and bytes."""
    assert set(left.variables) == set(right.variables)
    for name in left.variables:
        one, other = left[name].values, right[name].values
        assert (one.dtype, one.shape) == (other.dtype, other.shape), name
        if one.dtype == object:
            assert list(one) == list(other), name
        else:
            assert one.tobytes() == other.tobytes(), name
