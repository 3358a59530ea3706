"""Files of a run: written whole or not at all, read back equal, removed by their names."""

import json
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from simulator.results.dataset import to_dataset
from simulator.results.files import (
    MANIFEST_NAME,
    RESULTS_NAME,
    SUMMARY_NAME,
)
from simulator.results.run import Run
from simulator.results.run_folder import HASHES, NEXT, check_whole, commit
from simulator.results.store import (
    rehashed,
    write_files,
    write_results,
    write_summary,
    writer_of,
)
from simulator.results.stored_run import read_dataset
from simulator.results.summary import SummaryRow, summarise
from simulator.results.table import safe_text
from simulator.validation import UserError
from tests import ROOT
from tests.results.outputs import output_of, random_tallies, written


def test_what_is_written_is_read_back_equal(tmp_path: Path) -> None:
    output = written(tmp_path / "run")
    names = {p.name for p in (tmp_path / "run").iterdir()}
    assert names == {RESULTS_NAME, SUMMARY_NAME, MANIFEST_NAME, "report.html"}
    run = Run.read(tmp_path / "run")
    expected = to_dataset(output)
    dataset, rows = run.dataset, list(run.summary)
    told = {name: dataset.attrs[name] for name in ("manifest", "report")}
    xr.testing.assert_identical(dataset.drop_encoding(), expected.assign_attrs(told))
    assert dataset.attrs["configuration"] == json.dumps(
        output.configuration, sort_keys=True, ensure_ascii=False
    )
    assert repr(rows) == repr(summarise(expected))
    assert run.manifest["checks_passed"] is True
    assert run.manifest["book"]["notes"] == ["注释"]  # type: ignore[index]


def test_every_stored_variable_has_unit_and_meaning_and_is_not_compressed(tmp_path: Path) -> None:
    written(tmp_path)
    with netCDF4.Dataset(tmp_path / RESULTS_NAME) as file:
        for name, variable in file.variables.items():
            assert {"units", "long_name"} <= set(variable.ncattrs()), name
            assert not (variable.filters() or {}).get("zlib"), name
        assert {"schema_version", "currency", "start_date", "reference", "configuration"} <= set(
            file.ncattrs()
        )


def test_a_failing_write_leaves_nothing_under_any_name(tmp_path: Path) -> None:
    output = written(tmp_path)
    dataset = to_dataset(output)
    with pytest.raises(ValueError, match="JSON compliant"):
        write_results(tmp_path / "new", dataset, summarise(dataset), {"x": float("nan")})
    assert not (tmp_path / "new").exists()

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    def fine(path: Path) -> None:
        path.write_text("whole")

    before = {p.name for p in tmp_path.iterdir()}
    with pytest.raises(UserError, match=r"summary\.csv: cannot be written: No space left"):
        write_files(tmp_path, {RESULTS_NAME: fine, SUMMARY_NAME: fail, MANIFEST_NAME: fine})
    assert {p.name for p in tmp_path.iterdir()} == before


def test_a_rename_that_fails_leaves_nothing_unfinished(tmp_path: Path) -> None:
    (tmp_path / SUMMARY_NAME).mkdir()
    (tmp_path / SUMMARY_NAME / "in_the_way").touch()

    def fine(path: Path) -> None:
        path.write_text("whole")

    with pytest.raises(UserError, match=SUMMARY_NAME):
        write_files(tmp_path, {RESULTS_NAME: fine, SUMMARY_NAME: fine})
    assert {p.name for p in tmp_path.iterdir()} == {RESULTS_NAME, SUMMARY_NAME}


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written") as caught:
        written(tmp_path / "file")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody can write")
def test_a_read_only_folder_is_one_line() -> None:
    with pytest.raises(UserError, match=r"^/proc/self/results\.nc: cannot be written") as caught:
        written(Path("/proc/self"))
    assert "\n" not in str(caught.value)


_FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, "tests")
from tests.results.outputs import written
from simulator.validation import UserError
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    written(Path(sys.argv[1]))
except UserError as error:
    print(error)
    sys.exit(3)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit on file sizes")
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    root = ROOT
    command = [sys.executable, "-c", _FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "results.nc: cannot be written" in done.stdout
    assert "disk full" in done.stdout
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(start: str) -> None:
    assert safe_text(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


def test_numbers_are_left_alone_and_missing_ones_empty(tmp_path: Path) -> None:
    path = tmp_path / SUMMARY_NAME
    row = SummaryRow("=1+1", "b", "c", None, -0.1, np.nan, 1e-17, 1.0, 2.0, 3.0, "1")
    write_summary(path, [row])
    assert path.read_text().splitlines() == [
        "scenario,policy,metric,month,mean,ci_low,ci_high,p05,p50,p95,unit,book_low,book_high,"
        "total_low,total_high",
        "'=1+1,b,c,,-0.1,,1e-17,1.0,2.0,3.0,1,,,,",
    ]


def test_a_long_configuration_fits_the_file(tmp_path: Path) -> None:
    tallies = {"status_quo": random_tallies(26, 2, 1)}
    output = replace(output_of(tallies, months=1), configuration={"long": "x" * 300_000})
    dataset = to_dataset(output)
    write_results(tmp_path, dataset, [], {})
    assert len(read_dataset(tmp_path).attrs["configuration"]) > 300_000


def test_the_manifest_never_names_a_file_that_is_being_written(tmp_path: Path) -> None:
    written(tmp_path)
    manifest = tmp_path / MANIFEST_NAME
    before = json.loads(manifest.read_text(encoding="utf-8"))
    with suppress(ZeroDivisionError), rehashed(tmp_path, ["report.html"]):
        now = json.loads(manifest.read_text(encoding="utf-8"))
        assert set(before[HASHES]) - set(now[HASHES]) == {"report.html"}
        (tmp_path / "report.html").write_text("half", encoding="utf-8")
        raise ZeroDivisionError
    with rehashed(tmp_path, ["report.html"]):
        (tmp_path / "report.html").write_text("again", encoding="utf-8")
    check_whole(tmp_path, tuple(before[HASHES]))
    after = json.loads(manifest.read_text(encoding="utf-8"))
    assert after[HASHES]["report.html"] != before[HASHES]["report.html"]
    assert {**after, HASHES: None} == {**before, HASHES: None}


def test_a_second_writing_that_fails_leaves_the_first_whole(tmp_path: Path) -> None:
    """A disk that fills while data are written again costs nothing."""
    folder = tmp_path / "run"
    (folder / NEXT).mkdir(parents=True)
    write_files(folder / NEXT, {SUMMARY_NAME: writer_of("first")}, {"seed": 1})

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match="No space left"):
        write_files(
            folder / NEXT, {SUMMARY_NAME: writer_of("second"), RESULTS_NAME: full}, {"seed": 2}
        )
    commit(folder)
    assert (folder / SUMMARY_NAME).read_text("utf-8") == "first"
    assert json.loads((folder / MANIFEST_NAME).read_text("utf-8"))["seed"] == 1
    check_whole(folder, (SUMMARY_NAME,))


def test_nothing_takes_the_place_of_results_that_are_not_whole(tmp_path: Path) -> None:
    (tmp_path / NEXT).mkdir()
    (tmp_path / SUMMARY_NAME).write_text("earlier", encoding="utf-8")
    with pytest.raises(UserError, match="no whole results"):
        commit(tmp_path)
    assert (tmp_path / SUMMARY_NAME).read_text("utf-8") == "earlier"


def test_a_damaged_manifest_of_earlier_results_stops_no_new_ones(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_text("{", encoding="utf-8")
    (tmp_path / NEXT).mkdir()
    write_files(tmp_path / NEXT, {SUMMARY_NAME: writer_of("new")}, {"seed": 2})
    commit(tmp_path)
    check_whole(tmp_path, (SUMMARY_NAME,))
    assert (tmp_path / SUMMARY_NAME).read_text("utf-8") == "new"


def test_without_a_manifest_nothing_is_noted(tmp_path: Path) -> None:
    with rehashed(tmp_path, ["report.html"]):
        (tmp_path / "report.html").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_results_of_another_run_are_not_read(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / RESULTS_NAME).write_text("another", encoding="utf-8")
    with pytest.raises(UserError, match=r"results\.nc is not the one that manifest\.json names"):
        Run.read(tmp_path)
