"""``python -m simulator.report``: a report again from results.nc alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

from simulator.cli.report import main
from simulator.report import report_files
from simulator.results.dataset import READ_VERSIONS, SCHEMA_VERSION
from simulator.results.run import Run
from simulator.results.store import manifest_text, write_summary
from simulator.settings import ReportSettings
from tests import ROOT
from tests.cli.small_runs import Edit
from tests.cli.small_runs import alone as _alone
from tests.cli.small_runs import changed as _changed


def test_results_alone_give_the_report_again_byte_for_byte(finished: Path, tmp_path: Path) -> None:
    folder = _alone(finished, tmp_path / "elsewhere")
    assert main([str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {"results.nc", "report.html", "tables.xlsx"}
    for name in ("report.html", "tables.xlsx"):
        assert (folder / name).read_bytes() == (finished / name).read_bytes(), name


def test_results_alone_hold_summary_and_manifest(finished: Path, tmp_path: Path) -> None:
    record = Run.read(finished)
    write_summary(tmp_path / "summary.csv", record.summary)
    assert (tmp_path / "summary.csv").read_bytes() == (finished / "summary.csv").read_bytes()
    written = json.loads((finished / "manifest.json").read_text("utf-8"))
    del written["outputs_sha256"]  # of files that hold the manifest themselves
    assert manifest_text(record.manifest) == manifest_text(written)
    assert record.report_settings.title == "A title: 100 %"


def test_another_output_leaves_the_folder_as_it_is(longer: Path, tmp_path: Path) -> None:
    folder = _alone(longer, tmp_path / "run")
    target = tmp_path / "out" / "again.html"
    target.parent.mkdir()
    assert main([str(folder), "--output", str(target)]) == 0
    assert [path.name for path in folder.iterdir()] == ["results.nc"]
    assert {path.name for path in target.parent.iterdir()} == {"again.html", "again.xlsx"}


def test_a_page_of_results_that_were_replaced_meanwhile_is_not_put_beside_the_new(
    longer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = _alone(longer, tmp_path / "run")
    make = report_files.report_pages

    def replaced(run: Run, settings: ReportSettings) -> dict[str, str | bytes]:
        (folder / "results.nc").write_bytes(b"another run's")
        return make(run, settings)

    monkeypatch.setattr(report_files, "report_pages", replaced)
    assert main([str(folder)]) == 2
    assert "another run took its place" in capfd.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["results.nc"]


def test_a_run_without_workbook_gets_none_again(longer: Path, tmp_path: Path) -> None:
    def without(dataset: xr.Dataset) -> xr.Dataset:
        settings = json.loads(dataset.attrs["report"]) | {"workbook": False}
        return dataset.assign_attrs(report=json.dumps(settings))

    folder = _changed(longer, tmp_path / "run", without)
    assert main([str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {"results.nc", "report.html"}


def test_a_run_without_report_can_get_one(longer: Path, tmp_path: Path) -> None:
    assert not (longer / "report.html").exists()
    assert not (longer / "tables.xlsx").exists()
    folder = _alone(longer, tmp_path / "run")
    assert main([str(folder)]) == 0
    assert (folder / "report.html").is_file()


def test_the_manifest_of_the_folder_is_still_that_of_the_run(finished: Path) -> None:
    manifest = json.loads((finished / "manifest.json").read_text("utf-8"))
    stored = json.loads(Run.read(finished).dataset.attrs["manifest"])
    assert stored["seed"] == manifest["seed"]
    assert "configuration" not in stored


def _told(capfd: pytest.CaptureFixture[str], words: list[str]) -> str:
    """The one line that a mistake gets."""
    assert main(words) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert len(lines) == 1, shown.err
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name the folder of a run"),
        (["no_such_folder"], "no_such_folder must be the folder of a run"),
        (["."], "results.nc: is missing"),
        ([".", "."], "must be named once"),
        ([".", "--output", "results.nc"], "must name a file that ends with .html"),
        ([".", "--outptu", "x.html"], "options are --output FILE"),
        ([f"f{i}" for i in range(8)], "at most 7 runs fit side by side; got 8"),
        (["http://localhost:1"], "must be the folder of a run"),
    ],
)
def test_a_mistake_in_the_command_gets_one_line(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in _told(capfd, words)


def test_a_file_cut_short_anywhere_gets_one_line(
    finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = (finished / "results.nc").read_bytes()
    for share in (0.0, 0.001, 0.1, 0.6, 0.999):
        (tmp_path / "results.nc").write_bytes(whole[: int(share * len(whole))])
        assert "cut short or damaged" in _told(capfd, [str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["results.nc"]


def test_foreign_files_get_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results.nc").write_text("scenario,policy\n" * 100)
    assert "cannot be read as netCDF" in _told(capfd, [str(tmp_path)])
    (tmp_path / "results.nc").unlink()
    xr.Dataset({"balance": ("x", [1.0])}).to_netcdf(tmp_path / "results.nc", engine="netcdf4")
    assert "has no schema_version" in _told(capfd, [str(tmp_path)])


_READS = f"this version reads {' and '.join(READ_VERSIONS)}"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            lambda d: d.assign_attrs(schema_version="1.0"),
            _READS,
        ),
        (
            lambda d: d.drop_attrs(deep=False).assign_attrs(schema_version=SCHEMA_VERSION),
            "lacks currency",
        ),
        (lambda d: d.drop_vars("overdue_rate"), "lacks overdue_rate"),
        (lambda d: d.assign_attrs(manifest="{"), "manifest must be a JSON object"),
        (lambda d: d.assign_attrs(report="[1]"), "report must be a JSON object"),
        (lambda d: d.assign_attrs(report='{"title": ""}'), "report.title"),
        (lambda d: d.assign_attrs(reference="nobody"), "must be one of grace_period, status_quo"),
    ],
)
def test_results_that_are_not_whole_get_one_line(
    edit: Edit, message: str, longer: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = _changed(longer, tmp_path / "run", edit)
    assert message in _told(capfd, [str(folder)])
    assert [path.name for path in folder.iterdir()] == ["results.nc"]


def test_results_without_manifest_say_that_an_older_version_wrote_them(
    longer: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def without(dataset: xr.Dataset) -> xr.Dataset:
        left = {k: v for k, v in dataset.attrs.items() if k not in ("manifest", "report")}
        return dataset.drop_attrs(deep=False).assign_attrs(left)

    folder = _changed(longer, tmp_path / "run", without)
    assert "an older version wrote it" in _told(capfd, [str(folder)])


def test_an_output_that_cannot_be_written_gets_one_line_and_leaves_nothing(
    finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = _alone(finished, tmp_path / "run")
    line = _told(capfd, [str(folder), "-o", str(tmp_path / "absent" / "x.html")])
    assert "absent must exist" in line
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "results.nc"]


def test_help_and_version_load_nothing_heavy(capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys\nfrom simulator.cli.report import main\n"
        "assert main(['--help']) == main(['--version']) == 0\n"
        "print(*sorted({n.split('.')[0] for n in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"hydra", "numba", "omegaconf", "plotly", "pyarrow", "scipy", "xarray", "xlsxwriter"}
    assert not set(done.stdout.splitlines()[-1].split()) & heavy
    assert "Usage:  loanstress report DIR" in done.stdout
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 100
