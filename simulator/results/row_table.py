"""Rows of a table of a run as variables of results.nc, one a column, and rows again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from simulator.results.estimate import Estimate
from simulator.results.table import file_ends, unit_in

if TYPE_CHECKING:
    import xarray as xr

Row = TypeVar("Row", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class RowTable(Generic[Row]):
    """A table of named tuples of ``kind``: texts and numbers, NaN and infinity among them.

    ``columns``: unit and meaning of each field, in their order; ``estimates`` are those that have
    an interval. A column is the variable ``NAME_FIELD`` [NAME_row], an estimate three of them; a
    run without the table has none.
    """

    name: str
    kind: type[Row]
    columns: Mapping[str, tuple[str, str]]
    estimates: tuple[str, ...] = ()

    @property
    def dim(self) -> str:
        """The dimension of its variables."""
        return f"{self.name}_row"

    @property
    def variables(self) -> dict[str, tuple[str, str]]:
        """Unit and meaning of each variable by its name, ends of intervals among them."""
        found: dict[str, tuple[str, str]] = {}
        for column, (unit, meaning) in self.columns.items():
            names = self._names(column)
            ends = (f"{end} end of its 95 % interval" for end in ("lower", "upper"))
            told = zip(names, (meaning, *ends), strict=False)
            found |= {name: (unit, words) for name, words in told}
        return found

    def _names(self, column: str) -> tuple[str, ...]:
        """Names of the variables of a column."""
        name = f"{self.name}_{column}"
        return (name, *file_ends(name)) if column in self.estimates else (name,)

    def add_to(self, dataset: "xr.Dataset", rows: Sequence[Row]) -> "xr.Dataset":
        """``dataset`` with ``rows``; itself without any."""
        if not rows:
            return dataset
        currency = str(dataset.attrs["currency"])
        cells = zip(*(_numbers(row) for row in rows), strict=True)
        return dataset.assign(
            {
                name: (
                    self.dim,
                    np.array(values),
                    {"units": unit_in(currency, unit), "long_name": meaning},
                )
                for (name, (unit, meaning)), values in zip(
                    self.variables.items(), cells, strict=True
                )
            }
        )

    def rows_in(self, dataset: "xr.Dataset") -> tuple[Row, ...]:
        """The rows that ``add_to`` put there; none without."""
        if self.dim not in dataset.dims:
            return ()
        columns = []
        for column in self.columns:
            parts = [dataset[name].values.tolist() for name in self._names(column)]
            columns.append(map(Estimate, *parts) if column in self.estimates else parts[0])
        return tuple(self.kind(*cells) for cells in zip(*columns, strict=True))


def _numbers(row: tuple[Any, ...]) -> list[Any]:
    """The cells of a row, an estimate as a number and both ends."""
    return [part for cell in row for part in (cell.ends if isinstance(cell, Estimate) else (cell,))]
