"""Kernel functions one by one: against formulas, and without the compiler.

``py_func`` is the plain Python function behind a compiled one, as a debugger sees it.
"""

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.catalogue import pack_parameters, parameters_from
from simulator.kernels import amounts_due, borrower, payment
from simulator.kernels.records import LOAN_DTYPE, LOAN_STATE_DTYPE, TERMS_DTYPE, records
from simulator.shocks.world import WORLD_DTYPE
from simulator.units import end_of_month_dpd
from simulator.vocabulary import (
    LASTING_BITS,
    MAX_UNPAID,
    Amortisation,
    Cause,
    Hardship,
    Life,
    Work,
    WorkState,
)
from tests import ROOT
from tests.conftest import RICH, run_small
from tests.twin.samples import random_book

P = records(pack_parameters(parameters_from({})))[0]
shares = st.floats(0, 1)
money = st.floats(0, 1e6)


# --- Without the compiler ----------------------------------------------------------------------

SCALARS = {
    "annuity": (payment.annuity_instalment, (10_000.0, 0.015, 12)),
    "annuity at no interest": (payment.annuity_instalment, (10_000.0, 0.0, 7)),
    "scheduled annuity": (
        payment.scheduled_principal, (0, 900.0, 13.5, 91.7, 11, 1000.0, 0.1, 0.02),
    ),
    "scheduled line": (
        payment.scheduled_principal, (3, 900.0, 13.5, 0.0, 0, 1000.0, 0.1, 0.02),
    ),
    "dpd": (payment.dpd_at_month_end, (3, 17)),
    "split": (payment.split_due, (70.0, 20.0, 0.3)),
    "waterfall": (payment.waterfall, (55.0, 10.0, 20.0, 15.0, 100.0)),
    "line draw": (payment.line_draw, (300.0, 1000.0, 400.0, 0.8, 0.3)),
    "next work": (borrower.next_work, (0, 0.013, 0.01, 0.3, 0.02, 0.2)),
    "spell": (borrower.next_spell, (1, 0.1, 0.0, 6.0)),
    "late days": (borrower.late_days, (0.37, 6.0)),
    "savings": (borrower.new_savings, (P, 900.0, 500.0, 600.0, 0.0)),
    "cut": (borrower.spending_cut, (P, 1, 2)),
    "medical cost": (borrower.medical_cost, (P, 0.03, 1)),
    "hospital cost": (borrower.hospital_cost, (P, 0.03, 0)),
    "lasting loss": (borrower.lasting_loss, (P, 12)),
    "property cost": (borrower.property_cost, (P, 0.03)),
    "refusal": (borrower.refusal_hazard, (P, 1.3, 0.9, 2, 3, 1.1)),
    "income": (borrower.income_factor, (P, int(WorkState.REDUCED | Life.ILL), 1, 0, 0.2)),
    "shock": (borrower.shock_in_force, (P, int(Life.ILL | Life.DISASTER), 0)),
    "hardship": (borrower.hardship_of, (int(Life.CLOSED),)),
}  # fmt: skip


@pytest.mark.parametrize("name", SCALARS)
def test_a_function_gives_the_same_number_with_and_without_the_compiler(name: str) -> None:
    function, arguments = SCALARS[name]
    np.testing.assert_allclose(function(*arguments), function.py_func(*arguments), rtol=1e-14)


def tiny_run() -> dict[str, np.ndarray]:
    """Histories of a dozen borrowers under policies that use every phase, by policy and column."""
    small = run_small(
        random_book(5, n_borrowers=12, applicants=6, dormant=0),
        policies=RICH,
        months=3,
        paths=1,
        history=True,
    )
    histories = {policy: small.history(policy) for policy in RICH}
    return {
        f"{policy}_{name}": history[name]
        for policy, history in histories.items()
        for name in history.dtype.names or ()
    }


def test_whole_paths_run_without_the_compiler_and_give_the_same_history(tmp_path: Path) -> None:
    root, file = ROOT, tmp_path / "plain.npz"
    program = f"""
import numpy
from tests.kernels.test_kernels_units import tiny_run
numpy.savez({str(file)!r}, **tiny_run())
"""
    subprocess.run(
        [sys.executable, "-W", "ignore:overflow", "-c", program],
        check=True,
        timeout=300,
        env=os.environ
        | {"NUMBA_DISABLE_JIT": "1"}
        | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")])},
    )
    compiled = tiny_run()
    assert compiled["status_quo_paid"].sum() > 0
    with np.load(file) as plain_run:
        assert set(plain_run) == set(compiled)
        for name, column in compiled.items():
            np.testing.assert_allclose(plain_run[name], column, rtol=1e-9, atol=1e-6, err_msg=name)


# --- The loan ----------------------------------------------------------------------------------


@given(
    principal=st.floats(1, 1e6),
    rate=st.just(0.0) | st.floats(1e-6, 0.05),
    months=st.integers(1, 360),
)
def test_an_annuity_repays_its_principal(principal: float, rate: float, months: int) -> None:
    """The present value of its instalments is the principal."""
    instalment = payment.annuity_instalment(principal, rate, months)
    value = instalment * sum((1 + rate) ** -k for k in range(1, months + 1))
    assert value == pytest.approx(principal, rel=1e-6)


def test_an_annuity_at_nearly_no_interest_is_that_at_none() -> None:
    assert payment.annuity_instalment(1200.0, 1e-17, 12) == pytest.approx(100.0)


@given(paid=money, fees=money, penalty=money, interest=money, principal=money)
def test_the_waterfall_serves_fees_then_penalty_then_interest_then_principal(
    paid: float, fees: float, penalty: float, interest: float, principal: float
) -> None:
    owed = (fees, penalty, interest, principal)
    parts = payment.waterfall(paid, *owed)
    assert sum(parts) == pytest.approx(min(paid, sum(owed)), rel=1e-9, abs=1e-6)
    for k, (part, due) in enumerate(zip(parts, owed, strict=True)):
        assert 0 <= part <= due
        if part < due - 1e-6:
            assert sum(parts[k + 1 :]) == pytest.approx(0.0, abs=1e-6)


@given(principal=money, interest=money, share=shares)
def test_a_partial_deferral_takes_interest_first(
    principal: float, interest: float, share: float
) -> None:
    due_principal, due_interest = payment.split_due(principal, interest, share)
    assert due_principal + due_interest == pytest.approx(share * (principal + interest), abs=1e-6)
    assert due_interest <= interest
    assert due_principal <= 1e-6 or due_interest == pytest.approx(interest)


@given(n=st.integers(0, MAX_UNPAID), due_day=st.integers(1, 28))
def test_days_past_due_agree_with_their_definition(n: int, due_day: int) -> None:
    dpd = payment.dpd_at_month_end(n, due_day)
    assert dpd == end_of_month_dpd(n, due_day)
    assert n == 0 or dpd % 30 != 0


@given(amounts=st.lists(st.floats(0.01, 100), min_size=1, max_size=10), paid=st.floats(0, 1500))
def test_payments_clear_the_oldest_instalments_first(amounts: list[float], paid: float) -> None:
    queue = np.zeros((1, MAX_UNPAID))
    queue[0, : len(amounts)] = amounts
    left = payment.clear_oldest(queue, 0, len(amounts), paid)
    remaining = sum(amounts) - min(paid, sum(amounts))
    assert queue[0, :left].sum() == pytest.approx(remaining, abs=1e-6)
    younger = amounts[len(amounts) - left :]
    np.testing.assert_array_equal(queue[0, 1:left], younger[1:])


@given(
    principal=money,
    limit=st.floats(1, 1e6),
    target=money,
    multiplier=st.floats(0, 3),
    stress=shares,
)
def test_a_draw_never_exceeds_the_limit(
    principal: float, limit: float, target: float, multiplier: float, stress: float
) -> None:
    draw = payment.line_draw(principal, limit, target, multiplier, stress)
    assert draw >= 0
    assert draw == 0 or principal + draw <= limit * multiplier * (1 + 1e-12)


@given(
    kind=st.sampled_from(Amortisation),
    principal=st.floats(1, 1e5),
    rate=st.floats(0, 0.5),
    remaining=st.integers(1, 60),
    due_share=shares,
    interest_share=shares,
    overdue=st.floats(0, 1e4),
    n_unpaid=st.integers(0, 8),
)
def test_relief_never_raises_what_is_due(
    kind: Amortisation,
    principal: float,
    rate: float,
    remaining: int,
    due_share: float,
    interest_share: float,
    overdue: float,
    n_unpaid: int,
) -> None:
    """The same loan in the same month, with and without a grace period."""
    loan = record(LOAN_DTYPE, kind=kind, due_day=10)
    terms = record(TERMS_DTYPE, accrual_stop_dpd=90, penalty_multiple=1.5, min_payment_share=0.1)
    state = record(
        LOAN_STATE_DTYPE,
        principal=principal,
        base_rate=rate,
        n_unpaid=n_unpaid,
        principal_overdue=overdue,
        instalment=payment.annuity_instalment(principal, rate / 12, remaining),
        remaining=remaining,
        limit=principal,
        relief_due=due_share,
        relief_interest=interest_share,
    )
    world = record(WORLD_DTYPE, rate_cap=0.24)
    plain_demand, plain_due = amounts_due.demand_of(loan, terms, state, P, world)
    state.relief_left = 3
    relieved_demand, relieved_due = amounts_due.demand_of(loan, terms, state, P, world)
    assert relieved_due <= plain_due * (1 + 1e-12)
    assert relieved_demand <= plain_demand * (1 + 1e-12)
    if due_share == 0.0:
        assert relieved_demand == 0.0


def record(dtype: np.dtype[np.void], **values: float) -> Any:
    """A record of ``dtype`` with ``values``, all other fields 0."""
    filled = records(np.zeros(1, dtype=dtype))
    for name, value in values.items():
        filled[name] = value
    return filled[0]


# --- The borrower ------------------------------------------------------------------------------


@given(u=st.floats(0, 1, exclude_max=True), separation=shares, cut=shares, restore=shares)
def test_work_moves_by_its_chances(u: float, separation: float, cut: float, restore: float) -> None:
    """One uniform serves all transitions: the cumulative chances, spelled out."""
    new = borrower.next_work(int(WorkState.EMPLOYED), u, separation, 0.3, cut, restore)
    if u < separation:
        assert new == WorkState.UNEMPLOYED
    elif u < separation + (1 - separation) * cut:
        assert new == WorkState.REDUCED
    else:
        assert new == WorkState.EMPLOYED
    found = borrower.next_work(int(WorkState.UNEMPLOYED), u, separation, 0.3, cut, restore)
    assert found == (WorkState.EMPLOYED if u < 0.3 else WorkState.UNEMPLOYED)


@pytest.mark.parametrize("kind", Work)
@pytest.mark.parametrize("state", WorkState)
@pytest.mark.parametrize("bits", [*range(0, 32, 4), int(Life.HOSPITAL), int(Life.HOSPITAL | 28)])
@pytest.mark.parametrize(("k", "left"), [(0, 0.0), (1, 1.0), (10, 0.75), (19, 0.5), (36, 1 / 36)])
def test_income_falls_by_each_shock_and_stays_within_its_bounds(
    kind: Work, state: WorkState, bits: int, k: int, left: float
) -> None:
    """A lasting loss fades over 36 months: ``left`` of it in its month ``k``."""
    life = int(state) | bits | k << LASTING_BITS
    factor = borrower.income_factor(P, life, int(kind), 0, 0.2)
    assert 0.0 <= factor <= 1.0
    expected = {WorkState.EMPLOYED: 1.0, WorkState.UNEMPLOYED: P.informal_income_share}.get(
        state, 1.0 - borrower.cut_depth(P, int(kind))
    )
    expected *= 1.0 - P.illness_income_loss if bits & Life.ILL else 1.0
    expected *= 1.0 - P.hospital_income_loss if bits & Life.HOSPITAL else 1.0
    expected *= 1.0 - P.hospital_lasting_loss * left
    expected *= 1.0 - P.disaster_income_loss if bits & Life.DISASTER else 1.0
    closed = bits & Life.CLOSED and state is not WorkState.UNEMPLOYED
    expected *= 1.0 - P.closure_income_loss if closed else 1.0
    assert factor == pytest.approx(expected, rel=1e-12)


def test_the_first_shock_in_force_is_the_cause() -> None:
    all_bits = int(WorkState.REDUCED | Life.ILL | Life.DISASTER | Life.CLOSED)
    order = [
        (int(WorkState.UNEMPLOYED) | (all_bits & ~3), Cause.JOB_LOSS, Hardship.JOB_LOSS),
        (all_bits, Cause.ILLNESS, Hardship.ILLNESS),
        (all_bits & ~Life.ILL | Life.HOSPITAL, Cause.ILLNESS, Hardship.ILLNESS),
        (all_bits & ~Life.ILL | Life.WEAKENED, Cause.ILLNESS, Hardship.ILLNESS),
        (all_bits & ~Life.ILL, Cause.DISASTER, Hardship.DISASTER),
        (
            int(WorkState.REDUCED | Life.CLOSED),
            Cause.EPIDEMIC_CLOSURE,
            Hardship.REDUCED_INCOME,
        ),
        (int(WorkState.REDUCED), Cause.PAY_CUT, Hardship.REDUCED_INCOME),
        (19 << LASTING_BITS, Cause.NONE, Hardship.NONE),
        (0, Cause.NONE, Hardship.NONE),
    ]
    for life, cause, hardship in order:
        assert borrower.shock_in_force(P, int(life), int(Work.FORMAL)) == cause
        assert borrower.hardship_of(int(life)) == hardship


def test_the_chance_of_refusal_rises_with_burden_bucket_and_time_overdue() -> None:
    def hazard(burden: float, unpaid: int, spell: int) -> float:
        return float(borrower.refusal_hazard(P, 1.0, burden, unpaid, spell, 1.0))

    assert hazard(0.2, 0, 0) == pytest.approx(P.p_refuse_monthly)
    assert hazard(0.2, 1, 1) < hazard(0.2, 1, 2) < hazard(0.2, 1, 6)
    assert hazard(0.2, 1, 3) < hazard(0.2, 2, 3)
    assert hazard(0.2, 1, 1) < hazard(0.9, 1, 1)


def test_late_days_have_their_mean() -> None:
    """Midpoints of a fine grid stand for the uniform."""
    n = 100_000
    days = [borrower.late_days((k + 0.5) / n, 6.0) for k in range(n)]
    assert min(days) == 1
    assert np.mean(days) == pytest.approx(6.0, abs=0.01)
    assert borrower.late_days(0.01, 1.0) == 1
    assert days[0] == 1 + math.floor(math.log(0.5 / n) / math.log(1 - 1 / 6))


def test_an_overspender_cuts_late_and_the_prudent_at_once() -> None:
    cuts = [borrower.spending_cut(P, 1, months) for months in range(8)]
    assert cuts[0] == 0.0
    assert all(np.diff(cuts) >= 0)
    assert cuts[-1] == P.discretionary_cut_max == borrower.spending_cut(P, 0, 0)


@given(cash=money, savings=money, target=money, windfall=money)
def test_savings_absorb_shortfalls_in_full_and_surpluses_in_part(
    cash: float, savings: float, target: float, windfall: float
) -> None:
    new = borrower.new_savings(P, cash, savings, target, windfall)
    if cash <= savings:
        assert new == cash
    else:
        assert savings <= new <= cash + 1e-9
        assert new <= max(savings, target) + windfall + 1e-6
