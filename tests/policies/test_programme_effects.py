"""Whole programmes: under the same luck, equal ones are equal to the last bit."""

import numpy as np
import pytest

from simulator.policies import StatusQuo
from tests.conftest import Policies, assert_same_tallies, run_small
from tests.policies.policy_tables import preset

LARGE = ("firm_and_fair", "full_programme", "prevention_and_care")


@pytest.mark.parametrize("name", LARGE)
def test_two_equal_programmes_differ_by_exactly_nothing(name: str) -> None:
    twins: Policies = {"status_quo": StatusQuo(), "one": preset(name), "other": preset(name)}
    small = run_small(policies=twins, paths=2)
    assert_same_tallies(small.tallies("one"), small.tallies("other"))
    assert not np.array_equal(small.flows(), small.flows("one"))
