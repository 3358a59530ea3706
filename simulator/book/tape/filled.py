"""Columns that follow from others of the tape: nobody is asked for what the file tells."""

from collections.abc import Set
from typing import Final

import numpy as np

from simulator.book.reconciliation import LeftOut
from simulator.book.tape.checks import revolving_rows
from simulator.book.tape.dates import calendar
from simulator.book.tape.draft import Draft
from simulator.vocabulary import MAX_DUE_DAY

GIVEN_BY: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("principal", frozenset({"original_principal", "principal_paid"})),
    ("term_months", frozenset({"origination_date", "maturity_date"})),
    ("term_months", frozenset({"months_on_book", "remaining_months"})),
    ("remaining_months", frozenset({"months_on_book", "term_months"})),
    ("remaining_months", frozenset({"maturity_date", "snapshot_date"})),
    ("remaining_months", frozenset({"origination_date", "term_months", "snapshot_date"})),
    ("due_day", frozenset({"next_due_date"})),
    ("due_day", frozenset({"first_due_date"})),
    ("due_day", frozenset({"maturity_date"})),
    ("due_day", frozenset({"origination_date"})),
    ("borrower_id", frozenset({"loan_id"})),
    ("loan_id", frozenset({"borrower_id"})),
)
"""Column, and columns that give it together."""
_LONGEST_MONTH: Final = 31
REPAID: Final = "repaid: nothing is owed"


def with_derived(present: Set[str]) -> set[str]:
    """``present`` and all columns that they give."""
    known = set(present)
    while True:
        further = {name for name, given in GIVEN_BY if given <= known} - known
        if not further:
            return known
        known |= further


def fill_derived(draft: Draft) -> None:
    """Balances, months and due days that other columns than ``schedule_from_dates`` reads give."""
    numbers = draft.numbers
    if {"original_principal", "principal_paid"} <= set(numbers):
        _fill(draft, "principal", numbers["original_principal"] - numbers["principal_paid"])
    if {"months_on_book", "term_months"} <= set(numbers):
        left = numbers["term_months"] - np.floor(numbers["months_on_book"])
        _fill(draft, "remaining_months", np.maximum(left, 0.0))
    if {"months_on_book", "remaining_months"} <= set(numbers):
        whole = numbers["remaining_months"] + np.floor(numbers["months_on_book"])
        _fill(draft, "term_months", whole)
    for name in ("next_due_date", "first_due_date"):
        if name in draft.dates:
            days = draft.dates[name]
            _fill(draft, "due_day", np.where(np.isnan(days), np.nan, calendar(days).day))
    _month_ends(draft)


def _fill(draft: Draft, name: str, values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> None:
    given = draft.numbers.get(name)
    if given is not None and not (np.isnan(given) & ~np.isnan(values)).any():
        return
    draft.fill(name, values)
    sources = next(given for column, given in GIVEN_BY if column == name and given <= _all(draft))
    draft.notes.append(f"{name}: from {' and '.join(sorted(sources))} where the tape has none.")


def _all(draft: Draft) -> set[str]:
    return {*draft.numbers, *draft.dates}


def _month_ends(draft: Draft) -> None:
    """The days 29 to 31, which not every month has, stand for a month's end."""
    due_day = draft.numbers.get("due_day")
    if due_day is None:
        return
    late = (due_day > MAX_DUE_DAY) & (due_day <= _LONGEST_MONTH)
    if late.any():
        draft.numbers["due_day"] = np.where(late, float(MAX_DUE_DAY), due_day)
        draft.notes.append(
            f"due_day of {np.count_nonzero(late)} rows is 29, 30 or 31, a month's end: taken as"
            f" {MAX_DUE_DAY}, the last day that every month has."
        )


def leave_repaid(draft: Draft) -> None:
    """Instalment loans without a balance and without arrears are repaid; lines may be undrawn."""
    if "principal" not in draft.numbers or "product" not in draft.texts:
        return
    dpd = np.nan_to_num(draft.numbers.get("dpd", np.zeros(draft.rows.size)))
    repaid = (draft.numbers["principal"] == 0) & ~revolving_rows(draft.texts["product"])
    repaid &= dpd == 0
    if not repaid.any():
        return
    if repaid.all():
        draft.findings.say("every loan has principal = 0: nothing is owed")
        return
    draft.left_out.append(LeftOut(REPAID, int(np.count_nonzero(repaid)), 0.0))
    draft.notes.append(
        f"{np.count_nonzero(repaid)} instalment loans leave: their principal is 0 and nothing is"
        " past due, so they are repaid."
    )
    draft.keep(~repaid)
