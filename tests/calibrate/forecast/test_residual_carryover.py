"""What predictions inherit from how far the model missed the same cells."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from simulator.calibrate.data.moments import Moments
from simulator.calibrate.forecast.residual_carryover import Inherited, Misses, cell_of, inherit

F8 = NDArray[np.float64]
MONTHS = ("2005-04", "2005-05", "2005-06")


def misses(
    cells: tuple[str, ...], seen: F8, simulated: F8, discrepancy: float, count: float = 1e8
) -> Misses:
    """Shares by cell (cells, months) with binomial errors of ``count`` accounts each."""
    labels = tuple(f"{cell} {month}" for cell in cells for month in MONTHS[: seen.shape[1]])
    values = seen.ravel()
    covariance = np.diag(values * (1 - values) / count)
    counts = np.full(values.size, count)
    slopes = np.tile([1.0, -3.0], (values.size, 1))
    moments = Moments("rolls", labels, values, covariance, counts)
    return Misses(moments, simulated.ravel(), np.zeros(values.size), slopes, discrepancy)


def test_a_cell_known_without_error_inherits_its_whole_deviation() -> None:
    found = inherit(
        ("C->2 2005-07",), (), misses(("C->2",), np.full((1, 3), 0.1), np.full((1, 3), 0.08), 0.05)
    )
    assert found.mean[0] == pytest.approx(logit(0.1) - logit(0.08), rel=1e-4)
    assert found.variance[0] < 1e-4


def test_a_cell_known_badly_inherits_by_discrepancy_over_all_variance() -> None:
    count, tau = 50.0, 0.05
    given = misses(("C->2",), np.array([[0.1]]), np.array([[0.08]]), tau, count)
    found = inherit(("C->2 2005-07",), (), given)
    sampling = 0.1 * 0.9 / count / (0.1 * 0.9) ** 2
    shrink = tau / (tau + sampling)
    assert found.mean[0] == pytest.approx(shrink * (logit(0.1) - logit(0.08)))
    assert found.variance[0] == pytest.approx(shrink * sampling)


def test_a_cell_that_the_target_lacks_inherits_uncertainty_only() -> None:
    given = misses(("C->2",), np.full((1, 3), 0.1), np.full((1, 3), 0.08), 0.05)
    found = inherit(("2->C 2005-07",), (), given)
    assert found.mean[0] == 0.0
    assert found.variance[0] == pytest.approx(0.05)


def test_what_every_month_brings_anew_does_not_carry_over_but_widens() -> None:
    rng = np.random.default_rng(6)
    anew = 0.2
    simulated = np.full((400, 3), 0.1)
    cells = tuple(f"C->{i}" for i in range(400))
    seen = expit(logit(simulated) + anew * rng.standard_normal((400, 3)))
    total = float(np.mean(((seen - simulated) / (seen * (1 - seen))) ** 2))
    given = misses(cells, seen, simulated, total)
    found = inherit(tuple(f"{cell} 2005-07" for cell in cells), (), given)
    deviations = logit(seen.mean(axis=1)) - logit(0.1)
    assert np.abs(found.mean).max() < 0.25 * np.abs(deviations).max()
    assert found.variance.mean() == pytest.approx(anew**2, rel=0.25)
    pooled = inherit(cells, ("2005-07", "2005-08", "2005-09", "2005-10"), given)
    assert (pooled.variance < 0.5 * found.variance).all()


def test_the_very_months_of_the_target_inherit_what_they_brought() -> None:
    seen = np.array([[0.10, 0.12, 0.14], [0.20, 0.16, 0.18]])
    simulated = np.array([[0.12, 0.12, 0.12], [0.18, 0.18, 0.18]])
    given = misses(("C->2", "2->C"), seen, simulated, 0.02)
    same = inherit(("2->C",), MONTHS, given)
    assert same.mean[0] == pytest.approx(logit(0.18) - logit(0.18), abs=1e-9)
    assert same.variance[0] < 1e-6
    later = inherit(("2->C",), ("2005-07", "2005-08", "2005-09"), given)
    assert later.variance[0] > 1e-3


def test_other_parameters_miss_by_what_slopes_in_log_odds_say() -> None:
    given = misses(("C->2",), np.array([[0.1]]), np.array([[0.08]]), 0.05)
    moved = given.moved(np.array([0.2, 0.1]))
    assert logit(moved.simulated[0]) == pytest.approx(logit(0.08) + 0.2 - 0.3)
    assert moved.seen is given.seen


def test_a_label_is_told_from_its_month() -> None:
    assert cell_of("C->2 2005-04") == "C->2"
    assert cell_of("3->4+") == "3->4+"


def test_shares_move_in_log_odds_and_stay_as_they_are_without_inheritance() -> None:
    shares = np.array([0.0, 0.1, np.nan])
    assert np.array_equal(
        Inherited(np.zeros(3), np.zeros(3)).apply(shares, np.ones((2, 3))),
        np.stack([shares, shares]),
        equal_nan=True,
    )
    given = misses(("C->2",), np.full((1, 3), 0.1), np.full((1, 3), 0.08), 0.05)
    found = inherit(("C->2",), MONTHS, given)
    moved = found.apply(np.array([0.3]), np.zeros((2, 1)))
    assert moved[:, 0] == pytest.approx(expit(logit(0.3) + found.mean[0]))
