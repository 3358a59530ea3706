"""Sliders in a real browser: the script's arithmetic is Python's, by mouse and by keyboard."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from simulator.notebook import stress_test
from simulator.report.kit.data import ReportData
from simulator.report.report_files import report_pages
from simulator.report.sliders.kit import packed
from simulator.report.sliders.what_if import what_if
from simulator.results.reader_verdict import ReaderVerdict, reader_verdict
from simulator.results.repricing import Prices, Repricing, repricing
from simulator.results.run import Run
from simulator.settings import EmulateQuestions, EmulateSettings, ReportSettings
from tests.report.browser.conftest import Watched, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

N = 200
MOST_BYTES = 60_000
EMULATED = EmulateSettings(
    policy="grace_period",
    scenario="downturn",
    severity=(0.0, 2.0),
    fields={"months": (1, 6), "awareness": (0.2, 1.0)},
    points=24,
    paths=4,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sliders")
    stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", "stricter_approval"],
        provision=["ifrs9"],
        paths=6,
        months=6,
        runoff_months=12,
        borrowers=300,
        book_draws=0,
        sections={"emulate": EmulateQuestions({"grace": EMULATED})},
        output=place,
    )
    return place


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return Run.read(folder)


@pytest.fixture(scope="module")
def model(run: Run) -> Repricing:
    found = repricing(run.dataset, run.decision)
    assert found is not None
    return found


@pytest.fixture
def page(browser: "Browser", folder: Path) -> Iterator[Watched]:
    with opened(browser, folder / "report.html") as watched:
        yield watched
        assert watched.all_complaints() == []


def some_prices(model: Repricing) -> list[Prices]:
    random = np.random.default_rng(5)
    return [
        Prices(
            random.uniform(0.0, 0.3),
            random.uniform(0.0, 0.6),
            random.dirichlet(np.ones(len(model.scenarios))),
            random.uniform(0.0, 3.0),
            random.uniform(0.1, 5.0),
        )
        for _ in range(N)
    ]


def asked_at(prices: Prices) -> dict[str, object]:
    """As the script has them."""
    return {
        "funding": prices.funding,
        "tax": prices.tax,
        "operating": prices.operating,
        "size": prices.size,
        "weights": prices.weights.tolist(),
    }


def test_exact_sliders_are_pythons_to_the_last_digits(page: Watched, model: Repricing) -> None:
    prices = some_prices(model)
    asked = [asked_at(p) for p in prices]
    found = page.page.evaluate("(asked) => asked.map((p) => window.whatIf.money.all(p))", asked)
    pairs = "(p) => [0, 1].map((a) => [0, 1].map((b) => window.whatIf.money.gapHalf(p, a, b)))"
    gaps = page.page.evaluate(f"(asked) => asked.map({pairs})", asked)
    for script, at in zip(gaps, prices, strict=True):
        wanted = model.gap_half_width(at)
        np.testing.assert_allclose(script, wanted, rtol=0, atol=1e-12 * wanted.max() + 1e-9)
    for one, at in zip(found, prices, strict=True):
        script = np.array([policy["worth"] for policy in one])
        scale = np.abs(model.worth(at)).max()
        np.testing.assert_allclose(script, model.worth(at), rtol=0, atol=1e-12 * scale)
        widths = np.array([policy["half"] for policy in one])
        wanted = model.half_width(at)
        np.testing.assert_allclose(widths, wanted, rtol=0, atol=1e-12 * wanted.max() + 1e-9)


def test_the_verdict_at_other_prices_is_pythons(page: Watched, run: Run, model: Repricing) -> None:
    """Ranking, outcome, ties and assumptions, of policies that nothing else hinders."""
    narrow = replace(model, reach=0.1 * model.reach, gap_reach=0.3 * model.gap_reach)
    size = float(np.abs(model.worth(model.prices)[:, 0]).max())
    random = np.random.default_rng(9)
    changes = [np.abs(random.normal(0.0, size, (n, 2))) * (1.0, -1.0) for n in (4, 3)]
    judge = ReaderVerdict(narrow, (False, False), tuple(changes), size)
    panel = what_if(ReportData(run))
    assert panel is not None
    assert panel.money is not None
    data = {
        **panel.money.data,
        "reach": packed(narrow.reach),
        "gap_reach": packed(narrow.gap_reach),
        "hindered": [False, False],
        "tried": [packed(each) for each in changes],
        "most_loss": size,
    }
    prices = some_prices(model)
    script = """([data, asked]) => asked.map((p) => {
      var money = window.whatIf.priced(data), found = money.judged(money.all(p), p);
      return [found.order.map((o) => o.place), found.outcome, found.tied.map((o) => o.place),
              found.order[0].counts];
    })"""
    found = page.page.evaluate(script, [data, [asked_at(p) for p in prices]])
    seen = set()
    for one, at in zip(found, prices, strict=True):
        wanted = judge.at(at)
        counts = [wanted.turned, wanted.tried]
        assert one == [list(wanted.order), wanted.outcome.value, list(wanted.tied), counts]
        seen |= {wanted.outcome.value, f"{len(wanted.tied)} tied", f"first {wanted.order[0]}"}
    assert len(seen) >= 6, seen


def test_a_reader_is_told_of_a_tie_in_the_pages_own_words(
    page: Watched, run: Run, model: Repricing
) -> None:
    tab = page.page
    tab.locator("#price-size").focus()
    tab.keyboard.press("ArrowRight")
    judge = reader_verdict(run.dataset, run.decision, model)
    tied = judge.at(replace(model.prices, size=1.1)).tied
    said = (
        "Not distinguishable from it on the same paths" in tab.locator("#reader-flag").inner_text()
    )
    assert said == bool(tied)
    assert bool(tied) == bool(run.decision.tied)  # a book of another size alone moves no tie


def test_emulated_sliders_are_pythons_to_the_last_digits(page: Watched, run: Run) -> None:
    (answer,) = run.emulators
    random = np.random.default_rng(6)
    low, high = (np.array([getattr(one, end) for one in answer.inputs]) for end in ("low", "high"))
    points = (low + (high - low) * random.uniform(-0.2, 1.2, (N, len(low)))).tolist()
    found = page.page.evaluate("(points) => points.map(window.whatIf.emulators[0])", points)
    sides = set()
    for values, figures in zip(points, found, strict=True):
        for figure, script in zip(answer.figures, figures, strict=True):
            told = answer.told(figure, values)
            mine = np.array([script["mean"], script["low"], script["high"]])
            scale = max(abs(figure.usual), *map(abs, told[:3]))
            np.testing.assert_allclose(mine, told[:3], rtol=0, atol=1e-12 * scale)
            assert script["inside"] == told.inside
            sides.add(told.inside)
    assert sides == {True, False}


def test_a_reader_changes_prices_by_keyboard_and_the_page_says_so(page: Watched) -> None:
    tab = page.page
    flag, slider = tab.locator("#reader-flag"), tab.locator("#price-funding")
    cell = tab.locator("section[aria-labelledby=h-money] td[data-worth]").first
    before, verdict = cell.inner_text(), tab.locator(".lead").inner_text()
    assert flag.is_hidden()
    slider.focus()
    for _ in range(40):
        tab.keyboard.press("ArrowRight")
    assert flag.is_visible()
    assert flag.inner_text().startswith("Changed by reader")
    assert flag.get_attribute("aria-live") == "polite"
    shown = tab.locator("output[for=price-funding]").inner_text()
    assert slider.get_attribute("aria-valuetext") == shown != ""
    assert cell.inner_text() != before
    greyed = "td => getComputedStyle(td).opacity"
    fixed = tab.locator("section[aria-labelledby=h-levels] td").first
    assert float(fixed.evaluate(greyed)) < 1.0
    tab.locator("#what-if-money button").click()
    assert flag.is_hidden()
    assert cell.inner_text() == before
    assert tab.locator(".lead").inner_text() == verdict
    assert float(fixed.evaluate(greyed)) == 1.0


def test_an_emulated_point_shows_its_command_and_nothing_outside_of_the_hull(
    page: Watched, run: Run
) -> None:
    tab = page.page
    box = tab.locator("#emulator-0")
    own = {one.key: one.setting for one in run.emulators[0].inputs}
    command = box.locator("code").inner_text()
    assert all(f"{key}={value:g}" in command for key, value in own.items())
    months = tab.locator("#emulator-0-1")
    months.focus()
    tab.keyboard.press("ArrowRight")
    assert "policy.grace_period.months=4" in box.locator("code").inner_text()
    assert "(" in box.locator("td").nth(1).inner_text()
    for place, key in enumerate(("End", "End", "End")):
        tab.locator(f"#emulator-0-{place}").focus()
        tab.keyboard.press(key)
    corner = [one.high for one in run.emulators[0].inputs]
    if not run.emulators[0].told(run.emulators[0].figures[0], corner).inside:
        assert box.locator("td").nth(1).inner_text() == ""
        assert "Outside" in box.locator(".hull").inner_text()
    box.locator("button").click()
    assert box.locator("code").inner_text() == command


def test_the_page_speaks_chinese_and_every_slider_has_a_label(
    browser: "Browser", run: Run, tmp_path: Path
) -> None:
    pages = report_pages(run, ReportSettings(language="zh"))
    name = next(name for name in pages if name.endswith(".html"))
    path = tmp_path / "zh.html"
    content = pages[name]
    path.write_text(content if isinstance(content, str) else content.decode(), encoding="utf-8")
    with opened(browser, path) as watched:
        tab = watched.page
        tab.locator("#price-tax").focus()
        tab.keyboard.press("ArrowRight")
        text = tab.locator("#reader-flag").inner_text()
        assert not any(word in text for word in ("Changed", "reader", "interval"))
        labels = tab.locator("#what-if input").evaluate_all(
            "inputs => inputs.map((i) => i.labels.length && i.labels[0].textContent.trim())"
        )
        assert len(labels) == 6 + 3
        assert all(labels)
        assert watched.all_complaints() == []


def test_sliders_take_little_room(run: Run, folder: Path) -> None:
    """Against the page of the same results without what sliders read."""
    names = [name for name in run.dataset.data_vars if str(name).startswith("line_")]
    bare = without(run, names)
    full = (folder / "report.html").stat().st_size
    pages = report_pages(bare, ReportSettings())
    content = pages["report.html"]
    size = len(content.encode() if isinstance(content, str) else content)
    assert 0 < full - size < MOST_BYTES


def test_many_emulators_take_no_more_room_and_the_page_says_what_it_leaves_out(run: Run) -> None:
    told = json.loads(run.dataset.attrs["emulate"])
    dataset = run.dataset.copy()
    dataset.attrs["emulate"] = json.dumps([{**told[0], "name": f"grace_{n}"} for n in range(20)])
    crowded = Run(dataset, run.summary)
    names = [name for name in run.dataset.data_vars if str(name).startswith("line_")]
    sizes = [
        len(text.encode() if isinstance(text, str) else text)
        for text in (
            report_pages(each, ReportSettings())["report.html"]
            for each in (crowded, without(run, names))
        )
    ]
    assert 0 < sizes[0] - sizes[1] < MOST_BYTES
    panel = what_if(ReportData(crowded))
    assert panel is not None
    shown = len(panel.emulators)
    assert 1 <= shown < 20
    assert panel.left_out.startswith(f"{20 - shown} emulators have no sliders")


def without(run: Run, names: list[object]) -> Run:
    dataset = run.dataset.drop_vars(names)
    attrs = {key: value for key, value in dataset.attrs.items() if key != "emulate"}
    dataset.attrs = attrs
    return Run(dataset, run.summary)
