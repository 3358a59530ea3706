"""Rows of a table of a run as variables of results.nc, one a column, and rows again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from simulator.results.variables import unit_in

if TYPE_CHECKING:
    import xarray as xr

Row = TypeVar("Row", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class RowTable(Generic[Row]):
    """A table of named tuples of ``kind``: texts and numbers, NaN and infinity among them.

    ``columns``: unit and meaning of each field, in their order. A column is the variable
    ``NAME_FIELD`` [NAME_row]; a run without the table has none of them.
    """

    name: str
    kind: type[Row]
    columns: Mapping[str, tuple[str, str]]

    @property
    def dim(self) -> str:
        """The dimension of its variables."""
        return f"{self.name}_row"

    def add_to(self, dataset: "xr.Dataset", rows: Sequence[Row]) -> "xr.Dataset":
        """``dataset`` with ``rows``; itself without any."""
        if not rows:
            return dataset
        currency = str(dataset.attrs["currency"])
        cells = zip(self.columns.items(), zip(*rows, strict=True), strict=True)
        return dataset.assign(
            {
                f"{self.name}_{column}": (
                    self.dim,
                    np.array(values),
                    {"units": unit_in(currency, unit), "long_name": meaning},
                )
                for (column, (unit, meaning)), values in cells
            }
        )

    def rows_in(self, dataset: "xr.Dataset") -> tuple[Row, ...]:
        """The rows that ``add_to`` put there; none without."""
        if self.dim not in dataset.dims:
            return ()
        columns = (dataset[f"{self.name}_{column}"].values.tolist() for column in self.columns)
        return tuple(self.kind(*cells) for cells in zip(*columns, strict=True))
