"""Rows of the application score: of the current policy, with an interval over borrowers."""

import numpy as np
import pytest

from simulator.results.dataset import to_dataset
from simulator.results.summary import summarise
from simulator.score_words import Judged, ScorePower
from tests.results.outputs import output_of, random_tallies

PATHS, HORIZON = 6, 5


def _dataset(power):
    """A dataset whose current policy has ``power`` (paths, judged, measure) on its paths."""
    tallies = {}
    for seed, policy in enumerate(("status_quo", "grace_period")):
        sums = random_tallies(seed, PATHS, HORIZON)
        sums.score_power[...] = power if policy == "status_quo" else 0.0
        tallies[policy] = sums
    return to_dataset(output_of(tallies, months=HORIZON))


def _power(gini):
    power = np.zeros((PATHS, len(Judged), len(ScorePower)))
    power[..., ScorePower.GINI] = np.asarray(gini)[:, None]
    power[..., ScorePower.KS] = 0.3
    power[..., ScorePower.GINI_VARIANCE] = 0.01
    power[..., ScorePower.KS_VARIANCE] = 0.0004
    power[..., ScorePower.LOANS] = 100.0
    power[..., ScorePower.BAD_LOANS] = 5.0
    return power


def test_the_mean_is_over_paths_and_the_interval_over_borrowers():
    gini = np.linspace(0.3, 0.5, PATHS)
    rows = [row for row in summarise(_dataset(_power(gini))) if row.metric == "score_gini_opening"]
    (row,) = rows
    assert (row.policy, row.month, row.unit) == ("status_quo", None, "1")
    assert row.mean == pytest.approx(0.4)
    assert row.ci_high - row.mean == pytest.approx(1.959964 * 0.1, rel=1e-6)
    assert row.mean - row.ci_low == pytest.approx(1.959964 * 0.1, rel=1e-6)
    assert row.p50 == pytest.approx(0.4)
    assert row.p05 < row.p50 < row.p95


def test_every_kind_of_loan_has_its_rows_and_only_under_the_current_policy():
    rows = [row for row in summarise(_dataset(_power(np.full(PATHS, 0.4)))) if "score_" in row[2]]
    kinds = [judged.name.lower() for judged in Judged]
    expected = {f"score_{measure}_{kind}" for measure in ("gini", "ks") for kind in kinds}
    assert {row.metric for row in rows} == expected
    assert {row.policy for row in rows} == {"status_quo"}


def test_paths_without_a_bad_loan_are_left_out_and_rows_without_any_are_absent():
    power = _power(np.full(PATHS, 0.4))
    power[0] = 0.0
    power[:, Judged.NEW] = 0.0
    dataset = _dataset(power)
    rows = {row.metric: row for row in summarise(dataset) if "score_" in row.metric}
    assert rows["score_gini_opening"].mean == pytest.approx(0.4)
    assert "score_gini_new" not in rows
    told = dataset["score_gini"].sel(policy="status_quo", judged="opening")
    assert np.isnan(told.isel(path=0).item())
