"""Every figure is drawn in a real browser, quietly and soon."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.report.browser.conftest import Watched, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OPENS_WITHIN_MS = 4000.0
"""What a reader is promised on two free cores; the test allows twice as much on shared ones."""


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
