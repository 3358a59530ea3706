"""Losses over time, vintages, convergence and history: what is drawn is what the results hold."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from simulator.cli.run import main as run_main
from simulator.report.delinquency import economy, vintages
from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import LANGUAGES, speaking
from simulator.report.policies import convergence
from simulator.report.profit import losses_over_time
from simulator.results.run import Run
from tests.report.page_outline import Outline

WORDS = (
    *("book.borrowers=300", "run.threads=1", "run.paths=8", "run.months=9", "run.book_draws=0"),
    *("provision=[]", "assumptions=null"),
)


def _record(folder: Path, *words: str) -> Run:
    assert run_main([*WORDS, *words, f"hydra.run.dir={folder}"]) == 0
    return Run.read(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs") / "cn"


@pytest.fixture(scope="module")
def record(folder: Path) -> Run:
    return _record(folder, "scenario=[baseline,downturn]", "policy=[grace_period]")


@pytest.fixture(scope="module")
def data(record: Run) -> ReportData:
    return ReportData(record)


@pytest.fixture(scope="module")
def american(tmp_path_factory: pytest.TempPathFactory) -> ReportData:
    record = _record(
        tmp_path_factory.mktemp("runs") / "us",
        "book=us_cards",
        "parameters=us_cards",
        "scenario=[fed_2025_severely_adverse]",
    )
    return ReportData(record)


def test_losses_over_time_are_sums_of_what_was_lost(record: Run, data: ReportData) -> None:
    place = {"scenario": "downturn", "policy": "grace_period"}
    flows = record.dataset.sel(place)
    lost = flows["written_off"] + flows["sold"] - flows["recovered"] - flows["sale_price"]
    expected = np.median(np.cumsum(lost.transpose("path", "month").values, axis=1), axis=0)
    figure = losses_over_time.losses_over_time(data, style.WIDE)
    lines = [t for t in figure.data if t.name == "Grace period" and t.xaxis == "x2"]
    scale = expected[-1] / lines[0].y[-1]
    assert scale == pytest.approx(10.0 ** round(np.log10(scale)), rel=0.01)
    np.testing.assert_allclose(
        np.array(lines[0].y) * 10.0 ** round(np.log10(scale)),
        expected,
        atol=5.1e-4 * 10.0 ** round(np.log10(scale)),
    )


def test_vintages_that_begin_in_the_run_are_drawn(record: Run, data: ReportData) -> None:
    figure = vintages.vintage_curves(data, style.WIDE, "status_quo")
    found = record.dataset["vintage_ever_90"].sel(scenario="baseline", policy="status_quo")
    lines = [t for t in figure.data if t.xaxis == "x"]
    assert lines
    for line in lines:
        values = 100.0 * found.sel(vintage=line.name).values
        known = ~np.isnan(values)
        assert known[0]
        np.testing.assert_allclose(line.y, values[known], atol=5.1e-5)


def test_the_last_interval_of_the_convergence_is_that_of_all_paths(
    record: Run, data: ReportData
) -> None:
    scenario, best = data.worst_scenario(), data.best_first[0]
    rates = record.dataset["overdue_rate"].sel(scenario=scenario, dpd=90).max("month")
    change = (rates.sel(policy=best) - rates.sel(policy="status_quo")).values
    low, high = stats.t.interval(0.95, change.size - 1, change.mean(), stats.sem(change))
    peak = convergence.convergences(data)[0]
    shown = np.array([peak.mean[-1], peak.low[-1], peak.high[-1]]) * peak.scale.divisor
    np.testing.assert_allclose(shown, [change.mean(), low, high], rtol=1e-9)
    assert peak.n_paths[-1] == change.size
    assert all(len(trace.x) <= 3000 for trace in _drawn(data))


def _drawn(data: ReportData) -> list[object]:
    return list(convergence.convergence_figure(data, style.WIDE).data)


def test_scenarios_without_history_say_so(data: ReportData) -> None:
    months, values = economy.history(data, "downturn")
    assert months.size == values.size == 0
    for sentence in economy.severity(data, "downturn"):
        assert sentence.endswith("No observed history comes with this scenario.")
    assert len(economy.severity(data, "downturn")) == 2


def test_unemployment_is_drawn_after_what_was_observed(american: ReportData) -> None:
    scenario = american.scenarios[0]
    months, values = economy.history(american, scenario)
    assert months[0] > -economy.LEAST_MONTHS
    assert months[-1] <= 0.0
    assert 14.0 > values.max() > 12.0  # spring of 2020 in the shipped file
    figure = economy.unemployment(american, style.WIDE)
    line = next(t for t in figure.data if t.name == "Observed")
    np.testing.assert_allclose(line.y, values, atol=5.1e-4)
    told = economy.severity(american, scenario)
    assert all("of 196 observed quarters were no higher" in sentence for sentence in told)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_page_has_at_most_fifteen_figures(data: ReportData, code: str) -> None:
    from simulator.report.page import all_cards

    with speaking(code):
        cards = all_cards(data)
        assert 8 <= len(cards) <= 15
        assert len({card.key for card in cards}) == len(cards)


def test_a_chinese_page_has_no_english_sentence(folder: Path, record: Run) -> None:
    """Only what a user typed, identifiers, and warnings of the run itself stay as they are."""
    import re

    from simulator.report.report_files import report_pages
    from simulator.settings import ReportSettings

    page = report_pages(record, ReportSettings(language="zh"))["report.html"]
    page = re.sub(r"<(script|style|pre)\b.*?</\1>", "", str(page), flags=re.S)
    english = [
        text.strip()
        for text in Outline(page).text
        if len(re.findall(r"[A-Za-z]{3,}", text)) > 3
        and " " in text.strip()
        and not re.search("[\u4e00-\u9fff]", text)
        and not text.strip().startswith(("python -m simulator", "scenario."))
    ]
    assert english == []
