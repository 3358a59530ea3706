"""Waterfalls of Shapley values add up, and toys have the parts that they must."""

import csv
from io import StringIO

import numpy as np
import pytest

from simulator.results.cause_shares import (
    END,
    START,
    Explained,
    causes_text,
    shapley,
    waterfall_rows,
)

WHAT = Explained("downturn", "credit_loss", "CNY", 1)
PATHS = 12


def table(worth) -> np.ndarray:
    """``worth(on, luck)`` for every subset of three players and every path."""
    luck = np.random.default_rng(2).gamma(2.0, size=PATHS)
    return np.array([worth(on, luck) for on in range(8)])


def test_of_an_additive_game_each_player_has_its_own_worth():
    worth = (3.0, 5.0, 7.0)
    values = table(lambda on, luck: luck + sum(w for k, w in enumerate(worth) if on >> k & 1))
    np.testing.assert_allclose(shapley(values), np.repeat([[3.0], [5.0], [7.0]], PATHS, 1))


def test_an_interaction_of_two_is_halved_and_a_dummy_has_exactly_nothing():
    values = table(lambda on, luck: luck * float(on & 3 == 3) + 4.0)
    found = shapley(values)
    np.testing.assert_allclose(found[0], values[7] / 2 - 2.0, rtol=1e-12)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)
    assert (found[2] == 0.0).all()


def test_parts_add_up_to_the_figure():
    values = np.random.default_rng(3).gamma(2.0, 1e6, size=(64, PATHS))
    values[-1] += 5e7
    rows = waterfall_rows(WHAT, tuple("abcdef"), values)
    assert [row.group for row in rows] == [START, *"abcdef", END]
    added = sum(row.amount for row in rows[:-1])
    assert added == pytest.approx(rows[-1].amount, rel=1e-12)
    assert rows[-1].amount == pytest.approx(values[-1].mean(), rel=1e-12)
    assert sum(row.share for row in rows[1:-1]) == pytest.approx(1.0)
    assert all(row.amount_ci_low <= row.amount <= row.amount_ci_high for row in rows)


def test_the_file_adds_up_to_the_cent():
    values = np.random.default_rng(4).gamma(2.0, 1e7, size=(64, PATHS))
    lines = list(csv.DictReader(StringIO(causes_text(waterfall_rows(WHAT, "abcdef", values)))))
    amounts = [float(line["amount"]) for line in lines]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.01)
    assert {line["metric"] for line in lines} == {"credit_loss"}


def test_where_nothing_adds_anything_there_are_no_shares():
    rows = waterfall_rows(WHAT, "ab", np.ones((4, PATHS)))
    assert [row.amount for row in rows] == [1.0, 0.0, 0.0, 1.0]
    assert all(np.isnan(row.share) for row in rows)
