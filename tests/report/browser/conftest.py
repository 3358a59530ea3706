"""One browser for all tests of the pages, and pages that are watched while they are open."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulator.notebook import stress_test
from simulator.report.fit.page import render_fit
from simulator.report.kit import style
from tests.report.fit.test_fit_page import make_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LAPTOP = (1440, 900)
PATIENCE = 30_000
"""Milliseconds for anything to happen: machines are shared."""

TELL_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", function (event) {
  window.violations.push(event.violatedDirective + " " + event.blockedURI);
});
"""
ALL_DRAWN = """
(ink) => {
  const plots = [...document.querySelectorAll(".plot")];
  return plots.length > 0 && plots.every((plot) => {
    const svg = plot.querySelector("svg.main-svg");
    return svg && svg.clientWidth === plot.clientWidth && plot.layout.font.color === ink;
  });
}
"""
ALL_SHOWN = """
() => [...document.querySelectorAll(".plot")].every((plot) => {
  const line = document.getElementById("shows-" + plot.id);
  return plot.dataset.shows === (line ? line.textContent : "");
})
"""


@dataclass
class Watched:
    """An open page with everything that it should not have done so far."""

    page: "Page"
    address: str
    complaints: list[str] = field(default_factory=list)
    """Dialogs, errors and warnings in the console, requests, breaches of the security policy."""

    def wait_until_drawn(self, ink: str) -> None:
        """Return when every figure is drawn for the width it has, its text in ``ink``."""
        self.page.wait_for_function(ALL_DRAWN, arg=ink)

    def choose(self, axis: str, place: int) -> None:
        """Take the option at ``place`` of a list; return when every figure shows what it says."""
        self.page.locator(f"#choose-{axis}").select_option(index=place)
        self.wait_until_shown()

    def wait_until_shown(self) -> None:
        """Return when every figure draws what the line under its title says."""
        self.page.wait_for_function(ALL_SHOWN)

    def all_complaints(self) -> list[str]:
        """What the page did wrong since it was opened."""
        return [*self.complaints, *self.page.evaluate("window.violations")]

    def watch(self) -> None:
        """Listen from now on; nothing but the file itself is ever loaded."""
        self.page.on("dialog", self._refuse)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._hear)
        self.page.on("request", self._count)
        self.page.on("popup", lambda popup: self.complaints.append(f"popup: {popup.url}"))
        self.page.on("websocket", lambda socket: self.complaints.append(f"socket: {socket.url}"))
        self.page.route("**/*", self._gate)
        self.page.add_init_script(TELL_VIOLATIONS)

    def _refuse(self, dialog: object) -> None:
        self.complaints.append(f"dialog: {dialog.message}")  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    def _hear(self, message: object) -> None:
        if message.type in ("error", "warning", "assert"):  # type: ignore[attr-defined]
            self.complaints.append(f"console: {message.text}")  # type: ignore[attr-defined]

    def _count(self, request: "Request") -> None:
        if request.url != self.address:
            self.complaints.append(f"request: {request.url}")

    def _gate(self, route: "Route") -> None:
        if route.request.url == self.address:
            route.continue_()
        else:
            route.abort()


@pytest.fixture(scope="package")
def browser() -> "Iterator[Browser]":
    """The system's Chromium, or the one that CHROMIUM names; tests are skipped without it."""
    api = pytest.importorskip("playwright.sync_api", reason="no playwright", exc_type=ImportError)
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium")
    with api.sync_playwright() as playwright:
        # Its own sandbox needs rights that a container seldom has; the pages are our own.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(context: "BrowserContext", path: Path) -> Watched:
    """``path`` in a new tab of ``context``, watched from its first byte."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    watched = Watched(page, path.as_uri())
    watched.watch()
    page.goto(watched.address)
    return watched


@contextmanager
def opened(browser: "Browser", path: Path) -> Iterator[Watched]:
    """``path`` in a light window of a laptop, every figure drawn."""
    width, height = LAPTOP
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", offline=True
    )
    watched = open_page(context, path)
    watched.wait_until_drawn(style.INK[0])
    yield watched
    context.close()


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package", params=["stress test", "calibration"])
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


@contextmanager
def shown(
    report: Watched, size: tuple[int, int] = LAPTOP, colours: str = "light"
) -> Iterator[None]:
    """The page in a window of ``size``, in light or dark, every figure drawn so; then as before."""
    show(report, size, colours)
    yield
    show(report, LAPTOP, "light")


def show(report: Watched, size: tuple[int, int], colours: str) -> None:
    report.page.emulate_media(media="screen", color_scheme=colours)  # type: ignore[arg-type]
    report.page.set_viewport_size({"width": size[0], "height": size[1]})
    report.wait_until_drawn(style.INK[colours == "dark"])
