"""The search finds optima that are known, keeps bounds, and says when an optimum is at an end."""

from dataclasses import dataclass

import numpy as np
import pytest

from simulator.sensitivity.best import FINALISTS, Plan, Searched, Seen, at_ends, search

SEEDS = range(6)
PEAK = np.array([0.37, 0.61])


@dataclass
class Bowl:
    """A bowl turned over, with noise of each point alone that shrinks with the paths.

    ``limit``: what x0 + x1 may be at most; NaN beyond ``forbidden`` in x0.
    """

    seed: int
    peak: np.ndarray
    limit: float | None = None
    forbidden: float = 2.0
    steps: int = 0
    looks: int = 0

    def allowed(self, points):
        return np.round(points * self.steps) / self.steps if self.steps else points

    def look(self, points, paths):
        self.looks += len(points) * paths
        random = np.random.default_rng((self.seed, self.looks))
        noise = 0.2 * random.standard_normal(len(points)) / np.sqrt(paths)
        gain = 1.0 - 4.0 * ((points - self.peak) ** 2).sum(axis=1) + noise
        gain[points[:, 0] > self.forbidden] = np.nan
        over = points.sum(axis=1) - self.limit if self.limit is not None else None
        return Seen(gain, np.empty((len(points), 0)) if over is None else over[:, None])


def found_by(model: Bowl, points: int = 32) -> Searched:
    return search(model, Plan(points, 8, 256, model.seed, np.array([0.9, 0.1])))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_known_optimum_of_a_noisy_bowl_is_among_the_finalists(seed):
    found = found_by(Bowl(seed, PEAK))
    assert len(found.finalists) == FINALISTS
    distance = np.abs(found.finalists - PEAK).max(axis=1)
    assert distance.min() < 0.12
    assert [r.settings for r in found.rounds] == [33, 4, 19, 10, 5]
    assert [r.paths for r in found.rounds] == [8, 8, 16, 32, 64]


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_are_kept_and_the_best_lies_on_them(seed):
    found = found_by(Bowl(seed, np.array([0.9, 0.8]), limit=1.1))
    assert (found.finalists.sum(axis=1) <= 1.1).all()
    assert found.finalists.sum(axis=1).max() > 0.9
    sums = found.pareto.sum(axis=1)
    assert 1 <= len(sums) <= 5
    assert (np.diff(sums) < 0).all()  # less gain only for more room


@pytest.mark.parametrize("seed", SEEDS)
def test_an_optimum_at_an_end_is_found_there_and_told(seed):
    found = found_by(Bowl(seed, np.array([1.4, 0.5])))
    assert (0, True) in at_ends(found.finalists[0])
    assert at_ends(np.array([0.5, 0.0, 0.99])) == [(1, False), (2, True)]
    assert at_ends(PEAK) == []


def test_whole_values_and_forbidden_points_are_respected():
    model = Bowl(3, PEAK, forbidden=0.5, steps=5)
    found = found_by(model)
    np.testing.assert_allclose(found.finalists * 5, np.round(found.finalists * 5))
    assert (found.finalists[:, 0] <= 0.5).all()
    assert [0.4, 0.6] in found.finalists.round(9).tolist()
