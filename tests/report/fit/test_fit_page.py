"""The report of a calibration: made from plain numbers, whatever their shape and names."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from simulator.report.fit import words
from simulator.report.fit.data import (
    FitReport,
    FittedNumber,
    FittedParameter,
    Predicted,
    Trial,
    as_year,
)
from simulator.report.fit.page import figure_cards, render_fit
from simulator.report.kit import page_shell
from simulator.report.kit.style import FRAMES
from tests.report.page_outline import Outline, drawings

QUARTERS = tuple(f"{year}Q{quarter}" for year in range(1991, 2004) for quarter in range(1, 5))
CELLS = ("C->2 2005-04", "C->2 2005-05", "2->C 2005-04", "2->3 2005-05", "3->4+ 2005-06")
PAYLOADS = ("<script>alert(1)</script>", '" onmouseover="x', "</script><b>", "&lt;i&gt;\u202e")


def _parameter(name: str, information: float, **changes: object) -> FittedParameter:
    plain = FittedParameter(
        name=name,
        low=0.05,
        high=0.6,
        start=0.28,
        estimate=0.31,
        se=0.012,
        ci_low=0.29,
        ci_high=0.33,
        information=information,
        place=(0.47, 0.43, 0.51),
        place_start=0.46,
        place_by_seed=(0.45, 0.49),
    )
    return replace(plain, **changes)


def _number(target: str, label: str, observed: float, z: float) -> FittedNumber:
    sampling, simulation = 0.001, 0.0005
    error = float(np.hypot(sampling, simulation))
    return FittedNumber(
        target, label, observed, sampling, observed + z * error, simulation, 0.002, z
    )


def make_report() -> FitReport:
    generator = np.random.default_rng(5)
    series = [
        _number("overdue_30", q, 0.04 + 0.01 * np.sin(i / 6), float(generator.normal()))
        for i, q in enumerate(QUARTERS)
    ]
    cells = [
        _number("rolls", cell, 0.02 + 0.1 * i, 0.5 + (2.7 if i == 4 else 0.0))
        for i, cell in enumerate(CELLS)
    ]
    tested = [
        Trial(
            "to_2000",
            "overdue_30",
            quarter,
            0.05,
            name,
            0.05 + gap,
            0.05 + gap - 0.004,
            0.05 + gap + 0.004,
        )
        for quarter in QUARTERS[40:]
        for name, gap in (("model", 0.002), ("last_value", 0.006))
    ]
    fan = [Predicted("ahead", f"{2008 + i // 4}Q{i % 4 + 1}", 0.06, 0.05, 0.08) for i in range(16)]
    items = [Predicted("next_month", "C->2", 0.03, 0.028, 0.032)]
    return FitReport(
        label="Cards of a bank",
        story="What is used.\n\nWhat the model cannot know.",
        level=0.9,
        parameters=[
            _parameter("finding_rate", 0.97),
            _parameter("willingness_mean", 0.8, place_start=0.9),
            _parameter(
                "forgetting_share", 0.2, prior_mean=0.3, prior_sd=0.1, prior_source="a book"
            ),
        ],
        numbers=[*series, *cells],
        correlations=[[1.0, -0.9, 0.1], [-0.9, 1.0, 0.2], [0.1, 0.2, 1.0]],
        kinds={"overdue_30": "series", "rolls": "rolls"},
        predictions=[*fan, *items],
        backtests=tested,
        warnings=["parameter forgetting_share rests on its prior"],
        facts=["2 seeds", "57 numbers"],
        provenance=[("This calibration", [("Seed", "20260101"), ("numpy", "2.4.0")])],
        configuration='{"calibration": {"seeds": 2}}',
    )


@pytest.fixture(scope="module")
def page() -> str:
    return render_fit(make_report())


def _words(page: str) -> str:
    """Everything that a reader sees, spaces as in a line."""
    return " ".join("".join(Outline(page).text).split())


def test_the_headline_counts_what_is_met_and_names_what_rests_on_a_prior():
    report = make_report()
    met = sum(abs(number.z) <= 2 for number in report.numbers)
    sentence = words.headline(report)
    assert f"meets {met} of 57 observed numbers" in sentence
    assert (
        "identify 2 of 3 parameters; forgetting_share is determined by prior and bounds."
        in sentence
    )


def test_the_page_loads_nothing_and_holds_plotly_once(page):
    assert len(re.findall(r"plotly\.js v\d", page)) == 1
    loading = {"src", "srcset", "href", "data", "action", "formaction", "poster", "style"}
    assert [value for value in Outline(page).values if value[1] in loading] == []
    assert page.startswith("<!doctype html>")
    assert len(page.encode()) < 8_000_000


def test_the_security_policy_allows_exactly_the_inline_parts(page):
    (policy,) = (v for tag, _, v in Outline(page).values if tag == "meta" and "default-src" in v)
    inline = re.findall(r"<script>(.*?)</script>", page, re.S)
    inline += re.findall(r"<style[^>]*>(.*?)</style>", page, re.S)
    assert "unsafe" not in policy
    assert len(inline) == policy.count("sha256-") == 3
    assert all(page_shell.content_hash(part) in policy for part in inline)


def test_there_are_at_most_eight_figures_with_fixed_names_and_captions(page):
    keys = [figure["id"] for figure in drawings(page)]
    assert keys == [
        "fit-series",
        "fit-numbers",
        "fit-parameters",
        "fit-correlations",
        "fit-backtest",
        "fit-fans",
        "fit-items",
    ]
    for card in figure_cards(make_report()):
        assert card.caption.endswith(".")
        assert f'id="{card.key}"' in page


def test_captions_state_the_finding():
    captions = {card.key: card.caption for card in figure_cards(make_report())}
    assert "Largest miss: 3->4+ 2005-06 of rolls" in captions["fit-numbers"]
    assert "(3.2 standard errors)" in captions["fit-numbers"]
    assert "move willingness_mean away from the start" in captions["fit-parameters"]
    assert "Least known from the data: forgetting_share" in captions["fit-parameters"]
    assert "willingness_mean and finding_rate, \u22120.90" in captions["fit-correlations"]
    assert "it is better than the best benchmark, last_value (" in captions["fit-backtest"]
    assert "cover 100\u202f% of them" in captions["fit-backtest"]
    assert "from 6.00\u202f% (2008Q1 of ahead)" in captions["fit-fans"]


def test_warnings_stand_before_everything_but_the_finding(page):
    words = _words(page)
    warning = words.index("parameter forgetting_share rests on its prior")
    assert words.index("The model meets") < warning < words.index("About this calibration")


def test_the_model_that_loses_to_a_rival_is_told_so():
    report = make_report()
    swapped = [
        replace(row, forecaster={"model": "last_value", "last_value": "model"}[row.forecaster])
        for row in report.backtests
    ]
    caption = words.backtest_caption(replace(report, backtests=swapped))
    assert "it is not better than the best benchmark, last_value (" in caption
    assert "cover 0" in caption


def test_a_rival_without_a_forecast_is_left_out():
    report = make_report()
    nothing = float("nan")
    rows = [
        replace(row, forecaster="logit", value=nothing, low=nothing, high=nothing)
        for row in report.backtests
    ]
    both = replace(report, backtests=[*report.backtests, *rows])
    assert [score.forecaster for score in both.scores()] == ["model", "last_value"]
    assert "nan" not in _words(render_fit(both)).lower().split()


@pytest.mark.parametrize("frame", FRAMES.values())
def test_every_figure_fits_every_width_and_names_its_unit(frame):
    for card in figure_cards(make_report()):
        layout = card.choices[0].draw(frame).to_plotly_json()["layout"]
        axes = [v for k, v in layout.items() if re.match(r"[xy]axis", k)]
        titles = [axis["title"]["text"] for axis in axes if "title" in axis]
        assert card.key == "fit-correlations" or any("%" in title for title in titles), card.key
        for axis in axes:
            assert 0.0 <= axis["domain"][0] < axis["domain"][1] <= 1.0


def test_one_parameter_and_one_number_make_a_page():
    report = replace(
        make_report(),
        parameters=[_parameter("finding_rate", 0.9, place_by_seed=())],
        numbers=[_number("level", "mean", 0.02, 0.3)],
        correlations=[[1.0]],
        kinds={"level": "level"},
        predictions=[],
        backtests=[],
        warnings=[],
        story="",
    )
    page = render_fit(report)
    assert [figure["id"] for figure in drawings(page)] == ["fit-numbers", "fit-parameters"]
    assert "meets every one of 1 observed numbers" in _words(page)
    assert "Warnings" not in _words(page)


def test_many_cells_and_targets_keep_the_page_bounded():
    cells = [
        _number(f"t{t}", f"cell {i}", 0.01 * (i + 1), float(i))
        for t in range(20)
        for i in range(60)
    ]
    page = render_fit(
        replace(make_report(), numbers=cells, kinds={f"t{t}": "rolls" for t in range(20)})
    )
    (figure,) = (found for found in drawings(page) if found["id"] == "fit-numbers")
    assert figure["layouts"]["wide"]["height"] < 6000
    assert "Shown: the first 12 of 20" in _words(page)
    assert "the 28 worst fitted of 60" in json.dumps(figure)


def test_bands_of_shares_end_at_nothing_and_all():
    wide = replace(_number("rolls", "0->1", 0.98, 0.1), discrepancy_sd=0.6, sampling_se=0.5)
    report = replace(make_report(), numbers=[wide], kinds={"rolls": "rolls"})
    (card, *_) = figure_cards(report)
    traces = card.choices[0].draw(FRAMES["wide"]).to_plotly_json()["data"]
    ends = [x for trace in traces for x in trace["x"] if x is not None]
    assert (min(ends), max(ends)) == (0.0, 100.0)


def test_names_stay_text(page):
    everything = " ".join(PAYLOADS)
    report = make_report()
    hostile = replace(
        report,
        label=everything,
        story=everything + "\n\n" + everything,
        parameters=[
            replace(p, name=PAYLOADS[0], prior_source=everything) for p in report.parameters
        ],
        numbers=[
            replace(n, target=PAYLOADS[1] if n.target == "rolls" else PAYLOADS[2])
            for n in report.numbers
        ],
        kinds={PAYLOADS[1]: PAYLOADS[0], PAYLOADS[2]: PAYLOADS[0]},
        predictions=[replace(p, group=f"{PAYLOADS[2]} {p.group}") for p in report.predictions],
        warnings=[everything],
        facts=[everything, everything],
        provenance=[(everything, [(everything, everything), ("x", everything)])],
        configuration=everything,
    )
    shown = render_fit(hostile)
    tags = {tag for tag, _ in Outline(shown).tags}
    assert tags == {tag for tag, _ in Outline(page).tags}
    assert not {name for _, names in Outline(shown).tags for name in names} & {"onmouseover"}
    assert "\u202e" not in shown
    for figure in drawings(shown):
        for trace in figure["data"]:
            assert "<script" not in str(trace.get("name", "")) + str(trace.get("text", ""))


@pytest.mark.parametrize(
    ("label", "year"), [("2008Q1", 2008.125), ("2008-12", 2008 + 11.5 / 12), ("C->2 2008-01", None)]
)
def test_only_dates_are_drawn_over_time(label, year):
    assert as_year(label) == (None if year is None else pytest.approx(year))
