"""Workbook, comparison and page of a fit in Chinese: nothing of theirs is left in English."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import simulator
from simulator.report import workbook
from simulator.report.comparison.compared_runs import read_runs
from simulator.report.comparison.comparison_page import render_comparison
from simulator.report.fit.page import render_fit
from simulator.report.fit.panels import Panel, Strand, line_panels
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.kit.spreadsheet import MAX_SHEET_NAME, number_format
from simulator.report.kit.style import WIDE
from simulator.results.run import Run
from simulator.settings import ReportSettings
from tests.report.fit.test_fit_page import make_report
from tests.report.test_workbook import read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Run:
    return simulator.stress_test(
        scenarios=["baseline"],
        policies=["grace_period"],
        paths=4,
        months=4,
        runoff_months=2,
        borrowers=150,
        output=folder,
    )


def test_a_chinese_workbook_names_its_sheets_headings_and_metrics_in_chinese(
    outcome: Run,
) -> None:
    with speaking("zh"):
        data = ReportData(outcome)
        content = workbook.render_workbook(data, ReportSettings())
    found = read(content)
    assert next(iter(found.sheets)) == "说明"
    for sheet, rows in found.sheets.items():
        assert re.search("[\u4e00-\u9fff]", sheet), sheet
        assert len(sheet) <= MAX_SHEET_NAME
        assert not set(sheet) & set("[]:*?/\\")
        assert all(re.search("[\u4e00-\u9fff]", str(title)) for title in rows[0]), sheet
    definitions = found.sheets["指标定义"][1:]
    assert all(re.search("[\u4e00-\u9fff]", str(row[2])) for row in definitions)
    assert "<f>" not in "".join(text for name, text in found.parts.items() if "sheet" in name)


def test_units_of_numbers_are_said_in_the_language() -> None:
    with speaking("zh"):
        assert number_format("CNY", "CNY") == '#,##0" 元"'
        assert number_format("CNY/borrower", "CNY") == '#,##0" 元/人"'
        assert number_format("1/year", "CNY") == '0.00%" 每年"'
        assert number_format("1", "CNY") == "0.00%"


def test_a_chinese_comparison_says_its_finding_and_its_warnings_in_chinese(
    outcome: Run, folder: Path, tmp_path: Path
) -> None:
    simulator.stress_test(
        scenarios=["baseline"],
        policies=["grace_period"],
        paths=4,
        months=5,
        runoff_months=18,
        borrowers=150,
        seed=9,
        output=tmp_path / "other",
    )
    runs = read_runs([folder, tmp_path / "other"])
    assert len(runs[0].data.policies) == len(outcome.dataset["policy"])
    with speaking("zh"):
        page = render_comparison(runs)
    assert "2 次运行并列对比" in page
    assert "90天以上逾期率峰值：" in page
    assert "随机种子不同：20260101（A）、9（B）。" in page
    assert "期限不同：4 个月及停贷后 2 个月（A）、5 个月及停贷后 18 个月（B）。" in page
    assert "Seeds differ" in render_comparison(runs)


def test_a_calibration_that_asks_for_chinese_has_a_chinese_page() -> None:
    page = render_fit(replace(make_report(), language="zh"))
    assert '<html lang="zh-CN">' in page
    assert "模型符合 57 个观测值中的 56 个" in page
    assert "The model meets" not in page
    assert "The model meets" in render_fit(make_report())


def test_an_axis_of_a_few_months_shows_dates_and_no_year_twice() -> None:
    labels = ["2016-11", "2016-12", "2017-01", "2017-02", "2017-03", "2017-04"]
    short = Panel("rate", labels, [Strand("Seen", 0, [0.01] * 6, is_seen=True)])
    ticks = line_panels([short], WIDE).to_plotly_json()["layout"]["xaxis"]
    assert list(ticks["ticktext"]) == ["2016-11", "2017-01", "2017-03"]
    assert len(ticks["tickvals"]) == 3
    years = [f"{year}Q1" for year in range(1990, 2010)]
    long = Panel("rate", years, [Strand("Seen", 0, [0.01] * 20, is_seen=True)])
    axis = line_panels([long], WIDE).to_plotly_json()["layout"]["xaxis"]
    assert "ticktext" not in axis
    assert axis["tickformat"] == "d"
