"""Policies about which break-evens are asked."""

from simulator.policies import Combination, GracePeriod, StatusQuo

POLICIES = {
    "status_quo": StatusQuo(),
    "grace_period": GracePeriod(),
    "both": Combination(
        members={"care": {"kind": "care_programme"}, "strict": {"kind": "stricter_approval"}}
    ),
}
