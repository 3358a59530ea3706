"""The data's side of targets: numbers, how sure they are, how they err together."""

import numpy as np
import pytest

from simulator.calibrate.data.targets import labels_of, needs_accounts, observed, observed_joint
from tests.calibrate.data.targets import (
    CURES,
    FLAGS,
    GRADES,
    LEVEL,
    OUTCOME,
    ROLLS,
    SERIES,
    SHARES,
    VINTAGE,
    calibration,
)


def test_every_kind_of_target_says_which_numbers_it_holds_and_how_sure_they_are() -> None:
    targets = {
        "rolls": ROLLS,
        "pooled": ROLLS | {"pool": True},
        "cures": CURES,
        "shares": SHARES,
        "flags": FLAGS,
        "series": SERIES,
        "level": LEVEL,
        "vintage": VINTAGE,
        "outcome": OUTCOME,
    }
    settings = calibration(targets)
    seen = observed(settings)
    assert list(seen) == list(targets)
    for name, moments in seen.items():
        size = len(moments.labels)
        assert moments.name == name
        assert moments.labels == labels_of(name, settings.targets[name])
        assert moments.values.shape == moments.counts.shape == (size,)
        assert moments.covariance.shape == (size, size)
        assert np.all((moments.values > 0) & (moments.values < 1))
        assert np.all(np.diag(moments.covariance) > 0)
        assert needs_accounts(settings.targets[name]) == bool(np.all(moments.counts > 0))
    assert seen["rolls"].labels[:3] == ("C->2 2005-04", "2->C 2005-04", "2->3 2005-04")
    assert seen["pooled"].labels == ("C->2", "2->C", "2->3")
    assert seen["cures"].labels == ("1", "2")
    assert seen["shares"].labels == ("2 2005-07", "4+ 2005-07")
    assert seen["series"].labels == ("2013Q1", "2013Q2", "2013Q3", "2013Q4")
    assert np.sqrt(np.diag(seen["series"].covariance)) == pytest.approx(0.001)
    assert seen["outcome"].labels == ("all", *GRADES, "36", "60")


def test_warnings_about_a_panel_travel_with_its_targets() -> None:
    settings = calibration({"rolls": ROLLS}, codes={0: 0, 2: 1, 3: 2})
    warnings = observed(settings)["rolls"].warnings
    assert any("status -2 is not among codes" in warning for warning in warnings)


def test_targets_of_one_panel_err_together_and_others_do_not() -> None:
    targets = {"rolls": ROLLS, "level": LEVEL, "shares": SHARES, "outcome": OUTCOME}
    settings = calibration(targets)
    joint, seen = observed_joint(settings), observed(settings)
    owners = np.array([name for name, _ in joint.labels])
    for name, moments in seen.items():
        mine = owners == name
        assert joint.values[mine] == pytest.approx(moments.values)
        assert joint.covariance[np.ix_(mine, mine)] == pytest.approx(moments.covariance)
    between = joint.covariance[np.ix_(owners == "rolls", owners == "shares")]
    assert np.all(between != 0.0)
    apart = joint.covariance[np.ix_(owners == "outcome", owners != "outcome")]
    assert np.all(apart == 0.0)
    assert np.all(np.linalg.eigvalsh(joint.covariance) > -1e-12)
