"""Statistics over paths of what is too large to keep on each: some columns of all paths at a time.

Columns are months, vintages or groups. Which are read together decides how often paths are read and
how much memory that takes, and no number.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.path_windows import room_of
from simulator.results.by_path import CELL_DIMS, Variables
from simulator.results.cases import Case
from simulator.results.estimate import Estimate
from simulator.results.intervals import over_months, over_paths
from simulator.results.over_paths import STATISTIC_SUFFIXES, StatisticVariable
from simulator.results.policy_run import PolicyRun
from simulator.results.table import unit_in

F8 = NDArray[np.float64]


class _Piece(NamedTuple):
    """Columns [first, last) of a variable's first dimension; ``rest``: shape of the others."""

    item: StatisticVariable
    first: int
    last: int
    rest: tuple[int, ...]


def statistic_variables(
    items: Sequence[StatisticVariable], cases: Sequence[Sequence[Case]]
) -> Variables:
    """Mean, standard error and quantiles over paths of ``items``.

    ``cases`` by scenario (outer) and policy (inner).
    """
    found = [[_statistics(items, case) for case in row] for row in cases]
    currency = cases[0][0].output.book.currency
    variables: Variables = {}
    for item in items:
        for suffix, words in STATISTIC_SUFFIXES.items():
            field = suffix.removeprefix("_") or "mean"
            values = [[getattr(by_name[item.name], field) for by_name in row] for row in found]
            variables[f"{item.name}{suffix}"] = xr.Variable(
                (*CELL_DIMS, *item.dims),
                np.array(values),
                {
                    "units": unit_in(currency, item.unit),
                    "long_name": f"{item.long_name}; {words}",
                },
            )
    return variables


def _statistics(items: Sequence[StatisticVariable], case: Case) -> dict[str, Estimate[F8]]:
    """Statistics of ``items`` by name, each of the shape of one path's values."""
    parts: dict[str, list[Estimate[F8]]] = {item.name: [] for item in items}
    for pieces in _passes(items, case):
        held = [np.empty((case.n_paths, p.last - p.first, *p.rest)) for p in pieces]
        names = tuple({name for piece in pieces for name in piece.item.reads})
        for at, policy_run in case.windows(names):
            values = {p.item.name: _reported(p.item, policy_run, case) for p in pieces}
            for piece, array in zip(pieces, held, strict=True):
                array[at] = values[piece.item.name][:, piece.first : piece.last]
        for piece, array in zip(pieces, held, strict=True):
            parts[piece.item.name].append(_estimate(piece, array, case))
    return {name: _joined(found) for name, found in parts.items()}


def _passes(items: Sequence[StatisticVariable], case: Case) -> Iterator[list[_Piece]]:
    """Pieces of ``items`` that are read together, as many as there is room for."""
    room, policy_run = room_of(case.output.tallies), case.first(0)
    together: list[_Piece] = []
    taken = 0
    for item in items:
        _, n, *rest = _reported(item, policy_run, case).shape
        column = case.n_paths * int(np.prod(rest)) * np.dtype(np.float64).itemsize
        width = max(1, min(n, room // max(1, column)))
        for first in range(0, n, width):
            piece = _Piece(item, first, min(first + width, n), tuple(rest))
            size = (piece.last - piece.first) * column
            if together and taken + size > room:
                yield together
                together, taken = [], 0
            together.append(piece)
            taken += size
    yield together


def _reported(item: StatisticVariable, policy_run: PolicyRun, case: Case) -> F8:
    """Values of ``item`` (paths, *dims), of the reported months where it has months."""
    values = item.extract(policy_run)
    return values[:, 1 : case.output.timeline.months + 1] if "month" in item.dims else values


def _estimate(piece: _Piece, values: F8, case: Case) -> Estimate[F8]:
    sampling = case.output.sampling
    if "month" not in piece.item.dims:
        return over_paths(values, sampling.whole)
    months = range(piece.first + 1, piece.last + 1)
    return over_months(values, months, sampling, month_axis=1)


def _joined(parts: Sequence[Estimate[F8]]) -> Estimate[F8]:
    """Estimates of a variable's columns, one after the other."""
    fields = zip(*(part.parts() for part in parts), strict=True)
    return Estimate(*(np.concatenate(field) for field in fields))
