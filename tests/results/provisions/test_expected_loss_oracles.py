"""Expected losses by cell against closed forms and amortised cost."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.catalogue import Parameters, parameters_from
from simulator.engine import simulate
from simulator.kernels.tally import Tallies
from simulator.levers import build_levers
from simulator.macro import draw_macro_paths
from simulator.packing import pack
from simulator.settings import RunSettings
from simulator.shocks import World
from simulator.situation import UNPAID_CAP, situation_of
from simulator.vocabulary import N_PATH_CELL_MEASURES, Amortisation, CellMeasure, LoanStatus
from tests.conftest import (
    CALM,
    RISKLESS,
    STILL,
    run_settings,
    scenario_of,
    small_book,
    with_borrowers,
    with_loans,
    world_builder,
)
from tests.twin.cells import cell_table

F8 = NDArray[np.float64]
DEFAULT_UNPAID = 4
FIVE = 5.0
"""Standard errors that statistical tests here allow."""


def by_unpaid(situation: int, group: int) -> int:
    """A cell for each number of unpaid instalments."""
    del group
    return situation_of(situation).unpaid


def world_of(book: Book, run: RunSettings, columns: Mapping[str, object], p: Parameters) -> World:
    """All paths of a scenario that every path follows exactly."""
    horizon = run.timeline.horizon
    macro = draw_macro_paths(scenario_of(columns, horizon, book.regions, STILL), run)
    return world_builder(macro, book, p)(0, run.paths)


def run_cells(
    book: Book,
    run: RunSettings,
    columns: Mapping[str, object],
    parameters: Parameters,
    cell: Callable[[int, int], int],
    n_cells: int,
) -> tuple[Tallies, NDArray[np.void] | None]:
    """Sums by cell without relief, contacts or limits; histories when the run keeps them."""
    group = np.unique(book.segments.risk_band, return_inverse=True)[1]
    table = cell_table(cell, n_cells, group, default_unpaid=DEFAULT_UNPAID)
    horizon = run.timeline.horizon
    macro = draw_macro_paths(scenario_of(columns, horizon, book.regions, STILL), run)
    result = simulate(
        pack(book, parameters, table),
        {"test": world_builder(macro, book, parameters)},
        {"status_quo": build_levers([], book.segments, horizon)},
        run,
    )
    key = ("test", "status_quo")
    return result.tallies[key], result.histories.get(key)


def rate(tallies: Tallies, measure: CellMeasure) -> F8:
    """A loss measure over the balance, summed over paths, by month and cell."""
    balance = tallies.cells[..., CellMeasure.BALANCE].sum(axis=0)
    losses = tallies.cells[..., measure].sum(axis=0)
    found: F8 = np.divide(losses, balance, out=np.zeros_like(losses), where=balance > 0.0)
    return found


# --- Closed form -------------------------------------------------------------------------------

HAZARD, YEARLY_RATE, TERM, PRINCIPAL = 0.03, 0.18, 20, 10_000.0
MONTHS, RUNOFF, PATHS, BORROWERS = 16, 24, 40, 250
WRITE_OFF_UNPAID = 7
"""Of a loan that is written off beyond 180 days past due."""


@cache
def refusers() -> tuple[Book, Tallies]:
    """Equal loans whose borrowers stop paying for good at a constant hazard, and nothing else."""
    book = small_book(
        BORROWERS,
        MONTHS,
        "cash_loan",
        applicants_monthly_share=0.0,
        opening_overdue=False,
        second_loan_share=0.0,
    )
    terms = {"penalty_multiple": 0.0, "late_fee_share": 0.0, "p_prepay_monthly": 0.0}
    book = replace(book, products=(book.products[0].model_copy(update=terms),))
    same = np.ones(book.n_loans)
    book = with_loans(
        book,
        principal=PRINCIPAL * same,
        limit=PRINCIPAL * same,
        annual_rate=YEARLY_RATE * same,
        remaining_months=np.full(book.n_loans, TERM, dtype=np.int16),
        term_months=np.full(book.n_loans, TERM, dtype=np.int16),
        origination_month=np.zeros(book.n_loans, dtype=np.int16),
    )
    ones = np.ones(book.borrowers.id.size)
    book = with_borrowers(book, refusal_weight=ones, weight=2.0 * ones)
    hazard = {
        "strength_wont_pay": 1.0, "p_refuse_monthly": HAZARD, "p_resume_monthly": 0.0,
        "refuse_burden_slope": 0.0, "refuse_dpd_slope": 0.0, "refuse_duration_slope": 0.0,
    }  # fmt: skip
    run = run_settings(paths=PATHS, months=MONTHS, runoff_months=RUNOFF)
    parameters = parameters_from({**RISKLESS, **hazard})
    return book, run_cells(book, run, CALM, parameters, by_unpaid, UNPAID_CAP + 1)[0]


def scheduled_balance() -> F8:
    """Principal not yet due at the end of month 0, 1, ..., by the annuity's formula."""
    i = YEARLY_RATE / 12.0
    left = TERM - np.arange(TERM + 1)
    paid_up: F8 = PRINCIPAL * (1.0 - (1.0 + i) ** -left) / (1.0 - (1.0 + i) ** -TERM)
    return np.concatenate([paid_up, np.zeros(2 * WRITE_OFF_UNPAID)])


def owed(start: int, unpaid: int) -> float:
    """Balance with ``unpaid`` instalments, the first of month ``start``: interest stops at 90."""
    schedule, months = scheduled_balance(), min(unpaid, DEFAULT_UNPAID)
    interest = schedule[start - 1 : start - 1 + months].sum() * YEARLY_RATE / 12.0
    return float(schedule[start - 1] + interest)


def loss_of(start: int, month: int, book: Book) -> float:
    """Loss at the end of ``month`` on a loan that pays nothing from month ``start`` on."""
    v = 1.0 / (1.0 + YEARLY_RATE / 12.0)
    default, exit_ = start + DEFAULT_UNPAID - 1, start + WRITE_OFF_UNPAID - 1
    k = np.arange(1, 2000)
    half_life, share = book.products[0].recovery_half_life_months, book.products[0].recovery_share
    recovered = share * ((2.0 ** (-(k - 1) / half_life) - 2.0 ** (-k / half_life)) * v**k).sum()
    begun = max(default, month)
    value = owed(start, DEFAULT_UNPAID)
    return float(value * (v ** (begun - month) - recovered * v ** (exit_ - month)))


def expected(month: int, last_start: int, book: Book) -> tuple[float, float, float]:
    """Chance of default, mean and standard deviation of the loss of a loan that is not overdue."""
    starts = np.arange(month + 1, min(last_start, TERM) + 1)
    chance = HAZARD * (1.0 - HAZARD) ** (starts - month - 1)
    losses = np.array([loss_of(start, month, book) for start in starts])
    mean = float(chance @ losses)
    return float(chance.sum()), mean, float(np.sqrt(chance @ losses**2 - mean**2))


WINDOWS = {
    "12 months": (CellMeasure.DEFAULT_12, CellMeasure.LOSS_12, 12 - DEFAULT_UNPAID + 1),
    "lifetime": (CellMeasure.DEFAULT_LIFE, CellMeasure.LOSS_LIFE, 1000),
}
every_window = pytest.mark.parametrize("window", WINDOWS)
every_month = pytest.mark.parametrize("month", [0, 1, 5, 11, MONTHS])


@every_window
@every_month
def test_losses_of_current_loans_are_those_of_a_constant_hazard(window: str, month: int) -> None:
    book, tallies = refusers()
    defaults, losses, months = WINDOWS[window]
    chance, mean, deviation = expected(month, month + months, book)
    weight = book.borrowers.weight[0]
    sums = tallies.cell_sums[month, 0]
    loans = sums[CellMeasure.LOANS - N_PATH_CELL_MEASURES] / weight
    pd = sums[defaults - N_PATH_CELL_MEASURES] / weight / loans
    loss = tallies.cells[:, month, 0, losses].sum() / weight / loans
    assert chance > 0.05
    assert abs(pd - chance) < FIVE * np.sqrt(chance * (1.0 - chance) / loans)
    assert abs(loss - mean) < FIVE * deviation / np.sqrt(loans)
    balance = tallies.cells[:, month, 0, CellMeasure.BALANCE].sum() / weight / loans
    assert balance == pytest.approx(scheduled_balance()[month], rel=1e-9)
    exposure = sums[CellMeasure.EXPOSURE_LIFE - N_PATH_CELL_MEASURES] / weight / loans
    whole = tallies.cells[:, month, 0, CellMeasure.LOSS_LIFE].sum() / weight / loans
    v = 1.0 / (1.0 + YEARLY_RATE / 12.0)
    given_default = loss_of(month + 1, month, book) / owed(month + 1, 4) / v**4
    assert whole / exposure == pytest.approx(given_default, rel=1e-9)


@every_window
@pytest.mark.parametrize("unpaid", range(1, WRITE_OFF_UNPAID))
def test_losses_of_overdue_loans_are_certain(window: str, unpaid: int) -> None:
    """Nobody returns, so that all of them default, and each loses the same."""
    book, tallies = refusers()
    defaults, losses, _ = WINDOWS[window]
    months = range(unpaid, MONTHS + 1)
    for month in months:
        sums = tallies.cell_sums[month, unpaid]
        loans = sums[CellMeasure.LOANS - N_PATH_CELL_MEASURES]
        assert loans > 0.0
        assert sums[defaults - N_PATH_CELL_MEASURES] == pytest.approx(loans, rel=1e-12)
        start = month - unpaid + 1
        path_sums = tallies.cells[:, month, unpaid].sum(axis=0)
        assert path_sums[CellMeasure.BALANCE] == pytest.approx(loans * owed(start, unpaid))
        assert path_sums[losses] == pytest.approx(loans * loss_of(start, month, book), rel=1e-9)


# --- Amortised cost ----------------------------------------------------------------------------


def test_cash_flows_without_risk_discount_to_the_balance_and_lose_nothing() -> None:
    months, runoff = 8, 60
    book = small_book(150, months, opening_overdue=False)
    run = run_settings(paths=2, months=months, runoff_months=runoff, history_borrowers=10_000)
    parameters = parameters_from(RISKLESS)
    tallies, history = run_cells(book, run, CALM, parameters, by_unpaid, UNPAID_CAP + 1)
    assert history is not None
    assert tallies.cells[..., 0, CellMeasure.BALANCE].min() > 0.0
    assert not tallies.cells[..., (CellMeasure.LOSS_12, CellMeasure.LOSS_LIFE)].any()
    loans = CellMeasure.LOANS - N_PATH_CELL_MEASURES
    others = np.delete(tallies.cell_sums, loans, axis=2)
    assert not others.any()
    cap = float(world_of(book, run, CALM, parameters).months["rate_cap"][0, 0])
    v = 1.0 / (1.0 + np.minimum(book.loans.annual_rate, cap) / 12.0)
    repaid = (history["status"][-1] == LoanStatus.PAID_OFF) & (history["balance"][0] > 0.0)
    repaid &= book.loans.kind != Amortisation.REVOLVING  # their drawings are no payments
    assert repaid.sum() > 80
    months_on = np.arange(history.shape[0])[:, None]
    discounted = history["paid"] * v**months_on
    for month in (0, 1, 4, months):
        value = discounted[month + 1 :].sum(axis=0) / v**month
        balance = history["balance"][month]
        np.testing.assert_allclose(value[repaid], balance[repaid], rtol=1e-9, atol=1e-6)
