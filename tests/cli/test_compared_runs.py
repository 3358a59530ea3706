"""``python -m simulator.report`` with several folders: runs side by side."""

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from simulator.cli.report import main
from simulator.report.comparison.compared_runs import (
    ABSENT,
    difference,
    differing,
    read_runs,
)
from simulator.report.comparison.comparison_page import render_comparison
from simulator.report.kit.setting_words import BELOW
from tests.cli.small_runs import alone as _alone
from tests.cli.small_runs import changed as _changed

PAYLOADS = ("<script>alert(1)</script>", '" onmouseover="x', "</script><b>", "&lt;i&gt;\u202e")


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
    assert f"policy{BELOW}grace_period{BELOW}months 3 6" in shown
    assert f"provision{BELOW}cas22 yes {ABSENT}" in shown
    assert "The policy Grace period has different settings in A and B." in shown


def test_runs_that_share_all_but_a_policy_are_not_warned_about_else(comparison: str) -> None:
    page = comparison[comparison.index("<main>") :]
    warnings = re.findall(r'<p class="warning">(.*?)</p>', page)
    assert [w for w in warnings if "need scripts" not in w] == [
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
    reference = shown[shown.index("Downturn: Current policy A (base)") :]
    reference = reference[: reference.index("Downturn: Grace period")]
    assert reference.count("no difference") == 4  # the same policy, borrowers and luck


GAINS = (
    *("interest_accrued", "penalty_accrued", "fees_accrued"),
    *("recovered", "sale_price", "recoverable_change"),
)
COSTS = (
    *("forgiven", "funding_cost", "written_off", "sold", "allowance_90_change", "collection_cost"),
    *("relief_handling_cost", "underwriting_cost", "acquisition_cost", "programme_cost"),
)
"""What the net result is made of, as docs/results.md has it."""


def test_differences_are_paired_by_path_with_students_interval(
    finished: Path, longer: Path
) -> None:
    first, other = read_runs([finished, longer])
    earned = []
    for run in (first, other):
        one = run.data.dataset.sel(scenario="downturn", policy="grace_period").sum("month")
        gains, costs = (sum(one[name] for name in names).values for names in (GAINS, COSTS))
        earned.append(gains - costs)
    gaps = earned[1] - earned[0]
    assert np.any(gaps != 0)
    found = difference(first, other, ("downturn", "grace_period"), "net_result")
    low, high = stats.t.interval(
        0.95, len(gaps) - 1, gaps.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps))
    )
    assert found is not None
    assert (found.mean, found.ci_low, found.ci_high) == pytest.approx((gaps.mean(), low, high))
    assert difference(first, other, ("downturn", "nobody"), "net_result") is None


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
        "Currencies differ: CNY (A), USD (B).",
        "Start months differ: 2026-01 (A), 1999-04 (B).",
        "Seeds differ: 20260101 (A), 7 (B).",
        "Numbers of paths differ: 4 (A), 2 (B).",
        "Books differ",
        f"book{BELOW}borrowers 200 7",
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
