"""results.nc that somebody changed: one line on what no run writes, never a defect."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simulator.cli.report import main as report_main
from simulator.report.kit.atomic_file import write_atomically
from simulator.results import stored_run
from tests.cli.small_runs import changed

Edit = Callable[[xr.Dataset], xr.Dataset]
DRAWS = stored_run._DRAWS


def with_attribute(name: str, value: object) -> Edit:
    return lambda dataset: dataset.assign_attrs({name: value})


def with_nan(name: str) -> Edit:
    def edit(dataset: xr.Dataset) -> xr.Dataset:
        values = dataset[name].values.astype(float)
        values.flat[0] = np.nan
        return dataset.assign({name: (dataset[name].dims, values)})

    return edit


def policy_twice(dataset: xr.Dataset) -> xr.Dataset:
    names = dataset["policy"].values.copy()
    names[-1] = names[0]
    return dataset.assign_coords(policy=names)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (with_attribute(DRAWS, 0), f"{DRAWS} must be a whole number of at least 1; got 0"),
        (with_attribute(DRAWS, float("nan")), f"{DRAWS} must be a whole number"),
        (with_attribute(DRAWS, 10_000), f"{DRAWS} must divide"),
        (with_attribute("months", -3), "months must be a whole number of at least 1; got -3"),
        (with_attribute("runoff_months", "many"), "runoff_months must be a whole number"),
        (policy_twice, "policy status_quo is in it twice"),
        (with_nan("balance"), "balance is not a number somewhere"),
    ],
)
def test_an_edited_file_gets_one_line(
    finished: Path, edit: Edit, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = changed(finished, tmp_path / "edited", edit)
    assert report_main([str(folder)]) == 2
    told = capfd.readouterr().err
    assert words in told
    assert told.count("error: ") == 1
    assert len(told.strip().splitlines()) == 1


def test_a_file_too_large_for_memory_is_told_so(
    finished: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = changed(finished, tmp_path / "large", lambda dataset: dataset)

    def too_much(*_: object, **__: object) -> xr.Dataset:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(xr, "open_dataset", too_much)
        assert report_main([str(folder)]) == 2
    assert "results.nc: is too large for the memory of this machine" in capfd.readouterr().err
    monkeypatch.setattr(stored_run, "MAX_BYTES", 1000)
    assert report_main([str(folder)]) == 2
    assert "results.nc: must hold at most" in capfd.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o027, 0o640)])
def test_a_page_has_the_rights_that_the_umask_leaves(umask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "report.html", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == mode
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
