"""The answer as rows, in the manifest and in results.nc."""

import math

import xarray as xr

from simulator.results.break_even import (
    BreakEven,
    GainPoint,
    Verdict,
    break_even_manifest,
    break_even_rows,
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
