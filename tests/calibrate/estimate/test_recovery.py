"""Parameters planted in simulated data are found again, and intervals hold them as they claim."""

from pathlib import Path

import numpy as np
import pytest

from tests.calibrate.planted import covered, distances, recovered

BORROWERS = 3000
FIVE = 5
MANY = 24
CLEARLY_OFF = 3.5
"""Standard errors; one of fifteen normal numbers is beyond by chance with probability 0.007."""


def test_planted_parameters_are_recovered_within_their_standard_errors(tmp_path: Path) -> None:
    """Five independent panels, each against worlds of its own, from the default start.

    The root mean square of 15 standard normal numbers is below 1.6 but for one case in 1,000, and
    at least 11 of 15 intervals of 90 % hold the truth but for one in 80.
    """
    fits = [recovered(tmp_path, number, BORROWERS) for number in range(1, FIVE + 1)]
    z = np.stack([distances(fit) for fit in fits])
    assert np.abs(z).max() < CLEARLY_OFF
    assert np.sqrt(np.mean(z**2)) < 1.6
    assert sum(sum(covered(fit)) for fit in fits) >= 11
    for fit in fits:
        assert all(row.information > 0.5 for row in fit.parameters())
        assert fit.chi2 < fit.dof + 4.0 * np.sqrt(2.0 * fit.dof)


@pytest.mark.slow
def test_intervals_of_ninety_percent_cover_the_truth_about_so_often(tmp_path: Path) -> None:
    fits = [recovered(tmp_path, 100 + number, BORROWERS) for number in range(MANY)]
    share = np.mean([covered(fit) for fit in fits])
    assert 0.80 <= share <= 0.97
    z = np.stack([distances(fit) for fit in fits])
    assert np.all(np.abs(z.mean(axis=0)) < 4.0 / np.sqrt(MANY))
