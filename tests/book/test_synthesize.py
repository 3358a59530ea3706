"""The synthetic book: the same borrowers whatever is added, and what is refused."""

import numpy as np
import pytest

from simulator.book import Book, build_book
from simulator.settings import BookSettings, RunSettings
from simulator.validation import UserError
from tests.book.books import RUN, assert_rows_agree, synthetic


def test_same_seed_gives_the_same_bits() -> None:
    left, right = synthetic(500), synthetic(500)
    for a, b in zip((*left.borrowers, *left.loans), (*right.borrowers, *right.loans), strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_seed_gives_other_borrowers_with_the_same_ids() -> None:
    left, right = synthetic(500), synthetic(500, RunSettings(months=6, paths=1, seed=7))
    np.testing.assert_array_equal(left.borrowers.id, right.borrowers.id)
    assert np.mean(left.borrowers.income == right.borrowers.income) < 0.01


def test_adding_a_borrower_changes_no_other() -> None:
    assert_rows_agree(synthetic(500), synthetic(501))


def test_more_months_only_append_applicants() -> None:
    short, long = synthetic(500), synthetic(500, RunSettings(months=24, paths=1))
    assert_rows_agree(short, long)
    new = ~np.isin(long.borrowers.id, short.borrowers.id)
    assert new.sum() == 18 * 25
    assert long.borrowers.arrival_month[new].min() == 7


def test_opening_book_does_not_depend_on_the_share_of_applicants() -> None:
    assert_rows_agree(synthetic(500, applicants_monthly_share=0.0), synthetic(500))


def test_rows_stand_in_order_of_permanent_ids(large: Book) -> None:
    assert np.all(np.diff(large.borrowers.id.astype(object)) > 0)
    assert np.all(np.diff(large.loans.borrower) >= 0)
    same = np.diff(large.loans.borrower) == 0
    assert np.all(large.loans.id[1:][same] > large.loans.id[:-1][same])
    assert np.unique(large.loans.borrower).size == large.borrowers.id.size


def test_number_of_borrowers_loans_and_applicants_is_as_asked() -> None:
    book = synthetic(1000, second_loan_share=0.0)
    assert book.n_opening_borrowers == 1000
    counts = np.bincount(book.borrowers.arrival_month)
    np.testing.assert_array_equal(counts, [1000] + [50] * 6)
    assert book.n_loans == book.borrowers.id.size


def test_clean_book_has_nothing_overdue() -> None:
    loans = synthetic(500, opening_overdue=False).loans
    for name in ("n_unpaid", "principal_overdue", "interest_overdue", "penalty", "fees"):
        assert not getattr(loans, name).any(), name


def test_unknown_product_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"book\.products .* cash_lone - did you mean cash_loan"):
        build_book(BookSettings(products={"cash_lone": 1.0}), RUN)


def test_region_that_stands_twice_is_refused() -> None:
    with pytest.raises(UserError, match=r"book\.regions must be different"):
        build_book(BookSettings(regions=("a", "a"), region_shares=(0.5, 0.5)), RUN)
