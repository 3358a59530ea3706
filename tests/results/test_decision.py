"""One rule: what an interval says, and who is first."""

import pytest

from simulator.results.decision import Verdict, best_first, surely_best, verdict
from simulator.results.estimate import Estimate

A, B = Estimate(5.0, -1.0, 11.0), Estimate(4.0, 3.5, 4.5)
"""More by mean but not surely, and less but surely."""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (A, Verdict.UNCLEAR),
        (B, Verdict.BETTER),
        (B.times(-1.0), Verdict.WORSE),
        (Estimate(0.0, 0.0, 0.0), Verdict.SAME),
        (Estimate(5.0), Verdict.SINGLE),
    ],
)
def test_a_verdict_comes_from_the_interval(change: Estimate[float], told: Verdict) -> None:
    assert verdict(change) is told
    turned = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    assert verdict(change, -1) is turned.get(told, told)


def test_who_surely_gains_comes_before_who_may_gain_more() -> None:
    assert best_first({"a": A, "b": B}) == ("b", "a")
    assert surely_best({"a": A, "b": B}) == "b"
    assert surely_best({"a": A}) is None
    assert surely_best({}) is None
    assert best_first({"a": Estimate(1.0), "b": Estimate(2.0)}) == ("b", "a")
    assert best_first({"a": B, "b": B.times(2.0)}, -1) == ("a", "b")
