"""Lists, tables and figures as a reader uses them, by mouse and by keyboard."""

import csv
import re
import shutil
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulator.cli.report import main as remake
from tests.report.browser.conftest import Watched, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

has_lists = pytest.mark.parametrize("page_on_laptop", ["stress test"], indirect=True)
"""For what only the stress test's page has: lists to choose from."""


def _drawn(report: Watched) -> dict[str, tuple[str, list[str]]]:
    """For each figure what it says it shows, and its outlines and texts."""
    found: dict[str, tuple[str, list[str]]] = report.page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".plot")].map((plot) => [
          plot.id, [plot.dataset.shows,
            [...plot.querySelectorAll("svg.main-svg path, svg.main-svg text")]
              .map((part) => part.getAttribute("d") || part.textContent)]]))"""
    )
    return found


@has_lists
@pytest.mark.parametrize(
    ("axis", "place", "followers"),
    [
        ("scenario", 1, {"frontier", "fates", "allowance-roll", "profit"}),
        ("policy", 2, {"bearing", "allowance-roll", "coverage", "losses", "rolls", "causes"}),
        ("metric", 3, {"overdue"}),
        ("segment", 1, {"bearing"}),
    ],
)
def test_choosing_changes_every_figure_that_can_follow_and_back(
    report: Watched, axis: str, place: int, followers: set[str]
) -> None:
    before = _drawn(report)
    start = report.page.locator(f"#choose-{axis}").evaluate("(list) => list.selectedIndex")
    chosen = report.page.locator(f"#choose-{axis} option").nth(place).text_content()
    report.choose(axis, place)
    after = _drawn(report)
    moved = {key for key in before if before[key] != after[key]}
    assert followers <= moved
    for key in moved:
        assert chosen in after[key][0].split(" \u00b7 "), key
        # So small a run may draw the same vintages under two policies.
        assert before[key][1] != after[key][1] or key not in followers, key
    report.choose(axis, start)
    assert _drawn(report) == before


@has_lists
def test_choosing_by_keyboard_changes_figures_and_back(report: Watched) -> None:
    page = report.page
    wanted = page.locator(".bar select").count()
    page.evaluate("document.activeElement.blur()")
    page.locator("h1").click()
    found = 0
    for _ in range(200):
        page.keyboard.press("Tab")
        chooser = page.locator("select:focus")
        if chooser.count() == 0:
            continue
        found += 1
        assert chooser.evaluate("(list) => parseFloat(getComputedStyle(list).outlineWidth)") >= 2.0
        before = _drawn(report)
        start = chooser.evaluate("(list) => list.selectedIndex")
        page.keyboard.press("ArrowDown")
        assert chooser.evaluate("(list) => list.selectedIndex") == start + 1
        report.wait_until_shown()
        assert _drawn(report) != before, chooser.get_attribute("id")
        page.keyboard.press("ArrowUp")
        report.wait_until_shown()
        assert _drawn(report) == before, chooser.get_attribute("id")
        if found == wanted:
            return
    pytest.fail(f"{found} of {wanted} lists were reached by the Tab key")


def test_the_numbers_of_a_figure_are_saved_as_csv(report: Watched) -> None:
    page = report.page
    figure = page.locator("figure").nth(1)
    key = figure.locator(".plot").get_attribute("id")
    with page.expect_download() as waiting:
        figure.locator("button").click()
    assert waiting.value.suggested_filename == f"figure-2-{key}.csv"
    content = waiting.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(StringIO(content.decode("utf-8-sig")))
    assert [name for name in header if not re.search(", (low|high)$", name)] == (
        figure.locator("thead th").all_text_contents()
    )
    names = figure.locator("tbody tr > th:first-child").all_text_contents()
    assert [row[0].removeprefix("'") for row in rows] == names


@has_lists
def test_a_click_on_a_point_leads_to_its_rows_until_escape(report: Watched) -> None:
    page = report.page
    plot = page.locator("#overdue")
    plot.scroll_into_view_if_needed()
    left, top = plot.evaluate(
        """(plot) => {
          const line = plot._fullData.find((trace) => trace.hovertemplate && trace.xaxis === "x");
          const { xaxis, yaxis } = plot._fullLayout;
          const box = plot.getBoundingClientRect();
          return [box.left + xaxis._offset + xaxis.d2p(line.x[3]),
            box.top + yaxis._offset + yaxis.d2p(line.y[3])];
        }"""
    )
    page.mouse.move(left + 1, top)
    page.locator("#overdue .hovertext").first.wait_for(state="visible")
    page.mouse.click(left, top)
    marked = page.locator("#numbers-overdue tr.marked")
    marked.wait_for(state="visible")
    assert marked.count() == 1
    assert page.locator("tr.marked").count() == 1
    page.keyboard.press("Escape")
    assert marked.count() == 0
    page.evaluate("document.getElementById('numbers-overdue').open = false")


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_the_comparison_is_quiet_and_follows_its_list(
    browser: "Browser", files: dict[str, Path], tmp_path: Path, spoken: str
) -> None:
    folder, other, page = files["stress test"].parent, tmp_path / "other", tmp_path / "both.html"
    other.mkdir()
    shutil.copy(folder / "results.nc", other)
    words = [str(folder), str(other), "--language", spoken, "--output", str(page)]
    assert remake(words) == 0
    with opened(browser, page) as watched:
        before = _drawn(watched)
        watched.choose("metric", 1)
        assert _drawn(watched) != before
        assert watched.all_complaints() == []


def test_the_chinese_page_is_quiet_and_has_no_fault(
    browser: "Browser", files: dict[str, Path], tmp_path: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe").Axe()
    page = tmp_path / "chinese.html"
    folder = str(files["stress test"].parent)
    assert remake([folder, "--language", "zh", "--output", str(page)]) == 0
    with opened(browser, page) as watched:
        assert watched.page.locator("html").get_attribute("lang") == "zh-CN"
        assert watched.page.locator(".bar label").all_text_contents() == [
            "情景",
            "策略",
            "指标",
            "客群",
        ]
        watched.choose("scenario", 1)
        found = axe.run(watched.page, options={"resultTypes": ["violations"]}).response
        assert [fault["id"] for fault in found["violations"]] == []
        assert watched.all_complaints() == []


def test_the_numbers_of_a_figure_open_by_keyboard(report: Watched) -> None:
    page = report.page
    summary = page.locator("figure details summary").first
    table = page.locator("figure details .scroll").first
    summary.focus()
    assert not table.is_visible()
    page.keyboard.press("Enter")
    assert table.is_visible()
    page.keyboard.press("Tab")
    assert table.evaluate("(part) => document.activeElement === part")
    summary.click()
    assert not table.is_visible()


def test_a_point_under_the_mouse_tells_its_number(report: Watched) -> None:
    page = report.page
    point = page.locator(".plot .points path.point").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    told = page.locator(".plot .hoverlayer .hovertext").first
    told.wait_for(state="visible")
    assert re.search(r"\d", told.text_content() or "")
    page.mouse.move(0, 0)
