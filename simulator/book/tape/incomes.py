"""Incomes of a year under the header of a month: recognised by words, asked by size."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from simulator.book.schema import F8
from simulator.book.tape.synonyms import plain_word
from simulator.products import JURISDICTIONS

INCOMES: Final = ("monthly_income", "stated_income")
LIKE_A_YEAR: Final = 3.5
"""Median over the country's usual monthly income from which on a year may be meant: between 1
and 12, on a scale of ratios."""
LEAST_PART: Final = 50.0
"""A median below the usual income over this is in thousands or ten thousands."""
_ANNUAL: Final = re.compile(
    r"annual|yearly|peryear|perannum|primaryincome|年收入|年薪|年净收入|全年"
)


def says_annual(header: str) -> bool:
    """Whether a header leaves no doubt that its amounts are of a year."""
    return bool(_ANNUAL.search(plain_word(header)))


def law_of(products: Sequence[str], law: str | None) -> str:
    """The country whose incomes are usual: that of the products' names, else ``law``."""
    named = {p.split("_")[0] for p in products} & set(JURISDICTIONS)
    return named.pop() if len(named) == 1 else law or "cn"


def question(name: str, income: F8, law: str) -> str:
    """What to ask of the known amounts (n,) of a column; empty where they are as a month's."""
    usual = JURISDICTIONS[law].reference_monthly_income
    middle = float(np.median(income)) if income.size else 0.0
    if income.size and middle < usual / LEAST_PART:
        return (
            f"{name} has a median of {middle:,.4g}, and a usual month's income is {usual:,.0f}"
            f" {JURISDICTIONS[law].currency}: declare its unit, as scale: {{{name}: 10000}}, or say"
            " income_period: monthly in the mapping"
        )
    if middle <= LIKE_A_YEAR * usual:
        return ""
    return (
        f"{name} has a median of {middle:,.0f}, {middle / usual:.0f} times a usual month's income"
        f" ({usual:,.0f} {JURISDICTIONS[law].currency}): say income_period: annual (cells are"
        " divided by 12) or income_period: monthly in the mapping"
    )
