"""What happens in one region leaves all others alone, to the last bit."""

import numpy as np

from simulator.policies import GracePeriod
from tests.conftest import CALM, FREE, UNLIMITED, Policies, run_small
from tests.sense.runs import loans_that_differ


def test_a_flood_in_one_region_leaves_all_others_bit_identical() -> None:
    dry_world, flood = CALM, {"disaster_west": np.where(np.arange(61) < 4, 0.3, 0.0)}
    small = run_small(
        policies=FREE, worlds={"dry": dry_world, "flood": flood}, history=True, months=12
    )
    west = small.book.regions.index("west")
    flooded = small.book.borrowers.region[small.book.loans.borrower] == west
    for policy in FREE:
        differ = loans_that_differ(small.history(policy, "dry"), small.history(policy, "flood"))
        assert not np.any(differ & ~flooded)
        assert np.mean(differ[flooded]) > 0.1


def test_a_policy_for_one_region_leaves_all_others_bit_identical() -> None:
    policies: Policies = {"status_quo": UNLIMITED, "grace_period": GracePeriod(regions=("east",))}
    small = run_small(policies=policies, history=True, months=12)
    east = small.book.borrowers.region[small.book.loans.borrower] == 0
    differ = loans_that_differ(small.history(), small.history("grace_period"))
    assert small.book.regions[0] == "east"
    assert not np.any(differ & ~east)
    assert np.any(differ & east)
