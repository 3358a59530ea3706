"""Days, months and quarters of the calendar: every usual spelling to numbers, and back.

No other module reads or writes them.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.units import MONTHS_PER_YEAR
from simulator.validation import UserError, clip

F8 = NDArray[np.float64]
Months = NDArray[np.datetime64]
Frequency = Literal["monthly", "quarterly"]

MONTHS_A_QUARTER: Final = 3
QUARTERS_A_YEAR: Final = MONTHS_PER_YEAR // MONTHS_A_QUARTER
MONTHS_OF: Final[dict[Frequency, int]] = {"monthly": 1, "quarterly": MONTHS_A_QUARTER}
"""Months in a period."""
FIRST_SERIAL: Final = 20_000
LAST_SERIAL: Final = 80_000
"""Excel's days since 1899-12-30, 1954 to 2119; YYYYMM and YYYYMMDD are larger."""
SPELLINGS: Final = "2025Q1, 2025-01, 2025-01-31 or the like, the year first"
"""What a message names of all that is understood."""
_EXCEL_DAY_0: Final = date(1899, 12, 30).toordinal()
_EPOCH: Final = date(1970, 1, 1).toordinal()
_NAMES: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAME: Final = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR: Final = r"(?P<year>\d{4})"
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2008-03, 2008/3/31, 2008年3月31日, 2008-03-31T00:00:00Z
        rf"{_YEAR}(?:[-/.]|年\s?)(?P<month>\d{{1,2}})(?:(?:[-/.]|月\s?)(?P<day>\d{{1,2}})日?)?月?"
        r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?",
        rf"{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})?",
        rf"{_YEAR}年?[-/. ]?Q(?P<quarter>[1-4])",
        rf"Q(?P<quarter>[1-4])[-/. ]?{_YEAR}",
        rf"(?P<quarter>[1-4])Q[-/. ]?{_YEAR}",
        rf"{_YEAR}年? ?第?(?P<quarter>[1-4一二三四])季度?",
        rf"(?:(?P<day>\d{{1,2}})[- ])?{_NAME}[-, ]{{1,2}}{_YEAR}",  # Mar 2008, 31 Mar 2008
        rf"{_NAME} (?P<day>\d{{1,2}}),? {_YEAR}",
        rf"{_YEAR}[- ]{_NAME}",
        rf"{_YEAR}年?",
    )
)
_ANY_ORDER: Final = re.compile(
    rf"\d{{1,2}}[-/. ]\d{{1,2}}[-/. ](?:\d{{4}}|\d{{2}})|{_NAME}[-/' ]\d\d", re.IGNORECASE
)
"""Day, month and year in an order that nobody can tell from the label alone."""
_TIME: Final = re.compile(r"[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[ap]m)?Z?$", re.IGNORECASE)


class Label(NamedTuple):
    """What a label says: its first day, and how many calendar months it covers (a day none)."""

    first: date
    months: int

    @property
    def month(self) -> int:
        """Its first month, counted from year 0."""
        return self.first.year * MONTHS_PER_YEAR + self.first.month - 1


def read_label(text: str) -> Label | None:
    """The day, month, quarter or year that ``text`` names; None if it is none, or in any order."""
    if text.isascii() and text.isdigit() and len(text) == 5:  # an Excel serial
        serial = int(text)
        day = date.fromordinal(_EXCEL_DAY_0 + serial)
        return Label(day, 0) if FIRST_SERIAL <= serial <= LAST_SERIAL else None
    for form in _FORMS:
        if found := form.fullmatch(text):
            return _label(found.groupdict(default=""))
    return None


def _label(parts: dict[str, str]) -> Label | None:
    day, name, quarter = (parts.get(part, "") for part in ("day", "name", "quarter"))
    month, months = int(parts.get("month") or 1), MONTHS_PER_YEAR
    if name:
        month = _NAMES.index(name[:3].lower()) + 1
    elif quarter:
        months = MONTHS_A_QUARTER
        month += months * ("1234一二三四".index(quarter) % QUARTERS_A_YEAR)
    if day or name or parts.get("month"):
        months = 0 if day else 1
    try:
        return Label(date(int(parts["year"]), month, int(day or 1)), months)
    except ValueError:  # the 30th of February, month 13
        return None


def order_hint(text: str) -> str:
    """What to add where ``text`` is refused because its day and month may stand in any order."""
    if not _ANY_ORDER.fullmatch(text):
        return ""
    return " (which of it is day, month and year? write the year first, as 2008-12-31)"


def day_number(text: str, form: str | None = None) -> int | None:
    """Days since 1970 of a day, or of a month's first, as written; None if ``text`` is neither.

    ``form`` as in ``%d/%m/%Y`` stands for all that is known here; a time of day behind it is left
    out.
    """
    if form is None:
        found = read_label(text)
        return None if found is None or found.months > 1 else found.first.toordinal() - _EPOCH
    for spelled in (text, _TIME.sub("", text)):
        try:
            return datetime.strptime(spelled, form).toordinal() - _EPOCH
        except ValueError:
            continue
    return None


def months_of(labels: Sequence[str]) -> Months | None:
    """First calendar month of each label, ``datetime64[M]``; None where one is none or a year."""
    found = [read_label(label) for label in labels]
    known = [label.first for label in found if label and label.months < MONTHS_PER_YEAR]
    return np.array(known, dtype="datetime64[M]") if len(known) == len(labels) else None


def month_number(text: str, longest: int = 1) -> int:
    """Months since year 0 of a month or day in any spelling, ``ValueError`` for anything else.

    ``longest``: months that a label may cover; of a longer one, such as a quarter, the first.
    """
    found = read_label(text)
    if found is None or found.months > longest:
        raise ValueError(f"{clip(text, 40)} is no month as 2008-01{order_hint(text)}")
    return found.month


def month_text(number: int) -> str:
    """Inverse of ``month_number``, as ``2008-01``."""
    year, month = divmod(number, MONTHS_PER_YEAR)
    return f"{year:04d}-{month + 1:02d}"


def next_month(month: str, later: int = 1) -> str:
    """The calendar month ``later`` months after (or, below 0, before) ``month``."""
    return month_text(month_number(month) + later)


def months_between(first: str, last: str) -> tuple[str, ...]:
    """Calendar months from ``first`` to ``last``, both included; none if they are reversed."""
    return tuple(month_text(n) for n in range(month_number(first), month_number(last) + 1))


def period_number(text: str, frequency: Frequency) -> int:
    """Months or quarters since year 0 of a label in any spelling, else ``ValueError``.

    A day or month within a quarter stands for it.
    """
    return month_number(text, MONTHS_OF[frequency]) // MONTHS_OF[frequency]


def period_places(labels: Sequence[str], frequency: Frequency) -> F8:
    """``period_number`` of each label, (k,)."""
    return np.array([period_number(label, frequency) for label in labels], dtype=np.float64)


def period_text(number: int, frequency: Frequency) -> str:
    """Inverse of ``period_number``: ``2008-01`` or ``2008Q1``."""
    if frequency == "monthly":
        return month_text(number)
    year, quarter = divmod(number, QUARTERS_A_YEAR)
    return f"{year:04d}Q{quarter + 1}"


def quarter_name(month: np.datetime64) -> str:
    """``2008 Q4`` for the quarter that holds ``month``."""
    return period_text(period_number(str(month), "quarterly"), "quarterly").replace("Q", " Q")


def period_months(label: str, frequency: Frequency) -> tuple[str, str]:
    """First and last calendar month of a period."""
    size = MONTHS_OF[frequency]
    first = period_number(label, frequency) * size
    return month_text(first), month_text(first + size - 1)


def periods(owner: str, span: tuple[str, str], frequency: Frequency) -> tuple[str, ...]:
    """Labels of every period of ``span``, both ends included; ``UserError`` if it is none."""
    try:
        first, last = (period_number(text, frequency) for text in span)
    except ValueError as error:
        form = "2008Q1" if frequency == "quarterly" else "2008-01"
        raise UserError(f"{owner}.span must be two {frequency} dates as {form}; {error}") from None
    if last < first:
        raise UserError(f"{owner}.span must end at or after its start; got {span[0]}, {span[1]}")
    return tuple(period_text(number, frequency) for number in range(first, last + 1))
