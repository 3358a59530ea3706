"""Shares of causes of small runs add up, and what cannot be asked is refused."""

import csv
from io import StringIO

import numpy as np
import pandas as pd
import pytest

import loanstress
from simulator import UserError, stress_test
from simulator.catalogue import parameters_from
from simulator.cli.app import main
from simulator.explain.cause_question import N_GROUPS
from simulator.explain.causes import GROUPS, switched
from simulator.explain.scenario_parts import DISASTER, PARTS
from simulator.macro.variables import MACRO_VARIABLES
from simulator.packing import pack
from simulator.results.cause_shares import END, NEW_90, START
from simulator.results.run import Run
from simulator.settings import ExplainSettings
from simulator.vocabulary import SWITCHABLE_CAUSES, Cause
from tests.conftest import small_book

SMALL = {"borrowers": 600, "paths": 6, "months": 10, "runoff_months": 0, "provision": ()}


def _outcome(**changes):
    explain = ExplainSettings(causes=True, paths=6)
    arguments = {"scenarios": ["downturn"], "policies": [], "sections": {"explain": explain}}
    return stress_test(**{**SMALL, **arguments, **changes})


def test_every_cause_belongs_to_one_group():
    listed = [cause for causes in GROUPS.values() for cause in causes]
    assert sorted(listed) == sorted((*SWITCHABLE_CAUSES, Cause.AT_OPENING))
    assert len(GROUPS) == N_GROUPS


def test_every_variable_of_the_world_belongs_to_one_part_of_a_scenario():
    listed = [name for names in PARTS.values() for name in names]
    assert sorted([*listed, DISASTER]) == sorted(MACRO_VARIABLES)


def test_shares_of_a_run_add_up_to_one_and_have_labels_beside():
    rows = _outcome().causes
    assert [row.group for row in rows] == list(GROUPS)
    assert {row.scenario for row in rows} == {"downturn"}
    assert sum(row.share for row in rows) == pytest.approx(1.0)
    assert sum(row.label_share for row in rows) == pytest.approx(1.0)


def test_the_loss_is_explained_to_the_cent_and_by_its_own_paths():
    run = _outcome()
    rows = [row for row in run.cause_parts if row.metric == "credit_loss"]
    assert [row.group for row in rows] == [START, *GROUPS, END]
    assert sum(row.amount for row in rows[:-1]) == pytest.approx(rows[-1].amount, rel=1e-12)
    loss = next(r.mean for r in run.summary if r.metric == "credit_loss" and r.month is None)
    assert rows[-1].amount == pytest.approx(loss, rel=1e-9)  # as many paths as the run has
    assert run.cause_parts[0].metric == "credit_loss"


def test_parts_of_a_scenario_make_its_difference_to_another():
    explain = ExplainSettings(against="baseline", paths=6)
    scenarios = ["baseline", "downturn", "regional_flood"]
    run = _outcome(sections={"explain": explain}, scenarios=scenarios)
    assert run.causes == ()
    means = {
        r.scenario: r.mean for r in run.summary if r.metric == "credit_loss" and r.month is None
    }
    for scenario in scenarios[1:]:
        rows = [row for row in run.cause_parts if row.scenario == scenario]
        assert {row.against for row in rows} == {"baseline"}
        assert rows[0].amount == pytest.approx(means["baseline"], rel=1e-9)
        assert rows[-1].amount == pytest.approx(means[scenario], rel=1e-9)
        assert sum(row.amount for row in rows[:-1]) == pytest.approx(rows[-1].amount, rel=1e-12)
        parts = {row.group for row in rows[1:-1]}
        assert ("disaster" in parts) == (scenario == "regional_flood")
        assert "epidemic" not in parts  # alike in both, so it adds exactly nothing


def test_explaining_changes_no_other_number_and_nothing_is_explained_unasked():
    plain, explained = _outcome(sections=None), _outcome()
    assert plain.causes == ()
    assert repr(plain.summary) == repr(explained.summary)


def test_switches_leave_the_book_alone_but_for_opening_arrears():
    packed, parameters = pack(small_book(), parameters_from({})), parameters_from({})
    everything = switched(packed, parameters, 2 ** len(GROUPS) - 1)
    assert everything.params.tobytes() == packed.params.tobytes()
    assert everything.book is packed.book
    nothing = switched(packed, parameters, 0)
    assert not nothing.book.openings["n_unpaid"].any()
    owed = packed.book.openings["principal"] + packed.book.openings["principal_overdue"]
    np.testing.assert_allclose(nothing.book.openings["principal"], owed)
    assert all(
        float(nothing.params[f"strength_{c.name.lower()}"][0]) == 0.0 for c in SWITCHABLE_CAUSES
    )
    assert packed.book.openings["n_unpaid"].any() or not owed.size


def test_the_command_writes_and_tells_it_and_a_run_without_it_removes_it(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    words = [
        "run=smoke",
        "book.borrowers=200",
        "run.months=8",
        "run.paths=2",
        "scenario=[baseline]",
        "policy=[status_quo]",
        "provision=[]",
        "report.enabled=false",
        "hydra.run.dir=out",
    ]
    asked = ["explain.causes=true", "explain.paths=2", "run.runoff_months=null"]
    assert main([*words, *asked]) == 0
    text = (tmp_path / "out" / "causes.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(StringIO(text)))
    by_metric = {row["metric"]: [] for row in rows}
    for row in rows:
        by_metric[row["metric"]].append(row)
    assert list(by_metric) == ["lifetime_credit_loss", NEW_90]
    for mine in by_metric.values():
        assert [row["group"] for row in mine] == [START, *GROUPS, END]
        amounts = [float(row["amount"]) for row in mine]
        assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.01)
    assert "baseline, causes of new 90+ balance in months 7-24" in capsys.readouterr().out
    assert main(words) == 0
    assert not (tmp_path / "out" / "causes.csv").exists()


@pytest.mark.parametrize(
    ("change", "part"), [({"months": 6}, "run.months"), ({"paths": 1}, "run.paths")]
)
def test_a_run_that_cannot_answer_is_refused_before_it_begins(change, part):
    with pytest.raises(UserError, match=f"explain.causes needs {part}"):
        _outcome(**change)


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({"against": "epidemic"}, "explain.against"),
        ({"against": "downturn"}, "needs another scenario"),
        ({"causes": True, "metric": "credit_los"}, "explain.metric"),
        ({"causes": True, "metric": "lowest_capital_ratio"}, "provisioning standard"),
    ],
)
def test_what_cannot_be_explained_is_refused(keys, part):
    with pytest.raises(UserError, match=part):
        _outcome(sections={"explain": ExplainSettings(**keys)})


def test_a_metric_that_nothing_reads_is_refused():
    with pytest.raises(ValueError, match=r"explain\.metric is read with"):
        ExplainSettings(metric="credit_loss")


def test_two_runs_differ_by_their_parts_and_ends_are_the_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [
        "run=smoke",
        "book.borrowers=300",
        "run.months=8",
        "run.paths=4",
        "scenario=[downturn]",
        "policy=[status_quo]",
        "provision=[]",
        "run.runoff_months=0",
        "run.book_draws=0",
        "report.enabled=false",
    ]
    assert main([*words, "hydra.run.dir=before"]) == 0
    changed = ["parameters.finding_rate=0.1", "scenario.downturn.severity=1.5"]
    asked = ["explain.against=before", "explain.paths=4", "hydra.run.dir=after"]
    assert main([*words, *changed, *asked]) == 0
    runs = {name: Run.read(tmp_path / name) for name in ("before", "after")}
    loss = {
        name: next(r.mean for r in run.summary if r.metric == "credit_loss" and r.month is None)
        for name, run in runs.items()
    }
    rows = runs["after"].cause_parts
    assert [row.group for row in rows] == [START, "parameters", "scenario", END]
    assert {row.against for row in rows} == {"before"}
    assert rows[0].amount == pytest.approx(loss["before"], rel=1e-9)
    assert rows[-1].amount == pytest.approx(loss["after"], rel=1e-9)
    assert sum(row.amount for row in rows[:-1]) == pytest.approx(rows[-1].amount, rel=1e-12)
    assert "in the run before" in capsys.readouterr().out
    frame = loanstress.load("after").explain_against("before", paths=4, progress=False)
    pd.testing.assert_frame_equal(frame, pd.DataFrame(rows, columns=frame.columns))


def test_a_folder_without_a_run_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    words = ["run=smoke", "scenario=[downturn]", "policy=[status_quo]", "explain.against=empty"]
    assert main(words) == 2
    assert "explain.against=empty" in capsys.readouterr().err
