"""Shares of causes: the current policy is simulated with every combination of causes switched off.

The opening, its borrowers and their worlds are held fixed; only what a cause does is switched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters, pack_parameters
from simulator.explain.cause_question import check_causes
from simulator.explain.coalitions import Coalitions
from simulator.kernels.records import records
from simulator.packing import Packed
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cause_shares import (
    FIRST_MONTH,
    LAST_MONTH,
    NEW_90,
    CausePart,
    CauseShare,
    Explained,
    cause_shares,
    waterfall_rows,
)
from simulator.simulated import Simulated
from simulator.vocabulary import REFERENCE, Cause

F8 = NDArray[np.float64]

OPENING: Final = "opening_arrears"
GROUPS: Final[Mapping[str, tuple[Cause, ...]]] = {
    OPENING: (Cause.AT_OPENING,),
    "work": (Cause.JOB_LOSS, Cause.PAY_CUT, Cause.REVENUE_LOSS),
    "illness": (Cause.ILLNESS,),
    "disaster_and_epidemic": (Cause.DISASTER, Cause.EPIDEMIC_CLOSURE),
    "platforms_and_spending": (
        Cause.PLATFORM_CUTOFF,
        Cause.OVERSPENDING,
        Cause.CHOSE_OTHER_LENDER,
    ),
    "attention": (Cause.FORGOT, Cause.CHANNEL_FAILURE, Cause.DID_NOT_UNDERSTAND),
    "will_not_pay": (Cause.WONT_PAY,),
}
"""Causes that are switched together, and whose labels belong to the group."""


@dataclass(frozen=True, slots=True)
class Causes:
    """Shares in new 90+ balance, and every waterfall: the loss's first."""

    shares: tuple[CauseShare, ...] = ()
    parts: tuple[CausePart, ...] = ()


def explain_causes(request: ExperimentRequest, simulated: Simulated, watch: Progress) -> Causes:
    """What causes add in every scenario; nothing unless ``explain.causes`` asks for it."""
    settings = check_causes(request)
    if not settings.causes:
        return Causes()
    coalitions = Coalitions.of(request, simulated, settings)
    n_coalitions = 2 ** len(GROUPS)
    watch.start(n_coalitions * coalitions.run.paths * len(simulated.worlds), "explaining causes")
    shape = (n_coalitions, coalitions.run.paths)
    became = {name: np.zeros(shape) for name in simulated.worlds}
    figures = {name: np.zeros(shape) for name in simulated.worlds}
    by_label: dict[str, F8] = {}
    for on in range(n_coalitions):
        packed = switched(simulated.packed, request.parameters, on)
        found = coalitions.simulated(simulated.worlds, watch.advance, packed)
        for scenario in simulated.worlds:
            new_90 = found.tallies[scenario, REFERENCE].new_90_by_cause
            explained = new_90[:, FIRST_MONTH : LAST_MONTH + 1].sum(axis=1)
            became[scenario][on] = explained.sum(axis=-1)
            by_label[scenario] = explained  # the last coalition has every cause
        for scenario, by_path in coalitions.figures(found.tallies).items():
            figures[scenario][on] = by_path
    watch.finish()
    shares: list[CauseShare] = []
    parts: list[CausePart] = []
    currency, size = simulated.output.book.currency, request.run.draws_per_path
    for scenario in became:
        labels = {
            group: by_label[scenario][:, list(causes)].sum(axis=1)
            for group, causes in GROUPS.items()
        }
        mine = cause_shares(scenario, tuple(GROUPS), became[scenario], labels, size)
        shares += mine
        loss = Explained(scenario, coalitions.metric, coalitions.unit, size)
        parts += waterfall_rows(loss, tuple(GROUPS), figures[scenario])
        known = {row.group: row for row in mine}
        new_90_of = Explained(scenario, NEW_90, currency, size)
        parts += waterfall_rows(new_90_of, tuple(GROUPS), became[scenario], known)
    return Causes(tuple(shares), tuple(parts))


def switched(packed: Packed, parameters: Parameters, on: int) -> Packed:
    """``packed`` with only the groups whose bits are set in ``on``.

    Opening arrears that are off are part of the principal not yet due, and the loan is current.
    """
    off = {
        f"strength_{cause.name.lower()}": 0.0
        for place, (group, causes) in enumerate(GROUPS.items())
        if group != OPENING and not on >> place & 1
        for cause in causes
    }
    book = packed.book
    if not on & 1:
        openings = book.openings.copy()
        openings["principal"] += openings["principal_overdue"]
        for name in ("principal_overdue", "interest_overdue", "penalty", "fees"):
            openings[name] = 0.0
        for name in ("n_unpaid", "months_overdue"):
            openings[name] = 0
        book = book._replace(openings=records(openings))
    params = records(pack_parameters({**parameters, **off}))
    return replace(packed, book=book, params=params)
