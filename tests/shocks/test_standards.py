"""What lenders' standards do to the cut-off, amounts and price of new loans."""

import numpy as np
import pytest

from simulator.catalogue import parameters_from
from simulator.shocks.standards import standards_amount, standards_cutoff, standards_price

TIGHT = np.array([[0.0, 0.1, -0.2]])


def test_without_standards_or_gain_nothing_moves_to_the_bit():
    plain, still = parameters_from({}), parameters_from({"standards_gain": 0.0})
    for standards, p in ((np.zeros((2, 3)), plain), (TIGHT, still)):
        assert not standards_cutoff(standards, p).any()
        assert not standards_price(standards, p).any()
        np.testing.assert_array_equal(standards_amount(standards, p), 1.0)


@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_tighter_standards_lift_the_cut_off_and_price_and_cut_amounts_by_one_gain(gain: float):
    p = parameters_from({"standards_gain": gain})
    np.testing.assert_allclose(standards_cutoff(TIGHT, p), gain * 900.0 * TIGHT)
    np.testing.assert_allclose(standards_price(TIGHT, p), gain * 0.09 * TIGHT)
    np.testing.assert_allclose(standards_amount(TIGHT, p), np.exp(-gain * 1.5 * TIGHT))
