"""Terms, remaining months and due days from dates, where a tape has no columns for them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np

from simulator.book.schema import F8
from simulator.reading.cells import I8, Trouble
from simulator.vocabulary import DAYS_PER_MONTH, MAX_DUE_DAY

_EPOCH: Final = date(1970, 1, 1)
_LAST_DAY: Final = 31
"""A month's last day counts as this: nothing more of the month is to come."""


class Parts(NamedTuple):
    """Calendar parts of dates; arrays of shape (n,), 0 where the date is NaN."""

    month: I8
    """Months since January 1970."""
    day: I8
    """Day of the month."""
    day_or_last: I8
    """Day of the month, 31 for its last day."""


def calendar(days: F8) -> Parts:
    """Parts of ``days`` since 1970."""
    stamps = np.nan_to_num(days).astype(np.int64).astype("datetime64[D]")
    months = stamps.astype("datetime64[M]")
    day = (stamps - months.astype("datetime64[D]")).astype(np.int64) + 1
    last = (stamps + 1).astype("datetime64[M]") != months
    return Parts(months.astype(np.int64), day, np.where(last, _LAST_DAY, day))


def as_date(days: float) -> date:
    """The date of ``days`` since 1970."""
    return _EPOCH + timedelta(days=int(days))


def month_end(month: int) -> date:
    """Last day of a month counted from January 1970."""
    return as_date(int(np.datetime64(month + 1, "M").astype("datetime64[D]").astype(int)) - 1)


def schedule_from_dates(
    dates: Mapping[str, F8], numbers: Mapping[str, F8], snapshot: date | None
) -> dict[str, F8]:
    """``term_months``, ``remaining_months`` and ``due_day`` as far as ``dates`` give them.

    Cells are NaN where they do not. An instalment that falls due on the day of the snapshot counts
    as fallen due.
    """
    origin, maturity = dates.get("origination_date"), dates.get("maturity_date")
    found: dict[str, F8] = {}
    some = maturity if maturity is not None else origin
    if some is None:
        return found
    either = some if maturity is None or origin is None else np.where(np.isnan(some), origin, some)
    found["due_day"] = _where_known(either, np.minimum(calendar(either).day, MAX_DUE_DAY))
    term = numbers.get("term_months")
    if origin is not None and maturity is not None:
        first, last = calendar(origin), calendar(maturity)
        months = last.month - first.month + (last.day - first.day) / DAYS_PER_MONTH
        found["term_months"] = _where_known(origin + maturity, np.maximum(np.rint(months), 1))
        given = found["term_months"]
        term = given if term is None else np.where(np.isnan(term), given, term)
    if snapshot is None:
        return found
    now = calendar(np.array([float((snapshot - _EPOCH).days)]))
    remaining = np.full(either.size, np.nan)
    if origin is not None and term is not None:
        first = calendar(origin)
        gone = now.month - first.month - (first.day_or_last > now.day_or_last)
        remaining = _where_known(origin, term - np.maximum(gone, 0))
    if maturity is not None:
        last = calendar(maturity)
        ahead = last.month - now.month + (last.day_or_last > now.day_or_last)
        remaining = np.where(np.isnan(maturity), remaining, ahead)
    remaining = np.maximum(remaining, 0.0)
    found["remaining_months"] = remaining if term is None else np.fmin(remaining, term)
    return found


def _where_known(days: F8, values: F8 | I8) -> F8:
    return np.where(np.isnan(days), np.nan, values).astype(np.float64)


def date_troubles(dates: Mapping[str, F8], snapshot: date | None) -> list[Trouble]:
    """Dates that cannot be: originated after the snapshot, maturity before the origination."""
    found = []
    origin, maturity = dates.get("origination_date"), dates.get("maturity_date")
    if origin is not None and snapshot is not None:
        late = origin > (snapshot - _EPOCH).days
        found.append(Trouble(late, f"origination_date after the snapshot of {snapshot}"))
    if origin is not None and maturity is not None:
        found.append(Trouble(maturity <= origin, "maturity_date not after origination_date"))
    return found
