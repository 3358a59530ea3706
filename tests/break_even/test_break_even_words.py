"""The answer in words and in numbers."""

import math

import xarray as xr

from simulator.results.break_even import (
    BreakEven,
    GainPoint,
    Verdict,
    break_even_manifest,
    break_even_rows,
    in_words,
    with_break_evens,
)

NAN = float("nan")


def _answer(**changes):
    points = (GainPoint(0.0, 2e6, 1e6, 3e6), GainPoint(1.0, -4e5, -5e5, -3e5))
    plain = {
        "name": "take_up",
        "policy": "grace_period",
        "field": "take_up_if_no_need",
        "scenario": "calm",
        "metric": "net_result",
        "low": 0.0,
        "high": 1.0,
        "verdict": Verdict.CROSSES,
        "value": 0.42,
        "ci_low": 0.3,
        "ci_high": 0.5,
        "pays_below": True,
        "points": points,
    }
    return BreakEven(**(plain | changes))


def test_a_crossing_is_told_with_its_interval_and_side():
    assert in_words(_answer(), "CNY") == (
        "calm, grace_period: take_up_if_no_need breaks even at 0.42 [0.3, 0.5];"
        " the policy pays below it"
    )
    one_path = (GainPoint(0.0, -2e6, NAN, NAN), GainPoint(1.0, 4e5, NAN, NAN))
    without = {"ci_low": NAN, "ci_high": NAN, "pays_below": False, "points": one_path}
    told = in_words(_answer(**without, warnings=("w",)), "CNY")
    assert "at 0.42 (too few paths for an interval); the policy pays above it; w" in told


def test_an_end_outside_of_the_bracket_is_told_as_such():
    below, above = "at or below 0 (end of the bracket)", "at or above 1 (end of the bracket)"
    assert f"at 0.42 [{below}, 0.5]; the" in in_words(_answer(ci_low=NAN), "CNY")
    assert f"at 0.42 [0.3, {above}]; the" in in_words(_answer(ci_high=NAN), "CNY")
    told = in_words(_answer(ci_low=NAN, ci_high=NAN), "CNY")
    assert f"at 0.42 [{below}, {above}]; the" in told


def test_too_few_paths_are_told_with_the_gain_at_both_ends():
    none = {"value": NAN, "ci_low": NAN, "ci_high": NAN, "pays_below": None}
    points = (GainPoint(0.0, -2e4, -3e6, 2e6), GainPoint(1.0, -4e4, -5e6, 4e6))
    told = in_words(_answer(verdict=Verdict.UNDECIDED, points=points, **none), "CNY")
    assert told == (
        "calm, grace_period: take_up_if_no_need has no break-even that could be shown in [0, 1]:"
        " too few paths to say whether the policy pays; gain of net result"
        " -2e+04 to -4e+04 CNY"
    )


def test_an_undecided_answer_has_empty_numbers_everywhere():
    none = {"value": NAN, "ci_low": NAN, "ci_high": NAN, "pays_below": None}
    answer = _answer(verdict=Verdict.UNDECIDED, **none)
    (row,) = break_even_rows([answer])
    assert math.isnan(row.mean)
    told = break_even_manifest([answer])["take_up"]
    assert (told["verdict"], told["value"], told["ci_low"]) == ("undecided", None, None)
    dataset = with_break_evens(xr.Dataset(attrs={"currency": "CNY"}), [answer])
    assert str(dataset["break_even_verdict"].values[0]) == "undecided"
    assert "undecided" in dataset["break_even_verdict"].attrs["long_name"]


def test_no_crossing_is_told_with_the_gain_at_both_ends():
    none = {"value": NAN, "ci_low": NAN, "ci_high": NAN, "pays_below": None}
    told = in_words(_answer(verdict=Verdict.NEVER_PAYS, **none), "CNY")
    assert "no break-even in [0, 1]: the policy never pays; gain" in told
    assert "+2e+06 to -4e+05 CNY" in told
