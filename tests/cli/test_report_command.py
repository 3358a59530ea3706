"""``python -m simulator.report``: a report again from results.nc alone, runs side by side."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from simulator.cli.report import main
from simulator.cli.run import main as run_main
from simulator.report.comparison.compared_runs import (
    ABSENT,
    BETWEEN,
    difference,
    differing,
    read_runs,
)
from simulator.report.comparison.comparison_page import render_comparison
from simulator.results.dataset import SCHEMA_VERSION
from simulator.results.store import manifest_text, read_results, write_summary
from simulator.results.stored_run import read_record
from tests import ROOT

BASE = (
    "run=smoke",
    "book.borrowers=200",
    "run.threads=1",
    "scenario=[baseline,downturn]",
    "policy=[grace_period]",
)
NAMES = ("report.html", "tables.xlsx", "summary.csv", "manifest.json")
PAYLOADS = ("<script>alert(1)</script>", '" onmouseover="x', "</script><b>", "&lt;i&gt;\u202e")

Edit = Callable[[xr.Dataset], xr.Dataset]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with rule books, a break-even and a title of its own."""
    folder = tmp_path_factory.mktemp("runs") / "base"
    words = [*BASE, "break_even=[moral_hazard]", "report.title='A title: 100 %'"]
    assert run_main([*words, f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same borrowers and luck; a longer grace period, no rule books."""
    folder = tmp_path_factory.mktemp("runs") / "longer_grace"
    words = [*BASE, "provision=[]", "policy.grace_period.months=6", "report.enabled=false"]
    assert run_main([*words, f"hydra.run.dir={folder}"]) == 0
    return folder


def _changed(source: Path, folder: Path, edit: Edit) -> Path:
    """A folder with an edited copy of a run's results.nc and nothing else."""
    folder.mkdir(parents=True)
    dataset = xr.load_dataset(source / "results.nc", engine="netcdf4")
    edit(dataset).to_netcdf(folder / "results.nc", format="NETCDF4", engine="netcdf4")
    return folder


def _alone(source: Path, folder: Path) -> Path:
    """A folder with a run's results.nc and nothing else."""
    folder.mkdir(parents=True)
    shutil.copy(source / "results.nc", folder)
    return folder


# --- a report again -------------------------------------------------------------------------


def test_results_alone_give_the_report_again_byte_for_byte(finished: Path, tmp_path: Path) -> None:
    folder = _alone(finished, tmp_path / "elsewhere")
    assert main([str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {"results.nc", "report.html", "tables.xlsx"}
    for name in ("report.html", "tables.xlsx"):
        assert (folder / name).read_bytes() == (finished / name).read_bytes(), name


def test_results_alone_hold_summary_and_manifest(finished: Path, tmp_path: Path) -> None:
    record = read_record(finished)
    write_summary(tmp_path / "summary.csv", record.summary_rows)
    assert (tmp_path / "summary.csv").read_bytes() == (finished / "summary.csv").read_bytes()
    assert manifest_text(record.manifest) == (finished / "manifest.json").read_text("utf-8")
    assert record.report["title"] == "A title: 100 %"


def test_another_output_leaves_the_folder_as_it_is(longer: Path, tmp_path: Path) -> None:
    folder = _alone(longer, tmp_path / "run")
    target = tmp_path / "out" / "again.html"
    target.parent.mkdir()
    assert main([str(folder), "--output", str(target)]) == 0
    assert [path.name for path in folder.iterdir()] == ["results.nc"]
    assert {path.name for path in target.parent.iterdir()} == {"again.html", "again.xlsx"}


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
    stored = read_results(finished)
    assert json.loads(stored.dataset.attrs["manifest"])["seed"] == stored.manifest["seed"]
    assert "configuration" not in json.loads(stored.dataset.attrs["manifest"])


# --- mistakes -------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.assign_attrs(schema_version="1.0"), f"this version reads {SCHEMA_VERSION}"),
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


# --- several runs side by side --------------------------------------------------------------


class Outline(HTMLParser):
    """Tags, attributes and visible text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] not in (["script"], ["style"]):
            self.text.append(data)

    def shown(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def comparison(finished: Path, longer: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("page") / "comparison.html"
    assert main([str(finished), str(longer), "-o", str(target)]) == 0
    return target.read_text(encoding="utf-8")


def test_the_comparison_names_the_runs_and_what_differs(comparison: str) -> None:
    shown = Outline(comparison).shown()
    assert "2 runs side by side" in shown
    assert "A (base)" in shown
    assert "B (longer_grace)" in shown
    assert f"policy{BETWEEN}grace_period{BETWEEN}months 3 6" in shown
    assert f"provision{BETWEEN}cas22 yes {ABSENT}" in shown
    assert "The policy Grace period has different settings in A and B." in shown


def test_runs_that_share_all_but_a_policy_are_not_warned_about_else(comparison: str) -> None:
    page = comparison[comparison.index("<main>") :]
    warnings = re.findall(r'<p class="warning">(.*?)</p>', page)
    assert [w for w in warnings if "drawings" not in w] == [
        "The policy Grace period has different settings in A and B."
    ]


def test_figures_of_the_comparison_are_those_of_the_results(
    comparison: str, finished: Path, longer: Path
) -> None:
    shown = Outline(comparison).shown()
    for folder in (finished, longer):
        dataset = xr.load_dataset(folder / "results.nc", engine="netcdf4")
        rate = dataset["overdue_rate"].sel(dpd=30, scenario="downturn").max("month")
        for policy in ("status_quo", "grace_period"):
            assert f" {100 * float(rate.sel(policy=policy).mean()):.2f} " in shown
    reference = shown[shown.index("Downturn: Status quo A (base)") :]
    reference = reference[: reference.index("Downturn: Grace period")]
    assert reference.count("no difference") == 4  # the same policy, borrowers and luck


def test_differences_are_paired_by_path_with_students_interval(
    finished: Path, longer: Path
) -> None:
    first, other = read_runs([finished, longer])
    peaks = [
        run.data.dataset["overdue_rate"]
        .sel(dpd=30, scenario="downturn", policy="grace_period")
        .max("month")
        .values
        for run in (first, other)
    ]
    gaps = peaks[1] - peaks[0]
    assert np.any(gaps != 0)
    found = difference(first, other, ("downturn", "grace_period"), "peak_overdue_rate_30")
    low, high = stats.t.interval(
        0.95, len(gaps) - 1, gaps.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps))
    )
    assert found is not None
    assert (found.mean, found.ci_low, found.ci_high) == pytest.approx((gaps.mean(), low, high))
    assert difference(first, other, ("downturn", "nobody"), "peak_overdue_rate_30") is None


def test_a_run_beside_itself_differs_in_nothing(finished: Path, tmp_path: Path) -> None:
    runs = read_runs([finished, _alone(finished, tmp_path / "copy")])
    assert differing(runs) == []
    same = difference(*runs, ("downturn", "grace_period"), "net_result")
    assert same is not None
    assert same.is_zero


def _other(dataset: xr.Dataset) -> xr.Dataset:
    """Another currency, calendar, book and seed, and half of the paths."""
    configuration = json.loads(dataset.attrs["configuration"])
    configuration["book"]["borrowers"] = 7
    return dataset.isel(path=slice(0, 2)).assign_attrs(
        currency="USD",
        start_date="1999-04-01",
        seed=7,
        configuration=json.dumps(configuration),
    )


def test_what_does_not_compare_is_told_and_not_subtracted(
    longer: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = _alone(longer, tmp_path / "first")
    other = _changed(longer, tmp_path / "other", _other)
    assert main([str(first), str(other)]) == 0
    assert (first / "comparison.html").is_file()
    shown = Outline((first / "comparison.html").read_text(encoding="utf-8")).shown()
    for words in (
        "Money is in CNY (A), USD (B).",
        "The calendars differ: runs begin in 2026-01 (A), 1999-04 (B).",
        "The seeds differ: 20260101 (A), 7 (B).",
        "The paths differ: 4 (A), 2 (B).",
        "The books differ",
        f"book{BETWEEN}borrowers 200 7",
    ):
        assert words in shown
    table = shown[shown.index("Key figures of each run") : shown.index("Over time")]
    assert "no difference" not in table
    assert "CNY" in table
    assert "USD" in table


def test_the_comparison_is_offline_with_a_hash_for_every_script(comparison: str) -> None:
    policy = html.unescape(
        re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', comparison)[0]
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    inline = re.findall(r"<script>(.*?)</script>", comparison, re.S)
    inline += re.findall(r"<style[^>]*>(.*?)</style>", comparison, re.S)
    assert len(inline) == 3
    for text in inline:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    outline = Outline(comparison)
    assert not [n for n, v in outline.attributes if n in ("src", "srcset", "href", "action")]
    assert not {"link", "iframe", "object", "embed", "base", "form"} & set(outline.tags)


def test_names_inject_nothing_into_the_comparison(
    longer: Path, tmp_path: Path, comparison: str
) -> None:
    def poisoned(dataset: xr.Dataset) -> xr.Dataset:
        configuration = json.loads(dataset.attrs["configuration"])
        configuration[PAYLOADS[0]] = {PAYLOADS[1]: PAYLOADS[2]}
        manifest = json.loads(dataset.attrs["manifest"])
        for payload, scenario in zip(PAYLOADS, manifest["scenarios"].values(), strict=False):
            scenario["label"] = payload
        return dataset.assign_attrs(
            book=PAYLOADS[3],
            accounting_book=PAYLOADS[0],
            currency=PAYLOADS[1],
            configuration=json.dumps(configuration),
            manifest=json.dumps(manifest),
        )

    bad = _changed(longer, tmp_path / '<img src=x onerror=alert(1)>"', poisoned)
    good = _alone(longer, tmp_path / "good")
    assert main([str(bad), str(good), "-o", str(tmp_path / "page.html")]) == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    outline, plain = Outline(text), Outline(comparison)
    for tag in ("script", "b", "i", "img", "style"):
        assert outline.tags.count(tag) == plain.tags.count(tag), tag
    assert not [name for name, _ in outline.attributes if name.startswith("on")]
    assert "alert(1)" in outline.shown()
    assert "\u202e" not in text


def test_seven_runs_fit_on_one_page(longer: Path) -> None:
    (run,) = read_runs([longer])
    text = render_comparison(tuple(replace(run, letter=letter) for letter in "ABCDEFG"))
    assert len(text.encode()) < 8_000_000
    assert "G (longer_grace)" in text
