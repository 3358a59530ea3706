"""The model against closed forms, identities and published numbers."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.book.schema import Book
from simulator.catalogue import pack_parameters, parameters_from
from simulator.engine import simulate_block
from simulator.kernels.life_events import simulate_lives
from simulator.kernels.records import CHUNK, LifeColumns, PathKey, records
from simulator.kernels.rng import philox, uniforms
from simulator.kernels.tally import HISTORY_DTYPE, Tallies
from simulator.levers import Edit
from simulator.macro import draw_macro_paths
from simulator.packing import pack
from simulator.products import JURISDICTIONS
from simulator.settings import MacroDeviation, RunSettings
from simulator.shocks import World, build_world
from simulator.units import monthly_probability
from simulator.vocabulary import (
    FLOW_SIGNS,
    Amortisation,
    Count,
    Domain,
    Draw,
    Flow,
    Life,
    LoanStatus,
    Work,
    WorkState,
)
from tests.conftest import HARD, RISKLESS, run_settings, run_small, scenario_of, small_book
from tests.twin.samples import POLICIES, eager_parameters, levers_of, random_book, random_world

F8 = NDArray[np.float64]
FIVE_SIGMA = 2 * stats.norm.sf(5.0)
"""Chance of a false alarm that all statistical tests here accept."""


# --- Money -------------------------------------------------------------------------------------

MONTHS, RUNOFF, PATHS = 18, 6, 10
every_policy = pytest.mark.parametrize("policy", POLICIES)
CUTTING = ("restructuring", "prevention")
"""Policies that cut principal."""


@cache
def eventful_run(policy: str) -> tuple[NDArray[np.void], Tallies]:
    """Every mechanism of the model at work: the twin's random book, world and policies, larger."""
    book = random_book(31, n_borrowers=500, applicants=150)
    horizon = MONTHS + RUNOFF
    run = RunSettings(paths=PATHS, months=MONTHS, runoff_months=RUNOFF, seed=32, threads=1)
    packed = pack(book, eager_parameters())
    tallies = packed.allocate_tallies(PATHS, horizon)
    history = np.zeros((horizon + 1, book.n_loans), dtype=HISTORY_DTYPE)
    simulate_block(
        packed,
        random_world(33, PATHS, horizon),
        {policy: levers_of(policy, book, MONTHS, RUNOFF)},
        run,
        0,
        {policy: (tallies, 0)},
        {policy: history},
    )
    return history, tallies


@every_policy
def test_money_is_conserved_each_month_on_each_path(policy: str) -> None:
    _, tallies = eventful_run(policy)
    flows, counts = tallies.flows[:, 1:], tallies.counts[:, 1:]
    opening, closing = counts[:, :, Count.OPENING_BALANCE], counts[:, :, Count.CLOSING_BALANCE]
    gap = closing - opening - flows @ np.array(FLOW_SIGNS, dtype=np.float64)
    moved = np.abs(flows).sum(axis=2)
    assert np.all(moved > 0)
    assert np.all(np.abs(gap) <= 1e-9 * moved)


@every_policy
def test_a_month_opens_with_what_the_last_one_closed_with(policy: str) -> None:
    counts = eventful_run(policy)[1].counts
    for opening, closing in (
        (Count.OPENING_BALANCE, Count.CLOSING_BALANCE),
        (Count.OPENING_LOANS, Count.OPEN_LOANS),
    ):
        np.testing.assert_allclose(
            counts[:, 1:, opening], counts[:, :-1, closing], rtol=1e-12, atol=1e-9
        )


@every_policy
def test_every_kind_of_flow_occurs(policy: str) -> None:
    """Otherwise conservation would prove little."""
    total = eventful_run(policy)[1].flows.sum(axis=(0, 1))
    without_sale, without_relief = ("grace_period", "prevention"), ("nothing", "collections")
    never = {Flow.SOLD} if policy in (*without_sale, *without_relief) else set()
    never |= {Flow.FORGIVEN} if policy in without_relief else set()
    assert {flow for flow in Flow if total[flow] == 0} == never


@every_policy
def test_sums_of_stocks_agree_with_the_balance(policy: str) -> None:
    tallies = eventful_run(policy)[1]
    closing = tallies.counts[:, :, Count.CLOSING_BALANCE]
    for cut in (tallies.balance, tallies.balance_before_relief):
        np.testing.assert_allclose(cut.sum(axis=2), closing, rtol=1e-12)
    for cut in (tallies.by_segment, tallies.by_age, tallies.by_income):
        np.testing.assert_allclose(cut[:, :, :, 0].sum(axis=2), closing, rtol=1e-12)
    overdue = tallies.balance[:, :, 1:].sum(axis=2)
    np.testing.assert_allclose(tallies.cause_balance.sum(axis=2), overdue, rtol=1e-12)


@every_policy
def test_the_opening_balance_goes_somewhere(policy: str) -> None:
    """Each bucket's opening balance is spread over destinations and nothing is lost."""
    tallies = eventful_run(policy)[1]
    went = tallies.roll[:, 1:].sum(axis=3)
    came = tallies.balance[:, :-1]
    if policy in CUTTING:  # loans roll from what a cut leaves, after a re-plan from M0
        lost, rounding = (came - went).sum(axis=2), 1e-9 * came.sum(axis=2)
        assert np.any(lost > rounding)
        assert np.all(lost >= -rounding)
        assert np.all(lost <= tallies.flows[:, 1:, Flow.FORGIVEN] + rounding)
    else:
        np.testing.assert_allclose(went, came, rtol=1e-9, atol=1e-6)


@every_policy
def test_no_balance_and_no_savings_are_negative(policy: str) -> None:
    history, tallies = eventful_run(policy)
    for name in ("principal", "balance", "paid", "savings", "other_debt"):
        assert history[name].min() >= 0.0, name
    for name in ("balance", "loans", "cause_balance", "by_segment", "written_off_by_product"):
        assert getattr(tallies, name).min() >= 0.0, name
    assert tallies.flows.min() >= 0.0
    assert history["n_unpaid"].min() >= 0
    closed = np.isin(history["status"], (LoanStatus.PAID_OFF, LoanStatus.WRITTEN_OFF))
    assert np.all(history["balance"][closed] == 0.0)


# --- Unemployment ------------------------------------------------------------------------------

DEVIATING = MacroDeviation()
U_MONTHS, U_PATHS = 36, 60
U_COLUMNS = {"unemployment_rate": 0.05 + 0.06 * np.sin(np.arange(61) / 9.0) ** 2}


def assert_follows(simulated: F8, macro: F8) -> None:
    """Each month's mean difference over paths is within five of its standard errors."""
    difference = simulated - macro
    paths = difference.shape[0]
    error = difference.std(axis=0, ddof=1) / np.sqrt(paths)
    assert np.all(error > 0)
    assert np.all(np.abs(difference.mean(axis=0)) <= 5 * error)


def lives_of(
    columns: LifeColumns, world: World, path: int, parameters: dict[str, float], seed: int = 7
) -> tuple[NDArray[np.uint8], F8]:
    """Life bytes (horizon + 1, n) and weighted unemployed (horizon + 1,) of one path."""
    horizon = world.months.shape[1] - 1
    life = np.zeros((horizon + 1, columns.id.size), dtype=np.uint8)
    unemployed = np.zeros(horizon + 1)
    simulate_lives(
        columns,
        records(world.months)[path],
        world.disaster[path],
        records(pack_parameters(parameters)),
        PathKey(np.uint64(seed), path, horizon, horizon),
        np.zeros((4, CHUNK)),
        life,
        unemployed,
    )
    return life, unemployed


def people(
    n: int, kind: Work, yearly_illness: float = 0.0, income_risk: float = 1.0
) -> LifeColumns:
    """``n`` borrowers of one kind of work in the opening book."""
    return LifeColumns(
        id=np.arange(n, dtype=np.uint64) * np.uint64(2**61 - 1) + np.uint64(5),
        arrival_month=np.zeros(n, dtype=np.int16),
        region=np.zeros(n, dtype=np.uint8),
        work=np.full(n, kind, dtype=np.uint8),
        weight=np.ones(n),
        p_ill_monthly=np.full(n, monthly_probability(yearly_illness)),
        income_risk=np.full(n, income_risk),
    )


def world_of(
    columns: dict[str, object], horizon: int, paths: int = 1, deviation: MacroDeviation = DEVIATING
) -> tuple[World, F8]:
    """The world of a scenario of one region, and unemployment by path."""
    run = run_settings(months=horizon, paths=paths)
    macro = draw_macro_paths(scenario_of(columns, horizon, ("here",), deviation), run)
    parameters = parameters_from({})
    world = build_world(macro, 0, paths, parameters, JURISDICTIONS["cn"], ("here",))
    return world, macro.by_path("unemployment_rate")


@pytest.mark.parametrize("kind", Work)
def test_simulated_unemployment_follows_the_macro_path_for_each_kind_of_work(kind: Work) -> None:
    world, macro = world_of(dict(U_COLUMNS), U_MONTHS, U_PATHS)
    columns, parameters = people(2_000, kind), parameters_from({})
    simulated = [lives_of(columns, world, path, parameters)[1] for path in range(U_PATHS)]
    assert_follows(np.array(simulated) / columns.id.size, macro)


@pytest.mark.parametrize("risk", [0.5, 2.0])
def test_a_borrowers_unemployment_is_its_multiple_of_the_macro_path(risk: float) -> None:
    world, macro = world_of(dict(U_COLUMNS), U_MONTHS, U_PATHS)
    columns, parameters = people(2_000, Work.GIG, income_risk=risk), parameters_from({})
    simulated = [lives_of(columns, world, path, parameters)[1] for path in range(U_PATHS)]
    assert_follows(np.array(simulated) / columns.id.size, risk * macro)


def test_simulated_unemployment_of_a_book_follows_the_macro_path() -> None:
    book = small_book(1_000, months=12)
    small = run_small(book, worlds={"up": U_COLUMNS}, deviation=DEVIATING, paths=U_PATHS)
    simulated = small.counts(scenario="up")[:, :, Count.UNEMPLOYED] / book.n_opening_borrowers
    assert_follows(simulated, small.macro["up"].by_path("unemployment_rate"))


def test_closed_accounts_still_count_as_unemployed() -> None:
    """Unemployment is of the opening borrowers, whatever becomes of their loans."""
    small = run_small(
        small_book(300, months=30, applicants_monthly_share=0.0), worlds={"hard": HARD}, months=30
    )
    strict = run_small(
        small_book(300, months=30, applicants_monthly_share=0.0),
        worlds={"hard": HARD},
        months=30,
        parameters={"strength_job_loss": 0.0, "p_refuse_monthly": 0.0},
    )
    left = small.counts()[:, :, Count.OPEN_LOANS]
    assert np.any(left[:, -1] < 0.3 * left[:, 0])
    assert np.array_equal(
        small.counts()[:, :, Count.UNEMPLOYED], strict.counts()[:, :, Count.UNEMPLOYED]
    )


# --- Durations ---------------------------------------------------------------------------------

SPELL_MONTHS, SPELL_PEOPLE, LAST_START = 150, 6_000, 60


def spell_lengths(active: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of all spells that begin in months 1 to ``LAST_START``; ``active`` is (T, n)."""
    before = np.zeros_like(active)
    before[1:] = active[:-1]
    starts = active & ~before
    starts[0] = False
    starts[LAST_START + 1 :] = False
    ends = np.zeros_like(active)
    ends[:-1] = active[:-1] & ~active[1:]
    found: list[int] = []
    for person in np.flatnonzero(starts.any(axis=0)):
        over = np.flatnonzero(ends[:, person])
        for start in np.flatnonzero(starts[:, person]):
            found.append(int(over[np.searchsorted(over, start)] - start + 1))
    return np.array(found)


def assert_geometric(lengths: NDArray[np.int64], p_end: float) -> None:
    """Mean within 5 standard errors, and the distribution by a chi-square test."""
    deviation = np.sqrt(1 - p_end) / p_end
    assert abs(lengths.mean() - 1 / p_end) <= 5 * deviation / np.sqrt(lengths.size)
    last = int(stats.geom.isf(10 / lengths.size, p_end))  # at least 10 expected in the tail
    observed = np.bincount(np.minimum(lengths, last + 1), minlength=last + 2)[1:]
    chances = np.append(stats.geom.pmf(np.arange(1, last + 1), p_end), stats.geom.sf(last, p_end))
    assert stats.chisquare(observed, lengths.size * chances).pvalue > FIVE_SIGMA


@pytest.fixture(scope="module")
def steady() -> World:
    columns: dict[str, object] = {"unemployment_rate": 0.08, "disaster": 0.01}
    still = MacroDeviation(volatility=(0.0, 0.0, 0.0, 0.0))
    return world_of(columns, SPELL_MONTHS, deviation=still)[0]


@pytest.mark.parametrize("kind", Work)
def test_unemployment_spells_are_geometric_with_the_finding_rate(steady: World, kind: Work) -> None:
    p = parameters_from({})
    life, _ = lives_of(people(SPELL_PEOPLE, kind), steady, 0, p)
    found = p[f"turnover_{kind.name.lower()}"] * p["finding_rate"]
    found *= (p["finding_reference_unemployment"] / 0.08) ** p["finding_elasticity"]
    lengths = spell_lengths((life & 3) == WorkState.UNEMPLOYED)
    assert lengths.size > 2_000
    assert_geometric(lengths, found)


@pytest.mark.parametrize(
    ("bit", "onset", "mean"),
    [
        (Life.ILL, Life.ILL_ONSET, "illness_mean_months"),
        (Life.DISASTER, Life.DISASTER_ONSET, "disaster_mean_months"),
    ],
)
def test_spells_of_illness_and_disaster_are_geometric(
    steady: World, bit: Life, onset: Life, mean: str
) -> None:
    p = parameters_from({})
    life, _ = lives_of(people(SPELL_PEOPLE, Work.GIG, yearly_illness=0.1), steady, 0, p)
    active = (life & bit) > 0
    lengths = spell_lengths(active)
    assert lengths.size > 1_000
    assert_geometric(lengths, 1 / p[mean])
    begins = active[1:] & ~active[:-1]
    assert np.array_equal((life[1:] & onset) > 0, begins)
    assert not np.any(life[0] & onset)


def test_illness_begins_with_the_incidence_given() -> None:
    world, _ = world_of({}, 40)
    life, _ = lives_of(people(20_000, Work.FORMAL, 0.1), world, 0, parameters_from({}))
    ill = (life & Life.ILL) > 0
    healthy_months = np.count_nonzero(~ill[:-1])
    onsets = np.count_nonzero(life[1:] & Life.ILL_ONSET)
    chance = monthly_probability(0.1)
    error = np.sqrt(healthy_months * chance * (1 - chance))
    assert abs(onsets - healthy_months * chance) <= 5 * error


# --- Amortisation ------------------------------------------------------------------------------

LOAN_MONTHS = 26
CAP = 0.24


def riskless_book() -> Book:
    """Loans of all four forms and many ages, none overdue, none repaid early, no applicants."""
    book = random_book(41, n_borrowers=200, applicants=0)
    loans, zero = book.loans, np.zeros(book.n_loans)
    return replace(
        book,
        products=tuple(p.model_copy(update={"p_prepay_monthly": 0.0}) for p in book.products),
        loans=loans._replace(
            annual_rate=np.minimum(loans.annual_rate, CAP),
            n_unpaid=np.zeros_like(loans.n_unpaid),
            principal_overdue=zero,
            interest_overdue=zero,
            penalty=zero,
            fees=zero,
        ),
    )


@cache
def riskless_history(line_multiplier: float) -> tuple[Book, NDArray[np.void]]:
    book = riskless_book()
    small = run_small(
        book,
        policies={"status_quo": [Edit("line_multiplier", line_multiplier)]},
        worlds={"calm": {}},
        parameters=RISKLESS,
        months=LOAN_MONTHS,
        paths=1,
        history=True,
    )
    return book, small.history(scenario="calm")


def textbook_principal(kind: Amortisation, s0: float, i: float, m: int, k: int) -> float:
    """Principal after ``k`` of ``m`` instalments of ``s0`` at the monthly rate ``i``."""
    if k >= m:
        return 0.0
    if kind is Amortisation.BULLET:
        return s0
    if kind is Amortisation.EQUAL_PRINCIPAL or i == 0.0:
        return s0 * (1 - k / m)
    growth = (1 + i) ** m
    return s0 * (growth - (1 + i) ** k) / (growth - 1)


@pytest.mark.parametrize(
    "kind", [Amortisation.ANNUITY, Amortisation.EQUAL_PRINCIPAL, Amortisation.BULLET]
)
def test_instalment_loans_follow_the_textbook_and_end_at_their_term(kind: Amortisation) -> None:
    book, history = riskless_history(1.0)
    rows = np.flatnonzero(book.loans.kind == kind)
    assert rows.size > 20
    for row in rows:
        s0, m = book.loans.principal[row], int(book.loans.remaining_months[row])
        i = book.loans.annual_rate[row] / 12
        expected = np.array([textbook_principal(kind, s0, i, m, k) for k in range(LOAN_MONTHS + 1)])
        loan = history[:, row]
        np.testing.assert_allclose(loan["principal"], expected, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(loan["balance"], expected, rtol=1e-9, atol=1e-6)
        paid = expected[:-1] * (1 + i) - expected[1:]
        np.testing.assert_allclose(loan["paid"][1:], paid, rtol=1e-9, atol=1e-6)
        is_open = loan["status"] == LoanStatus.OPEN
        assert np.array_equal(is_open, np.arange(LOAN_MONTHS + 1) < m)
        assert np.all(loan["status"][~is_open] == LoanStatus.PAID_OFF)
        assert not loan["n_unpaid"].any()


def test_annuity_instalments_are_level() -> None:
    book, history = riskless_history(1.0)
    for row in np.flatnonzero(book.loans.kind == Amortisation.ANNUITY):
        paid = history["paid"][1 : book.loans.remaining_months[row] + 1, row]
        np.testing.assert_allclose(paid, paid[0], rtol=1e-9)


def test_a_line_that_may_be_drawn_returns_to_its_opening_principal() -> None:
    book, history = riskless_history(1.0)
    rows = np.flatnonzero(book.loans.kind == Amortisation.REVOLVING)
    assert rows.size > 20
    for row in rows:
        s0, limit = book.loans.principal[row], book.loans.limit[row]
        share = book.products[book.loans.product[row]].min_payment_share
        i = book.loans.annual_rate[row] / 12
        drawn = min(s0, limit)  # nothing is drawn beyond the limit
        due = s0 * (1.0 if s0 <= 0.02 * limit else share)
        after = max(s0 - due, drawn)
        assert history["principal"][1, row] == pytest.approx(after, rel=1e-9, abs=1e-6)
        assert history["paid"][1, row] == pytest.approx(s0 * i + due, rel=1e-9, abs=1e-6)
        if s0 <= limit:
            np.testing.assert_allclose(history["principal"][:, row], s0, rtol=1e-9)
        assert np.all(history["status"][:, row] == LoanStatus.OPEN)


def test_a_frozen_line_falls_by_the_minimum_payment_until_it_is_small() -> None:
    book, history = riskless_history(0.0)
    small_share = parameters_from({})["minimum_line_share"]
    for row in np.flatnonzero(book.loans.kind == Amortisation.REVOLVING):
        share = book.products[book.loans.product[row]].min_payment_share
        limit, i = book.loans.limit[row], book.loans.annual_rate[row] / 12
        s = book.loans.principal[row]
        for month in range(1, LOAN_MONTHS + 1):
            due = s if s <= small_share * limit else share * s
            paid = history["paid"][month, row]
            assert paid == pytest.approx(due + s * i, rel=1e-9, abs=1e-6)
            s -= due
            assert history["principal"][month, row] == pytest.approx(s, rel=1e-9, abs=1e-6)


# --- Random numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4,
            (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_vectors(
    counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """Source: known-answer tests of Random123 (Salmon et al. 2011), philox4x32-10."""
    assert philox(*(np.uint32(word) for word in (*counter, *key))) == expected


N_DRAWS = 100_000
IDS = np.arange(N_DRAWS, dtype=np.uint64)
STREAMS = {
    "work": (3, 1, Draw.WORK, Domain.BORROWER),
    "health": (3, 1, Draw.HEALTH, Domain.BORROWER),
    "refuse": (3, 1, Draw.REFUSE, Domain.BORROWER),
    "next month": (3, 2, Draw.WORK, Domain.BORROWER),
    "next path": (4, 1, Draw.WORK, Domain.BORROWER),
    "of the loan": (3, 1, Draw.WORK, Domain.LOAN),
    "contact": (3, 1, Draw.CONTACT_REACH + 16, Domain.LOAN),
    "late days": (3, 1, Draw.LATE_DAYS, Domain.LOAN),
}


@cache
def stream_of(name: str) -> F8:
    path, month, draw, domain = STREAMS[name]
    return uniforms(20260101, path, IDS, month, draw, domain)


@pytest.mark.parametrize("name", STREAMS)
def test_uniforms_are_uniform(name: str) -> None:
    u = stream_of(name)
    assert u.min() > 0.0
    assert u.max() < 1.0
    observed = np.bincount((u * 200).astype(np.int64), minlength=200)
    assert stats.chisquare(observed).pvalue > FIVE_SIGMA
    assert abs(u.mean() - 0.5) <= 5 * np.sqrt(1 / 12 / N_DRAWS)


def test_uniforms_of_different_decisions_months_paths_and_owners_are_uncorrelated() -> None:
    correlation = np.corrcoef([stream_of(name) for name in STREAMS])
    np.fill_diagonal(correlation, 0.0)
    assert np.abs(correlation).max() <= 5 / np.sqrt(N_DRAWS)


@pytest.mark.parametrize("lag", [1, 2, 256, 1000])
def test_uniforms_of_neighbouring_ids_are_uncorrelated(lag: int) -> None:
    u = stream_of("work")
    assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) <= 5 / np.sqrt(N_DRAWS - lag)


@pytest.mark.parametrize("other", ["health", "next month", "of the loan"])
def test_pairs_of_uniforms_fill_the_square(other: str) -> None:
    cells = (stream_of("work") * 16).astype(np.int64) * 16
    cells += (stream_of(other) * 16).astype(np.int64)
    assert stats.chisquare(np.bincount(cells, minlength=256)).pvalue > FIVE_SIGMA


def test_another_seed_is_another_stream() -> None:
    here = stream_of("work")
    for seed in (20260102, 20260101 + 2**32):
        there = uniforms(seed, 3, IDS, 1, Draw.WORK, Domain.BORROWER)
        assert abs(np.corrcoef(here, there)[0, 1]) <= 5 / np.sqrt(N_DRAWS)
