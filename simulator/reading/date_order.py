"""Dates as 03/04/2018: a day above 12 tells which figure is the day; without one nothing does."""

import re
from collections.abc import Sequence
from typing import Final

from simulator.reading.periods import day_number

_FIGURES: Final = re.compile(
    r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})(?:[T ]\d{1,2}:\d{2}.*)?", re.IGNORECASE
)
_NAMED: Final = re.compile(r"[a-z]{3}([-/' ])\d\d", re.IGNORECASE)


def fitting_forms(words: Sequence[str]) -> tuple[str, ...]:
    """Forms of ``date_format`` that read each of ``words``, which no other spelling does.

    Several where nothing tells which figure is the day; none where no form reads them all.
    """
    distinct = list(dict.fromkeys(words))
    if not distinct:
        return ()
    return tuple(
        form
        for form in _candidates(distinct[0])
        if all(day_number(word, form) is not None for word in distinct)
    )


def _candidates(word: str) -> tuple[str, ...]:
    """Forms that ``word`` could have."""
    if found := _FIGURES.fullmatch(word):
        mark, year = found[2], "%Y" if len(found[4]) == 4 else "%y"
        return (f"%d{mark}%m{mark}{year}", f"%m{mark}%d{mark}{year}")
    if found := _NAMED.fullmatch(word):
        return (f"%b{found[1]}%y",)
    return ()
