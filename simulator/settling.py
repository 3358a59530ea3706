"""The settled book behind an opening: what a long calm under the current policy leaves.

A cohort of new customers and the applicants who follow live through months in which rates,
unemployment and supply stay as they are at the opening, and real incomes as people are used to.
Who still has a loan then is a donor (``simulator.book.donors``). Its luck has a seed of its own, so
one settled book serves all seeds of a run.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.book import Book, DonorSource, build_book
from simulator.book.donors import DONOR_SEED, Settled
from simulator.book.illness import illness_incidence
from simulator.book.schema import Borrowers, Loans
from simulator.catalogue import Parameters, parameters_from
from simulator.engine import compile_kernels, states_at
from simulator.kernels.cache import compiling, trouble
from simulator.kernels.customers import FOR_EVER
from simulator.kernels.records import State
from simulator.macro import Scenario, draw_macro_paths
from simulator.macro.variables import DISASTER, MACRO_VARIABLES
from simulator.packing import pack, packed_order, rows_of
from simulator.policies import Policy, levers_for
from simulator.products import PRODUCTS
from simulator.progress import Progress
from simulator.provision import RuleBook, build_risk_cells
from simulator.settings import BookSettings, MacroDeviation, RunSettings
from simulator.shocks import World, build_world
from simulator.validation import UserError
from simulator.vocabulary import REFERENCE, Amortisation, Life, LoanStatus

COMPILING: Final = "compiling kernels (once per version, one to three minutes)"
APPLICANTS_MONTHLY_SHARE: Final = 0.09
"""Of the first cohort, where a book has no new lending of its own (assumption)."""
CALM: Final = ("epidemic", "willingness_shift")
"""What is absent from the calm, whatever it is at the opening; disasters are too."""
STILL: Final = {"income_index": 1.0, "price_index": 1.0, "windfall": 0.0, "lapse_factor": 1.0}
"""Columns of the world that do not move in the calm, whatever the parameters say."""
PASSING: Final = Life.ILL_ONSET | Life.DISASTER_ONSET | Life.HOSPITAL_ONSET | Life.CLOSED
"""What is over at the opening of what a life holds."""
SETTLED_MONTHS: Final = 18
SNAPSHOT_MONTHS: Final = 3
"""The calm's last months, and how often their month ends give donors: the same people in other
states, so that few people show what is rare (assumption)."""
_KEPT: Final = 4
"""Settled books that a process keeps."""

Lives = NDArray[np.uint16]
Snapshot = tuple[Borrowers, Loans]
Records = NDArray[np.void]
Economy = Mapping[str, float]
"""Values of macro variables in the calm."""


@dataclass(frozen=True, slots=True)
class Calm:
    """What a settled book depends on beside the kind of loans."""

    economy: Economy
    parameters: Parameters
    policy: Policy

    def key(self, settings: BookSettings) -> tuple[object, ...]:
        """Equal for equal settled books."""
        kind = settings.model_dump(include=set(_KIND)) | {
            "products": dict(settings.products),
            "applicants": settings.new_customers_monthly_share,
        }
        return (
            repr(kind),
            tuple(sorted(self.economy.items())),
            tuple(sorted(self.parameters.items())),
            tuple(map(repr, self.policy.edits())),
            tuple(repr(PRODUCTS[name]) for name in settings.products if name in PRODUCTS),
        )


_KIND: Final = (
    "jurisdiction",
    "products",
    "second_loan_share",
    "regions",
    "region_shares",
    "burn_in_months",
    "donors",
)
"""Settings of a book that its settled book depends on."""

_settled: OrderedDict[tuple[object, ...], Settled] = OrderedDict()
_guard = Lock()


def opening_economy(scenario: Scenario) -> dict[str, float]:
    """A scenario's world at the opening, as the calm before it has it."""
    found = {name: float(path[0]) for name, path in scenario.central.items()}
    return found | {name: MACRO_VARIABLES[name].default for name in CALM}


def donor_source(calm: Callable[[tuple[str, ...]], Calm]) -> DonorSource:
    """Settled books in the ``calm`` of a book's regions."""

    def ask(settings: BookSettings, changes: Parameters | None = None) -> Settled:
        found = calm(settings.regions)
        if changes:
            try:
                parameters_from(changes)
            except UserError as error:
                raise UserError(f"book.opening_parameters: {error}") from None
            found = replace(found, parameters={**found.parameters, **changes})
        return settled_book(settings, found)

    return ask


def settled_book(settings: BookSettings, calm: Calm) -> Settled:
    """What the calm leaves of ``settings``' kind of loans; kept for the next who asks."""
    key = calm.key(settings)
    with _guard:
        if key in _settled:
            _settled.move_to_end(key)
            return _settled[key]
    book = _burnt_in(settings, calm)
    with _guard:
        _settled[key] = book
        while len(_settled) > _KEPT:
            _settled.popitem(last=False)
    return book


def compile_for(
    settings: BookSettings,
    parameters: Parameters,
    policy: Policy,
    provision: Mapping[str, RuleBook],
    watch: Progress,
) -> None:
    """Load or compile all kernels by two months of a few borrowers in an economy of defaults.

    ``watch`` is told where something is compiled, and where that could not be kept.
    """
    economy = {n: v.default for n, v in MACRO_VARIABLES.items() if n != DISASTER}
    calm = Calm(economy, parameters, policy)
    run = RunSettings(paths=1, months=2, runoff_months=0, path_batch=1, threads=1)
    book = build_book(_cohort(settings, 20), run, calm.parameters)
    cells = build_risk_cells(provision, book.segments, book.products) if provision else None
    levers = levers_for(calm.policy, calm.policy, book.segments, run.timeline.horizon)
    world = _calm_world(calm, book, run)
    with compiling(lambda n: watch.start(n, COMPILING), watch.advance):
        compile_kernels(
            pack(book, calm.parameters, cells), {"calm": lambda *_: world}, {REFERENCE: levers}, run
        )
    watch.finish()
    if trouble():
        watch.tell(f"warning: compiled kernels are not kept, each start compiles them: {trouble()}")


def _cohort(settings: BookSettings, size: int) -> BookSettings:
    """``size`` new customers of ``settings``' kind, and those who follow them.

    A tape's products are known when it is read; before, kernels are compiled with any.
    """
    follow = settings.new_customers_monthly_share or APPLICANTS_MONTHLY_SHARE
    changes = {
        "kind": "synthetic",
        "borrowers": size,
        "products": settings.products or BookSettings().products,
        "opening_overdue": False,
        "new_lending": "replace",
        "applicants_monthly_share": follow,
    }
    return settings.model_copy(update=changes)


def _burnt_in(settings: BookSettings, calm: Calm) -> Settled:
    months = settings.burn_in_months
    run = RunSettings(paths=1, months=months, runoff_months=0, path_batch=1, threads=1)
    run = run.model_copy(update={"seed": DONOR_SEED})
    book = build_book(_cohort(settings, settings.donors), run, calm.parameters)
    packed = pack(book, calm.parameters)
    levers = levers_for(calm.policy, calm.policy, book.segments, months)
    last = range(months, max(0, months - SETTLED_MONTHS - 1), -SNAPSHOT_MONTHS)
    world, at = _calm_world(calm, book, run), sorted(last)
    customers, dormant = [], []
    for month, (state, life) in zip(
        at, states_at(packed, world, levers, DONOR_SEED, at), strict=True
    ):
        customers.append(_as_opening(book, state, life, month))
        dormant.append(_as_dormant(book, state, life, month))
    if not sum(people.id.size for people, _ in customers):
        raise UserError(
            "book: under the current policy nobody has a loan after the calm that settles the"
            " opening; approve more, or set book.opening_overdue=false"
        )
    return Settled(_joined(book, customers), _joined(book, dormant))


def _calm_world(calm: Calm, book: Book, run: RunSettings) -> World:
    """A world in which nothing moves, incomes and prices included."""
    horizon = run.timeline.horizon
    values = {
        **calm.economy,
        "income_growth": calm.parameters["income_growth_trend"],
        "inflation": calm.parameters["inflation_trend"],
    }
    scenario = Scenario(
        name="calm",
        label="Calm",
        narrative="Everything stays as it is at the opening.",
        source="month 0 of the scenario",
        weight=1.0,
        start_month=run.start_month,
        regions=book.regions,
        central={name: np.full(horizon + 1, value) for name, value in values.items()},
        disaster=np.zeros((horizon + 1, len(book.regions))),
        deviation=MacroDeviation(volatility=(0.0, 0.0, 0.0, 0.0)),
        table_sha256="",
        warnings=(),
    )
    paths = draw_macro_paths(scenario, run)
    world = build_world(paths, 0, 1, calm.parameters, book.jurisdiction, book.regions)
    for name, value in STILL.items():
        world.months[name] = value
    return world


def _as_opening(book: Book, state: State, life: Lives, month: int) -> Snapshot:
    """Borrowers with an open loan and their open loans, as they stand; ``month`` is month 0."""
    return _snapshot(book, state, life, month, state.loans["status"] == LoanStatus.OPEN)


def _as_dormant(book: Book, state: State, life: Lives, month: int) -> Snapshot:
    """Dormant customers, and the loans that they may ask for again."""
    resting = np.zeros(state.people.size, dtype=np.bool_)
    resting[state.dormant[: state.n_dormant[0]]] = True
    repaid = state.loans["status"] == LoanStatus.PAID_OFF
    again = repaid & (state.slots["kind"] != Amortisation.REVOLVING)
    asked_for = again & resting[state.slots["borrower"]]
    people, loans = _snapshot(book, state, life, month, asked_for)
    return people, loans._replace(remaining_months=np.zeros_like(loans.remaining_months))


def _snapshot(
    book: Book, state: State, life: Lives, month: int, chosen: NDArray[np.bool_]
) -> Snapshot:
    """The ``chosen`` loans (in packed order) and their borrowers, in the book's order."""
    order, loan_order = packed_order(book)
    found = np.flatnonzero(chosen)
    found = found[np.argsort(loan_order[found])]
    loan_rows = loan_order[found]
    rows, owner = np.unique(book.loans.borrower[loan_rows].astype(np.intp), return_inverse=True)
    packed_row = np.empty_like(order)
    packed_row[order] = np.arange(order.size)
    at = packed_row[rows]
    borrowers = _borrowers(rows_of(book.borrowers, rows), state.people[at], life[at], month)
    loans = rows_of(book.loans, loan_rows)
    loans = _loans(loans, state.loans[found], state.slots[found], month)
    return borrowers, loans._replace(borrower=owner.astype(np.int32))


def _joined(book: Book, snapshots: Sequence[Snapshot]) -> Book:
    """One table of people, snapshot after snapshot; perhaps empty."""
    people = [table for table, _ in snapshots]
    sizes = [table.id.size for table in people]
    first = np.cumsum([0, *sizes[:-1]])
    loans = [
        table._replace(borrower=table.borrower + np.int32(start))
        for (_, table), start in zip(snapshots, first, strict=True)
    ]
    return replace(
        book,
        name="settled",
        borrowers=Borrowers._make(map(np.concatenate, zip(*people, strict=True))),
        loans=Loans._make(map(np.concatenate, zip(*loans, strict=True))),
        n_opening_borrowers=sum(sizes),
    )


def _borrowers(people: Borrowers, purses: Records, lives: Lives, months: int) -> Borrowers:
    """``people`` as they stand, ``months`` after the first of them came."""
    age = people.age + (months - people.arrival_month) / 12.0
    return people._replace(
        arrival_month=np.zeros_like(people.arrival_month),
        age=age,
        illness_incidence=illness_incidence(age),
        life=lives & ~np.uint16(PASSING),
        savings_at_opening=purses["savings"].copy(),
        other_debt=purses["other_debt"].copy(),
        months_short=purses["months_short"].copy(),
        other_missed=purses["other_missed"].copy(),
        refusing=purses["refusing"].copy(),
        hardship_known=purses["hardship_known"].copy(),
        cut_off=purses["cut_off"].copy(),
        last_ended=purses["last_ended"] - np.int16(months),
        closed_until=_from_opening(purses["closed_until"], months),
        late_until=_from_opening(purses["late_until"], months),
        loans_had=purses["loans_had"].copy(),
    )


def _from_opening(until: NDArray[np.int16], months: int) -> NDArray[np.int16]:
    """Months of a record from the opening on; one that holds for ever still does."""
    moved = np.maximum(until.astype(np.int64) - months, 0)
    return np.where(until == FOR_EVER, FOR_EVER, moved).astype(np.int16)


def _loans(loans: Loans, states: Records, slots: Records, months: int) -> Loans:
    """``loans`` as they stand; deferred interest counts as principal (assumption)."""
    unpaid = states["n_unpaid"].astype(np.int16)
    same = ("limit", "principal_overdue", "interest_overdue", "penalty", "fees")
    return loans._replace(
        **{name: states[name].copy() for name in same},
        origination_month=(slots["origination_month"] - months).astype(np.int16),
        segment=slots["segment"].copy(),
        annual_rate=states["base_rate"].copy(),
        remaining_months=states["remaining"].copy(),
        principal=states["principal"] + states["interest_deferred"],
        usual_principal=loans.usual_principal * states["limit"] / slots["limit"],
        n_unpaid=unpaid,
        months_overdue=np.maximum(states["spell"], unpaid),
    )
