"""Contradictions among targets that need no model."""

import numpy as np

from simulator.calibrate.data.moments import Moments
from simulator.calibrate.data.targets import check_targets, observed
from tests.calibrate.data.targets import (
    CURES,
    FLAGS,
    LEVEL,
    OUTCOME,
    ROLLS,
    SERIES,
    SHARES,
    VINTAGE,
    calibration,
)


def moments_of(name: str, labels: tuple[str, ...], values: list[float], sd: float) -> Moments:
    size = len(labels)
    return Moments(name, labels, np.array(values), np.eye(size) * sd**2, np.zeros(size))


def found_in(targets: dict[str, object], *evidence: Moments) -> tuple[str, ...]:
    return check_targets({moments.name: moments for moments in evidence}, calibration(targets))


def test_targets_that_agree_are_not_reported() -> None:
    settings = calibration(
        {
            "rolls": ROLLS,
            "again": ROLLS,
            "cures": CURES,
            "shares": SHARES,
            "flags": FLAGS,
            "series": SERIES,
            "deeper": SERIES | {"measure": "overdue_rate_60", "column": "balance_60dpd_pct"},
            "level": LEVEL,
            "vintage": VINTAGE,
            "outcome": OUTCOME,
        }
    )
    assert check_targets(observed(settings), settings) == ()


def test_60_above_30_in_the_same_quarter_names_both_targets() -> None:
    targets = {"shallow": SERIES, "deep": SERIES | {"measure": "overdue_rate_60"}}
    quarters = ("2013Q1", "2013Q2")
    found = found_in(
        targets,
        moments_of("shallow", quarters, [0.02, 0.02], 0.001),
        moments_of("deep", quarters, [0.023, 0.025], 0.001),
    )
    assert len(found) == 1
    assert "targets.deep (2013Q2: 2.5000%)" in found[0]
    assert "targets.shallow (2013Q2: 2.0000%)" in found[0]
    other = moments_of("deep", ("2014Q1",), [0.5], 0.001)
    assert found_in(targets, moments_of("shallow", quarters, [0.02, 0.02], 0.001), other) == ()


def test_two_values_of_one_measure_and_period_are_reported_beyond_three_standard_errors() -> None:
    targets = {"one": LEVEL, "two": LEVEL}
    label = ("first_day_overdue_rate months 1-12",)
    one = moments_of("one", label, [0.07], 0.003)
    near = moments_of("two", label, [0.084], 0.004)
    far = moments_of("two", label, [0.086], 0.004)
    assert found_in(targets, one, near) == ()
    (text,) = found_in(targets, one, far)
    assert "targets.one" in text
    assert "targets.two" in text
    assert "differ by more than 3 standard errors" in text


def test_rolls_out_of_one_state_that_sum_to_more_than_one_are_reported() -> None:
    targets = {
        "stay": ROLLS | {"cells": ["2->2"], "months": ["2005-04"]},
        "leave": ROLLS | {"cells": ["2->C"], "months": ["2005-04"]},
    }
    stay = moments_of("stay", ("2->2 2005-04",), [0.7], 0.01)
    leave = moments_of("leave", ("2->C 2005-04",), [0.4], 0.01)
    (text,) = found_in(targets, stay, leave)
    assert "targets.stay" in text
    assert "targets.leave" in text
    assert "sum to 110.00% of one state" in text
    assert found_in(targets, stay, moments_of("leave", ("2->C 2005-04",), [0.33], 0.01)) == ()


def test_a_share_of_nobody_contradicts_nothing() -> None:
    targets = {"one": LEVEL, "two": LEVEL}
    label = ("first_day_overdue_rate months 1-12",)
    one, two = (moments_of(n, label, [v], 0.0) for n, v in (("one", 0.07), ("two", np.nan)))
    assert found_in(targets, one, two) == ()
