"""What underwriting tells apart: shadow runs in which nobody is refused, by the score, or at all.

The same borrowers, worlds and paths as in the run; only the rules for new loans are lifted.
Definitions: docs/model.md, section 14.1.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from simulator.engine import simulate
from simulator.levers import LeverTable
from simulator.packing import score_edges
from simulator.policies import levers_for
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.underwriting import Lending, Underwriting
from simulator.settings import ExplainSettings
from simulator.simulated import Simulated
from simulator.validation import UserError
from simulator.vocabulary import REFERENCE

NO_CUTOFF: Final = {"score_cutoff": -np.inf}
EVERYBODY: Final = {**NO_CUTOFF, "debt_service_cap": np.inf, "platform_cap": np.inf}
"""Values of levers for new loans in shadow runs, whatever a policy may set."""


def check_underwriting(request: ExperimentRequest) -> ExplainSettings:
    """The section ``explain`` of ``request``; a ``UserError`` where the run cannot answer it."""
    settings = request.section("explain", ExplainSettings)
    if not settings.underwriting:
        return settings
    if request.book.new_lending == "none":
        raise UserError(
            "explain.underwriting needs new customers: book.new_lending must be replace; got none"
        )
    if request.book.applicants_monthly_share == 0.0:
        raise UserError(
            "explain.underwriting needs new customers: book.applicants_monthly_share above 0; got 0"
        )
    if request.run.runoff_months == 0:
        raise UserError(
            "explain.underwriting needs a run-off, to which loans are followed; got"
            " run.runoff_months=0"
        )
    return settings


def explain_underwriting(
    request: ExperimentRequest, simulated: Simulated, watch: Progress
) -> Underwriting | None:
    """Sums over new customers by score in each scenario; None unless they are asked for."""
    if not check_underwriting(request).underwriting:
        return None
    # Imported here so that a notebook begins without xarray.
    from simulator.results.value import outlook_values, rates_of

    output, reference = simulated.output, request.reference
    run = output.run.model_copy(update={"history_borrowers": 0})
    plain = levers_for(reference, reference, output.book.segments, run.timeline.horizon)
    tables = {
        REFERENCE: plain,
        "no_cutoff": _lifted(plain, NO_CUTOFF),
        "everybody": _lifted(plain, EVERYBODY),
    }
    watch.start(len(tables) * run.paths * len(simulated.worlds), "explaining underwriting")
    packed = replace(simulated.packed, n_cells=0)
    found = simulate(packed, simulated.worlds, tables, run, watch.advance, by_score=True)
    watch.finish()
    v, horizon = rates_of(request.parameters).v, run.timeline.horizon
    lendings: dict[str, Mapping[str, Lending]] = {}
    for scenario in simulated.worlds:
        unit = outlook_values(output.over_paths(scenario), v)
        lendings[scenario] = {
            name: Lending.of(found.tallies[scenario, name], unit, v**horizon) for name in tables
        }
    return Underwriting(
        edges=score_edges(output.book),
        scores=output.book.borrowers.score[output.book.borrowers.arrival_month > 0],
        lendings=lendings,
        cutoff=_usual_cutoff(plain),
        replicates=run.draws_per_path,
    )


def _lifted(table: LeverTable, rules: Mapping[str, float]) -> LeverTable:
    """``table`` with other rules for new loans, and a cut-off that never rises."""
    underwriting, book = table.underwriting.copy(), table.book.copy()
    for name, value in rules.items():
        underwriting[name] = value
    book["tighten_slope"] = 0.0
    return table._replace(underwriting=underwriting, book=book)


def _usual_cutoff(table: LeverTable) -> float:
    """The score that most classes and months ask for at least."""
    values, counts = np.unique(table.underwriting["score_cutoff"], return_counts=True)
    return float(values[counts.argmax()])
