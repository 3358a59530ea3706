"""Early warning, education and autopay: false alarms, ramps, enrolment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.policies import EarlyWarningCall, Education, Prevention, build_policy
from simulator.validation import UserError
from tests.policies.policy_tables import by_segment, table_of


@given(recall=st.floats(0.01, 1), precision=st.floats(0.1, 1), base=st.floats(0.001, 0.5))
def test_the_false_alarm_rate_gives_the_precision_at_the_base_rate(
    recall: float, precision: float, base: float
) -> None:
    values = {"recall": recall, "precision": precision, "base_rate": base}
    if recall * base * (1 - precision) > precision * (1 - base) * (1 + 1e-9):
        with pytest.raises(
            UserError, match=r"policy\.mine precision must be in \[0\.\d+, 1\] where"
        ):
            build_policy("mine", {"kind": "early_warning_call", **values})
    elif recall * base * (1 - precision) < precision * (1 - base) * (1 - 1e-9):
        policy = EarlyWarningCall.model_validate(values)
        flagged_rightly, flagged_wrongly = recall * base, policy.false_alarm_rate * (1 - base)
        assert flagged_rightly / (flagged_rightly + flagged_wrongly) == pytest.approx(precision)


@pytest.mark.parametrize("months", [1, 6, 18, 120])
def test_education_does_nothing_at_first_and_grows_evenly(months: int) -> None:
    policy = Education(months_to_full_effect=months, first_month=2)
    ramp = by_segment(table_of(policy, 130))["education_ramp"][:, 0]
    assert np.all(ramp[:3] == 0.0)
    steps = np.diff(ramp[2:])
    np.testing.assert_allclose(steps[:months], 1 / months)
    assert np.all(steps[months:] == 0.0)
    assert ramp[-1] == 1.0


def test_what_was_learnt_stays_when_education_ends_but_costs_no_more() -> None:
    levers = by_segment(table_of(Education(months_to_full_effect=10, last_month=6), 24))
    ramp, cost = levers["education_ramp"][:, 0], levers["prevention_cost"][:, 0]
    assert np.all(ramp[6:] == 0.5)
    assert np.all(levers["education_share"][1:, 0] == 0.3)
    assert np.all(cost[1:7] > 0.0)
    assert np.all(cost[7:] == 0.0)


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.04, 1.0])
def test_enrolment_leaves_the_same_share_of_the_others_each_month(rate: float) -> None:
    policy = Prevention(autopay_monthly_rate=rate, first_month=3, last_month=20)
    share = by_segment(table_of(policy, 40))["autopay_share"][:, 0]
    assert np.all(share[:3] == 0.0)
    np.testing.assert_allclose(1.0 - share[3:21], (1.0 - rate) ** np.arange(1, 19))
    assert np.all(share[20:] == share[20])
