"""The compiled kernels agree with the slow twin, loan by loan and sum by sum."""

import numpy as np
import pytest

from simulator.kernels.records import OUTCOME_DTYPE
from simulator.kernels.tally import HISTORY_DTYPE
from tests.kernels.twin_runs import (
    BOOK_SEED,
    N_CASES,
    N_PATHS,
    REFERENCES,
    every_policy,
    run_kernels,
    twin,
    twin_fates,
)
from tests.twin import burdens_by_group
from tests.twin.samples import random_book

TOLERANCE = 1e-9
ELSEWHERE = ("fates", "burdens", "cells", "cell_sums", "moves", "brought", "passed_on")
"""Sums that need more than one path of the twin; those by cell are in test_twin_provisions.py."""

every_case = pytest.mark.parametrize("case", range(N_CASES))


@every_policy
@every_case
def test_kernels_agree_with_the_twin_loan_by_loan(policy: str, case: int) -> None:
    fast, slow = run_kernels(case, "nothing").histories[policy], twin(policy, 0, case).history
    for name in HISTORY_DTYPE.names or ():
        if HISTORY_DTYPE[name].kind == "f":
            np.testing.assert_allclose(
                fast[name], slow[name], rtol=TOLERANCE, atol=1e-6, err_msg=name
            )
        else:
            np.testing.assert_array_equal(fast[name], slow[name], err_msg=name)


@every_policy
@every_case
def test_kernels_agree_with_the_twin_borrower_by_borrower(policy: str, case: int) -> None:
    for path in range(N_PATHS):
        fast = run_kernels(case, "nothing").outcomes[policy, path]
        slow = twin(policy, path, case).outcomes
        for name in OUTCOME_DTYPE.names or ():
            np.testing.assert_allclose(fast[name], slow[name], rtol=1e-6, err_msg=name)


@every_policy
@every_case
def test_kernels_agree_with_the_twin_sum_by_sum(policy: str, case: int) -> None:
    compiled = run_kernels(case, "nothing").tallies[policy]
    for path in range(N_PATHS):
        for name, sums in twin(policy, path, case).tallies._asdict().items():
            if name not in ELSEWHERE:
                found = getattr(compiled, name)[path]
                np.testing.assert_allclose(found, sums[0], rtol=TOLERANCE, atol=1e-6, err_msg=name)


@every_policy
@every_case
def test_kernels_agree_with_the_twin_on_what_the_run_off_brings(policy: str, case: int) -> None:
    """Summed over paths, in the kernel in multiples of a unit that is far below a cent."""
    compiled = run_kernels(case, "nothing").tallies[policy]
    paths = [twin(policy, path, case).tallies for path in range(N_PATHS)]
    for name in ("brought", "passed_on"):
        expected = sum(getattr(sums, name) for sums in paths)
        found = getattr(compiled, name)
        np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=1e-5, err_msg=name)


@every_policy
@every_case
@pytest.mark.parametrize("reference", REFERENCES)
def test_kernels_agree_with_the_twin_on_fates_and_burdens(
    policy: str, case: int, reference: str
) -> None:
    """Contacts are kept in single precision, so burdens agree to its rounding."""
    book, compiled = random_book(BOOK_SEED + case), run_kernels(case, reference).tallies[policy]
    for path in range(N_PATHS):
        fates = twin_fates(policy, reference, path, case)
        burdens = burdens_by_group(book, twin(policy, path, case).outcomes)
        np.testing.assert_allclose(compiled.fates[path], fates, rtol=TOLERANCE, atol=1e-6)
        np.testing.assert_allclose(compiled.burdens[path], burdens, rtol=1e-6)
