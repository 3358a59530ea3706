"""How lenders write a number: currency signs, brackets, units, groups; each cell becomes bare.

Bare cells hold a sign, digits and at most marks of thousands and decimals, of which
``decimal_mark`` decides.
"""

from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

B = NDArray[np.bool_]
F8 = NDArray[np.float64]
Unit = Literal["months", "days", "day", "years"]
"""What a column counts: ``day`` is a day of the month."""

BLANK: Final = " \t\r\n\u00a0\u3000"
_SIGNS: Final = (
    r"HK\$|NT\$|US\$|AU\$|CA\$|A\$|C\$|S\$|R\$|¥|\$|€|£|₹|₽|₩|₺|₱|฿|₫|₪|₴|zł|Kč|Fr\.|Rs\.?|Ft|kr\.?"
)
_CODES: Final = (
    "RMB|CNY|USD|TWD|EUR|GBP|JPY|INR|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB|KRW|HKD|SGD|AUD"
    "|CAD|NZD|BRL|MXN|ZAR|IDR|MYR|PHP|THB|VND|KES|NGN"
)
_BEFORE: Final = rf"^([+-]?)\s*(?:{_SIGNS}|(?i:{_CODES}))\s*([+-]?)"
_BEHIND: Final = rf"\s*(?:{_SIGNS}|(?i:{_CODES})|元|圆|円|원)$"
_BRACKETS: Final = r"^\(\s*([^()]*\d[^()]*?)\s*\)$"
_MINUS_BEHIND: Final = r"^([^+-]*\d[^+-]*?)\s*-$"
_PERCENT: Final = r"\s*%(?:\s*p\.?\s?a\.?)?$"
_GROUP_MARKS: Final = "[ '\u2019`]"
_BLANK_GROUPS: Final = rf"^[+-]?\d{{1,3}}(?:{_GROUP_MARKS}\d{{3}})+(?:[.,]\d+)?$"
_LAKH: Final = r"^[+-]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?$"
_UNITS: Final[dict[Unit, tuple[tuple[str, float], ...]]] = {
    "months": (
        (r"\s*(?i:months?|mos?\.?|mths?\.?|m|monate?|mois|mes(?:es)?)$|\s*(?:期|个月|個月|月)$", 1),
        (r"\s*(?i:years?|yrs?\.?|y)$|\s*年$", 12),
    ),
    "days": ((r"\s*(?i:days?|d|dpd|tage?|jours?)$|\s*[天日]$", 1),),
    "day": ((r"(?i:st|nd|rd|th)$|\s*[日号號]$|\.$", 1),),
    "years": ((r"\s*(?i:years?(?: old)?|yrs?\.?|y\.?o\.?)$|\s*(?:周?岁|歲)$", 1),),
}
_EACH_MONTH: Final = r"^每月"


class Bare(NamedTuple):
    """Cells of shape (n,) without what is no figure; ``percent``: they had a percent sign."""

    cells: pa.Array
    percent: B
    factor: F8
    """What the number of each cell is times: 12 for years where months are counted."""


def matches(cells: pa.Array, pattern: str) -> B:
    """Cells that ``pattern`` matches; nulls do not."""
    found = pc.fill_null(pc.match_substring_regex(cells, pattern), False)
    return np.asarray(found).astype(bool)


def bare(cells: pa.Array, *, is_fraction: bool = True, unit: Unit | None = None) -> Bare:
    """``cells``, trimmed text or null, without signs of currency, percent, units and brackets."""
    cells = pc.utf8_normalize(cells, "NFKC")
    cells = pc.replace_substring_regex(cells, "[\u2212\ufe63]", "-")
    cells = _replaced(cells, _BRACKETS, r"-\1")
    cells = _replaced(cells, _MINUS_BEHIND, r"-\1")
    percent = matches(cells, _PERCENT) if is_fraction else np.zeros(len(cells), dtype=bool)
    if percent.any():
        cells = _where(percent, pc.replace_substring_regex(cells, _PERCENT, ""), cells)
    cells = pc.replace_substring_regex(cells, _BEHIND, "")
    cells = pc.replace_substring_regex(cells, _BEFORE, r"\1\2")
    cells = _replaced(cells, _BRACKETS, r"-\1")
    cells, factor = _without_unit(cells, unit)
    grouped = matches(cells, _BLANK_GROUPS)
    if grouped.any():
        plain = pc.replace_substring_regex(cells, _GROUP_MARKS, "")
        cells = _where(grouped, plain, cells)
    lakh = matches(cells, _LAKH)
    if lakh.any():
        cells = _where(lakh, pc.replace_substring(cells, ",", ""), cells)
    return Bare(cells, percent, factor)


def _replaced(cells: pa.Array, pattern: str, by: str) -> pa.Array:
    return pc.replace_substring_regex(cells, pattern, by)


def _where(rows: B, then: pa.Array, other: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(rows), then, other)


def _without_unit(cells: pa.Array, unit: Unit | None) -> tuple[pa.Array, F8]:
    factor = np.ones(len(cells))
    if unit == "day":
        cells = pc.replace_substring_regex(cells, _EACH_MONTH, "")
    for pattern, times in () if unit is None else _UNITS[unit]:
        rows = matches(cells, r"^[\d.,\s]*\d(?:" + pattern + ")")
        if rows.any():
            cells = _where(rows, pc.replace_substring_regex(cells, pattern, ""), cells)
            factor = np.where(rows, times, factor)
    return cells, factor
