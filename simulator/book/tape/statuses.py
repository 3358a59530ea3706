"""What a lender's word for a loan's state says: closed, unpaid instalments, or days past due.

Everything in a cell counts, brackets included: a loan that is "current (45 days overdue)" is
45 days overdue. What may mean two things is asked, never guessed.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from simulator.book.schema import F8
from simulator.book.tape.arrears import unpaid_of_days
from simulator.book.tape.mapping import DROP, StatusCodes
from simulator.book.tape.synonyms import VALUE_WORDS, plain_word
from simulator.reading.cells import Texts, Trouble, nothing
from simulator.units import unpaid_beyond
from simulator.validation import clip
from simulator.vocabulary import DAYS_PER_MONTH, MAX_UNPAID

LONGEST_FIRST_BUCKET: Final = 31
"""Most days of a bucket that begins with 0 and still holds current loans alone, or nearly."""
CURRENT: Final = "M0"
FIRST_THIRTY: Final = "0-29 days"
NORMAL: Final = ("N", "n")
"""Current loans in the codes of the credit bureau of China, whose digits count instalments."""
MOST_WORDS: Final = 6
"""Words that a question names."""
_UNIT: Final = r"\s*(?:days?|dpd|d|天|日)?"
_DASH: Final = r"(?:-|~|\u2013|\u2014|至|到|\bto\b)"
_RANGE: Final = re.compile(rf"(?<![\d.])(\d{{1,3}}){_UNIT}\s*{_DASH}\s*(\d{{1,3}})(?!\d)")
_INTERVAL: Final = re.compile(r"([\[(])\s*(\d{1,3})\s*,\s*(\d{1,3})\s*([\])])")
_MORE: Final = re.compile(
    rf"(?<!\d)(?<!m)(\d{{2,3}}){_UNIT}\s*"
    r"(?:\+|(?:及|含|或)?以上|or more|and (?:over|more|above)|plus)"
    r"|(?:>=?|\u2265|over|more than|at least|超过|大于|至少)\s*(\d{2,3})(?!\d)"
)
_LESS: Final = re.compile(
    r"(?:<=?|\u2264|under|less than|below|up to|within|小于|不足|少于|不超过)\s*(\d{1,3})(?!\d)"
    rf"|(?<!\d)(\d{{1,3}}){_UNIT}\s*(?:(?:及|含|或)?以下|以内|之内|or less|and (?:under|less))"
)
_DAYS: Final = re.compile(r"(?<!\d)(\d{1,3})\s*(?:days?|dpd|天|日)(?![a-z])|dpd\s*:?\s*(\d{1,3})")
_COUNT: Final = re.compile(
    r"(?<![a-z0-9])m(\d{1,2})\+?(?![a-z0-9])|(?<!\d)(\d{1,2})\+?\s*(?:期|payments?|instal?ments?)"
)
_CODE: Final = re.compile(r"\d{1,3}")
_BRACKETED: Final = re.compile(r"[(\[{【<]([^)\]}】>]*)[)\]}】>]")
_OF_MONTHS: Final = re.compile(
    rf"(?<![\d.])(\d{{1,2}})\s*{_DASH}\s*(\d{{1,2}})\s*(?:months?|mths?|个月|個月)"
)
_OTHER_COUNT: Final = re.compile(
    rf"\d\s*{_DASH}\s*\d{{1,3}}\s*(?:weeks?|years?|周|年|期|payments?|instal?ments?)"
)
_LATE: Final = re.compile("逾期|overdue|past due|late|delinquen|arrears")
_ONCE: Final = re.compile(
    r"\b(?:was|were|previously|formerly|once|ever|max|worst)\b|曾|历史|最长|最高"
)
"""What was so before, and tells nothing of the day of the balances."""
_OF_INSTALMENTS: Final = re.compile("期数|instal?ment|payments?past|missedpayment|paymentsdue")
_OF_THIRTY_DAYS: Final = re.compile("^(?:current)?loandelinquencystatus$")


def unpaid_of(word: str) -> int | None:
    """Unpaid instalments of a status: 0, M1, 2, 31-60 days, 90+; None if it says nothing."""
    text = _folded(word)
    found = int(text) if _CODE.fullmatch(text) else _unpaid_in(text)
    return found if found is not None and found < MAX_UNPAID else None


def days_of(word: str) -> int | None:
    """Days past due where a status tells them to the day, such as ``45 days``; else None."""
    text = _folded(word)
    if any(pattern.search(text) for pattern in (_ONCE, _INTERVAL, _RANGE, _MORE, _LESS)):
        return None
    found = _DAYS.search(text)
    return None if found is None else int(found[1] or found[2])


def meaning(word: str) -> str | None:
    """``drop``, ``45 days`` or ``M2`` by the usual meaning of all that ``word`` says; else None.

    A bare number is no usual meaning but 0.
    """
    text = _folded(word)
    if _INTERVAL.fullmatch(text):
        return _canonical(text)
    if _ONCE.search(text):
        return None
    parts = [_BRACKETED.sub(" ", text), *_BRACKETED.findall(text)]
    parts = [part.strip() for part in parts if part.strip()]
    said = [_canonical(part) or VALUE_WORDS["status"].get(plain_word(part)) for part in parts]
    if DROP in said:
        return DROP
    if said and said[0] is not None and None in said:
        return None
    known = [CURRENT if s == "0" else s for s in said if s is not None]
    return max(known, key=lambda s: (unpaid_of(s) or 0, s), default=None)


def _canonical(part: str) -> str | None:
    """``M2``, ``45 days`` or ``0-29 days`` of a part that has a number with a unit."""
    if part == "0":
        return CURRENT
    if _CODE.fullmatch(part):
        return None
    days = days_of(part)
    if days is not None and days > 0:
        return f"{days} days"
    unpaid = _unpaid_in(part)
    if unpaid == 0 and _most_days(part):
        return f"0-{_most_days(part)} days"
    return None if unpaid is None or unpaid >= MAX_UNPAID else f"M{unpaid}"


def _most_days(text: str) -> int:
    """Last day of a bucket of days in ``text``; 0 where there is none."""
    if _OF_MONTHS.search(text) or _OTHER_COUNT.search(text):
        return 0
    interval, between, less = (p.search(text) for p in (_INTERVAL, _RANGE, _LESS))
    if interval is not None:
        return int(interval[3]) - (interval[4] == ")")
    if between is not None:
        return int(between[2])
    return 0 if less is None else int(less[1] or less[2])


def most_days_of_current(word: str) -> int:
    """Days past due that a status of current loans leaves room for: 29 of ``0-29 days``."""
    return _most_days(_folded(word)) if unpaid_of(word) == 0 else 0


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().strip()


def _unpaid_in(text: str) -> int | None:
    """Unpaid instalments of the first number with a unit in ``text``."""
    if _ONCE.search(text) or _OTHER_COUNT.search(text):
        return None
    months = _OF_MONTHS.search(text)
    if months is not None:
        return _unpaid_between(*(DAYS_PER_MONTH * int(n) for n in months.groups()))
    interval, between = _INTERVAL.search(text), _RANGE.search(text)
    if interval is not None:
        opens = int(interval[2]) + (interval[1] == "(" and interval[2] != "0")
        return _unpaid_between(opens, int(interval[3]) - (interval[4] == ")"))
    if between is not None:
        return _unpaid_between(int(between[1]), int(between[2]))
    more, less = _MORE.search(text), _LESS.search(text)
    if more is not None:
        days = int(more[1] or more[2])
        return unpaid_beyond(days) if days >= DAYS_PER_MONTH else None
    if less is not None:
        return 0 if int(less[1] or less[2]) <= LONGEST_FIRST_BUCKET else None
    exact, count = _DAYS.search(text), _COUNT.search(text)
    if exact is not None:
        return unpaid_of_days(int(exact[1] or exact[2]))
    return None if count is None else int(count[1] or count[2])


def _unpaid_between(low: int, high: int) -> int | None:
    """Of a bucket of days: one that begins with 0 is that of current loans."""
    if low >= high or (low == 0 and high > LONGEST_FIRST_BUCKET):
        return None
    if low == 0:
        return 0
    if spans_several(low, high):
        return unpaid_of_days((low + high) // 2)
    return -(-high // DAYS_PER_MONTH)


def spans_several(low: int, high: int) -> bool:
    """Whether days from ``low`` to ``high`` lie in more than one bucket."""
    return high - low > LONGEST_FIRST_BUCKET


@dataclass(slots=True)
class StatusReading:
    """``words``: the column's names as ``drop``, ``M2``, ``45 days`` or as they were."""

    words: list[str]
    taken: dict[str, str] = field(default_factory=dict)
    """Words that were read by their usual meaning."""
    questions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_statuses(
    words: Sequence[str],
    rows: Sequence[int],
    header: str,
    chosen: Mapping[str, object],
    codes: StatusCodes | None,
) -> StatusReading:
    """What every one of ``words``, each of so many ``rows``, says; ``chosen`` says it first."""
    found = StatusReading([])
    present = [w for w, n in zip(words, rows, strict=True) if n and not nothing(w)]
    open_words = [w for w in present if w not in chosen]
    coded = codes or _coding(open_words, header, dict(zip(words, rows, strict=True)))
    late = _late_from_one_day(present, chosen)
    for word in words:
        if word in chosen:
            found.words.append(str(chosen[word]))
            continue
        said = "M1" if word in late else _said(word, coded) if word else None
        found.words.append(word if said is None else said)
        if said is not None and _folded(word) not in (said.casefold(), "0"):
            found.taken[word] = said
    if coded is None and _asks_for_codes(open_words):
        found.questions.append(_question_of_codes(open_words))
    found.questions += _question_of_zero(present, {**found.taken, **chosen}, chosen)
    found.warnings += _warnings(open_words)
    return found


def _said(word: str, coded: StatusCodes | None) -> str | None:
    if word in NORMAL and coded == "instalments":
        return CURRENT
    if not _CODE.fullmatch(word):
        return meaning(word)
    number = int(word)
    if number == 0:
        return FIRST_THIRTY if coded == "thirty_days" else CURRENT
    if coded is None:
        return None
    if coded == "days":
        return f"{number} days"
    unpaid = number + (coded == "thirty_days")
    return f"M{unpaid}" if unpaid < MAX_UNPAID else None


def _coding(words: Sequence[str], header: str, rows: Mapping[str, int]) -> StatusCodes | None:
    """What whole numbers among ``words`` count, where file and header leave no doubt.

    Codes of 30, 60, 90 are days. Zero-padded codes that are mostly 00 are those of the mortgage
    and securities trade (01 is 30-59 days past due); digits beside N are those of the credit
    bureau of China.
    """
    plain = plain_word(header)
    codes = [w for w in words if _CODE.fullmatch(w)]
    if _OF_INSTALMENTS.search(plain):
        return "instalments"
    if _OF_THIRTY_DAYS.match(plain):
        return "thirty_days"
    late = [int(w) for w in codes if int(w)]
    if late and all(number % DAYS_PER_MONTH == 0 for number in late):
        return "days"
    padded = codes and all(len(w) == 2 for w in codes) and any(w[0] == "0" for w in codes)
    if padded and "00" in codes and rows["00"] == max(rows[w] for w in codes):
        return "thirty_days"
    if {*NORMAL} & set(words) and all(len(w) == 1 for w in codes):
        return "instalments"
    return None


def _asks_for_codes(words: Sequence[str]) -> bool:
    return any(_CODE.fullmatch(w) and int(w) for w in words)


def _question_of_codes(words: Sequence[str]) -> str:
    shown = ", ".join(clip(w, 24) for w in sorted(w for w in words if _CODE.fullmatch(w)))
    return (
        f"status holds the numbers {clip(shown, 60)}, which may count unpaid instalments, full"
        " thirty days past due or days, or be a lender's own codes: say status_codes: instalments"
        " (1 is 1-30 days), thirty_days (1 is 30-59 days) or days in the mapping, or each under"
        " values.status"
    )


def _late_from_one_day(words: Sequence[str], chosen: Mapping[str, object]) -> set[str]:
    """Buckets from 0 days called late, as 逾期30天以内, beside a word for current loans."""
    said = {w: str(chosen[w]) if w in chosen else meaning(w) or w for w in words}
    current = [w for w in words if unpaid_of(said[w]) == 0]
    late = {w for w in current if _most_days(_folded(w)) and _LATE.search(_folded(w))}
    return late - set(chosen) if len(late) < len(current) else set()


def _question_of_zero(
    words: Sequence[str], taken: Mapping[str, object], chosen: Mapping[str, object]
) -> list[str]:
    """A bucket from 0 days beside another word for current loans may mean from 1 day.

    One that the mapping explains is no question; the other word may well stand there.
    """
    current = [w for w in words if unpaid_of(str(taken.get(w, w))) == 0]
    buckets = [w for w in current if _most_days(_folded(w))]
    open_buckets = [w for w in buckets if w not in chosen]
    if not open_buckets or len(buckets) == len(current):
        return []
    others = ", ".join(clip(w, 24) for w in current if w not in buckets)
    return [
        f"status {clip(open_buckets[0], 24)} beside {clip(others, 80)} may hold current loans or"
        f" those 1 day past due and more: say which under values.status in the mapping, as"
        f" {clip(open_buckets[0], 24)}: M0 or M1"
    ]


def _warnings(words: Sequence[str]) -> list[str]:
    """Buckets so wide that their middle had to be taken."""
    wide = {}
    for word in words:
        low, high = _range_of(_folded(word))
        if low and spans_several(low, high):
            wide[word] = _unpaid_in(_folded(word))
    shown = ", ".join(f"{clip(w, 40)} as M{n}" for w, n in list(wide.items())[:MOST_WORDS])
    if not wide:
        return []
    return [
        f"status spans several buckets of days: {shown}, by its middle; values.status in the"
        " mapping says another"
    ]


def _range_of(text: str) -> tuple[int, int]:
    """Days of the first bucket in ``text``; twice 0 where there is none."""
    months, days = _OF_MONTHS.search(text), _RANGE.search(text)
    found = months or days
    if found is None or _OTHER_COUNT.search(text):
        return 0, 0
    times = 1 if months is None else DAYS_PER_MONTH
    return times * int(found[1]), times * int(found[2])


def unpaid_of_status(status: Texts) -> tuple[F8, list[Trouble]]:
    """Unpaid instalments of each row, NaN where the status is empty, and what is no status."""
    words = status.words
    counts = [unpaid_of(w) if w not in ("", DROP) else None for w in words]
    bad = np.array([c is None and w not in ("", DROP) for w, c in zip(words, counts, strict=True)])
    found = next((w for w, b in zip(words, bad, strict=True) if b), "")
    numbers = np.array([np.nan if c is None else float(c) for c in counts])
    rule = (
        f"a status that is no number of unpaid instalments in [0, {MAX_UNPAID - 1}]; got"
        f" {clip(found, 40)} - map it under values.status"
    )
    rows = bad.astype(bool)[status.codes] if len(words) else np.zeros(0, dtype=bool)
    return numbers[status.codes] if len(words) else np.zeros(0), [Trouble(rows, rule)]


def days_of_status(status: Texts) -> F8:
    """Days past due of each row whose status tells them to the day; NaN for others."""
    days = [days_of(word) for word in status.words]
    return np.array([np.nan if d is None else float(d) for d in days] or [np.nan])[status.codes]


def days_of_current(status: Texts) -> F8:
    """``most_days_of_current`` of each row."""
    days = [float(most_days_of_current(word)) for word in status.words]
    return np.array(days or [0.0])[status.codes]
