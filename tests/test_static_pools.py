"""A tape has no new lending unless asked; what belongs elsewhere than its book is told first."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simulator.book import build_book
from simulator.book_settings import BookSettings
from simulator.cli.app import main
from simulator.report.headline.committee_tables import levels
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.kit.table import PageTable
from simulator.results.run import Run
from simulator.settings import RunSettings
from simulator.shipped import fitted_books
from tests.cli.small_runs import SETTLED

HEAD = "loan_id,borrower_id,product,annual_rate,term_months,remaining_months,principal"
HEAD += ",original_principal,due_day,dpd,monthly_income,snapshot_date\n"
RUN = RunSettings(months=6, paths=1)


def tape(folder: Path, day: str = "2025-12-31") -> Path:
    """100 cash loans, a tenth of them 31-60 days behind, as of ``day``."""
    path = folder / "loans.csv"
    rows = [
        f"{i},{i},cash_loan,0.18,12,{1 + i % 12},{500 * (1 + i % 12)},6000,5,"
        f"{31 if i % 10 == 0 else 0},{4000 + 20 * i},{day}\n"
        for i in range(100)
    ]
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def settings(path: Path, **changes: object) -> BookSettings:
    return BookSettings.model_validate({"kind": "tape", "path": str(path)} | changes)


def arrivals(found: BookSettings) -> int:
    return int(np.count_nonzero(build_book(found, RUN).borrowers.arrival_month > 0))


def test_a_tape_is_a_static_pool_unless_it_is_asked_to_replace(tmp_path):
    path = tape(tmp_path)
    assert settings(path).new_lending == "none"
    assert arrivals(settings(path)) == 0
    book = build_book(settings(path, new_lending="replace"), RUN)
    asked = book.borrowers.arrival_month > 0
    # As many as keep 100 loans of twelve months, two of three going to customers who come back.
    assert 10 <= np.count_nonzero(asked) <= 60
    assert [p.name for p in book.products] == ["cash_loan"]
    assert arrivals(settings(path, new_lending="replace", applicants_monthly_share=0.5)) == 300


def test_a_synthetic_book_replaces_unless_it_is_asked_not_to():
    assert arrivals(BookSettings(borrowers=100)) == 30
    assert arrivals(BookSettings(borrowers=100, new_lending="none")) == 0


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "tape", "path": "x", "applicants_monthly_share": 0.1}, "without new lending"),
        ({"kind": "tape", "path": "x", "products": {"cash_loan": 1.0}}, "without new lending"),
        ({"path": "x.csv"}, "path is not read when book.kind is synthetic"),
        ({"mapping": {"percent": []}}, "mapping is not read when book.kind is synthetic"),
        ({"kind": "lending_club", "jurisdiction": "us", "borrowers": 50}, "borrowers is not read"),
        ({"kind": "tape", "path": "x", "opening_overdue": False}, "opening_overdue is not read"),
        (
            {"kind": "tape", "path": "x", "new_lending": "replace", "applicants_monthly_share": 0},
            "must be above 0",
        ),
    ],
)
def test_a_key_that_the_choice_does_not_read_is_refused(changes, rule):
    with pytest.raises(ValueError, match=rule):
        BookSettings.model_validate(changes)


def test_settings_survive_being_written_down_and_read_again():
    for kind in ({}, {"kind": "tape", "path": "x"}, {"kind": "lending_club"}, {"kind": "tw_cards"}):
        found = BookSettings.model_validate(kind)
        assert BookSettings.model_validate(found.model_dump()) == found


def test_sets_of_parameters_know_the_books_that_they_were_fitted_to():
    assert fitted_books("cn_online_lender") == ("cn_online",)
    assert fitted_books("us_large_bank_cards") == ("us_cards",)
    assert fitted_books("default") == fitted_books("my_own") == ()


def run(folder: Path, *words: str) -> None:
    small = ["run=smoke", "run.paths=2", "run.months=4", "run.threads=1", *SETTLED]
    arguments = ["book=tape", f"book.path={folder}/loans.csv", "policy=[grace_period]"]
    assert main([*arguments, *small, f"hydra.run.dir={folder}/out", *words]) == 0


def test_what_belongs_elsewhere_is_on_the_console_and_on_the_first_screen(tmp_path, capsys):
    tape(tmp_path, "2024-09-30")
    run(tmp_path, "scenario=[fed_2025_baseline]", "run.months=40", "provision=[]")
    told = capsys.readouterr()
    expected = (
        "parameters: cn_online_lender was fitted to the book cn_online, not to tape",
        "another jurisdiction than the book's (cn): fed_2025_baseline (us)",
        "balances are of 2024-09-30, and month 1 of the run is 2025-01: 3 months lie between",
        "tables end before the run does, in month 40: fed_2025_baseline (month 39)",
    )
    for words in expected:
        assert words in told.err
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    told_first = page[page.index('<ul class="support">') :].partition("</ul>")[0]
    told_first = told_first.replace("&#39;", "'")
    assert "A static pool without new lending" in told_first
    for words in expected:
        assert words in told_first
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["suitability"]["warnings"]) == len(expected)


def test_the_console_speaks_the_language_of_the_report(tmp_path, capsys):
    tape(tmp_path)
    run(tmp_path, "scenario=[fed_2025_baseline]", "report.language=zh", "report.enabled=false")
    told = capsys.readouterr().err
    assert "警告：情景：适用法域与贷款组合的法域（cn）不同：fed_2025_baseline (us)" in told
    assert "warning" not in told


def test_the_headline_of_a_static_pool_is_over_the_opening_balance(tmp_path, capsys):
    tape(tmp_path)
    run(tmp_path, "scenario=[baseline]", "report.enabled=false")
    told = capsys.readouterr().out
    assert "of opening" in told
    assert "A static pool without new lending: peaks are over the opening balance." in told
    with xr.open_dataset(tmp_path / "out" / "results.nc") as dataset:
        opening = dataset["opening_balance"].isel(month=0)
        owed = dataset["overdue_rate"].fillna(0.0) * dataset["closing_balance"] / opening
        peak = owed.sel(dpd=30, policy="status_quo").max("month").mean("path").item()
    with (tmp_path / "out" / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["policy"] == "status_quo"]
    (row,) = (r for r in rows if r["metric"] == "peak_overdue_rate_over_opening_30")
    assert float(row["mean"]) == pytest.approx(peak, rel=1e-5)
    assert f"{peak:.2%}" in told


@pytest.mark.parametrize("language", ["en", "zh"])
def test_levels_of_a_static_pool_are_those_of_the_results(language, tmp_path):
    tape(tmp_path)
    run(tmp_path, "scenario=[baseline,downturn]", "report.enabled=false", "run.runoff_months=2")
    record = Run.read(tmp_path / "out")
    with speaking(language):
        shown = levels(ReportData(record))
    assert ("over the opening balance" if language == "en" else "期初余额") in " ".join(
        PageTable(shown).header
    )
    own = record.dataset.sel(policy="status_quo")
    opening = own["opening_balance"].isel(month=0)
    owed = own["overdue_rate"].sel(dpd=90).fillna(0.0) * own["closing_balance"] / opening
    peaks = 100 * owed.max("month").mean("path")
    lost = sum(
        sign * (own[name].sum("month") + own[f"runoff_{name}"])
        for name, sign in (("written_off", 1), ("sold", 1), ("recovered", -1), ("sale_price", -1))
    )
    losses = 100 * (lost.mean("path") / opening.mean("path"))
    for row, peak, loss in zip(shown.rows, peaks.values, losses.values, strict=True):
        told = [100.0 * cell for cell in row[1:] if isinstance(cell, float)]
        assert told[0] == pytest.approx(float(peak), abs=1e-9)
        assert any(value == pytest.approx(float(loss), abs=1e-9) for value in told[1:4])
