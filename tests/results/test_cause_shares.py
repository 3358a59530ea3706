"""Shapley values keep their promises, and causes.csv holds them."""

from itertools import permutations

import numpy as np
import pytest

from simulator.results.cause_shares import cause_shares, shapley


def _values(groups: int, paths: int, seed: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).gamma(2.0, size=(2**groups, paths))


def test_each_group_has_its_mean_gain_over_all_orders():
    values = _values(4, 3, 1)
    gains = np.zeros((4, 3))
    orders = list(permutations(range(4)))
    for order in orders:
        on = 0
        for group in order:
            gains[group] += values[on | 1 << group] - values[on]
            on |= 1 << group
    np.testing.assert_allclose(shapley(values), gains / len(orders), rtol=1e-12)


def test_shares_add_up_to_one_and_a_group_that_adds_nothing_has_none():
    values = _values(3, 40, 2)
    values[-1] += 20.0
    for on in range(8):
        values[on] = values[on | 2]
    rows = cause_shares("baseline", ("a", "b", "c"), values, {}, 1)
    assert sum(row.share for row in rows) == pytest.approx(1.0)
    assert rows[1].share == pytest.approx(0.0, abs=1e-12)
    assert all(row.ci_low <= row.share <= row.ci_high for row in rows)


def test_groups_that_do_the_same_have_the_same_share():
    values = np.array([[0.0], [1.0], [1.0], [4.0]]) * np.array([[1.0, 1.1, 0.9]])
    rows = cause_shares("baseline", ("a", "b"), values, {"a": values[3] / 4.0}, 1)
    assert [row.share for row in rows] == pytest.approx([0.5, 0.5])
    assert rows[0].label_share == pytest.approx(0.25)
    assert np.isnan(rows[1].label_share)
