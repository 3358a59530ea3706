"""What each path adds to a value through the worth of a unit of balance left."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.results.by_path import variables_by_path
from simulator.results.cases import cases_of, policy_runs_of
from simulator.results.inputs import SimulationOutput
from simulator.results.value import value_left
from simulator.results.value_spread import influences, value_spreads
from tests.results.coverage import book_of, output_of

F8 = NDArray[np.float64]
PATHS = 40


def parts(output: SimulationOutput) -> tuple[F8, F8]:
    """Values left and influences, (policy, path) each."""
    (row,) = policy_runs_of(output)
    found = influences(cases_of(output)[0])
    assert found is not None
    return np.array([value_left(each) for each in row]), found


def test_influences_tell_how_the_worth_of_a_unit_would_be_by_half_the_paths() -> None:
    """To first order: the mean of a half's influences is what that half alone would have added."""
    book, told, seen = book_of(3, 400), [], []
    for seed in range(10):
        whole, half = output_of(book, PATHS, seed), output_of(book, PATHS // 2, seed)
        of_whole, found = parts(whole)
        of_half, _ = parts(half)
        # The same paths, at units from all of them and at units from themselves.
        seen.append(of_half[0].mean() - of_whole[0, : PATHS // 2].mean())
        told.append(found[0, : PATHS // 2].mean())
    error = 1.0 / np.sqrt(len(seen) - 3)  # of Fisher's z
    correlation = np.corrcoef(told, seen)[0, 1]
    assert np.arctanh(correlation) > 2.0 * error
    slope = float(np.dot(told, seen) / np.dot(told, told))
    assert 0.4 < slope < 2.0


def test_means_stay_and_scatter_grows_with_what_is_left() -> None:
    output = output_of(book_of(3, 400), PATHS, 1)
    cases = cases_of(output)
    found = value_spreads(cases, variables_by_path(cases))
    left, added = parts(output)
    spread = np.asarray(found["value_left_spread"].values)[0]
    np.testing.assert_allclose(added.mean(axis=1), 0.0, atol=1e-9 * np.abs(left).max())
    np.testing.assert_allclose(spread.mean(axis=1), left.mean(axis=1), rtol=1e-12)
    assert found["value_spread"].attrs["units"] == "CNY"
    assert (spread.std(axis=1) != left.std(axis=1)).all()


def test_a_run_off_to_the_end_leaves_nothing_to_doubt() -> None:
    """Where next to nothing is left the worth of a unit matters no more."""
    output = output_of(book_of(3, 400), PATHS, 1)
    for tallies in output.tallies.values():
        tallies.left[:] = 0.0
    found = influences(cases_of(output)[0])
    assert found is not None
    assert found == pytest.approx(np.zeros_like(found))
