"""A small settled book of the Chinese online lender, for what simulates many small runs."""

from simulator.settings import BookSettings
from simulator.shipped import read_shipped
from simulator.validation import build
from tests.conftest import BURN_IN, DONORS

QUICK = build(
    "book",
    BookSettings,
    {**read_shipped("book", "cn_online"), "borrowers": 400, "donors": DONORS,
     "burn_in_months": BURN_IN},
)  # fmt: skip
