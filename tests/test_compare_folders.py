"""The tool that compares two folders of results tells every kind of difference."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tools.compare_folders import differences, main


def _folder(place: Path, **changes: object) -> Path:
    """A folder with a small dataset and a summary; ``changes`` replace what stands there."""
    place.mkdir()
    values = changes.get("values", np.array([1.0, np.nan]))
    attributes = changes.get("attributes", {"units": "1", "missing": np.nan})
    manifest = {"checks_passed": True, "run_seconds": 1.0} | dict(changes.get("manifest", {}))  # type: ignore[call-overload]
    dataset = xr.Dataset(
        {"rate": xr.Variable(("path",), values, attributes)},  # type: ignore[arg-type]
        attrs={"seed": changes.get("seed", 1), "manifest": json.dumps(manifest)},
    )
    dataset.to_netcdf(place / "results.nc")
    (place / "summary.csv").write_text(str(changes.get("summary", "a,b\n")), encoding="utf-8")
    return place


def test_equal_folders_are_equal_though_they_took_another_time(tmp_path, capsys):
    one = _folder(tmp_path / "one")
    other = _folder(tmp_path / "other", manifest={"run_seconds": 9.0})
    assert main([str(one), str(other)]) == 0
    assert "equal" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"values": np.array([1.0, 2.0])}, "rate: values differ"),
        ({"values": np.array([1.0, np.nan], dtype=np.float32)}, "rate: dtype"),
        ({"values": np.array([1.0, np.nan, 0.0])}, "rate: shape"),
        ({"attributes": {"units": "days", "missing": np.nan}}, "rate: attribute units"),
        ({"attributes": {"units": "1"}}, "rate: attribute missing"),
        ({"seed": 2}, "attribute seed"),
        ({"manifest": {"checks_passed": False}}, "checks_passed of the manifest"),
        ({"summary": "a,c\n"}, "summary.csv: differs"),
    ],
)
def test_each_kind_of_difference_is_told(tmp_path, change, told):
    found = list(differences(_folder(tmp_path / "one"), _folder(tmp_path / "other", **change)))
    assert told in found[0]
    assert len(found) == 1 or "dtype" in told


def test_a_file_or_variable_in_one_folder_only_is_told(tmp_path, capsys):
    one, other = _folder(tmp_path / "one"), _folder(tmp_path / "other")
    (other / "results.nc").unlink()
    (other / "history.parquet").write_bytes(b"PAR1")
    assert main([str(one), str(other)]) == 1
    told = capsys.readouterr().out
    assert "results.nc: only in" in told
    assert "history.parquet: only in" in told


def test_two_empty_folders_are_not_called_equal(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    assert list(differences(tmp_path / "one", tmp_path / "other"))
