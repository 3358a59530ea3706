"""Losing and finding work, so that expected unemployment follows the macro path."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.shocks.kinds import by_work

F8 = NDArray[np.float64]

MAX_FINDING: Final = 0.95
"""Largest chance a month to find work, from the finding rate (assumption)."""


def work_flows(unemployment: F8, parameters: Parameters) -> tuple[F8, F8]:
    """Chances a month to lose work and to find it, each (n_draws, horizon + 1, 3) by ``Work``.

    They move an expected unemployment of month t-1's rate to month t's, whatever the kind of
    work. Where that would take a separation below 0 (or, in extreme paths, above 1), separation
    stops there and finding gives way. Nothing happens in month 0: both are 0.
    ``unemployment``: fractions in (0, 1), (n_draws, horizon + 1).
    """
    before, now = unemployment[:, :-1, None], unemployment[:, 1:, None]
    tightness = parameters["finding_reference_unemployment"] / now
    reference = by_work(parameters, "turnover") * parameters["finding_rate"]
    wanted = np.minimum(MAX_FINDING, reference * tightness ** parameters["finding_elasticity"])
    needed = (now - (1 - wanted) * before) / (1 - before)
    separation = np.zeros((*unemployment.shape, wanted.shape[-1]))
    finding = np.zeros_like(separation)
    separation[:, 1:] = np.clip(needed, 0.0, 1.0)
    giving_way = 1 - (now - separation[:, 1:] * (1 - before)) / before
    finding[:, 1:] = np.where(separation[:, 1:] == needed, wanted, giving_way)
    return separation, finding
