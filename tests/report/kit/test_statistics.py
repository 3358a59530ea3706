"""An effect has a sign only where its interval leaves zero."""

from simulator.report.kit.statistics import Stat


def test_a_sign_needs_an_interval_off_zero() -> None:
    assert Stat(1.0, 0.2, 1.8, None, None).sign == 1
    assert Stat(-1.0, -1.8, -0.2, None, None).sign == -1
    assert Stat(1.0, -0.2, 2.2, None, None).sign == 0
    assert Stat(1.0, None, None, None, None).sign == 0
