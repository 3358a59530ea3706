"""What columns mean once all are read: ids that serve twice, incomes, scores, due days."""

from typing import Final

import numpy as np

from simulator.book.schema import F8
from simulator.book.tape.draft import Draft
from simulator.book.tape.incomes import INCOMES, law_of, question, says_annual
from simulator.book.tape.scores import (
    codes_of_nothing,
    on_the_models_scale,
    outside,
    recognise,
    runs_backwards,
    words_of,
)
from simulator.units import MONTHS_PER_YEAR
from simulator.validation import clip
from simulator.vocabulary import DAYS_PER_MONTH, MAX_DUE_DAY

LEAST_FLAGGED: Final = 0.02
"""Share of loans one day past due, and none longer, from which days may be a flag (assumption)."""
MOST_LOANS: Final = 20
"""Loans of one borrower that are not remarkable."""


def fill_ids(draft: Draft) -> None:
    """One column serves loan and borrower where a tape has one of them, or a constant for it."""
    loan, borrower = draft.texts.get("loan_id"), draft.texts.get("borrower_id")
    if loan is not None and borrower is not None and borrower.equal("").all():
        del draft.texts["borrower_id"]
        borrower = None
    if loan is not None and "borrower_id" in draft.mapping.constants and loan.codes.size > 1:
        draft.texts["borrower_id"] = loan
        draft.warn(
            "borrower_id is a constant of the mapping, which would make one borrower of"
            f" {np.unique(loan.codes).size:,} loans: each loan was taken as a borrower's only one"
        )
    elif (
        loan is not None
        and borrower is not None
        and loan.codes.size > MOST_LOANS
        and np.unique(loan.codes).size == loan.codes.size
        and np.unique(borrower.codes).size == 1
    ):
        draft.texts["borrower_id"] = loan
        draft.warn(
            f"borrower_id is {clip(borrower.words[0], 40)} in every row, which would make one"
            f" borrower of {loan.codes.size:,} loans: each loan was taken as a borrower's only one"
        )
    elif loan is not None and borrower is None:
        draft.texts["borrower_id"] = loan
        draft.notes.append("No column for borrower_id: each loan is a borrower's only one.")
    elif loan is None and borrower is not None:
        draft.texts["loan_id"] = borrower
        draft.findings.about(borrower, draft.rows)
        draft.notes.append("No column for loan_id: borrower_id serves for both.")


def warn_of_many(draft: Draft) -> None:
    """Name a borrower with more loans than is usual; of a panel in its last month."""
    owner = draft.texts.get("borrower_id")
    if owner is None:
        return
    counts = np.bincount(owner.codes)
    most = int(counts.argmax()) if counts.size else 0
    if counts.size and counts[most] > MOST_LOANS:
        name = clip(owner.names[most].as_py(), 40)
        draft.warn(f"borrower_id {name} has {counts[most]:,} of {owner.codes.size:,} loans")


def warn_of_flag(draft: Draft) -> None:
    """Say so where days past due are 0 and 1 alone: a flag of default would look like that."""
    dpd = np.nan_to_num(draft.numbers.get("dpd", np.zeros(draft.rows.size)))
    ones = dpd == 1.0
    if ones.any() and np.isin(dpd, (0.0, 1.0)).all() and np.mean(ones) >= LEAST_FLAGGED:
        draft.warn(
            "dpd holds 0 and 1 alone, read as days past due; a flag of arrears belongs under"
            " status, with values.status in the mapping",
            ones,
        )


def convert_incomes(draft: Draft, law: str | None) -> None:
    """A year's income as a month's, where the mapping or a header says so; by its size: ask."""
    product = draft.texts.get("product")
    country = law_of([] if product is None else product.words, law)
    for name in INCOMES:
        income, header = draft.numbers.get(name), draft.headers.get(name, name)
        if income is None:
            continue
        period = draft.mapping.income_period
        if period == "annual" or (period is None and says_annual(header)):
            draft.numbers[name] = income / MONTHS_PER_YEAR
            draft.notes.append(f"{name}: a year's amounts under {clip(header, 40)}, divided by 12.")
        if period is None:
            asked = question(name, _known(draft.numbers[name]), country)
            draft.findings.say(*([asked] if asked else []))


def rescale_scores(draft: Draft, law: str | None) -> None:
    """Scores on the model's scale: as declared, as recognised, or a question."""
    score = draft.numbers.get("score")
    if score is None or not np.isfinite(score).any():
        return
    score = _without_codes(draft, score)
    product, mapping = draft.texts.get("product"), draft.mapping
    scale, header = mapping.score_scale, draft.headers.get("score", "score")
    if scale is None:
        country = law_of([] if product is None else product.words, law)
        found = recognise(header, _known(score), country)
        scale = found.scale
        if scale is None:
            draft.findings.say(found.question)
            draft.numbers["score"] = np.full(score.size, np.nan)
            return
    draft.add(*outside(score, scale))
    scaled = on_the_models_scale(score, scale, mapping.score_direction)
    draft.numbers["score"] = scaled
    if scale != "model":
        means = f"mean {_known(score).mean():,.5g} is {_known(scaled).mean():.0f} here"
        draft.notes.append(f"score ({clip(header, 40)}) read as {words_of(scale)}; {means}.")


def _without_codes(draft: Draft, score: F8) -> F8:
    """``score`` without what stands for no score, with a warning."""
    coded = codes_of_nothing(score)
    if coded.any():
        shown = ", ".join(f"{code:g}" for code in np.unique(score[coded]))
        draft.warn(
            f"score: {np.count_nonzero(coded)} cells of {shown}, far from all scores, were taken as"
            " no score",
            coded,
        )
    return np.where(coded, np.nan, score)


def check_direction(draft: Draft) -> None:
    """Ask where overdue loans have the higher scores and the mapping does not say why."""
    score, dpd = draft.numbers.get("score"), draft.numbers.get("dpd")
    if score is None or dpd is None or draft.mapping.score_direction is not None:
        return
    above = runs_backwards(score, np.nan_to_num(dpd) > 0)
    if above is not None:
        draft.findings.say(
            f"score: an overdue loan has the higher score of two in {above:.0%} of all pairs with a"
            " current one: say score_direction: lower_is_better, or higher_is_better if that is so,"
            " in the mapping"
        )


def count_from_snapshot(draft: Draft) -> None:
    """Due days in months that end with the day of the balances: a 15th is no month's end.

    A loan due on the 20th fell due 25 days before the 15th, as one due on the 5th of a month of 30
    days does before its end. Tapes of a month's last day stay as they are.
    """
    due_day, end = draft.numbers.get("due_day"), draft.snapshot
    if due_day is None or end is None or (np.datetime64(end, "D") + 1).astype(object).day == 1:
        return
    days = np.where((due_day >= 1) & (due_day <= MAX_DUE_DAY), due_day, np.nan)
    moved = np.minimum((days - end.day - 1) % DAYS_PER_MONTH + 1, MAX_DUE_DAY)
    draft.numbers["due_day"] = np.where(np.isnan(moved), due_day, moved)
    draft.notes.append(
        f"Balances are of {end}, no month's end: months of the run begin there, and due days are"
        " counted from there."
    )


def _known(values: F8) -> F8:
    return values[np.isfinite(values)]
