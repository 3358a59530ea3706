"""Money is conserved, month after month, with every mechanism of the model at work."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.engine import simulate_block
from simulator.kernels.tally import HISTORY_DTYPE, Tallies
from simulator.packing import pack
from simulator.settings import RunSettings
from simulator.vocabulary import FLOW_SIGNS, Count, Flow, LoanStatus
from tests.twin.sample_policies import POLICIES, levers_of
from tests.twin.samples import eager_parameters, random_book, random_world

MONTHS, RUNOFF, PATHS = 18, 6, 10
every_policy = pytest.mark.parametrize("policy", POLICIES)
CUTTING = ("restructuring", "prevention")
"""Policies that cut principal."""


@cache
def eventful_run(policy: str) -> tuple[NDArray[np.void], Tallies]:
    """Every mechanism of the model at work: the twin's random book, world and policies, larger."""
    book = random_book(31, n_borrowers=500, applicants=150)
    horizon = MONTHS + RUNOFF
    run = RunSettings(
        paths=PATHS,
        months=MONTHS,
        runoff_months=RUNOFF,
        seed=32,
        threads=1,
        history_borrowers=10_000,
    )
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
