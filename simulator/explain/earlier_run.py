"""Which of book, parameters, scenario and policy makes the difference to an earlier run.

Exact Shapley over the four: each mixture is the request with some of them the earlier run's, on the
seed, horizon and first paths of this one.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.explain.cause_question import check_causes
from simulator.explain.scored_runs import figure_in, figures_of, needs_standards
from simulator.explain.whole_metric import whole_metric
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cases import outlooks_of
from simulator.results.cause_shares import CausePart, Explained, waterfall_rows
from simulator.results.metrics import metric_of
from simulator.results.table import unit_in
from simulator.simulated import Simulated
from simulator.simulating import simulate_request
from simulator.validation import UserError
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]

BOOK: Final = "book"
PARAMETERS: Final = "parameters"
SCENARIO: Final = "scenario"
POLICY: Final = "policy"


def explain_earlier(
    request: ExperimentRequest, simulated: Simulated, watch: Progress
) -> tuple[CausePart, ...]:
    """A waterfall of every scenario that both runs have; none unless an earlier run is named."""
    settings = check_causes(request)
    if request.earlier is None or settings.against is None:
        return ()
    place = Place(simulated.output.timeline.runoff_months, simulated.output.book.currency)
    return against_earlier(request, place, watch)


class Place(NamedTuple):
    """What is known of the finished run: its run-off, and the currency of its book."""

    runoff_months: int
    currency: str


def against_earlier(
    request: ExperimentRequest, place: Place, watch: Progress
) -> tuple[CausePart, ...]:
    """The waterfalls of ``request`` with an earlier one, whose run need not be at hand.

    ``UserError`` where the two have no scenario in common, or not the same months.
    """
    settings, earlier = check_causes(request), request.earlier
    assert earlier is not None
    if earlier.run.months != request.run.months:
        raise UserError(
            f"explain.against: both runs must have as many months; this one has"
            f" {request.run.months}, the earlier one {earlier.run.months}"
        )
    assert settings.against is not None
    metric = whole_metric("explain", settings.metric, request.run, request.provision)
    parts = differing_parts(request, earlier)
    names = [name for name in request.scenarios if name in earlier.scenarios]
    replicates = request.run.draws_per_path
    paths = max(min(settings.paths, request.run.paths) // replicates, 1) * replicates
    values = {name: np.zeros((2 ** len(parts), paths)) for name in names}
    watch.start(2 ** len(parts), "explaining the earlier run")
    for on in range(2 ** len(parts)):
        chosen = [part for at, part in enumerate(parts) if on >> at & 1]
        small = mixed_request(request, earlier, chosen)
        run = small.run.model_copy(update={"paths": paths, "runoff_months": place.runoff_months})
        output = simulate_request(replace(small, run=run)).output
        standards = needs_standards(metric)
        dataset = figures_of(output, outlooks_of(output), with_standards=standards)
        for at, name in enumerate(names):
            values[name][on] = figure_in(dataset, metric, (at, 0)).by_path
        watch.advance(1)
    watch.finish()
    found = metric_of(metric)
    unit = unit_in(place.currency, "" if found is None else found.unit)
    label = Path(settings.against).resolve().name
    rows: list[CausePart] = []
    for name in names:
        rows += waterfall_rows(
            Explained(name, metric, unit, replicates, label), parts, values[name]
        )
    return tuple(rows)


def differing_parts(request: ExperimentRequest, earlier: ExperimentRequest) -> tuple[str, ...]:
    """Parts in which two requests differ; a part that is alike adds 0 exactly."""
    common = [name for name in request.scenarios if name in earlier.scenarios]
    alike = {
        BOOK: (request.book, request.products) == (earlier.book, earlier.products),
        PARAMETERS: dict(request.parameters) == dict(earlier.parameters),
        SCENARIO: all(request.scenarios[name] == earlier.scenarios[name] for name in common)
        and request.run.start_month == earlier.run.start_month,
        POLICY: request.reference == earlier.reference,
    }
    return tuple(part for part, same in alike.items() if not same)


def mixed_request(
    request: ExperimentRequest, earlier: ExperimentRequest, chosen: list[str]
) -> ExperimentRequest:
    """The current policy in the scenarios that both have, the ``chosen`` parts of ``request``."""
    book, parameters, scenario, policy = (
        request if part in chosen else earlier for part in (BOOK, PARAMETERS, SCENARIO, POLICY)
    )
    run = request.run.model_copy(
        update={
            "start_month": scenario.run.start_month,
            "history_borrowers": 0,
            "book_draws": 0,
            "precision": {},
        }
    )
    return replace(
        request,
        book=book.book,
        book_name=book.book_name,
        products=book.products,
        parameters=parameters.parameters,
        scenarios={
            name: scenario.scenarios[name]
            for name in request.scenarios
            if name in earlier.scenarios
        },
        policies={REFERENCE: policy.reference},
        run=run,
        break_even={},
        sections={},
        earlier=None,
        table_folders=tuple(dict.fromkeys((*request.table_folders, *earlier.table_folders))),
    )
