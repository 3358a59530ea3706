"""What parameters do to a figure, as a table: elementary effects and shares of the variance."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from simulator.results.row_table import RowTable
from simulator.results.table import FRACTION, csv_text

DUMMY: Final = "dummy_"
"""Begins the name of a parameter that does nothing, beside which noise is seen."""


class Sensitive(NamedTuple):
    """A row of sensitivity.csv: one parameter, the largest first.

    ``size``: mean absolute change of the figure over the parameter's whole range; ``se`` its error
    over paths; ``mean`` with its sign; ``scatter`` over base points. ``first``,
    ``total``, ``shapley``: shares of the quadratic's variance, NaN where it does not hold the
    parameter. ``beyond_noise``: 1 where the effect is distinguishable from noise, else 0.
    """

    parameter: str
    low: float
    base: float
    high: float
    metric: str
    unit: str
    size: float
    se: float
    mean: float
    scatter: float
    first: float
    total: float
    shapley: float
    emulator_error: float
    beyond_noise: float


SENSITIVITY: Final = RowTable(
    "sensitivity",
    Sensitive,
    {
        "parameter": (FRACTION, "parameter; a dummy does nothing"),
        "low": ("", "its low end, half (a share: half the odds) of the run's value"),
        "base": ("", "the run's value"),
        "high": ("", "its high end, double"),
        "metric": (FRACTION, "figure that is moved"),
        "unit": (FRACTION, "unit of the figure"),
        "size": ("", "mean absolute change of the figure over the whole range (Morris's mu*)"),
        "se": ("", "its standard error over paths"),
        "mean": ("", "the same with its sign"),
        "scatter": ("", "standard deviation of the change over base points"),
        "first": (FRACTION, "first-order share of the quadratic's variance (Sobol)"),
        "total": (FRACTION, "total share, with all interactions"),
        "shapley": (FRACTION, "Shapley share; they add up to 1"),
        "emulator_error": ("", "root mean square of what the quadratic misses, of points left out"),
        "beyond_noise": (FRACTION, "1 where the effect is distinguishable from noise, else 0"),
    },
)
"""What results.nc keeps of sensitivity.csv."""


def sensitivity_text(rows: Sequence[Sensitive]) -> str:
    """sensitivity.csv."""
    return csv_text(Sensitive._fields, rows, ".8g")
