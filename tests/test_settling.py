"""Openings come from a settled book: flat in a calm, the same for every seed, true to a tape."""

from pathlib import Path

import numpy as np
import pytest

from simulator.book import Book, build_book
from simulator.book.donors import MOST_UNPAID, Situation, matched
from simulator.book.impute import Draws
from simulator.catalogue import parameters_from
from simulator.policies import StatusQuo
from simulator.settings import BookSettings, RunSettings
from simulator.settling import settled_book
from simulator.vocabulary import Count, Life, WorkState
from tests.conftest import PRODUCT_MIX, calm, run_settings, run_small, settled, small_book
from tools.tape_export import write_history, write_tape

DONORS = {"donors": 2_000, "burn_in_months": 24, "applicants_monthly_share": 0.09}
MIXED = BookSettings.model_validate({"borrowers": 3_000, "products": PRODUCT_MIX} | DONORS)


def donors() -> Book:
    return settled_book(MIXED, calm())


def overdue_share(book: Book, unpaid: int) -> float:
    """Share of opening borrowers with at least ``unpaid`` instalments unpaid on a loan."""
    worst = np.zeros(book.borrowers.id.size, dtype=int)
    np.maximum.at(worst, book.loans.borrower, book.loans.n_unpaid)
    return float((worst[book.borrowers.arrival_month == 0] >= unpaid).mean())


def test_a_settled_book_holds_what_a_calm_leaves() -> None:
    book = donors()
    people, loans = book.borrowers, book.loans
    assert np.all(np.bincount(loans.borrower, minlength=people.id.size) >= 1)
    assert np.all(np.diff(loans.borrower) >= 0)
    assert not people.arrival_month.any()
    late = loans.n_unpaid > 0
    assert np.all((loans.principal_overdue + loans.interest_overdue > 0) == late)
    assert np.all((loans.months_overdue > 0) == late)
    assert np.all(loans.months_overdue >= loans.n_unpaid)
    assert np.all(loans.origination_month <= 0)
    work = people.life & 3
    assert {int(w) for w in np.unique(work)} == {int(w) for w in WorkState}
    assert not np.any(people.life & (Life.ILL_ONSET | Life.DISASTER | Life.CLOSED))
    poor = people.savings_at_opening[np.isin(np.arange(people.id.size), loans.borrower[late])]
    assert np.median(poor) < 0.2 * np.median(people.savings_at_opening)
    for name in ("months_short", "other_missed", "refusing", "cut_off", "hardship_known"):
        assert getattr(people, name).any(), name


def test_a_settled_book_depends_on_what_moves_borrowers_and_not_on_the_run() -> None:
    book = donors()
    assert settled_book(MIXED.model_copy(update={"borrowers": 7}), calm()) is book
    others = [
        settled_book(MIXED, calm({"savings_median_months": 0.3})),
        settled_book(MIXED, calm(unemployment_rate=0.08)),
        settled_book(MIXED, calm(policy=StatusQuo(human_calls_per_1000_loans=0.0))),
    ]
    shares = [overdue_share(other, 2) for other in others]
    assert all(share > overdue_share(book, 2) for share in shares), shares


@pytest.mark.parametrize("seed", range(5))
def test_every_seed_opens_with_the_arrears_of_the_population(seed: int) -> None:
    book = settled(MIXED, run_settings(seed=seed))
    for unpaid in (1, 2, 4):
        share = overdue_share(donors(), unpaid)
        assert abs(overdue_share(book, unpaid) - share) < 0.05 * share + 1.5 / MIXED.borrowers


def test_a_smaller_book_is_the_beginning_of_a_larger_one() -> None:
    large = settled(MIXED, run_settings())
    small = settled(MIXED.model_copy(update={"borrowers": 500}), run_settings())
    opening = small.borrowers.arrival_month == 0
    rows = np.searchsorted(large.borrowers.id, small.borrowers.id[opening])
    for name in ("id", "income", "savings_at_opening", "life", "worker_type", "score"):
        ours, theirs = getattr(small.borrowers, name)[opening], getattr(large.borrowers, name)[rows]
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_a_calm_leaves_a_settled_book_as_it_is() -> None:
    """Arrears and unemployment of a year against the opening's; a cohort is far from both."""
    flat = run_small(small_book(4_000), worlds={"flat": {}}, months=12, paths=8)
    counts, balance = flat.counts(scenario="flat"), flat.tallies(scenario="flat").balance
    late = balance[:, :, 2:].sum(axis=(0, 2)) / balance.sum(axis=(0, 2))
    assert np.all(np.abs(late[1:].reshape(4, 3).mean(axis=1) / late[0] - 1.0) < 0.2)
    out = counts[:, :, Count.UNEMPLOYED].sum(axis=0) / counts[:, :, Count.LIVE_BORROWERS].sum(
        axis=0
    )
    assert np.all(np.abs(out[1:].reshape(4, 3).mean(axis=1) / out.mean() - 1.0) < 0.1)
    fresh = run_small(small_book(4_000, opening_overdue=False), worlds={"flat": {}}, months=12)
    balance = fresh.tallies(scenario="flat").balance
    assert balance[:, 1:4, 2:].sum() / balance[:, 1:4].sum() < 0.5 * late[0]


def test_a_tape_keeps_what_it_tells_and_borrows_the_rest(tmp_path: Path) -> None:
    book = settled(MIXED, run_settings())
    tape, history = str(tmp_path / "tape.csv"), str(tmp_path / "history.csv")
    write_tape(book, tape)
    write_history(book, history)
    values = {"kind": "tape", "path": tape, "panel": history, "borrowers": 0}
    again = settled(MIXED.model_copy(update=values), RunSettings(months=3, paths=1))
    old = book.borrowers.arrival_month[book.loans.borrower] == 0
    new = again.borrowers.arrival_month[again.loans.borrower] == 0
    for name in ("n_unpaid", "months_overdue", "remaining_months", "limit", "annual_rate"):
        ours, theirs = (np.sort(getattr(b.loans, name)[o]) for b, o in ((again, new), (book, old)))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, err_msg=name)
    ours, theirs = again.borrowers, book.borrowers
    here, there = ours.arrival_month == 0, theirs.arrival_month == 0
    np.testing.assert_allclose(np.sort(ours.income[here]), np.sort(theirs.income[there]), rtol=1e-9)
    for name, most in (("life", 0.2), ("refusing", 0.3), ("months_short", 0.25)):
        mean = (getattr(theirs, name)[there] > 0).mean()
        assert abs((getattr(ours, name)[here] > 0).mean() / mean - 1.0) < most, name
    late = np.isin(np.arange(ours.id.size), again.loans.borrower[again.loans.n_unpaid > 1])
    assert (ours.life[late] > 0).mean() > 2 * (ours.life[here & ~late] > 0).mean()


def test_a_donor_hangs_on_the_borrower_alone() -> None:
    rng = np.random.default_rng(3)
    n = 400

    def situations(size: int) -> Situation:
        return Situation(
            n_unpaid=rng.integers(0, 3, size),
            extra_months=rng.integers(-1, 5, size),
            product=rng.integers(0, 2, size),
            n_loans=rng.integers(1, 3, size),
            age_months=rng.integers(0, 30, size),
            score=np.where(rng.random(size) < 0.2, np.nan, rng.normal(600, 100, size)),
        )

    pool, wanted = situations(5_000), situations(n)
    pool = pool._replace(score=np.nan_to_num(pool.score, nan=600.0))
    ids = rng.integers(1, 2**60, n).astype(np.uint64)
    found = matched(pool, wanted, Draws(1, ids))
    order = rng.permutation(n)[: n // 2]
    some = matched(pool, Situation(*(c[order] for c in wanted)), Draws(1, ids[order]))
    np.testing.assert_array_equal(some, found[order])
    np.testing.assert_array_equal(pool.n_unpaid[found], np.minimum(wanted.n_unpaid, MOST_UNPAID))
    told = ~np.isnan(wanted.score)
    assert np.abs(pool.score[found] - wanted.score)[told].max() < 150
    assert np.abs(pool.score[found] - wanted.score)[told].mean() < 40


def test_without_donors_a_book_is_a_cohort() -> None:
    book = build_book(MIXED, run_settings(), parameters_from({}))
    assert overdue_share(book, 1) == 0.0
    assert not book.borrowers.life.any()
