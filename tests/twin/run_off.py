"""Section 14: what loans bring in the run-off by their outlook, from finished diaries."""

from collections.abc import Iterator

from simulator.catalogue import Parameters
from simulator.kernels.tally import Tallies
from simulator.vocabulary import LoanStatus
from tests.twin.diary import Diary, Entry

EDGES = (3, 6, 12, 24)


def outlook(entry: Entry) -> int:
    """Bucket, then whether it ever had relief, then the class of the remaining months."""
    term = sum(entry.remaining > edge for edge in EDGES)
    return min(entry.unpaid, 7) * 10 + (5 if entry.relief_uses > 0 else 0) + term


def _pairs(diary: Diary, months: int) -> Iterator[tuple[Entry, Entry]]:
    """A month end at which the loan is open, from the last reported one on, and the next."""
    for before, after in zip(diary.entries, diary.entries[1:], strict=False):
        if before.open and before.month >= months:
            yield before, after


def gain_of(diary: Diary, entry: Entry, p: Parameters, money: float) -> float:
    funding = p["funding_annual_rate"] * (1.0 - p["tax_rate"])
    v = 1.0 / (1.0 + funding / 12.0)
    cost = entry.cost + p["operating_cost_monthly"] * money
    cost += p["operating_cost_rate"] / 12.0 * entry.opening
    lost = later = 0.0
    if entry.status is LoanStatus.SOLD:
        lost, later = entry.balance, entry.price
    if entry.status is LoanStatus.WRITTEN_OFF:
        lost = entry.balance
        stays = 0.5 ** (1.0 / diary.half_life_months)
        later = sum(
            lost * diary.recovery_share * (1.0 - stays) * stays ** (k - 1) * v**k
            for k in range(1, 4000)
        )
        later += diary.court[1] if diary.court else 0.0
    taxed = entry.interest - cost - lost + later
    tied_up = p["capital_target"] * p["risk_weight"] * entry.opening
    charge = (p["cost_of_equity"] - funding) / 12.0 * tied_up
    return entry.paid - cost + later - p["tax_rate"] * taxed - charge


def add_run_off(
    diaries: list[Diary], months: int, horizon: int, p: Parameters, money: float, sums: Tallies
) -> None:
    """Fill ``left``, ``brought`` and ``passed_on`` of a path."""
    for diary in diaries:
        for before, after in _pairs(diary, months):
            was, balance = outlook(before), diary.weight * before.balance
            sums.brought[diary.product, was, 0] += balance
            sums.brought[diary.product, was, 1] += diary.weight * gain_of(diary, after, p, money)
            if after.open:
                now = outlook(after)
                sums.passed_on[diary.product, was, now] += diary.weight * after.balance
        last = diary.entries[-1]
        if last.open and last.month == horizon:
            sums.left[0, diary.product, outlook(last)] += diary.weight * last.balance
