"""Every figure of the lender check can be computed, and is one line of its own."""

import math

import pytest

from tools.lender_check import Size, approval_lines, lines


@pytest.mark.slow
def test_every_figure_of_a_small_check_is_a_number():
    found = list(lines(Size(800, 4, 1500, 4)))
    assert len({line.what for line in found}) == len(found)
    assert all(math.isfinite(line.found) for line in found)


def test_a_stricter_approval_has_less_in_arrears_in_every_scenario():
    found = list(approval_lines(Size(rest=2500, paths=4)))
    assert len(found) == 20
    assert all(line.holds for line in found if "amount" in line.what)
