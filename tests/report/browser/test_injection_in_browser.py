"""Texts of a user that try to be more than text do nothing in a real browser."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from plotly.offline import get_plotlyjs

from tests.report.browser.conftest import Watched, opened
from tests.report.browser.pages import N_MAIN_NAMES, Texts, fit_page, main_page, plain_texts
from tests.report.browser.payloads import PAYLOADS, as_read

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = {"stress test": (main_page, 0), "calibration": (fit_page, N_MAIN_NAMES)}
"""What makes a page, and the first of the payloads that name something on it."""
KNOWN_BY = 20
"""Characters of a name that every list and table has room for."""
DRAWN_BY = 6
"""Characters of a name that every place in a figure has room for."""

ELEMENTS = """(text) => [
  ...new DOMParser().parseFromString(text, "text/html").querySelectorAll("*"),
].map((element) => [element.tagName, ...element.getAttributeNames()].join(" "))"""
NAMES = """() => [...document.querySelectorAll("h1, th, option, article h3, .legend li, .caption")]
  .map((element) => element.textContent).join(" | ")"""
DRAWN = """() => [...document.querySelectorAll(".plot svg text")]
  .map((text) => text.textContent).join(" | ")"""
STRAYS = """() => [...document.querySelectorAll("*")].filter((element) =>
  element.matches("a, iframe, object, embed, base, form, input, button, textarea, video, audio, "
    + "source, math, link, img, foreignObject, animate, set, body ~ *")
    && !(element.matches("figure > .below > details + button.save[type='button']")
      && element.textContent === "CSV" && element.childElementCount === 0
      && element.getAttributeNames().join(" ") === "type class data-figure aria-label data-copy")
    && !(element.matches("figure > .copy[hidden] > p + textarea[readonly]")
      && element.textContent === "" && element.value === ""
      && element.getAttributeNames().join(" ")
        === "rows readonly spellcheck aria-label aria-describedby")
  || element.getAttributeNames().some((name) => name.startsWith("on")
    || /^(xlink:)?href$|^src|action$|^data$|^poster$|^background$|^style$/.test(name)
      && /javascript:|example[.]org|text.html/i.test(element.getAttribute(name)))
).map((element) => element.outerHTML.slice(0, 200))"""
POINT_AT_TRACES = """async () => {
  const told = [];
  for (const plot of document.querySelectorAll(".plot")) {
    const traces = [...plot.data.keys()].filter((i) => plot.data[i].hovertemplate).slice(0, 2);
    for (const trace of traces) {
      const { type, xaxis = "x", yaxis = "y" } = plot.data[trace];
      const place = type === "heatmap"
        ? { xval: 0, yval: 0 } : [{ curveNumber: trace, pointNumber: 0 }];
      Plotly.Fx.hover(plot, place, [xaxis + yaxis]);
      await new Promise((done) => setTimeout(done, 70));
      told.push(...[...plot.querySelectorAll(".hoverlayer text")].map((text) => text.textContent));
    }
  }
  return told;
}"""


class Seen(NamedTuple):
    """What became of a page full of payloads, after every list and figure was used."""

    title: str
    text: str
    names: str
    drawn: str
    hovered: list[str]
    strays: list[str]
    n_scripts: int
    complaints: list[str]
    elements: list[str]
    plain_elements: list[str]


def _elements(page: "Page", text: str) -> list[str]:
    """Every element that a browser reads in ``text``, with the names of its attributes."""
    found: list[str] = page.evaluate(ELEMENTS, text.replace(get_plotlyjs(), ""))
    return found


def _use(watched: Watched) -> list[str]:
    """Choose the last entry of every list and point at every figure; the texts shown then."""
    page = watched.page
    for chooser in page.locator("select").all():
        chooser.select_option(index=chooser.locator("option").count() - 1)
    watched.wait_until_shown()
    with page.expect_download():
        page.locator("button").first.click()
    hovered: list[str] = page.evaluate(POINT_AT_TRACES)
    return hovered


def _draw(watched: Watched) -> str:
    """Every text in the figures, whatever segment they show."""
    texts = [watched.page.evaluate(DRAWN)]
    for place in range(watched.page.locator("#choose-segment option").count()):
        watched.choose("segment", place)
        texts.append(watched.page.evaluate(DRAWN))
    return " | ".join(texts)


def _see(browser: "Browser", kind: str, folder: Path) -> Seen:
    make, first = PAGES[kind]
    hostile = make(Texts([*PAYLOADS[first:], *PAYLOADS[:first]], PAYLOADS))
    path = folder / "hostile.html"
    path.write_text(hostile, encoding="utf-8")
    with opened(browser, path) as watched:
        page = watched.page
        drawn = _draw(watched)
        return Seen(
            title=page.title(),
            text=" ".join((page.locator("main").text_content() or "").split()),
            names=" ".join(page.evaluate(NAMES).split()).lower(),
            drawn=" ".join(drawn.split()).lower(),
            hovered=_use(watched),
            strays=page.evaluate(STRAYS),
            n_scripts=page.evaluate("document.scripts.length"),
            complaints=watched.all_complaints(),
            elements=_elements(page, hostile),
            plain_elements=_elements(page, make(plain_texts(len(PAYLOADS)))),
        )


@pytest.fixture(scope="module")
def seen(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    return {kind: _see(browser, kind, tmp_path_factory.mktemp("hostile")) for kind in PAGES}


def test_there_are_forty_different_payloads() -> None:
    assert len(set(PAYLOADS)) == 40


@pytest.mark.parametrize("kind", PAGES)
def test_a_hostile_page_runs_nothing_and_asks_for_nothing(seen: dict[str, Seen], kind: str) -> None:
    assert seen[kind].complaints == []
    assert seen[kind].strays == []
    assert seen[kind].n_scripts == 3


@pytest.mark.parametrize("kind", PAGES)
def test_a_hostile_page_has_the_elements_of_a_harmless_one(
    seen: dict[str, Seen], kind: str
) -> None:
    assert len(seen[kind].elements) > 300
    assert seen[kind].elements == seen[kind].plain_elements


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(1, len(PAYLOADS) + 1))
def test_a_payload_stays_text(seen: dict[str, Seen], payload: str) -> None:
    shown = as_read(payload)
    for page in seen.values():
        assert shown in page.text
    place = PAYLOADS.index(payload)
    named = seen["stress test" if place < N_MAIN_NAMES else "calibration"]
    assert shown[:KNOWN_BY].strip().lower() in named.names


def test_names_in_figures_show_their_markup(seen: dict[str, Seen]) -> None:
    title, *named = (as_read(name).lower() for name in PAYLOADS[:N_MAIN_NAMES])
    drawn = seen["stress test"].drawn
    assert [name for name in named if name[:DRAWN_BY].strip() not in drawn] == []
    hovered = " | ".join(seen["stress test"].hovered).lower()
    assert "<b>bold</b><br><sup>4</sup>" in hovered
    assert seen["stress test"].title.lower() == title
    hovered = " | ".join(seen["calibration"].hovered)
    assert "<i>italic</i><br><sub>37</sub>: " in hovered
