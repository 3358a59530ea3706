"""The report: one offline page made from results, whatever their shape and their names."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simulator.report.kit import page_shell
from simulator.report.kit.atomic_file import write_atomically
from simulator.validation import UserError
from tests.report.page_outline import Outline, assert_small, drawings, labels_of
from tests.report.stress_runs import PAYLOADS, POLICIES, SCENARIOS, Run, make_run, write


@pytest.mark.parametrize(
    ("scenarios", "policies", "n_paths", "n_months"),
    [
        (("baseline",), ("status_quo",), 1, 1),
        (("baseline",), ("status_quo",), 5, 6),
        (("baseline",), POLICIES, 1, 24),
        (SCENARIOS, ("status_quo",), 20, 24),
        (SCENARIOS, POLICIES, 100, 24),
        (tuple(f"s{i}" for i in range(5)), tuple(f"p{i}" for i in range(8)), 2, 600),
    ],
)
def test_every_shape_of_run_gives_a_small_page_with_bounded_figures(
    tmp_path: Path,
    scenarios: tuple[str, ...],
    policies: tuple[str, ...],
    n_paths: int,
    n_months: int,
) -> None:
    run = make_run(scenarios, policies, n_paths, n_months)
    text = write(run, tmp_path / "report.html")
    assert_small(text)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_book_without_balance_is_told_plainly(tmp_path: Path) -> None:
    run = make_run(("baseline",), POLICIES[:2], 4, 3)
    dataset = run.dataset.copy(deep=True)
    for name in ("overdue_rate", "overdue_by_cause"):
        dataset[name][:] = np.nan
    for name in ("roll_balance", "written_off", "interest_paid"):
        dataset[name][:] = 0.0
    rows = [row._replace(mean=np.nan) for row in run.rows if "rate" in row.metric]
    text = write(Run(dataset, rows, run.manifest), tmp_path / "report.html")
    shown = "".join(Outline(text).text)
    assert "No balance to be 30 days overdue." in shown
    assert not re.search(r"\bnan\b", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_plotly_stands_once_and_nothing_is_loaded(default_page: str) -> None:
    assert len(re.findall(r"plotly\.js v\d", default_page)) == 1
    outline = Outline(default_page)
    loading = {"src", "srcset", "href", "data", "action", "formaction", "poster", "background"}
    assert [v for v in outline.values if v[1] in loading] == []
    assert not {tag for tag, _ in outline.tags} & {"link", "iframe", "object", "embed", "base"}
    css = re.findall(r"<style[^>]*>(.*?)</style>", default_page, re.S)
    assert not any("url(" in sheet or "@import" in sheet for sheet in css)


def test_the_security_policy_allows_exactly_the_inline_parts(default_page: str) -> None:
    policies = [
        v for tag, name, v in Outline(default_page).values if tag == "meta" and "default-src" in v
    ]
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert "unsafe" not in policies[0]
    assert "http" not in policies[0]
    inline = re.findall(r"<script>(.*?)</script>", default_page, re.S)
    inline += re.findall(r"<style[^>]*>(.*?)</style>", default_page, re.S)
    assert len(inline) == 3
    for part in inline:
        assert page_shell.content_hash(part) in policies[0]
    assert policies[0].count("sha256-") == 3


def test_names_stay_text(tmp_path: Path) -> None:
    plain = make_run(("aa", "bb", "cc", "dd"), ("ref", "p1", "p2", "p3", "p4", "p5"), 4, 3)
    expected = Outline(write(plain, tmp_path / "plain.html", "Title"))
    run = make_run(PAYLOADS[:4], PAYLOADS[4:], 4, 3)
    run.dataset.attrs["currency"] = PAYLOADS[0]
    everything = " ".join(PAYLOADS)
    for payload, entry in zip(PAYLOADS, run.manifest["scenarios"].values(), strict=False):
        entry |= {"label": payload, "narrative": everything, "source": everything}
        entry["warnings"] = [everything]
    run.manifest["overrides"] = list(PAYLOADS)
    run.manifest["random_numbers"] = everything
    text = write(run, tmp_path / "report.html", PAYLOADS[-1] + PAYLOADS[1])
    assert Outline(text).tags == expected.tags
    assert not any(c in text for c in "\u2028\u2029\u202e")
    for figure in drawings(text):
        assert not any("<" in label for label in labels_of(figure))


def test_the_page_survives_its_way_through_the_files(default_run: Run, tmp_path: Path) -> None:
    before = write(default_run, tmp_path / "a.html")
    default_run.dataset.to_netcdf(tmp_path / "results.nc", engine="netcdf4")
    manifest = json.loads(json.dumps(default_run.manifest))
    dataset = xr.load_dataset(tmp_path / "results.nc", engine="netcdf4")
    assert write(Run(dataset, default_run.rows, manifest), tmp_path / "b.html") == before


def test_an_unwritable_place_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    target = tmp_path / "absent" / "report.html"
    with pytest.raises(UserError, match=re.escape(str(target))):
        write_atomically(target, "page")
    taken = tmp_path / "report.html"
    taken.mkdir()
    with pytest.raises(UserError, match=r"report\.html"):
        write_atomically(taken, "page")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html"]


def test_tables_grow_in_full_and_a_printed_head_stays_with_its_rows(default_page: str) -> None:
    (css,) = re.findall(r'<style id="plotly.js-style-global">(.*?)</style>', default_page, re.S)
    (scroll,) = re.findall(r"^\.scroll \{(.*?)\}", css, re.M)
    assert "height" not in scroll
    assert "thead { display: table-header-group; break-inside: avoid; break-after: avoid; }" in css
