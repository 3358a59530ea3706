"""Openings come from a settled book: flat in a calm, the same for every seed, true to a tape."""

from pathlib import Path

import numpy as np
import pyarrow.csv as pa_csv
import pytest

from simulator.book import Book, build_book
from simulator.book.donors import (
    MOST_UNPAID,
    TAKEN_UP,
    Situation,
    lending_that_keeps,
    matched,
    months_held,
    share_of_new,
    worst_loans,
)
from simulator.book.draws import Draws
from simulator.book.hidden import OBSERVED
from simulator.book.schema import Loans
from simulator.catalogue import parameters_from
from simulator.kernels.customers import FOR_EVER
from simulator.policies import StatusQuo
from simulator.products import PRODUCTS
from simulator.settings import BookSettings, RunSettings
from simulator.settling import settled_book
from simulator.validation import UserError
from simulator.vocabulary import Amortisation, Count, Life, WorkState
from tests.conftest import PRODUCT_MIX, calm, run_settings, run_small, settled, small_book
from tools.tape_export import write_history, write_tape

DONORS = {"donors": 2_000, "burn_in_months": 24, "applicants_monthly_share": 0.04}
MIXED = BookSettings.model_validate({"borrowers": 3_000, "products": PRODUCT_MIX} | DONORS)


def donors() -> Book:
    return settled_book(MIXED, calm()).customers


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
    n_loans = np.bincount(loans.borrower, minlength=people.id.size)
    assert np.all(people.loans_had >= n_loans)
    assert np.any(people.loans_had > n_loans)
    very_late = np.isin(np.arange(people.id.size), loans.borrower[loans.n_unpaid >= 4])
    assert np.all(people.closed_until[very_late] > 0)


def test_dormant_customers_have_repaid_and_may_come_back() -> None:
    book = settled_book(MIXED, calm()).dormant
    people, loans = book.borrowers, book.loans
    assert people.id.size > 0.2 * donors().borrowers.id.size
    assert np.all(np.bincount(loans.borrower, minlength=people.id.size) >= 1)
    assert not loans.principal.any()
    assert not loans.n_unpaid.any()
    assert not loans.remaining_months.any()
    assert not np.any(loans.kind == Amortisation.REVOLVING)
    assert np.all(people.last_ended <= 0)
    assert np.all(people.last_ended > -13)
    assert np.all(people.loans_had >= 1)
    assert not people.refusing.any()
    assert np.all(people.closed_until < FOR_EVER)


def test_a_settled_book_depends_on_what_moves_borrowers_and_not_on_the_run() -> None:
    book = donors()
    assert settled_book(MIXED.model_copy(update={"borrowers": 7}), calm()).customers is book
    others = [
        settled_book(MIXED, calm({"savings_median_months": 0.3})),
        settled_book(MIXED, calm(unemployment_rate=0.08)),
        settled_book(MIXED, calm(policy=StatusQuo(human_calls_per_1000_loans=0.0))),
    ]
    shares = [overdue_share(other.customers, 2) for other in others]
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
    for name, most in (("life", 0.3), ("refusing", 0.3), ("months_short", 0.25)):
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
            income=np.where(rng.random(size) < 0.2, np.nan, rng.lognormal(8.5, 0.5, size)),
        )

    pool, wanted = situations(5_000), situations(n)
    pool = pool._replace(
        score=np.nan_to_num(pool.score, nan=600.0), income=np.nan_to_num(pool.income, nan=5000.0)
    )
    ids = rng.integers(1, 2**60, n).astype(np.uint64)
    found = matched(pool, wanted, Draws(1, ids))
    order = rng.permutation(n)[: n // 2]
    some = matched(pool, Situation(*(c[order] for c in wanted)), Draws(1, ids[order]))
    np.testing.assert_array_equal(some, found[order])
    np.testing.assert_array_equal(pool.n_unpaid[found], np.minimum(wanted.n_unpaid, MOST_UNPAID))
    told = ~np.isnan(wanted.score)
    assert np.abs(pool.score[found] - wanted.score)[told].max() < 250
    assert np.abs(pool.score[found] - wanted.score)[told].mean() < 40


def test_whoever_stands_in_several_snapshots_counts_as_often_and_incomes_agree() -> None:
    rng = np.random.default_rng(4)
    once, thrice = rng.normal(600, 100, 3_000), np.repeat(rng.normal(600, 100, 2_000), 3)
    n = once.size + thrice.size
    nothing = np.zeros(n, dtype=np.int64)
    pool = Situation(
        n_unpaid=nothing,
        extra_months=nothing,
        product=nothing,
        n_loans=nothing + 1,
        age_months=nothing,
        score=np.concatenate([once, thrice]),
        income=rng.lognormal(8.5, 0.5, n),
    )
    found = matched(pool, pool, Draws(1, rng.integers(1, 2**60, n).astype(np.uint64)))
    assert np.mean(found >= once.size) == pytest.approx(thrice.size / n, abs=0.02)
    apart = np.log(pool.income[found] / pool.income)
    assert np.abs(apart).mean() < 0.15
    unknown = pool._replace(income=np.full(n, np.nan))
    found = matched(pool, unknown, Draws(1, rng.integers(1, 2**60, n).astype(np.uint64)))
    assert np.log(pool.income[found]).mean() == pytest.approx(np.log(pool.income).mean(), abs=0.03)


def test_without_donors_a_book_is_a_cohort() -> None:
    book = build_book(MIXED, run_settings(), parameters_from({}))
    assert overdue_share(book, 1) == 0.0
    assert not book.borrowers.life.any()


def test_deep_arrears_take_the_nearest_and_never_healthy_donors() -> None:
    n = 200
    pool = Situation(
        n_unpaid=np.repeat([0, 1, 3], [n, n, 2]),
        extra_months=np.zeros(2 * n + 2, dtype=np.int64),
        product=np.zeros(2 * n + 2, dtype=np.int64),
        n_loans=np.ones(2 * n + 2, dtype=np.int64),
        age_months=np.full(2 * n + 2, 6),
        score=np.full(2 * n + 2, 600.0),
        income=np.full(2 * n + 2, 5000.0),
    )
    asked = Situation(*(c[:5] for c in pool))._replace(n_unpaid=np.array([6, 4, 3, 2, 1]))
    found = matched(pool, asked, Draws(1, np.arange(5, dtype=np.uint64)))
    np.testing.assert_array_equal(pool.n_unpaid[found], [3, 3, 3, 3, 1])


def test_loans_alike_in_all_are_told_apart_by_their_id() -> None:
    owner, ids = np.array([0, 0, 1, 1]), np.array([7, 9, 4, 2], dtype=np.uint64)
    same = np.zeros(4, dtype=np.int64)
    found = worst_loans(owner, 2, same, np.ones(4), ids)
    np.testing.assert_array_equal(ids[found], [9, 4])
    turned = np.array([3, 2, 1, 0])
    again = worst_loans(owner[turned], 2, same, np.ones(4), ids[turned])
    np.testing.assert_array_equal(ids[turned][again], [9, 4])


def test_a_trend_of_lapses_stands_still_in_the_calm() -> None:
    trend = {"lapse_trend_monthly": 0.8, "lapse_trend_damping": 0.75}
    moved, plain = settled_book(MIXED, calm(trend)).customers, donors()
    assert overdue_share(moved, 1) == overdue_share(plain, 1)


def test_a_policy_that_lets_nobody_in_leaves_no_opening() -> None:
    cash = {"products": {"cash_loan": 1.0}, "burn_in_months": 60}
    nobody = calm(policy=StatusQuo(score_cutoff=1000, debt_service_cap=0.01))
    with pytest.raises(UserError, match="nobody has a loan after the calm"):
        settled_book(MIXED.model_copy(update=cash), nobody)


def test_lending_that_keeps_a_stock_lends_more_of_what_is_held_shortly() -> None:
    stock = {PRODUCTS["cash_loan"]: 0.5, PRODUCTS["credit_line"]: 0.5}
    shares, applicants = lending_that_keeps(stock)
    assert sum(shares.values()) == pytest.approx(1.0)
    months = {product.name: months_held(product) / share_of_new(product) for product in stock}
    assert shares["cash_loan"] / shares["credit_line"] == pytest.approx(
        months["credit_line"] / months["cash_loan"]
    )
    kept = sum(applicants * TAKEN_UP * shares[name] * months[name] for name in shares)
    assert kept == pytest.approx(1.0)


def test_a_line_without_a_term_opens_as_the_same_line_with_one(tmp_path: Path) -> None:
    """Not as that of somebody who has just been let in."""
    lines = MIXED.model_copy(update={"products": {"credit_line": 1.0}, "second_loan_share": 0.0})
    book, path = settled(lines, run_settings()), tmp_path / "tape.csv"
    write_tape(book, str(path))
    table = pa_csv.read_csv(path)
    blank = table.drop_columns(["term_months", "remaining_months"])
    pa_csv.write_csv(blank, tmp_path / "blank.csv")
    months = []
    for name in ("tape.csv", "blank.csv"):
        tape = {"kind": "tape", "path": str(tmp_path / name), "borrowers": 0}
        people = settled(lines.model_copy(update=tape), RunSettings(months=1, paths=1)).borrowers
        months.append(people.savings_at_opening.mean() / people.income.mean())
    assert months[1] == pytest.approx(months[0], rel=0.15)


def test_a_sensitivity_may_keep_the_loans_of_its_base_and_draws_the_people_behind_anew() -> None:
    base, changed = {"p_forget_mean": 0.01}, {"p_forget_mean": 0.2}
    settings = BookSettings(borrowers=400, products=PRODUCT_MIX, applicants_monthly_share=0.0)
    keeps = settings.model_copy(update={"opening_parameters": base})
    before = settled(settings, run_settings(months=3), parameters_from(base))
    own = settled(settings, run_settings(months=3), parameters_from(changed))
    kept = settled(keeps, run_settings(months=3), parameters_from(changed))
    for name in Loans._fields:
        np.testing.assert_array_equal(getattr(kept.loans, name), getattr(before.loans, name))
    for name in ("id", *OBSERVED):
        np.testing.assert_array_equal(
            getattr(kept.borrowers, name), getattr(before.borrowers, name)
        )
    assert not np.array_equal(own.loans.n_unpaid, before.loans.n_unpaid)
    means = [book.borrowers.p_forget.mean() for book in (before, kept, own)]
    assert means[1] > 10 * means[0]
    assert means[1] == pytest.approx(means[2], rel=0.25)
    assert not np.array_equal(kept.borrowers.true_risk, before.borrowers.true_risk)


def test_values_of_a_base_are_checked_and_belong_to_a_settled_synthetic_book() -> None:
    settings = BookSettings(borrowers=50, opening_parameters={"p_forget_mean": 7.0})
    with pytest.raises(UserError, match=r"book\.opening_parameters: parameters\.p_forget_mean"):
        settled(settings, run_settings(months=2))
    for other in ({"kind": "tape", "path": "x.csv"}, {"opening_overdue": False}):
        with pytest.raises(ValueError, match=r"book\.opening_parameters: only the settled opening"):
            BookSettings.model_validate(other | {"opening_parameters": {"p_forget_mean": 0.1}})
