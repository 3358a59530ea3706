"""What an estimated change allows to say, and which policy follows: one rule for every face."""

from collections.abc import Mapping
from enum import StrEnum

from simulator.results.estimate import Estimate


class Verdict(StrEnum):
    """What the interval of a change tells."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    """No difference at all."""
    UNCLEAR = "unclear"
    """The interval holds zero: not distinguishable."""
    SINGLE = "single"
    """No interval: one draw of the economy."""


def verdict(change: Estimate[float], better: int = 1) -> Verdict:
    """What ``change`` tells, of a measure of which more (``better`` 1) or less (-1) is better."""
    if change.is_zero:
        return Verdict.SAME
    if not change.has_interval:
        return Verdict.SINGLE
    by_sign = {better: Verdict.BETTER, -better: Verdict.WORSE}
    return by_sign.get(change.sign, Verdict.UNCLEAR)


def place(change: Estimate[float], better: int = 1) -> tuple[bool, float]:
    """The higher the better: what surely gains before what does not, then by mean."""
    return verdict(change, better) is Verdict.BETTER, better * change.mean


def best_first(changes: Mapping[str, Estimate[float]], better: int = 1) -> tuple[str, ...]:
    """Policies by ``place``, equal ones in the order that they have."""
    return tuple(sorted(changes, key=lambda name: place(changes[name], better), reverse=True))


def surely_best(changes: Mapping[str, Estimate[float]], better: int = 1) -> str | None:
    """The policy that surely gains and gains most by mean; None where none surely does."""
    first = next(iter(best_first(changes, better)), None)
    gains = first is not None and verdict(changes[first], better) is Verdict.BETTER
    return first if gains else None
