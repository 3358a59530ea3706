"""How the paths of a run were drawn, and what is known of the draws without error.

The deviation of unemployment from its scenario has expectation 0 in every month, exactly, and most
of the variance of losses comes from the economy. So its means on the draws that a run happens to
have tell how far a mean over paths is off: they are its controls (docs/model.md, section 14.4).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

F8 = NDArray[np.float64]

LEAST_DRAWS: Final = 30
"""Draws of the economy below which intervals are rough: no mean is adjusted, and no policy
recommended (assumption)."""
LATEST_MONTHS: Final = 6
"""Months that the second control of a month covers: those just past (assumption)."""
DEVIATION: Final = "unemployment_deviation"
"""Variable of results.nc that the controls are made of."""
SIMULATED_MONTH: Final = "simulated_month"
"""Its dimension beside the path: months 1 to the horizon, run-off included, without labels."""
DEVIATION_MEANING: Final = (
    "deviation of unemployment from its scenario on the logit scale, whose expectation is 0; of the"
    " first scenario in which it deviates; what means are adjusted for (attribute adjust)"
)
ADJUST: Final = "adjust"
"""Attribute of results.nc: 1 where means are adjusted."""
_STILL: Final = 1e-9
"""Length of what a control adds to others, over its own, below which it adds nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws of the economy behind the paths of a figure: ``replicates`` paths of each.

    ``directions`` (draws, q): what is known of each draw, as centred columns of length 1 at right
    angles; ``found`` (q,): mean over draws of the columns before they were centred, whose
    expectation is 0. q = 0 where nothing is known: then every mean is plain.
    """

    replicates: int
    directions: F8 | None = None
    found: F8 | None = None

    @staticmethod
    def knowing(controls: F8, replicates: int) -> "Draws":
        """With ``controls`` (draws, k), each of expectation 0.

        Plain below ``LEAST_DRAWS``; a control that is constant or follows from others is left out.
        Sums are formed one by one, so that no library's product of matrices enters.
        """
        if len(controls) < LEAST_DRAWS:
            return Draws(replicates)
        directions: list[F8] = []
        found: list[float] = []
        for control in controls.T:
            column, centred = control, control - control.mean()
            size = np.sqrt((centred**2).sum())
            for _ in range(2):  # twice, for what rounding leaves of the first time
                for direction, mean in zip(directions, found, strict=True):
                    part = (direction * centred).sum()
                    centred, column = centred - part * direction, column - part * (direction + mean)
            rest = np.sqrt((centred**2).sum())
            if rest > _STILL * max(size, np.abs(control).max()):
                directions.append(centred / rest)
                found.append(float(column.mean() / rest))
        if not directions:
            return Draws(replicates)
        return Draws(replicates, np.stack(directions, axis=1), np.array(found))

    @property
    def plain(self) -> "Draws":
        """The same draws, of which nothing is known."""
        return Draws(self.replicates)

    @property
    def n_controls(self) -> int:
        """Degrees of freedom that the controls cost."""
        return 0 if self.found is None else self.found.size


@dataclass(frozen=True, eq=False)
class Sampling:
    """How the paths of a run were drawn: ``Draws`` for each span of its months.

    One set of controls a span, the same for every scenario, policy and figure of it, so that sums
    and differences of adjusted means are those of the figures.

    ``deviation``: unemployment's by draw and simulated month from the first, (draws, horizon), or
    None: nothing is known.
    """

    replicates: int
    deviation: F8 | None = None

    @cached_property
    def whole(self) -> Draws:
        """Of a figure of the whole horizon: means of the two halves of the simulated months."""
        if self.deviation is None:
            return Draws(self.replicates)
        half = (self.deviation.shape[1] + 1) // 2
        return self._knowing(self.deviation[:, :half], self.deviation[:, half:])

    @cached_property
    def _by_month(self) -> dict[int, Draws]:
        return {}

    def month(self, number: int) -> Draws:
        """Of a figure of month ``number`` (from 1): means to it and of the last six to it."""
        if self.deviation is None:
            return self.whole
        if number not in self._by_month:
            past = self.deviation[:, :number]
            self._by_month[number] = self._knowing(past, past[:, -LATEST_MONTHS:])
        return self._by_month[number]

    def of(self, month: int | None) -> Draws:
        """That of a month, or None: of the whole horizon."""
        return self.whole if month is None else self.month(month)

    def first(self, n_draws: int) -> "Sampling":
        """As if the run had ended after ``n_draws`` draws."""
        return replace(self, deviation=None if self.deviation is None else self.deviation[:n_draws])

    def _knowing(self, *spans: F8) -> Draws:
        means = [span.mean(axis=1) for span in spans if span.shape[1]]
        return Draws.knowing(np.stack(means, axis=1), self.replicates)


def sampling_of(dataset: "xr.Dataset") -> Sampling:
    """That of a run's results; nothing is known of draws in older ones, and in plain ones."""
    replicates = int(dataset.attrs["draws_per_path"])
    if not int(dataset.attrs.get(ADJUST, 0)) or DEVIATION not in dataset:
        return Sampling(replicates)
    found = dataset.variables[DEVIATION].transpose("path", ...)
    by_path = np.asarray(found.values, dtype=np.float64)
    return Sampling(replicates, by_path[::replicates])
