"""A sweep: the numbers of single runs, all mistakes first, nothing run twice, nothing stale."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import loanstress
from loanstress import sweeping
from loanstress.settings import Settings, changed_request
from loanstress.sweeping import sweep
from simulator.cli.run import main
from simulator.identity import identity
from simulator.policies import GracePeriod
from simulator.vocabulary import Hardship
from tests.loanstress.conftest import SMALL

MONTHS = {"policy.grace_period.months": [1, 3]}


@pytest.fixture
def runs(monkeypatch):
    """What is really run, counted."""
    found = []
    run_request = sweeping.run_request

    def counted(request, *others):
        found.append(request)
        return run_request(request, *others)

    monkeypatch.setattr(sweeping, "run_request", counted)
    return found


def test_a_sweep_has_a_column_for_each_key_and_the_numbers_of_single_runs(run):
    frame = sweep(run.settings, {**MONTHS, "run.seed": [1]}, threads=1, progress=False)
    assert list(frame.columns[:2]) == [*MONTHS, "run.seed"]
    assert len(frame.groupby("policy.grace_period.months")) == 2
    assert (frame["error"] == "").all()
    single = loanstress.stress_test(
        scenarios=["baseline", "downturn"],
        policies=[GracePeriod(months=1), {"kind": "grace_period", "name": "half",
                                          "deferred_share": 0.5}],
        provision=["cas22"], history_borrowers=4, seed=1, **SMALL,
    )  # fmt: skip
    mine = frame[frame["policy.grace_period.months"] == 1].drop(
        columns=["policy.grace_period.months", "run.seed", "error"]
    )
    whole = single.summary[single.summary.month.isna()].drop(columns="month")
    pd.testing.assert_frame_equal(mine.reset_index(drop=True), whole.reset_index(drop=True))


def test_a_sweep_goes_on_where_it_ended(run, runs, tmp_path):
    first = sweep(run.settings, MONTHS, cache=tmp_path, progress=False)
    assert len(runs) == 2
    more = {"policy.grace_period.months": [1, 3, 2]}
    again = sweep(run.settings, more, cache=tmp_path, threads=1, progress=False)
    assert len(runs) == 3
    assert runs[-1].all_policies["grace_period"].months == 2
    known = again[again["policy.grace_period.months"] != 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(known, first)


def test_an_interrupted_sweep_keeps_what_was_finished(run, runs, tmp_path, monkeypatch):
    counted = sweeping.run_request

    def interrupted(request, *others):
        if runs:
            raise KeyboardInterrupt
        return counted(request, *others)

    monkeypatch.setattr(sweeping, "run_request", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(run.settings, MONTHS, cache=tmp_path, progress=False)
    monkeypatch.setattr(sweeping, "run_request", counted)
    runs.clear()
    sweep(run.settings, MONTHS, cache=tmp_path, progress=False)
    assert [request.all_policies["grace_period"].months for request in runs] == [3]


def test_a_damaged_run_of_the_cache_is_run_again(run, runs, tmp_path, capsys):
    one = {"policy.grace_period.months": [1]}
    first = sweep(run.settings, one, cache=tmp_path, progress=False)
    (folder,) = tmp_path.iterdir()
    (folder / "results.nc").write_bytes(b"cut short")
    again = sweep(run.settings, one, cache=tmp_path)
    assert len(runs) == 2
    assert "run again" in capsys.readouterr().err
    pd.testing.assert_frame_equal(again, first)


def test_a_run_is_known_by_what_decides_its_numbers(run, tmp_path, monkeypatch):
    request = run.settings.request
    same = {
        "run.threads": 2,
        "run.path_batch": 3,
        "governance.owner": "me",
        "report.title": "x",
    }
    for key, value in same.items():
        assert identity(changed_request(request, {key: value})) == identity(request), key
    other = {
        "run.seed": 2,
        "run.paths": 4,
        "book.borrowers": 151,
        "parameters.p_forget_mean": 0.2,
        "scenario.downturn.weight": 0.3,
        "policy.half.deferred_share": 0.6,
        "policy.status_quo.score_cutoff": 601,
        "provision.cas22.cure_months": 6,
        "product.cash_loan.annual_rate": 0.2,
        "decision.limits.complaints": 0.2,
    }
    found = {identity(changed_request(request, {key: value})) for key, value in other.items()}
    assert len(found | {identity(request)}) == len(other) + 1
    monkeypatch.setattr("simulator.identity.code_identity", lambda: {"sha256": "another"})
    assert identity(request) not in found


def test_another_content_of_a_file_is_another_run(tmp_path):
    tape = tmp_path / "loans.csv"
    head = "loan_id,borrower_id,product,annual_rate,term_months,remaining_months,principal,"
    head += "original_principal,due_day,dpd,monthly_income\n"
    rows = "1001,1,cash_loan,0.18,12,7,6100,10000,5,0,8200\n"
    found = []
    for text in (head + rows, head + rows.replace("8200", "8300"), head + rows):
        tape.write_text(text, encoding="utf-8")
        book = loanstress.Book.from_file(tape).settings
        request = replace(_request(), book=book)
        found.append(identity(request))
    assert found[0] == found[2] != found[1]


def _request():
    from simulator.notebook import build_request

    return build_request(scenarios=["baseline"], policies=[])


def test_a_function_is_another_policy_when_what_it_does_changes():
    from loanstress.inputs import FunctionPolicy

    share = 0.5

    def spare(window):
        yield window.edit("intensity_human_call", share, hardships=(Hardship.ILLNESS,))

    request = replace(_request(), policies={"spare": FunctionPolicy(spare)})
    before = identity(request)
    assert identity(request) == before
    share = 0.4
    assert identity(request) != before
    with pytest.raises(loanstress.UserError, match="spare is a Python function"):
        changed_request(request, {"policy.spare.months": 3})


def test_all_mistakes_are_told_before_anything_is_run(run, runs):
    with pytest.raises(loanstress.UserError) as found:
        sweep(run.settings, {"policy.grace_period.months": [0, 1, 61]}, progress=False)
    assert str(found.value).count("policy.grace_period.months must be in [1, 60]") == 2
    for values, rule in (
        ({}, "at least one key"),
        ({"run.paths": 3}, r"run\.paths must have a list of values"),
        ({"run.paths": "3"}, "must have a list of values"),
        ({"run.paths": []}, "must have a list of values"),
        ({"no_such.key": [1]}, "its group must be one of"),
        ({"policy": [1]}, "must be GROUP.NAME.KEY"),
        ({"policy.care_programme.months": [1]}, "policy must be one of grace_period, half"),
        ({"policy.half.no_such": [1]}, r"policy\.half\.no_such is not a known key"),
        ({"policy.half.kind.x": [1]}, "kind holds no keys"),
        ({"parameters.no_such": [1]}, "not among the"),
        ({"run.no_such": [1]}, r"run\.no_such is not a known key"),
    ):
        with pytest.raises(loanstress.UserError, match=rule):
            sweep(run.settings, values, progress=False)
    with pytest.raises(loanstress.UserError, match=r"must be those of a run, run\.settings"):
        sweep({"run": {}}, MONTHS)
    assert not runs


def test_a_run_that_fails_has_a_row_that_says_why(run, runs, monkeypatch):
    counted = sweeping.run_request

    def failing(request, *others):
        if request.run.seed == 2:
            raise loanstress.UserError("too little memory")
        return counted(request, *others)

    monkeypatch.setattr(sweeping, "run_request", failing)
    with pytest.warns(RuntimeWarning, match=r"run\.seed=2: too little memory"):
        frame = sweep(run.settings, {"run.seed": [1, 2, 3]}, progress=False)
    failed = frame[frame["run.seed"] == 2]
    assert list(failed["error"]) == ["too little memory"]
    assert np.isnan(failed["mean"].iloc[0])
    assert len(frame[frame["run.seed"] == 3]) > 10


def test_a_stored_run_of_the_command_can_be_swept(tmp_path):
    words = ["scenario=[downturn]", "policy=[grace_period]", "run.paths=2", "run.months=3"]
    words += ["book.borrowers=100", "report.enabled=false", "provision=[cas22]"]
    words += ["assumptions=null"]
    assert main([*words, f"hydra.run.dir={tmp_path}"]) == 0
    stored = loanstress.load(tmp_path)
    frame = sweep(stored.settings, MONTHS, progress=False)
    three = frame[frame["policy.grace_period.months"] == 3]
    whole = stored.summary[stored.summary.month.isna()]
    np.testing.assert_array_equal(three["mean"].to_numpy(), whole["mean"].to_numpy())
    again = stored.settings.changed({"policy.grace_period.months": 6})
    assert again["policy"]["grace_period"]["months"] == 6
    assert stored.settings["policy"]["grace_period"]["months"] == 3


def test_frames_of_a_session_that_has_ended_are_told(run):
    gone = "/nowhere/frame_0123456789abcdef.csv"
    settings = {**run.settings, "book": {**run.settings["book"], "path": gone}}
    with pytest.raises(loanstress.UserError, match=r"book\.path was a DataFrame of a session"):
        sweep(Settings(settings), MONTHS, progress=False)
    scenario = run.settings["scenario"]["downturn"]
    settings = {**run.settings, "scenario": {"downturn": {**scenario, "table": gone}}}
    with pytest.raises(loanstress.UserError, match=r"scenario\.downturn\.table was a DataFrame"):
        sweep(Settings(settings), MONTHS, progress=False)


def test_values_that_are_right_together_only_are_checked_together(run):
    changes = {"run.draws_per_path": 5, "run.paths": 10}
    for order in (changes, dict(reversed(changes.items()))):
        assert run.settings.changed(order).request.run.macro_draws == 2
    with pytest.raises(loanstress.UserError, match="draws_per_path must divide"):
        run.settings.changed({"run.draws_per_path": 5})
    members = {"policy.half.months": 2, "policy.half.deferred_share": 0.1, "run.seed": 3}
    half = run.settings.changed(members).request.policies["half"]
    assert (half.months, half.deferred_share) == (2, 0.1)


def test_a_stored_run_of_another_product_can_be_swept(tmp_path):
    request = _request()
    settings = Settings(request.configuration, request)
    small = {"run.paths": 1, "run.months": 2, "run.runoff_months": 0, "book.borrowers": 60}
    other = settings.changed({**small, "product.cash_loan.annual_rate": 0.2})
    sweep(other, {"run.seed": [1]}, cache=tmp_path, progress=False)
    (folder,) = tmp_path.iterdir()
    stored = loanstress.load(folder).settings
    products = stored.request.products
    assert products["cash_loan"].annual_rate == 0.2
    assert set(products) == set(request.products)
    assert products["cash_loan"].amortisation == request.products["cash_loan"].amortisation
    assert identity(stored.request) == identity(other.changed({"run.seed": 1}).request)


def test_settings_of_objects_change_as_those_of_files():
    request = replace(_request(), policies={"mine": GracePeriod(months=2)})
    changed = Settings(request.configuration, request).changed({"policy.mine.months": 4})
    assert changed.request.policies["mine"] == GracePeriod(months=4)
    assert "Settings" in repr(changed)
    assert set(changed) >= {"book", "policy", "run"}


def test_what_ships_is_told_in_frames():
    policies = loanstress.policies()
    months = policies.query("policy == 'grace_period' and field == 'months'").iloc[0]
    assert (months["value"], months["allowed"]) == (3, "1 to 60")
    assert months["meaning"]
    assert policies["about"].str.len().min() > 10
    assert set(loanstress.scenarios()["scenario"]) >= {"baseline", "downturn", "tw_2005"}
    table = loanstress.parameters().set_index("parameter")
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    assert table.loc["p_forget_mean", "value"] != table.loc["p_forget_mean", "default"]
    default = loanstress.parameters("default")
    assert (default["value"] == default["default"]).all()
    with pytest.raises(loanstress.UserError, match="parameters must be one of"):
        loanstress.parameters("no_such_set")
