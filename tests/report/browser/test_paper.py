"""Pages are whole on paper."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.report.kit import style
from tests.report.browser.conftest import LAPTOP, Watched, show, shown

CSS_PIXELS_PER_MM = 96.0 / 25.4
PRINTED_WIDTH = (210.0 - 2 * 14.0) * CSS_PIXELS_PER_MM
PRINTED_HEIGHT = (297.0 - 2 * 15.0) * CSS_PIXELS_PER_MM
"""A4 less the margins of page.css."""


@contextmanager
def on_paper(report: Watched) -> Iterator[None]:
    """The page laid out as on A4; then on the screen again."""
    page = report.page
    page.set_viewport_size({"width": int(PRINTED_WIDTH), "height": int(PRINTED_HEIGHT)})
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    yield
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    show(report, LAPTOP, "light")


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


def test_the_first_screen_is_a_print_of_two_pages_of_its_own(report: Watched) -> None:
    if not report.page.query_selector("section.next"):
        return  # a page without a verdict
    with on_paper(report):
        bottom, rule = report.page.evaluate(
            """() => {
              const last = document.querySelector("section.next");
              return [last.getBoundingClientRect().bottom + window.scrollY,
                getComputedStyle(last.nextElementSibling).breakBefore];
            }"""
        )
    assert bottom <= 2.0 * PRINTED_HEIGHT
    assert rule == "page"


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
