"""Regions, products and risk bands of a book, which policies may name."""

import re
from collections.abc import Collection
from functools import cache
from typing import Final

from simulator.book.distributions import RISK_BANDS
from simulator.book.shipped import lending_club, tw_cards
from simulator.desk.spelling import Names
from simulator.report.kit.setting_words import plain
from simulator.settings import BookSettings
from simulator.shipped import read_shipped, shipped_files
from simulator.validation import build

_OFFERED: Final = re.compile(r"\w(?:[\w .-]{0,58}[\w.])?")
"""Names of a tape that a page offers; others are left to files and the command line."""


@cache
def names_of(book: str) -> Names:
    """Names of a shipped book; none of a tape, whose file is not known."""
    if book not in shipped_files("book") or read_shipped("book", book)["kind"] == "tape":
        return {}
    settings = build("book", BookSettings, read_shipped("book", book))
    regions, products = settings.regions, tuple(settings.products)
    if settings.kind == "lending_club":
        regions, products = tuple(lending_club.STATES), (lending_club.PRODUCT,)
    if settings.kind == "tw_cards":
        products = (tw_cards.PRODUCT,)
    return book_names(regions, products)


def book_names(regions: Collection[str], products: Collection[str]) -> Names:
    """``regions`` and ``products`` as far as they can be offered, and the risk bands of all."""
    return {
        "regions": tuple(name for name in regions if _OFFERED.fullmatch(name)),
        "products": tuple(name for name in products if _OFFERED.fullmatch(name)),
        "risk_bands": RISK_BANDS,
    }


def labelled(names: Names) -> dict[str, list[dict[str, str]]]:
    """``names`` as a page gets them: each with its words."""
    return {
        which: [{"name": name, "label": plain(name)} for name in some]
        for which, some in names.items()
    }
