"""Worlds on demand: common luck, the lender's view of accounts, and what survives an interrupt."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulator.calibrate.estimate import moment_cache
from simulator.calibrate.estimate.moment_cache import FILE_NAME
from simulator.calibrate.estimate.simulated_moments import MomentSimulator, with_accounts
from simulator.kernels.tally import HISTORY_DTYPE
from simulator.policies import build_policy
from simulator.request import ExperimentRequest
from simulator.validation import UserError
from simulator.vocabulary import LoanStatus
from tests import ROOT
from tests.calibrate.planted import MONTHS, request, settings_for
from tests.calibrate.toy import level

BORROWERS = 120
VALUES = {"catch_up_share": 0.5}
LEVELS = {"rate": {**level(), "months": [1, 8]}}


def moment_simulator(
    folder: Path | None = None, asked: ExperimentRequest | None = None, **changes: object
) -> MomentSimulator:
    settings = settings_for(Path("none.csv"), **{"seeds": 2, **changes})
    return MomentSimulator(asked or request(BORROWERS), settings, folder)


def numbers(
    lab: MomentSimulator, values: Mapping[str, float] = VALUES
) -> dict[str, list[list[float]]]:
    return {name: item.by_world.tolist() for name, item in lab.moments(values).items()}


def same(left: dict[str, list[list[float]]], right: dict[str, list[list[float]]]) -> bool:
    return all(np.array_equal(left[n], right[n], equal_nan=True) for n in left)


def test_a_world_is_the_same_whenever_it_is_asked_for() -> None:
    first = numbers(moment_simulator())
    assert same(first, numbers(moment_simulator()))
    by_one_thread = request(BORROWERS)
    by_one_thread = replace(by_one_thread, run=by_one_thread.run.model_copy(update={"threads": 1}))
    assert same(first, numbers(moment_simulator(asked=by_one_thread)))


def test_worlds_differ_in_book_and_luck() -> None:
    lab = moment_simulator()
    left, right = (lab.observe(VALUES, lab.seed_of(k)) for k in (0, 1))
    assert not np.array_equal(left.book.borrowers.income, right.book.borrowers.income)
    assert left.unpaid is not None
    assert right.unpaid is not None
    assert not np.array_equal(left.unpaid, right.unpaid)


def test_parameters_reach_the_book_and_the_kernels() -> None:
    lab = moment_simulator()
    base = lab.observe({}, 1)
    poor = lab.observe({"margin_median": 0.02, "catch_up_share": 0.3}, 1)
    assert poor.parameters["catch_up_share"] == 0.3
    assert poor.book.borrowers.discretionary.mean() > base.book.borrowers.discretionary.mean()


def test_accounts_are_those_of_the_tallies() -> None:
    """Sum over accounts and sum over buckets are the same book."""
    seen = moment_simulator().observe(VALUES, 3)
    assert seen.unpaid is not None
    assert seen.written_off is not None
    assert seen.loan_ids is not None
    assert seen.unpaid.shape == (MONTHS + 1, seen.book.n_loans)
    assert np.array_equal(np.sort(seen.loan_ids), np.sort(seen.book.loans.id))
    opening = np.bincount(np.minimum(seen.unpaid[0], 7), minlength=8)
    np.testing.assert_allclose(opening, seen.tallies.loans[0, 0])
    for month in range(1, MONTHS + 1):
        overdue = (seen.unpaid[month] >= 1) & ~seen.written_off[month]
        assert overdue.sum() == pytest.approx(seen.tallies.loans[0, month, 1:].sum())


def test_before_its_arrival_an_account_is_not_seen() -> None:
    history = np.zeros((2, 5), dtype=HISTORY_DTYPE)
    history["n_unpaid"] = 3
    history["status"][0] = LoanStatus.PENDING
    history["status"][1] = list(LoanStatus)[1:6]
    lab = moment_simulator()
    seen = lab.observe(VALUES, 1)
    few = replace(
        seen,
        book=replace(seen.book, loans=type(seen.book.loans)(*(c[:5] for c in seen.book.loans))),
    )
    found = with_accounts(few, history, np.arange(5, dtype=np.uint64))
    assert found.unpaid is not None
    assert found.written_off is not None
    assert found.unpaid.tolist() == [[-1] * 5, [3, 3, 3, 3, -1]]
    assert found.written_off[1].tolist() == [False, False, True, True, False]


def test_sums_alone_need_no_accounts() -> None:
    seen = moment_simulator(targets=LEVELS).observe(VALUES, 1)
    assert seen.unpaid is None
    assert moment_simulator(targets=LEVELS).moments(VALUES)["rate"].by_world.shape == (2, 1)


def test_another_policy_is_simulated_beside_the_reference() -> None:
    grace = build_policy("grace", {"kind": "grace_period"})
    lab = moment_simulator(asked=replace(request(BORROWERS), policies={"grace": grace}))
    base, other = (lab.observe(VALUES, 1, policy) for policy in ("status_quo", "grace"))
    assert base.tallies.flows.shape == other.tallies.flows.shape
    assert not np.array_equal(base.tallies.flows, other.tallies.flows)
    with pytest.raises(UserError, match="did you mean grace"):
        lab.observe(VALUES, 1, "grac")


def test_a_calibration_has_one_scenario() -> None:
    asked = request(BORROWERS)
    two = replace(asked, scenarios={**asked.scenarios, "second": asked.scenarios["baseline"]})
    with pytest.raises(UserError, match="exactly one; got baseline, second"):
        moment_simulator(asked=two)


def test_finished_worlds_are_not_simulated_again(tmp_path: Path) -> None:
    first = moment_simulator(tmp_path)
    found = numbers(first)
    assert (first.simulated, first.replayed) == (2, 0)
    again = moment_simulator(tmp_path)
    assert same(found, numbers(again))
    assert (again.simulated, again.replayed) == (0, 2)


def test_an_interrupted_line_is_dropped_and_the_rest_is_used(tmp_path: Path) -> None:
    found = numbers(moment_simulator(tmp_path))
    file = tmp_path / FILE_NAME
    text = file.read_text()
    file.write_text(text[:-40])
    again = moment_simulator(tmp_path)
    assert same(found, numbers(again))
    assert (again.simulated, again.replayed) == (1, 1)
    lines = file.read_text().splitlines()
    assert len(lines) == 2
    assert all(json.loads(line)["values"] == VALUES for line in lines)


def test_a_number_of_nobody_survives_the_file(tmp_path: Path) -> None:
    targets = {
        "rolls": {"kind": "rolls", "panel": "accounts", "cells": ["3+->2"], "months": ["2025-12"]}
    }
    asked = request(2)
    found = numbers(moment_simulator(tmp_path, asked, targets=targets))
    assert np.isnan(found["rolls"]).any()
    assert same(found, numbers(moment_simulator(tmp_path, asked, targets=targets)))
    assert "NaN" not in (tmp_path / FILE_NAME).read_text()


@pytest.mark.parametrize(
    "change", ["values", "book", "base", "targets", "scenario", "policy", "more_worlds"]
)
def test_only_a_world_with_the_same_numbers_is_used_again(tmp_path: Path, change: str) -> None:
    moment_simulator(tmp_path).moments(VALUES)
    asked, values, changes = request(BORROWERS), VALUES, {}
    if change == "values":
        values = {"catch_up_share": 0.5 + 1e-12}
    elif change == "book":
        asked = request(BORROWERS + 1)
    elif change == "base":
        asked = replace(asked, parameters={**asked.parameters, "catch_up_decay": 1.0})
    elif change == "targets":
        changes = {"targets": LEVELS}
    elif change == "scenario":
        calm = asked.scenarios["baseline"].model_copy(update={"opening": {"inflation": 0.03}})
        asked = replace(asked, scenarios={"baseline": calm})
    elif change == "policy":
        strict = build_policy("status_quo", {"kind": "status_quo", "human_calls_per_1000_loans": 1})
        asked = replace(asked, policies={"status_quo": strict})
    else:
        changes = {"seeds": 3}
    lab = moment_simulator(tmp_path, asked, **changes)
    lab.moments(values)
    assert (lab.simulated, lab.replayed) == ((1, 2) if change == "more_worlds" else (2, 0))


def test_only_named_files_of_the_calibration_are_left_out_of_the_key_of_cached_moments() -> None:
    package = ROOT / "simulator" / "calibrate"
    for part in moment_cache._AFTER_RUNS:
        assert (package / part).exists(), part
    decides = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if not moment_cache._is_after_runs(Path("calibrate") / file.relative_to(package))
    }
    used = {"settings.py", "data/targets.py", "data/panel.py", "data/series.py", "data/files.py"}
    assert used | {"estimate/simulated_moments.py", "estimate/moment_cache.py"} <= decides


def test_a_section_is_part_of_the_key_of_cached_moments() -> None:
    asked = request(BORROWERS)
    with_section = replace(asked, sections={"engine": "other"})
    settings = settings_for(Path("none.csv"))
    assert moment_cache.fingerprint(asked, settings) != moment_cache.fingerprint(
        with_section, settings
    )
