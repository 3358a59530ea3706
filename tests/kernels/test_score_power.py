"""Gini and KS of a score: closed forms, pairs counted one by one, and the error over borrowers."""

from itertools import product

import numpy as np
import pytest

from simulator.kernels.records import RANK_DTYPE, records
from simulator.kernels.score_power import _power
from simulator.score_words import Judged, ScorePower
from tests.kernels.twin_runs import N_CASES, N_PATHS, POLICIES, twin


def power(scores, bad, good, weights=None) -> dict[ScorePower, float]:
    """Everything told of borrowers with these scores and numbers of bad and good loans."""
    n = len(scores)
    order = np.argsort(scores, kind="stable")
    ranks = np.zeros(n, dtype=RANK_DTYPE)
    ranks["score"] = np.asarray(scores)[order]
    ranks["weight"] = 1.0 if weights is None else np.asarray(weights)[order]
    judged = np.zeros((n, 4), dtype=np.uint8)
    judged[:, 0], judged[:, 1] = np.asarray(bad)[order], np.asarray(good)[order]
    out = np.zeros(len(ScorePower))
    _power(0, n, 0, records(ranks), judged, out)
    return {measure: float(out[measure]) for measure in ScorePower}


@pytest.mark.parametrize(
    ("scores", "gini", "ks"),
    [
        ([1, 2, 3, 4], 1.0, 1.0),
        ([4, 3, 2, 1], -1.0, 1.0),
        ([5, 5, 5, 5], 0.0, 0.0),
        ([1, 3, 2, 4], 0.5, 0.5),
        ([1, 2, 2, 3], 0.75, 0.5),
    ],
)
def test_gini_and_ks_of_two_bad_and_two_good_loans(scores, gini, ks):
    """The first two are bad."""
    found = power(scores, [1, 1, 0, 0], [0, 0, 1, 1])
    assert found[ScorePower.GINI] == pytest.approx(gini, abs=1e-15)
    assert found[ScorePower.KS] == pytest.approx(ks, abs=1e-15)


def test_weights_loans_and_ties_count_as_pairs_one_by_one_do():
    rng = np.random.Generator(np.random.PCG64(7))
    n = 60
    scores, weights = rng.integers(0, 12, n), rng.uniform(0.5, 3.0, n)
    bad, good = rng.integers(0, 3, n), rng.integers(0, 4, n)
    found = power(scores, bad, good, weights)
    pairs = total = 0.0
    for i, j in product(range(n), range(n)):
        weight = weights[i] * bad[i] * weights[j] * good[j]
        pairs += weight * (1.0 if scores[i] < scores[j] else 0.5 if scores[i] == scores[j] else 0.0)
        total += weight
    assert found[ScorePower.GINI] == pytest.approx(2.0 * pairs / total - 1.0, rel=1e-12)
    assert found[ScorePower.LOANS] == pytest.approx((weights * (bad + good)).sum())
    assert found[ScorePower.BAD_LOANS] == pytest.approx((weights * bad).sum())


def test_nothing_is_told_without_a_bad_or_without_a_good_loan():
    for bad, good in (([0, 0], [1, 2]), ([1, 1], [0, 0]), ([0, 0], [0, 0])):
        found = power([1, 2], bad, good)
        assert found[ScorePower.GINI] == found[ScorePower.GINI_VARIANCE] == 0.0
        assert found[ScorePower.LOANS] == sum(bad) + sum(good)


def test_errors_are_those_of_other_books_of_the_same_kind():
    """Borrowers with one to three loans that turn bad together; five standard errors of an sd."""
    rng = np.random.Generator(np.random.PCG64(11))
    books, n = 400, 300
    told = []
    for _ in range(books):
        scores, loans = rng.normal(size=n), rng.integers(1, 4, n)
        is_bad = rng.random(n) < 1.0 / (1.0 + np.exp(1.5 + scores))
        told.append(power(scores, np.where(is_bad, loans, 0), np.where(is_bad, 0, loans)))
    sure = 5.0 / np.sqrt(2.0 * books)
    ginis = np.array([t[ScorePower.GINI] for t in told])
    expected = np.sqrt(np.mean([t[ScorePower.GINI_VARIANCE] for t in told]))
    assert ginis.std(ddof=1) == pytest.approx(expected, rel=sure)
    spread = np.array([t[ScorePower.KS] for t in told]).std(ddof=1)
    assert spread < 1.3 * np.sqrt(np.mean([t[ScorePower.KS_VARIANCE] for t in told]))


def test_the_twin_s_samples_judge_loans_of_every_kind_and_relief_hides_some():
    sums = [
        twin(policy, path, case).tallies.score_power[0]
        for policy in POLICIES
        for path in range(N_PATHS)
        for case in range(N_CASES)
    ]
    for judged in Judged:
        bad = [s[judged, ScorePower.BAD_LOANS] for s in sums]
        loans = [s[judged, ScorePower.LOANS] for s in sums]
        assert any(0.0 < b < a for b, a in zip(bad, loans, strict=True)), judged
    hidden = [
        s[Judged.OPENING_BEFORE_RELIEF, ScorePower.BAD_LOANS]
        - s[Judged.OPENING, ScorePower.BAD_LOANS]
        for s in sums
    ]
    assert min(hidden) >= 0.0
    assert max(hidden) > 0.0
