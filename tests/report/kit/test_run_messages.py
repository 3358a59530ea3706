"""Warnings of a run, sources and currencies are in the language of the page."""

import re
from types import SimpleNamespace
from typing import cast

import pytest

from simulator.macro import scenario as macro_scenario
from simulator.report.about_the_run import facts
from simulator.report.kit.language import LANGUAGES, currency_title, speaking, stays_english
from simulator.report.kit.run_messages import MESSAGES, run_message
from simulator.results.inputs import SimulationOutput
from simulator.results.provisions.audit import provision_warnings
from simulator.settings import ReportSettings, ScenarioSettings
from tests.report.stress_runs import data_of, make_run, page_of

SAID = {
    "horizon": 30,
    "runoff_months": 6,
    "start": "2026-01",
    "months": 24,
}


def written() -> list[str]:
    """Warnings as the rooms write them that know nothing of languages."""
    overlay = SimpleNamespace(name="platforms", from_month=None, until="2020-01")
    book = SimpleNamespace(overlays=(overlay,))
    found = []
    for change in ({}, {"runoff_months": 12}, {"horizon": 8}):
        output = SimpleNamespace(
            cells=(), timeline=SimpleNamespace(**SAID | change), provision={"cas22": book}
        )
        found += provision_warnings(cast("SimulationOutput", output))
    table = SimpleNamespace(months=12, file="a.csv", columns=("unemployment_rate",))
    settings = ScenarioSettings(label="A", narrative="B", table="a.csv")
    found += macro_scenario._warnings("scenario.a", settings, table, 24)  # type: ignore[arg-type]
    return found


def test_every_warning_of_a_run_has_its_chinese() -> None:
    warnings = written()
    assert len(set(warnings)) == 5
    with speaking("zh"):
        for warning in warnings:
            said = run_message(warning)
            assert re.search("[\u4e00-\u9fff]", said), warning
            assert "{" not in said
    assert [run_message(warning) for warning in warnings] == warnings


@pytest.mark.parametrize("message", MESSAGES)
def test_values_of_a_warning_are_kept(message: str) -> None:
    names = re.findall(r"\{(\w+)\}", message)
    with speaking("zh"):
        said = run_message(message.format_map({name: f"<{name}>" for name in names}))
    assert all(f"<{name}>" in said for name in names)
    assert run_message("a user's own words") == "a user's own words"


def test_a_source_that_stays_english_is_marked_so_on_a_chinese_page() -> None:
    run = make_run(("baseline",), ("status_quo",), 2, 2)
    pages = {code: page_of(run, ReportSettings(language=code)) for code in LANGUAGES}
    assert '<dd><cite lang="en">assumption</cite></dd>' in pages["zh"]
    assert "<dd>assumption</dd>" in pages["en"]


def test_a_currency_has_its_own_name() -> None:
    with speaking("zh"):
        assert (currency_title("CNY"), currency_title("EUR")) == ("人民币", "EUR")
        assert "币种：人民币" in facts(data_of(make_run(("baseline",), ("status_quo",), 2, 2)))
    assert currency_title("CNY") == "CNY"


def test_english_in_another_language_is_known_by_its_letters() -> None:
    assert not stays_english("Federal Reserve")
    with speaking("zh"):
        assert stays_english("Federal Reserve Board, 2025")
        assert not stays_english("2025")
        assert not stays_english("美联储 2025")
