"""Shares of causes: the current policy is simulated with every combination of causes switched off.

The opening, its borrowers and their worlds are held fixed; only what a cause does is switched.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters, pack_parameters
from simulator.engine import simulate
from simulator.kernels.records import records
from simulator.packing import Packed
from simulator.policies import levers_for
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cause_shares import FIRST_MONTH, LAST_MONTH, CauseShare, cause_shares
from simulator.settings import ExplainSettings
from simulator.simulated import Simulated
from simulator.validation import UserError
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


def check_causes(request: ExperimentRequest) -> ExplainSettings:
    """The section ``explain`` of ``request``; a ``UserError`` where the run cannot answer it."""
    settings = request.section("explain", ExplainSettings)
    if settings.causes and request.run.months < FIRST_MONTH:
        raise UserError(
            f"explain.causes needs run.months of at least {FIRST_MONTH}: it explains what becomes"
            f" 90 days overdue in months {FIRST_MONTH} to {LAST_MONTH}; got {request.run.months}"
        )
    if settings.causes and request.run.paths < 2:
        raise UserError("explain.causes needs run.paths of at least 2; got 1")
    return settings


def explain_causes(
    request: ExperimentRequest, simulated: Simulated, watch: Progress
) -> tuple[CauseShare, ...]:
    """Rows of causes.csv for every scenario; none unless ``explain.causes`` asks for them."""
    settings = check_causes(request)
    if not settings.causes:
        return ()
    replicates = request.run.draws_per_path
    paths = max(min(settings.paths, request.run.paths) // replicates, 1) * replicates
    run = request.run.model_copy(
        update={"paths": paths, "runoff_months": 0, "history_borrowers": 0}
    )
    horizon = simulated.output.run.timeline.horizon
    reference = request.reference
    levers = {REFERENCE: levers_for(reference, reference, simulated.output.book.segments, horizon)}
    n_coalitions = 2 ** len(GROUPS)
    watch.start(n_coalitions * paths * len(simulated.worlds), "explaining causes")
    values = {name: np.zeros((n_coalitions, paths)) for name in simulated.worlds}
    by_label: dict[str, F8] = {}
    for on in range(n_coalitions):
        packed = switched(simulated.packed, request.parameters, on)
        found = simulate(packed, simulated.worlds, levers, run, watch.advance)
        for scenario in simulated.worlds:
            new_90 = found.tallies[scenario, REFERENCE].new_90_by_cause
            explained = new_90[:, FIRST_MONTH : LAST_MONTH + 1].sum(axis=1)
            values[scenario][on] = explained.sum(axis=-1)
            by_label[scenario] = explained  # the last coalition has every cause
    watch.finish()
    rows: list[CauseShare] = []
    for scenario, found_values in values.items():
        labels = {
            group: by_label[scenario][:, list(causes)].sum(axis=1)
            for group, causes in GROUPS.items()
        }
        rows += cause_shares(scenario, tuple(GROUPS), found_values, labels, replicates)
    return tuple(rows)


def switched(packed: Packed, parameters: Parameters, on: int) -> Packed:
    """``packed`` with only the groups whose bits are set in ``on``; without rule books.

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
    return replace(packed, book=book, params=params, n_cells=0)
