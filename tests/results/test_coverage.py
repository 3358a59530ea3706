"""Intervals hold what they say: over paths given the book, and over draws of the book.

The long study: ``python -m pytest -m slow tests/results/test_coverage.py`` (some half an hour).
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest

from simulator.results.inputs import SimulationOutput
from tests.results.coverage import Key, Told, book_of, output_of, told, truth, with_seed_of

TRUE_SEED, RUN_SEED, BOOK_SEED = 50_000, 900_000, 7
PATHS = 60
OTHER_BOOKS, THEIR_PATHS = 10, 5
"""As in a default run."""


def coverages(
    runs: Sequence[Mapping[Key, Told]], true: Mapping[Key, float], kind: str
) -> dict[Key, float]:
    """By figure that moves in every run, the share of runs whose interval holds the truth."""
    found = {}
    for key, value in true.items():
        if all(key in run for run in runs):
            low, high = np.array([getattr(run[key], kind) for run in runs]).T
            if np.all(high > low):
                found[key] = float(((low <= value) & (value <= high)).mean())
    return found


def run_given_the_book(n_runs: int, borrowers: int) -> list[Mapping[Key, Told]]:
    book = book_of(BOOK_SEED, borrowers)
    return [told(output_of(book, PATHS, RUN_SEED + number)) for number in range(n_runs)]


def run_with_other_books(n_runs: int, borrowers: int) -> list[Mapping[Key, Told]]:
    """Each run with a book of its own, and with its own further draws."""

    def further(output: SimulationOutput, first: int) -> Iterator[SimulationOutput]:
        return (with_seed_of(output, first + k, THEIR_PATHS) for k in range(OTHER_BOOKS))

    found = []
    for number in range(n_runs):
        first = 1_000_000 + 1_000 * number
        output = output_of(book_of(first, borrowers), PATHS, RUN_SEED + number)
        found.append(told(output, further(output, first + 1)))
    return found


def truth_over_books(n_books: int, paths: int, borrowers: int) -> Mapping[Key, float]:
    """Means over ``n_books`` further books."""
    found = [truth(book_of(10 + k, borrowers), paths, TRUE_SEED + 100 * k) for k in range(n_books)]
    common = set.intersection(*(set(each) for each in found))
    return {key: float(np.mean([each[key] for each in found])) for key in common}


def error_of_share(n_runs: int) -> float:
    return float(np.sqrt(0.95 * 0.05 / n_runs))


def test_a_short_study_of_intervals_over_paths() -> None:
    """The median over figures of their coverage, within four errors of a share of the runs."""
    n_runs = 24
    true = truth(book_of(BOOK_SEED, 300), 3_000, TRUE_SEED)
    found = coverages(run_given_the_book(n_runs, 300), true, "adjusted")
    assert len(found) > 100
    assert abs(np.median(list(found.values())) - 0.95) <= 4.0 * error_of_share(n_runs)


def test_a_short_study_of_intervals_over_books() -> None:
    """Given its book a run holds the mean over books half the time; with other draws as it says."""
    n_runs, borrowers = 16, 200
    true = truth_over_books(12, 1_000, borrowers)
    runs = run_with_other_books(n_runs, borrowers)
    given_the_book, with_others = (coverages(runs, true, kind) for kind in ("adjusted", "book"))
    slack = 4.0 * error_of_share(n_runs)
    assert np.median(list(given_the_book.values())) < 0.75
    # The truth is a mean of 12 books, whose error is .29 of a book's.
    assert np.median(list(with_others.values())) >= 0.94 - slack


UNKNOWN_SHARE = ("value", "value_left")
"""Paths share what a unit of balance left is worth, which takes the place of what is not known."""


@pytest.mark.slow
def test_intervals_over_paths_hold_what_they_say() -> None:
    """1,000 runs of a book against 50,000 paths of it."""
    borrowers, n_runs = 500, 1_000
    true = truth(book_of(BOOK_SEED, borrowers), 50_000, TRUE_SEED)
    found = coverages(run_given_the_book(n_runs, borrowers), true, "adjusted")
    assert 0.94 <= np.median(list(found.values())) <= 0.96
    off = {
        key: share
        for key, share in found.items()
        if not 0.92 <= share <= 0.98 and key[0].removeprefix("delta_") not in UNKNOWN_SHARE
    }
    # Rare events (calls that nobody takes) are too skewed for Student's t at 60 paths.
    assert len(off) <= 0.05 * len(found), off


@pytest.mark.slow
def test_intervals_over_books_hold_what_they_say() -> None:
    """Runs of books of their own against the mean of 200 books."""
    borrowers, n_runs = 300, 300
    true = truth_over_books(200, 1_000, borrowers)
    found = coverages(run_with_other_books(n_runs, borrowers), true, "book")
    assert 0.94 - error_of_share(n_runs) <= np.median(list(found.values())) <= 0.96
