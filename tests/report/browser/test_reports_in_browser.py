"""The reports as a reader meets them: drawn, quiet, usable, readable, and whole on paper."""

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulator.cli.report import main as remake
from simulator.notebook import stress_test
from simulator.report.fit.page import render_fit
from simulator.report.kit import style
from tests.report.browser.conftest import LAPTOP, Watched, open_page, opened
from tests.report.fit.test_fit_page import make_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PHONE = (390, 844)
WIDE_SCREEN = (1600, 1000)
OPENS_WITHIN_MS = 4000.0
"""What a reader is promised on two free cores; the test allows twice as much on shared ones."""
LEAST_CONTRAST = 4.5
"""Source: Web Content Accessibility Guidelines 2.2, criterion 1.4.3, level AA."""
CSS_PIXELS_PER_MM = 96.0 / 25.4
PRINTED_WIDTH = (210.0 - 2 * 14.0) * CSS_PIXELS_PER_MM
PRINTED_HEIGHT = (297.0 - 2 * 15.0) * CSS_PIXELS_PER_MM
"""A4 less the margins of page.css."""


@pytest.fixture(scope="module")
def files(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind: of a small real run, and of a calibration given as plain numbers."""
    folder = tmp_path_factory.mktemp("pages")
    stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", "stricter_approval"],
        provision=["ifrs9"],
        paths=4,
        months=6,
        runoff_months=6,
        borrowers=150,
        output=folder,
    )
    fit = folder / "fit.html"
    fit.write_text(render_fit(make_report()), encoding="utf-8")
    return {"stress test": folder / "report.html", "calibration": fit}


@pytest.fixture(scope="module", params=["stress test", "calibration"])
def page_on_laptop(
    browser: "Browser", files: dict[str, Path], request: pytest.FixtureRequest
) -> Iterator[Watched]:
    with opened(browser, files[request.param]) as watched:
        yield watched


@pytest.fixture
def report(page_on_laptop: Watched) -> Iterator[Watched]:
    """The open page; whatever a test does with it, the page must have nothing to say."""
    yield page_on_laptop
    assert page_on_laptop.all_complaints() == []


has_lists = pytest.mark.parametrize("page_on_laptop", ["stress test"], indirect=True)
"""For what only the stress test's page has: lists to choose from."""


@contextmanager
def shown(
    report: Watched, size: tuple[int, int] = LAPTOP, colours: str = "light"
) -> Iterator[None]:
    """The page in a window of ``size``, in light or dark, every figure drawn so; then as before."""
    _show(report, size, colours)
    yield
    _show(report, LAPTOP, "light")


def _show(report: Watched, size: tuple[int, int], colours: str) -> None:
    report.page.emulate_media(media="screen", color_scheme=colours)  # type: ignore[arg-type]
    report.page.set_viewport_size({"width": size[0], "height": size[1]})
    report.wait_until_drawn(style.INK[colours == "dark"])


# Drawn, quiet, quick


def test_a_page_that_does_what_it_must_not_is_caught(browser: "Browser", tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<meta http-equiv='Content-Security-Policy' content=\"font-src 'none'\">"
        "<style>@font-face{font-family:f;src:url(data:font/woff2,x)}p{font:9px f}</style><p>x</p>"
        "<img src='http://192.0.2.1/x.png'><script>alert('a');console.error('b');"
        "console.warn('c');throw Error('d')</script>",
        encoding="utf-8",
    )
    context = browser.new_context(offline=True)
    watched = open_page(context, bad)
    told = " | ".join(watched.all_complaints())
    context.close()
    for kind in ("dialog: a", "console: b", "console: c", "error: d", "request: http://192.0.2.1"):
        assert kind in told
    assert "font-src" in told


def test_every_figure_is_drawn(report: Watched) -> None:
    drawn = report.page.evaluate(
        """() => [...document.querySelectorAll(".plot")].map((plot) => {
          const marks = plot.querySelectorAll(
            ".cartesianlayer .trace path, .cartesianlayer .heatmaplayer image");
          const sized = [...marks].filter((mark) => {
            const box = mark.getBoundingClientRect();
            return box.width + box.height > 1;
          });
          const box = plot.querySelector("svg.main-svg").getBoundingClientRect();
          return [plot.id, sized.length, box.width, box.height];
        })"""
    )
    assert len(drawn) == report.page.locator("figure").count() >= 5
    for name, n_marks, width, height in drawn:
        assert n_marks >= 1, name
        assert width > 300, name
        assert height > 60, name


def test_a_page_opens_soon(report: Watched, record_property: Callable[[str, object], None]) -> None:
    loaded, painted = report.page.evaluate(
        """() => [performance.getEntriesByType("navigation")[0].loadEventEnd,
          performance.getEntriesByName("first-contentful-paint")[0].startTime]"""
    )
    record_property("share_of_the_time_promised", loaded / OPENS_WITHIN_MS)
    assert 0.0 < painted <= loaded < 2.0 * OPENS_WITHIN_MS


# Lists, tables, focus


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


# Widths, colours, accessibility


@pytest.mark.parametrize("size", [PHONE, WIDE_SCREEN])
def test_a_page_never_scrolls_sideways(report: Watched, size: tuple[int, int]) -> None:
    with shown(report, size):
        wide, inside = report.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= inside == size[0]
        report.page.evaluate("window.scrollTo(500, 0)")
        assert report.page.evaluate("window.scrollX") == 0


def _luminance(colour: str) -> float:
    """Relative luminance of a CSS colour without transparency. Source: WCAG 2.2, glossary."""
    parts = [int(part) / 255.0 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_and_figures_are_readable_in_light_and_dark(report: Watched, name: str) -> None:
    with shown(report, colours=name):
        paper, ink = report.page.evaluate(
            """() => { const style = getComputedStyle(document.body);
              return [style.backgroundColor, style.color]; }"""
        )
        # Cells of heat maps have their own ground, from which the library picks light or dark.
        drawn = report.page.evaluate(
            """() => [...document.querySelectorAll(".plot svg text")]
              .filter((text) => !text.closest(".heatmaplayer"))
              .filter((text) => text.textContent.trim() !== "\\u25a0")
              .map((text) => [text.closest(".plot").id, text.textContent,
                getComputedStyle(text).fill])"""
        )
    assert (_luminance(paper) < 0.1) == (name == "dark")
    assert _contrast(paper, ink) >= 7.0
    assert len(drawn) > 50
    faint = {(*found, paper) for found in drawn if _contrast(found[2], paper) < LEAST_CONTRAST}
    assert faint == set()


@contextmanager
def unfolded(report: Watched) -> Iterator[None]:
    """Every fold of the page open but those of figures after the first, which are all alike."""
    toggle = """(open) => document.querySelectorAll("details").forEach((fold) => {
      const figure = fold.closest("figure");
      if (!figure || figure.matches(":first-of-type")) { fold.open = open; }
    })"""
    report.page.evaluate(toggle, arg=True)
    yield
    report.page.evaluate(toggle, arg=False)


@pytest.mark.parametrize(("size", "colours"), [(LAPTOP, "light"), (PHONE, "dark")])
def test_axe_finds_no_fault(report: Watched, size: tuple[int, int], colours: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe").Axe()
    folds = unfolded(report) if size == LAPTOP else nullcontext()
    with shown(report, size, colours), folds:
        found = axe.run(report.page, options={"resultTypes": ["violations"]}).response
    assert len(found["passes"]) > 10
    assert [
        (fault["id"], fault["impact"], [node["target"] for node in fault["nodes"]][:3])
        for fault in found["violations"]
    ] == []


# Paper


@contextmanager
def on_paper(report: Watched) -> Iterator[None]:
    """The page laid out as on A4; then on the screen again."""
    page = report.page
    page.set_viewport_size({"width": int(PRINTED_WIDTH), "height": int(PRINTED_HEIGHT)})
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    yield
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    _show(report, LAPTOP, "light")


def test_no_figure_is_cut_on_a4(report: Watched) -> None:
    with on_paper(report):
        figures = report.page.evaluate(
            """() => [...document.querySelectorAll("figure")].map((figure) => {
              const box = figure.getBoundingClientRect();
              const svg = figure.querySelector("svg.main-svg").getBoundingClientRect();
              return [figure.querySelector("h3").textContent, getComputedStyle(figure).breakInside,
                box.height, box.width, svg.right - box.left];
            })"""
        )
        sideways = report.page.evaluate("document.documentElement.scrollWidth")
    assert len(figures) >= 5
    for title, rule, height, width, right in figures:
        assert rule == "avoid", title
        assert height < PRINTED_HEIGHT, title
        assert right <= width + 1.0, title
    assert sideways <= PRINTED_WIDTH + 1.0


def test_the_pdf_has_light_figures_of_the_width_of_the_paper(
    report: Watched, tmp_path: Path
) -> None:
    page = report.page
    page.evaluate(
        """() => {
          window.printed = [];
          window.addEventListener("beforeprint", () => {
            document.querySelectorAll(".plot").forEach((plot) => window.printed.push([
              plot.querySelector("svg.main-svg").clientWidth, plot.layout.font.color]));
          }, { once: true });
        }"""
    )
    target = tmp_path / "page.pdf"
    with shown(report, colours="dark"):
        page.pdf(path=target, prefer_css_page_size=True)
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 40
    printed = page.evaluate("window.printed")
    assert len(printed) == page.locator(".plot").count()
    # Wider figures would make the browser shrink all the text of the page.
    for width, ink in printed:
        assert 0.9 * PRINTED_WIDTH < width <= PRINTED_WIDTH
        assert ink == style.INK[0]
