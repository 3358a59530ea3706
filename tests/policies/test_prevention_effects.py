"""Early warning and prevention move what they should and nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.policies import EarlyWarningCall, Education, Prevention
from simulator.vocabulary import Cause, Count
from tests.conftest import CALM, Small, cause_balance, small_book
from tests.policies.effects import against, arrivals, differ, total
from tests.policies.policy_tables import preset

F8 = NDArray[np.float64]


# --- Early warning -----------------------------------------------------------------------------

N_PATHS = 40


def warned_in_first_month(policy: EarlyWarningCall) -> tuple[float, float, float]:
    """Coming troubles, calls made and calls made rightly in month 1, before any call acts."""
    small = against(policy, paths=N_PATHS, months=1)
    counts = small.counts("policy")[:, 1]
    targets, made, rightly = (
        float(counts[:, c].sum())
        for c in (Count.WARNING_TARGETS, Count.WARNED, Count.WARNED_RIGHTLY)
    )
    return targets, made, rightly


def test_early_warning_realises_its_recall_and_at_its_base_rate_its_precision() -> None:
    unlimited = {"calls_per_1000_loans": 1e6}
    all_flagged = EarlyWarningCall(recall=1.0, precision=0.5, base_rate=0.5, **unlimited)
    targets, scored, rightly = warned_in_first_month(all_flagged)
    assert rightly == targets
    base = targets / scored
    assert 0.02 < base < 0.3
    policy = EarlyWarningCall(recall=0.6, precision=0.4, base_rate=base, **unlimited)
    same_targets, made, rightly = warned_in_first_month(policy)
    assert same_targets == targets
    # A borrower's loans may share a draw: up to twice the variance of independent loans.
    error = np.sqrt(2 * 0.6 * 0.4 / targets)
    assert abs(rightly / targets - 0.6) < 4 * error
    error = np.sqrt(2 * 0.4 * 0.6 / made)
    assert abs(rightly / made - 0.4) < 4 * error


def test_calls_before_the_due_day_never_exceed_their_capacity() -> None:
    small = against(EarlyWarningCall(calls_per_1000_loans=20.0), months=6)
    made = small.counts("policy")[:, 1:, Count.WARNED]
    opening = np.count_nonzero(arrivals(small.book) == 0)
    assert np.all(made <= 20.0 * opening / 1000)
    assert made.sum() > 0
    assert np.array_equal(small.counts("policy")[:, 1:, Count.PROGRAMME_COST] > 0, made > 0)


def test_a_warning_without_an_offer_and_without_lapses_changes_no_loan() -> None:
    """What a call does besides the offer is to keep attention; without lapses it does nothing.

    It is a contact, of course, and the lender may see a hardship then.
    """
    lapses = ("strength_forgot", "strength_channel_failure", "strength_did_not_understand")
    silent = EarlyWarningCall(accept_if_need=0.0, accept_if_no_need=0.0)
    small = against(silent, parameters=dict.fromkeys(lapses, 0.0), history=True)
    before, after = small.history(), small.history("policy")
    moved = [n for n in before.dtype.names or () if not np.array_equal(before[n], after[n])]
    assert set(moved) <= {"contacts", "hardship_seen"}
    assert after["contacts"].sum() > before["contacts"].sum()
    assert total(small, Count.WARNED) > 0


# --- Prevention --------------------------------------------------------------------------------

REPAIRED: dict[str, tuple[Cause, str]] = {
    "channel_repair": (Cause.CHANNEL_FAILURE, "strength_channel_failure"),
    "simpler_products": (Cause.DID_NOT_UNDERSTAND, "strength_did_not_understand"),
}


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repair_changes_nothing_but_the_consequences_of_what_it_repairs(name: str) -> None:
    """Where the cause cannot occur, no loan differs by a bit; only the programme's cost does."""
    _, strength = REPAIRED[name]
    small = against(preset(name), parameters={strength: 0.0}, history=True)
    assert not np.any(differ(small.history(), small.history("policy")))
    assert np.array_equal(small.flows(), small.flows("policy"))
    changed = np.flatnonzero(np.any(small.counts() != small.counts("policy"), axis=(0, 1)))
    assert changed.tolist() == [Count.PROGRAMME_COST]


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repair_leaves_loans_alone_that_never_suffered_from_the_cause(name: str) -> None:
    """A cause repaired in full is as good as a cause that never was."""
    cause, strength = REPAIRED[name]
    fields = {"channel_repair": "channel_factor", "simpler_products": "misunderstand_factor"}
    repaired = Prevention.model_validate({fields[name]: 0.0})
    slow = dict.fromkeys(("channel_mean_days", "misunderstand_mean_days"), 30.0)
    with_it = against(repaired, parameters=slow, history=True)
    without_it = against(repaired, parameters=slow | {strength: 0.0}, history=True)
    assert cause_balance(with_it.tallies(), cause) > 0.0
    assert cause_balance(with_it.tallies("policy"), cause) == 0.0
    assert np.array_equal(with_it.history("policy"), without_it.history())


@pytest.mark.parametrize("name", ["smart_reminders", "autopay_enrolment"])
def test_reminders_and_autopay_prevent_forgetting_alone(name: str) -> None:
    """Without forgetting, they change no loan; with it, less is forgotten."""
    idle = against(preset(name), parameters={"strength_forgot": 0.0}, history=True)
    assert not np.any(differ(idle.history(), idle.history("policy")))
    assert total(idle, Count.PROGRAMME_COST) > 0.0
    small = against(preset(name), paths=20)
    late = [total(small, Count.INSTALMENTS_LATE, p) for p in ("policy", "status_quo")]
    assert late[0] < late[1]


def first_month_that_differs(small: Small) -> int:
    same = np.all(small.history() == small.history("policy"), axis=1)
    return int(np.argmin(same))


def test_education_does_nothing_in_its_first_month_and_acts_later() -> None:
    policy = Education(share_reached=1.0, months_to_full_effect=6, first_month=3)
    small = against(policy, book=small_book(1_000), history=True)
    assert 4 <= first_month_that_differs(small) < 12
    paired = [small.counts(p)[:, :, Count.PROGRAMME_COST] for p in ("status_quo", "policy")]
    assert np.all(paired[0] == 0.0)
    assert np.all(paired[1][:, :3] == 0.0)
    assert np.all(paired[1][:, 3:] > 0.0)


def test_education_prevents_more_the_longer_it_runs() -> None:
    """The share of instalments paid late falls more in each of three years."""
    policy = Education(share_reached=1.0, months_to_full_effect=24)
    book = small_book(1_000, months=36)
    small = against(policy, book=book, months=36, paths=20, worlds={"hard": CALM})

    def late_rate(name: str) -> F8:
        years = small.counts(name)[:, 1:].reshape(20, 3, 12, -1).sum(axis=(0, 2))
        rate: F8 = years[:, Count.INSTALMENTS_LATE] / years[:, Count.INSTALMENTS_DUE]
        return rate

    saved = late_rate("status_quo") - late_rate("policy")
    assert 0.0 < saved[0] < saved[1] < saved[2]
