"""The calendar of a run: month 0 is the opening, month 1 the first simulated month."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Timeline:
    """Months of a run.

    ``start`` is the calendar month of month 1 as ``YYYY-MM``; ``months`` are reported,
    ``runoff_months`` are simulated beyond them without new lending.
    """

    start: str
    months: int
    runoff_months: int = 0

    @property
    def horizon(self) -> int:
        """Number of simulated months."""
        return self.months + self.runoff_months

    def dates(self) -> NDArray[np.datetime64]:
        """First day of each reported month 1..months, ``datetime64[D]`` of shape (months,)."""
        first = np.datetime64(self.start, "M")
        return (first + np.arange(self.months)).astype("datetime64[D]")
