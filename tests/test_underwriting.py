"""What new customers bring by score: an identity with the run's value, its rows, its page."""

import csv
from functools import cache
from io import StringIO
from itertools import pairwise
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest

from simulator import load, stress_test
from simulator.catalogue import parameters_from
from simulator.cli.report import main as report_main
from simulator.explain.underwriting import explain_underwriting
from simulator.named import scenario_of
from simulator.policies import StatusQuo, StricterApproval
from simulator.progress import Silent
from simulator.report.report_files import report_pages
from simulator.request import ExperimentRequest
from simulator.results.dataset import to_dataset
from simulator.results.underwriting import (
    Lending,
    Underwriting,
    best_cutoff,
    underwriting_rows,
    underwriting_text,
)
from simulator.results.value import rates_of
from simulator.score_words import N_APPLICANT, Applicant
from simulator.settings import BookSettings, ExplainSettings, ReportSettings, RunSettings
from simulator.shipped import shipped_tables
from simulator.simulating import simulate_request
from simulator.validation import UserError
from simulator.vocabulary import Count
from tests.conftest import UNLIMITED

OPEN_DOORS = {"score_cutoff": 0.0, "debt_service_cap": 10.0, "platform_cap": 100.0}
SMALL = BookSettings.model_validate(
    {"borrowers": 600, "donors": 500, "burn_in_months": 12, "products": {"cash_loan": 0.7,
     "credit_line": 0.3}, "applicants_monthly_share": 0.08}
)  # fmt: skip
PATHS = 3


def request(**changes: object) -> ExperimentRequest:
    """Everybody is let in, or nobody; nobody who was there comes back; courts bring nothing."""
    once = parameters_from({"return_monthly": 0.0, "effect_legal": 0.0})
    settings: dict[str, object] = {
        "book": SMALL,
        "book_name": "small",
        "scenarios": {"baseline": scenario_of("baseline")},
        "policies": {
            "status_quo": UNLIMITED.model_copy(update=OPEN_DOORS),
            "nobody": StricterApproval(score_cutoff=1000.0),
        },
        "run": RunSettings(paths=PATHS, months=9, runoff_months=8, draws_per_path=1),
        "parameters": once,
        "table_folders": (shipped_tables(),),
        "sections": {"explain": ExplainSettings(underwriting=True)},
    }
    return ExperimentRequest(**(settings | changes))  # type: ignore[arg-type]


def test_value_by_score_is_the_difference_that_lending_to_new_customers_makes() -> None:
    """On each path, where nothing else differs between lending to everybody and to nobody.

    But that whoever lends to nobody decides all the same, and pays for it.
    """
    asked = request()
    simulated = simulate_request(asked)
    found = explain_underwriting(asked, simulated, Silent())
    assert found is not None
    value = to_dataset(simulated.output)["value"].sel(scenario="baseline")
    expected = (value.sel(policy="status_quo") - value.sel(policy="nobody")).values
    rates = rates_of(asked.parameters)
    decided = simulated.output.tallies["baseline", "nobody"].counts[..., Count.UNDERWRITING_COST]
    factors = (1.0 - rates.tax) * rates.v ** np.arange(decided.shape[1])
    expected = expected - decided @ factors
    for rules in ("status_quo", "everybody"):
        sums = found.lendings["baseline"][rules].sums
        np.testing.assert_allclose(sums[..., Applicant.VALUE].sum(axis=1), expected, rtol=1e-9)
    assert np.all(np.abs(expected) > 1e3)
    assert found.cutoff == 0.0


@cache
def explained() -> tuple[ExperimentRequest, Underwriting]:
    """Under today's rules, with customers who come back."""
    asked = request(policies={"status_quo": StatusQuo()}, parameters=parameters_from({}))
    found = explain_underwriting(asked, simulate_request(asked), Silent())
    assert found is not None
    return asked, found


def test_groups_of_scores_hold_every_applicant_once() -> None:
    _, found = explained()
    rows = list(underwriting_rows(found))
    everybody = next(row for row in rows if row.kind == "all")
    for kind in ("decile", "band"):
        mine = [row for row in rows if row.kind == kind]
        for column in ("asked", "approved", "booked", "value.mean"):
            of = attrgetter(column)
            assert sum(map(of, mine)) == pytest.approx(of(everybody), rel=1e-9), (kind, column)
    deciles = [row for row in rows if row.kind == "decile"]
    assert all(a.high == b.low for a, b in pairwise(deciles))
    assert [row.asked for row in deciles] == pytest.approx([everybody.asked / 10] * 10, rel=0.25)
    assert deciles[0].bad_rate > deciles[-1].bad_rate
    assert everybody.approved < everybody.asked


def test_nobody_below_the_cut_off_is_approved_today() -> None:
    _, found = explained()
    below = found.inside(-np.inf, 450.0)
    lendings = found.lendings["baseline"]
    assert lendings["status_quo"].sums[:, below, Applicant.APPROVED].sum() == 0.0
    assert lendings["no_cutoff"].sums[:, below, Applicant.APPROVED].sum() > 0.0
    above = ~below
    for name in (Applicant.ASKED, Applicant.APPROVED, Applicant.BOOKED):
        ours, theirs = (lendings[r].sums[:, above, name] for r in ("status_quo", "no_cutoff"))
        np.testing.assert_array_equal(ours, theirs)
    assert found.cutoff == 450.0


def underwriting(values: list[float]) -> Underwriting:
    """Two paths, cells below 300, 300-400, 400-410, from 410 on; ``values`` of the last three."""
    sums = np.zeros((2, 4, N_APPLICANT))
    sums[:, 1:, Applicant.VALUE] = values
    sums[1, :, Applicant.VALUE] += 1.0
    sums[..., Applicant.ASKED] = sums[..., Applicant.BOOKED] = 2.0
    lending = Lending(sums)
    rules = dict.fromkeys(("status_quo", "no_cutoff", "everybody"), lending)
    return Underwriting(
        edges=np.array([300.0, 400.0, 410.0]),
        scores=np.linspace(390.0, 430.0, 40),
        lendings={"one": rules},
        cutoff=400.0,
        replicates=1,
    )


def _best(values: list[float]) -> float | None:
    row = best_cutoff(tuple(underwriting_rows(underwriting(values))), "one")
    return None if row is None else row.low


def test_the_best_cut_off_keeps_out_whoever_costs() -> None:
    found = underwriting([-5.0, -3.0, 10.0])
    assert _best([-5.0, -3.0, 10.0]) == 410.0
    np.testing.assert_allclose(found.value_from("one", 410.0), [10.0, 11.0])
    rows = [row for row in underwriting_rows(found) if row.kind == "cutoff"]
    assert [row.group for row in rows] == ["300", "400", "410"]
    # against 400: with those of 300-400 and below, and without those of 400-410, on both paths
    assert [row.change.mean for row in rows] == pytest.approx([-4.0, 0.0, 2.5])
    assert _best([-5.0, 3.0, 10.0]) == 400.0
    assert _best([-5.0, np.nan, 10.0]) is None


def test_the_table_and_the_page_tell_the_same() -> None:
    _, found = explained()
    rows = tuple(underwriting_rows(found))
    table = list(csv.DictReader(StringIO(underwriting_text(rows))))
    assert len(table) == len(rows)
    assert float(table[0]["bad_rate"]) == pytest.approx(rows[0].bad_rate)
    assert table[0]["low"] == ""  # no lowest score


def test_a_run_writes_both_files_and_no_others_unasked(tmp_path: Path) -> None:
    sections = {"explain": ExplainSettings(underwriting=True)}
    common = {"book": SMALL, "scenarios": ["baseline"], "policies": [], "paths": 2, "months": 3}
    run = stress_test(**common, provision=[], sections=sections, output=tmp_path / "a")  # type: ignore[arg-type]
    best = best_cutoff(run.underwriting, "baseline")
    assert best is not None
    assert (tmp_path / "a" / "underwriting.csv").exists()
    for language, words in (("en", "Underwriting power"), ("zh", "准入区分能力")):
        pages = report_pages(run, ReportSettings.model_validate({"language": language}))
        page = str(pages["underwriting.html"])
        assert words in page
        assert f" {best.group}" in page
        assert "http://" not in page.split("<script")[0]
    written = (tmp_path / "a" / "underwriting.html").read_text("utf-8")
    assert written == report_pages(load(tmp_path / "a"), ReportSettings())["underwriting.html"]
    assert report_main([str(tmp_path / "a"), "-o", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again_underwriting.html").read_text("utf-8") == written
    plain = stress_test(**common, provision=[], output=tmp_path / "b")  # type: ignore[arg-type]
    assert plain.underwriting == ()
    assert not list((tmp_path / "b").glob("underwriting.*"))


def test_a_run_that_cannot_answer_is_refused() -> None:
    closed = SMALL.model_copy(update={"applicants_monthly_share": 0.0})
    with pytest.raises(UserError, match="needs new customers"):
        explain_underwriting(request(book=closed), None, Silent())  # type: ignore[arg-type]
    short = RunSettings(paths=2, months=3, runoff_months=0)
    with pytest.raises(UserError, match="needs a run-off"):
        explain_underwriting(request(run=short), None, Silent())  # type: ignore[arg-type]
