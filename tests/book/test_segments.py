"""Segments, vintages and permanent ids."""

import numpy as np
import pytest

from simulator.book import Book
from simulator.book import distributions as d
from simulator.book.segments import hash_texts, mix_ids, quarter_of, risk_band, vintages
from simulator.validation import UserError


def test_segment_of_a_loan_names_its_region_product_and_band(large: Book) -> None:
    for row in range(0, large.n_loans, 997):
        owner, segment = large.loans.borrower[row], large.loans.segment[row]
        band = d.RISK_BANDS[int(risk_band(large.borrowers.score[owner : owner + 1])[0])]
        assert large.segments.region[segment] == large.regions[large.borrowers.region[owner]]
        product = large.products[large.loans.product[row]]
        assert large.segments.product[segment] == product.name
        assert large.segments.risk_band[segment] == band
        assert large.loans.kind[row] == product.amortisation


def test_vintages_are_quarters_relative_to_the_opening() -> None:
    np.testing.assert_array_equal(quarter_of(np.array([-3, -2, 0, 1, 3, 4])), [-1, 0, 0, 1, 1, 2])
    index, labels = vintages(np.array([4, -5, 0, -99]), np.array([True, True, True, False]))
    assert labels == ("Q-1", "Q0", "Q+1", "Q+2")
    np.testing.assert_array_equal(index, [3, 0, 1, 0])


def test_ids_are_mixed_one_to_one_and_texts_hashed_alike_everywhere() -> None:
    assert np.unique(mix_ids(np.arange(100_000, dtype=np.uint64))).size == 100_000
    # First word of the SplitMix64 stream with seed 0, a published test value.
    assert int(mix_ids(np.array([0], dtype=np.uint64))[0]) == 0xE220A8397B1DCDAF
    np.testing.assert_array_equal(hash_texts(["b", "a"], "x")[::-1], hash_texts(["a", "b"], "x"))


def test_collision_of_text_ids_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class OneByte:
        def __init__(self, text: bytes, digest_size: int) -> None:
            self.text = text

        def digest(self) -> bytes:
            return bytes(8)

    monkeypatch.setattr("simulator.book.segments.blake2b", OneByte)
    hash_texts(["same", "same"], "loan_id")
    with pytest.raises(UserError, match="loan_id left and right have the same 64-bit hash"):
        hash_texts(["left", "right"], "loan_id")
