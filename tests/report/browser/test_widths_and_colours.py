"""Pages are readable at every width, in light and dark, by everyone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from tests.report.browser.conftest import LAPTOP, Watched, shown

PHONE = (390, 844)
WIDE_SCREEN = (1600, 1000)
LEAST_CONTRAST = 4.5
"""Source: Web Content Accessibility Guidelines 2.2, criterion 1.4.3, level AA."""


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
