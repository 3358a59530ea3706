"""Small books, worlds and runs that several test files share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from hypothesis import settings as hypothesis_settings
from numpy.typing import NDArray

from simulator.book import build_book
from simulator.book.schema import Book
from simulator.catalogue import parameters_from
from simulator.engine import Simulation, WorldBuilder, simulate
from simulator.kernels.tally import Tallies
from simulator.levers import Edit, build_levers
from simulator.macro import MacroPaths, draw_macro_paths
from simulator.macro.scenario import Scenario
from simulator.macro.variables import DISASTER, MACRO_VARIABLES
from simulator.packing import pack
from simulator.policies import CareProgramme, GracePeriod, Policy, StatusQuo, StricterApproval
from simulator.provision import RiskCellTable
from simulator.settings import BookSettings, MacroDeviation, RunSettings
from simulator.settling import Calm, donor_source
from simulator.shocks import build_world
from simulator.vocabulary import SWITCHABLE_CAUSES, Cause

# A first call may compile a kernel, and machines are shared: time is no reason to fail.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

F8 = NDArray[np.float64]
History = NDArray[np.void]

SEED = 20260101
PRODUCT_MIX = {
    "cash_loan": 0.55,
    "equal_principal_loan": 0.15,
    "micro_business_loan": 0.10,
    "credit_line": 0.20,
}
REGIONS = ("east", "central", "west", "northeast")
STILL = MacroDeviation(volatility=(0.0, 0.0, 0.0, 0.0))
"""Paths that follow the scenario exactly; only the borrowers' luck differs."""

SWITCHES: dict[Cause, str] = {
    cause: f"strength_{cause.name.lower()}" for cause in SWITCHABLE_CAUSES
}
RISKLESS = dict.fromkeys(
    (*SWITCHES.values(), "rival_prepay_sensitivity", "stress_draw_share", "return_monthly"), 0.0
)
"""Every cause switched off; nobody refinances, draws on a line under stress or comes back."""

ONCE = {"return_monthly": 0.0}
"""Nobody comes back for another loan."""

UNLIMITED = StatusQuo(
    human_calls_per_1000_loans=1e6,
    field_visits_per_1000_loans=1e6,
    legal_steps_per_1000_loans=1e6,
)
"""The reference with collectors for everybody, so that borrowers never meet."""

CALM: dict[str, object] = {}
HARD: dict[str, object] = {
    "unemployment_rate": np.linspace(0.05, 0.12, 61),
    "income_growth": -0.03,
    "credit_supply": np.linspace(1.0, 0.3, 61),
    "epidemic": np.where(np.arange(61) % 12 < 4, 0.6, 0.0),
    "willingness_shift": 0.5,
    "collection_allowed": 0.7,
    "disaster": 0.02,
}
"""A world in which every shock occurs; months 0 to 60."""


@dataclass(frozen=True)
class Small:
    """A finished small run with what it was made from."""

    book: Book
    run: RunSettings
    simulation: Simulation
    macro: Mapping[str, MacroPaths]

    def tallies(self, policy: str = "status_quo", scenario: str = "hard") -> Tallies:
        return self.simulation.tallies[scenario, policy]

    def history(self, policy: str = "status_quo", scenario: str = "hard") -> History:
        return self.simulation.histories[scenario, policy]

    def flows(self, policy: str = "status_quo", scenario: str = "hard") -> F8:
        return self.tallies(policy, scenario).flows

    def counts(self, policy: str = "status_quo", scenario: str = "hard") -> F8:
        return self.tallies(policy, scenario).counts


@cache
def run_settings(**changes: object) -> RunSettings:
    base: dict[str, object] = {"paths": 6, "months": 12, "threads": 1, "seed": SEED}
    return RunSettings.model_validate(base | changes)


DONORS, BURN_IN = 2_000, 24


@cache
def small_book(
    borrowers: int = 400, months: int = 12, product: str = "", **changes: object
) -> Book:
    """A synthetic Chinese book with applicants, of all four repayment forms or of one product."""
    products = {product: 1.0} if product else PRODUCT_MIX
    settings = {"borrowers": borrowers, "products": products, "applicants_monthly_share": 0.09}
    return settled(BookSettings.model_validate(settings | changes), run_settings(months=months))


def settled(
    settings: BookSettings,
    run: RunSettings,
    parameters: Mapping[str, float] | None = None,
    policy: Policy | None = None,
) -> Book:
    """The book with its opening from a small settled one, in the economy of the defaults."""
    values = parameters_from({}) if parameters is None else parameters
    few = settings.model_copy(update={"donors": DONORS, "burn_in_months": BURN_IN})
    before = calm(values, policy)
    return build_book(few, run, values, donor_source(lambda regions: before))


def calm(
    parameters: Mapping[str, float] | None = None, policy: Policy | None = None, **economy: float
) -> Calm:
    """The calm of the macro variables' defaults, but for ``economy``."""
    usual = {n: v.default for n, v in MACRO_VARIABLES.items() if n != DISASTER}
    return Calm(usual | economy, parameters_from(parameters or {}), policy or StatusQuo())


def scenario_of(
    columns: Mapping[str, object], horizon: int, regions: Sequence[str], deviation: MacroDeviation
) -> Scenario:
    """A scenario whose ``columns`` are constants or arrays of at least horizon + 1 months.

    ``disaster`` is for all regions, ``disaster_<region>`` for one.
    """

    def path(value: object) -> F8:
        array = np.asarray(value, dtype=np.float64)
        return np.full(horizon + 1, float(array)) if array.ndim == 0 else array[: horizon + 1]

    central = {
        name: path(columns.get(name, variable.default))
        for name, variable in MACRO_VARIABLES.items()
        if name != DISASTER
    }
    everywhere = columns.get(DISASTER, 0.0)
    disaster = [path(columns.get(f"{DISASTER}_{region}", everywhere)) for region in regions]
    return Scenario(
        name="test",
        label="Test",
        narrative="A world for a test.",
        source="test",
        weight=1.0,
        start_month="2026-01",
        regions=tuple(regions),
        central=central,
        disaster=np.stack(disaster, axis=1),
        deviation=deviation,
        table_sha256="",
        warnings=(),
    )


def world_builder(paths: MacroPaths, book: Book, parameters: Mapping[str, float]) -> WorldBuilder:
    return partial(
        build_world,
        paths,
        parameters=parameters,
        jurisdiction=book.jurisdiction,
        regions=book.regions,
    )


PolicyLike = Policy | Sequence[Edit]
Policies = Mapping[str, PolicyLike]
REFERENCE_ONLY: Policies = {"status_quo": StatusQuo()}
RICH: Policies = {
    "status_quo": StatusQuo(human_calls_per_1000_loans=20.0),
    "grace_period": GracePeriod(monthly_budget_share=0.001, deferred_share=0.6),
    "care_programme": CareProgramme(apply_if_no_need=0.5),
    "tightening": [Edit("tighten_trigger", 0.02), Edit("tighten_slope", 2000.0)],
}
"""Policies under which borrowers meet through capacity, budget and approval cut-off."""
FREE: Policies = {
    "status_quo": UNLIMITED,
    "grace_period": GracePeriod(monthly_budget_share=10.0),
    "stricter_approval": StricterApproval(),
}
"""Policies under which borrowers never meet."""


def edits_of(policy: PolicyLike) -> Sequence[Edit]:
    return policy.edits() if isinstance(policy, Policy) else policy


def run_small(
    book: Book | None = None,
    *,
    policies: Policies = REFERENCE_ONLY,
    worlds: Mapping[str, Mapping[str, object]] | None = None,
    deviation: MacroDeviation = STILL,
    parameters: Mapping[str, float] | None = None,
    history: bool = False,
    cells: RiskCellTable | None = None,
    **run: Any,
) -> Small:
    """Run policies (edits on top of ``status_quo``'s) in worlds, by default in ``HARD``.

    With ``cells``, loans are also tallied by what a lender sees of them.
    """
    settings = run_settings(**run, **({"history_borrowers": 10_000} if history else {}))
    book = book or small_book(months=settings.months)
    values = parameters_from(parameters or {})
    horizon = settings.timeline.horizon
    base = list(edits_of(policies["status_quo"]))
    levers = {
        name: build_levers(
            base if name == "status_quo" else [*base, *edits_of(policy)], book.segments, horizon
        )
        for name, policy in policies.items()
    }
    macro = {
        name: draw_macro_paths(scenario_of(columns, horizon, book.regions, deviation), settings)
        for name, columns in ({"hard": HARD} if worlds is None else worlds).items()
    }
    builders = {name: world_builder(paths, book, values) for name, paths in macro.items()}
    simulation = simulate(pack(book, values, cells), builders, levers, settings)
    return Small(book, settings, simulation, macro)


def with_borrowers(book: Book, **columns: NDArray[np.generic]) -> Book:
    """``book`` with other columns; new savings are there at the opening."""
    if "savings" in columns:
        columns = {"savings_at_opening": columns["savings"]} | columns
    return replace(book, borrowers=book.borrowers._replace(**columns))  # type: ignore[arg-type]


def with_loans(book: Book, **columns: NDArray[np.generic]) -> Book:
    return replace(book, loans=book.loans._replace(**columns))  # type: ignore[arg-type]


def assert_same_tallies(left: Tallies, right: Tallies, paths: slice = slice(None)) -> None:
    """Every sum has the same bits; ``paths`` of ``right`` are compared with all of ``left``."""
    for name in Tallies._fields:
        ours, theirs = getattr(left, name), getattr(right, name)[paths]
        assert np.array_equal(ours, theirs), name


def assert_same_simulations(left: Simulation, right: Simulation) -> None:
    assert left.tallies.keys() == right.tallies.keys()
    for key in left.tallies:
        assert_same_tallies(left.tallies[key], right.tallies[key])
    assert left.histories.keys() == right.histories.keys()
    for key in left.histories:
        assert np.array_equal(left.histories[key], right.histories[key])


def overdue_rate(tallies: Tallies, first_bucket: int) -> F8:
    """Overdue balance over balance, summed over months 1 to the last; one number a path."""
    balance = tallies.balance[:, 1:]
    rate: F8 = balance[:, :, first_bucket:].sum(axis=(1, 2)) / balance.sum(axis=(1, 2))
    return rate


def standard_errors_above_zero(difference: F8) -> float:
    """Mean of paired differences over its standard error."""
    return float(difference.mean() / (difference.std(ddof=1) / np.sqrt(difference.size)))


def cause_balance(tallies: Tallies, cause: Cause) -> float:
    """Overdue balance of a cause, summed over paths and months."""
    return float(tallies.cause_balance[:, :, cause].sum())
