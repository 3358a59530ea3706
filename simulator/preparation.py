"""From a request to what the engine runs: scenarios, worlds, levers, risk cells."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from simulator.book.run_off import months_to_run_off
from simulator.book.schema import Book
from simulator.engine import WorldBuilder
from simulator.levers import LeverTable
from simulator.macro import MacroPaths, Scenario, load_scenario
from simulator.policies import levers_for
from simulator.provision import RiskCellTable, build_risk_cells
from simulator.request import ExperimentRequest
from simulator.results.inputs import MIXTURE, OTHER_OPENING
from simulator.settling import Calm, opening_economy
from simulator.shocks import build_world
from simulator.validation import UserError

NO_SCENARIO: Final = "scenario: choose at least one"
SETTLING_VARIABLES: Final = (
    "unemployment_rate",
    "unemployment_weeks",
    "credit_supply",
    "competitor_rate",
    "rate_cap",
    "collection_allowed",
)
"""What the calm takes of month 0 and a borrower may feel in it."""
OPENING_TOLERANCE: Final = 1e-3
"""Difference of month 0 between scenarios that a reader is told of, in fractions."""


def load_scenarios(
    request: ExperimentRequest, book: Book, advance: Callable[[int], None]
) -> dict[str, Scenario]:
    """Every scenario on the book's regions; a ``UserError`` unless all share one calendar."""
    if MIXTURE in request.scenarios:
        raise UserError(f"scenario.{MIXTURE}: this name is that of all scenarios by weight")
    loaded: dict[str, Scenario] = {}
    for name, settings in request.scenarios.items():
        loaded[name] = load_scenario(
            name,
            settings,
            request.run.timeline.horizon,
            book.regions,
            request.run.start_month,
            request.table_folders,
        )
        advance(1)
    if not loaded:
        raise UserError(NO_SCENARIO)
    starts = {scenario.start_month for scenario in loaded.values()}
    if len(starts) > 1:
        found = ", ".join(f"{n} {s.start_month}" for n, s in loaded.items())
        raise UserError(f"scenario: scenarios of one run must start in the same month; got {found}")
    first = next(iter(loaded.values()))
    cap = book.jurisdiction.all_in_rate_cap
    return {name: _with_opening_warning(first, scenario, cap) for name, scenario in loaded.items()}


def _with_opening_warning(first: Scenario, scenario: Scenario, cap: float) -> Scenario:
    """``scenario``, with a warning where it opens in another economy than the book settled in.

    ``cap``: all-in, of the jurisdiction; a scenario's cap above it is no other economy.
    """
    settled, own = (
        found | {"rate_cap": min(found["rate_cap"], cap)}
        for found in map(opening_economy, (first, scenario))
    )
    moved = [
        f"{name} {value:g} against {settled[name]:g}"
        for name, value in own.items()
        if abs(value - settled[name]) > OPENING_TOLERANCE and name in SETTLING_VARIABLES
    ]
    if not moved:
        return scenario
    warning = (
        f"scenario.{scenario.name}: {OTHER_OPENING} {first.name}, in which the book has settled:"
        f" {', '.join(moved)}"
    )
    return replace(scenario, warnings=(*scenario.warnings, warning))


def most_growth(request: ExperimentRequest) -> float:
    """Largest yearly rate at which applicants grow in a scenario; 0 without any."""
    return max((scenario.growth for scenario in request.scenarios.values()), default=0.0)


def check_opening(book: Book) -> None:
    """Refuse a book that is owed nothing: results are told as shares of its opening balance."""
    if book.opening_balance <= 0.0:
        raise UserError(
            f"book {book.name}: the opening balance must be above 0, for results are shares of it;"
            f" got 0 for all {book.n_opening_borrowers} borrowers: leave out loans that are repaid"
        )


def with_run_off(request: ExperimentRequest, book: Book) -> ExperimentRequest:
    """``request`` with a number of run-off months: its own, or what ``book`` takes by contract."""
    if request.run.runoff_months is not None:
        return request
    months = months_to_run_off(book, request.run.months)
    return replace(request, run=request.run.model_copy(update={"runoff_months": months}))


def calm_before(request: ExperimentRequest) -> Callable[[tuple[str, ...]], Calm]:
    """The calm in which openings settle, for a book's regions: the first scenario's month 0."""

    def calm(regions: tuple[str, ...]) -> Calm:
        if not request.scenarios:
            raise UserError(NO_SCENARIO)
        name, settings = next(iter(request.scenarios.items()))
        folders, start = request.table_folders, request.run.start_month
        scenario = load_scenario(name, settings, 1, regions, start, folders)
        return Calm(opening_economy(scenario), request.parameters, request.reference)

    return calm


def world_builders(
    request: ExperimentRequest, book: Book, paths: Mapping[str, MacroPaths]
) -> dict[str, WorldBuilder]:
    """What makes the world of some paths of each scenario."""
    return {
        name: partial(
            build_world,
            drawn,
            parameters=request.parameters,
            jurisdiction=book.jurisdiction,
            regions=book.regions,
        )
        for name, drawn in paths.items()
    }


def lever_tables(request: ExperimentRequest, book: Book) -> dict[str, LeverTable]:
    """Each policy's table, the reference's first; a ``UserError`` of a target names its policy."""
    tables: dict[str, LeverTable] = {}
    for name, policy in request.all_policies.items():
        try:
            tables[name] = levers_for(
                policy, request.reference, book.segments, request.run.timeline.horizon
            )
        except UserError as error:
            raise UserError(f"policy.{name}: {error}") from None
    return tables


def risk_cells(request: ExperimentRequest, book: Book) -> RiskCellTable | None:
    """What the rule books tell apart; None without any."""
    if not request.provision:
        return None
    return build_risk_cells(request.provision, book.segments, book.products)
