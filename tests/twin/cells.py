"""Tables of cells for tests: any map from situations and groups to cells."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.provision.risk_cells import ANY, NEVER, RiskCell, RiskCellTable
from simulator.situation import MAX_MILESTONES, MAX_OBSERVATIONS, N_SITUATIONS


def _padded(milestones: tuple[int, ...], size: int) -> NDArray[np.uint8]:
    return np.array((*milestones, *(NEVER,) * (size - len(milestones))), dtype=np.uint8)


def _nameless(number: int) -> RiskCell:
    return RiskCell(
        name=f"cell {number}",
        unpaid=(0, 13),
        hardship=None,
        relief=ANY,
        memory=ANY,
        family=ANY,
        band=ANY,
        grades=(),
        origins=(number,),
        pool=ANY,
    )


def cell_table(
    cell: Callable[[int, int], int],
    n_cells: int,
    group_of_segment: NDArray[np.integer],
    *,
    default_unpaid: int = 4,
    technical_days: int = 0,
    watch_months: int = 1,
    observation: tuple[int, ...] = (),
    cure: tuple[int, ...] = (),
) -> RiskCellTable:
    """A table in which ``cell(situation, group)`` is one of ``n_cells``, all without a grade."""
    groups = range(int(group_of_segment.max()) + 1)
    cells = [[cell(situation, group) for group in groups] for situation in range(N_SITUATIONS)]
    return RiskCellTable(
        cell_of=np.array(cells, dtype=np.uint16),
        group_of_segment=group_of_segment.astype(np.uint16),
        observation_milestones=_padded(observation, MAX_OBSERVATIONS),
        cure_milestones=_padded(cure, MAX_MILESTONES),
        default_unpaid=default_unpaid,
        technical_days=technical_days,
        watch_months=watch_months,
        cells=tuple(_nameless(number) for number in range(n_cells)),
    )
