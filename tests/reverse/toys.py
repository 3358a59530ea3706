"""Figures whose design points are known."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.reverse.search import Looked, Slopes

F8 = NDArray[np.float64]


class Exact:
    """A level given by a formula, its slopes by central differences."""

    precision = 1e-11

    def __init__(self, level: Callable[[F8], float]) -> None:
        self.level = level
        self.looks = 0

    def look(self, scores: F8) -> Looked:
        self.looks += 1
        return Looked(float(self.level(scores)))

    def slopes(self, scores: F8, about: F8) -> Slopes:
        step = 1e-5
        ends = [scores + step * side for side in np.eye(scores.size)]
        others = [scores - step * side for side in np.eye(scores.size)]
        found = [(self.level(a) - self.level(b)) / (2 * step)
                 for a, b in zip(ends, others, strict=True)]  # fmt: skip
        return Slopes(np.array(found), np.empty((0, scores.size)))


class Noisy(Exact):
    """The same with an error of every look and scatter of its slopes."""

    precision = 1e-4

    def __init__(self, level: Callable[[F8], float], seed: int, se: float) -> None:
        super().__init__(level)
        self.random = np.random.default_rng(seed)
        self.se = se

    def look(self, scores: F8) -> Looked:
        return Looked(super().look(scores).level, self.se)

    def slopes(self, scores: F8, about: F8) -> Slopes:
        exact = super().slopes(scores, about).mean
        scattered = exact + 0.02 * self.random.standard_normal((200, exact.size))
        return Slopes(scattered.mean(axis=0), scattered)
