"""What the sampling of borrowers adds to intervals, from further draws of a book."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from simulator.explain.borrower_sampling import is_drawn
from simulator.notebook import stress_test
from simulator.results.borrower_sampling import (
    ERROR,
    Components,
    of_books,
    widened,
    worth_by_book,
)
from simulator.results.estimate import Estimate
from simulator.results.run import Run
from simulator.results.sampling import Draws
from simulator.results.summary import summarise
from simulator.settings import BookSettings
from simulator.validation import UserError
from tests.conftest import small_book


def two_way(books: int, paths: int, sd: tuple[float, float, float], seed: int) -> np.ndarray:
    """Figures (books, paths): deviations of books, of paths and of both together."""
    draw = np.random.default_rng(seed)
    of_book, of_path, of_both = sd
    return (
        10.0
        + of_book * draw.normal(size=(books, 1))
        + of_path * draw.normal(size=(1, paths))
        + of_both * draw.normal(size=(books, paths))
    )


def test_the_variance_of_books_is_that_of_the_two_way_layout() -> None:
    figures = two_way(7, 4, (2.0, 3.0, 1.0), 1)
    found = of_books(figures)
    books, paths = figures.mean(axis=1), figures.mean(axis=0)
    rest = figures - books[:, None] - paths + figures.mean()
    between, within = 4 * books.var(ddof=1), (rest**2).sum() / (6 * 3)
    assert float(found.variance) == pytest.approx((between - within) / 4, rel=1e-12)
    dof = (between - within) ** 2 / (between**2 / 6 + within**2 / 18)
    assert float(found.dof) == pytest.approx(dof, rel=1e-12)


def test_luck_of_paths_is_no_sampling_of_borrowers() -> None:
    """Neither what all books share nor what is left of each path counts."""
    found = [of_books(two_way(20, 5, (1.0, 30.0, 2.0), seed)).variance for seed in range(400)]
    error = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(1.0, abs=4.0 * error)
    nothing = [of_books(two_way(20, 5, (0.0, 3.0, 1.0), seed)).variance for seed in range(50)]
    assert min(nothing) == 0.0
    assert float(of_books(np.ones((10, 3))).variance) == 0.0


def test_both_errors_make_the_interval_and_it_is_never_narrower() -> None:
    found = Estimate(np.array([5.0, 5.0]), np.array([3.0, 3.0]), np.array([7.0, 7.0]))
    t = stats.t.ppf(0.975, 59)
    found = replace(found, se=np.full(2, 2.0 / t))
    wide = widened(found, Components(np.array([4.0, 0.0]), np.array([9.0, 1.0])), Draws(1), 60)
    se = np.sqrt((2.0 / t) ** 2 + 4.0)
    dof = se**4 / ((2.0 / t) ** 4 / 59 + 16.0 / 9)
    assert wide.ci_high[0] - 5.0 == pytest.approx(stats.t.ppf(0.975, dof) * se)
    assert (wide.ci_low[1], wide.ci_high[1]) == pytest.approx((3.0, 7.0))


def test_intervals_with_books_hold_the_mean_over_books() -> None:
    """A run's paths of one book, and ten more books on five paths."""
    covered, repetitions = 0, 1_000
    for seed in range(repetitions):
        figures = two_way(11, 60, (1.0, 2.0, 1.0), seed)
        own, draws = figures[0], Draws(1)
        error = np.array(own.std(ddof=1) / np.sqrt(60))
        mean = np.array(own.mean())
        half = stats.t.ppf(0.975, 59) * error
        found = Estimate(mean, mean - half, mean + half, error)
        wide = widened(found, of_books(figures[1:, :5]), draws, 60)
        covered += bool(wide.ci_low <= 10.0 <= wide.ci_high)
    share, error_of_share = covered / repetitions, np.sqrt(0.95 * 0.05 / repetitions)
    assert share == pytest.approx(0.95, abs=4.0 * error_of_share)


@cache
def small_run(book_draws: int) -> Run:
    return stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period"],
        provision=(),
        paths=6,
        months=4,
        runoff_months=3,
        borrowers=200,
        book_draws=book_draws,
    )


def test_further_draws_add_an_interval_and_change_no_other_number() -> None:
    plain, drawn = small_run(0), small_run(6)
    for mine, other in zip(plain.summary, drawn.summary, strict=True):
        np.testing.assert_equal(tuple(mine)[:11], tuple(other)[:11])
        assert np.isnan([mine.book_low, mine.book_high]).all()
    known = [row for row in drawn.summary if np.isfinite(row.book_low)]
    assert {"net_loss", "lifetime_net_loss", "value", "delta_value", "balance"} <= {
        row.metric for row in known
    }
    for row in known:
        slack = 1e-9 * max(abs(row.ci_low), abs(row.ci_high))
        assert row.book_low <= row.ci_low + slack
        assert row.book_high >= row.ci_high - slack
        assert row.widest.ends == (row.mean, row.book_low, row.book_high)
    wider = [row for row in known if row.book_high - row.book_low > row.ci_high - row.ci_low]
    assert len(wider) > 0.5 * len(known)


def test_the_results_alone_give_both_intervals_again() -> None:
    run = small_run(6)
    np.testing.assert_equal(tuple(summarise(run.dataset)), run.summary)
    worth = worth_by_book(run.dataset)
    assert worth is not None
    assert worth.shape == (2, 2, 6, 5)
    assert not worth[:, list(run.policies).index("status_quo")].any()


def test_the_decision_rests_on_the_wider_interval() -> None:
    plain, drawn = (small_run(n).decision.leading for n in (0, 6))
    assert plain is not None
    assert drawn is not None
    assert plain.worth.mean == drawn.worth.mean
    assert plain.worth.ci_low > drawn.worth.ci_low
    row = next(
        r for r in small_run(6).summary if r[:3] == ("downturn", drawn.policy, "delta_value")
    )
    assert drawn.by_scenario["downturn"].ends == pytest.approx(row.widest.ends)
    standing = small_run(6).ranking()[0]
    assert standing.worth == drawn.worth


def test_a_whole_tape_has_one_interval() -> None:
    assert is_drawn(small_book())
    run = stress_test(
        "tw_cards",
        scenarios=["tw_2005"],
        policies=[],
        provision=(),
        parameters="tw_cards",
        paths=2,
        months=1,
        runoff_months=0,
        book_draws=6,
    )
    assert ERROR not in run.dataset
    assert all(np.isnan(row.book_low) for row in run.summary)


def test_too_few_draws_are_refused_in_one_line() -> None:
    with pytest.raises(UserError, match=r"run.book_draws must be 0 or in \[5, 200\]; got 2"):
        stress_test(BookSettings(borrowers=50), book_draws=2)
