"""Which column of a tape is which of the model's: by mapping, by name, by usual words."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from simulator.book.tape.columns import COLUMN_BY_NAME
from simulator.book.tape.known_formats import KnownFormat, known_format, places_of
from simulator.book.tape.mapping import OTHERS, TapeMapping
from simulator.book.tape.synonyms import (
    HEADER_WORDS,
    SECOND_BEST,
    bracketed_unit,
    plain_word,
)
from simulator.validation import clip, nearest

MOST_NAMED: Final = 12
"""Columns of one kind that a message names."""
MONEY_UNITS: Final = {"万元": 1e4, "千元": 1e3, "百万元": 1e6, "亿元": 1e8, "万": 1e4, "千": 1e3}
"""Units in a header that are multiples of the currency."""
_ENGLISH_UNITS: Final = {
    "000": 1e3, "000s": 1e3, "k": 1e3, "thousand": 1e3, "thousands": 1e3, "tsd": 1e3, "t": 1e3,
    "m": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6, "cent": 1e-2, "cents": 1e-2,
    "lakh": 1e5, "lakhs": 1e5, "lac": 1e5, "crore": 1e7, "crores": 1e7,
}  # fmt: skip
"""The same in English and German, without currency and punctuation."""
_NO_UNIT: Final = re.compile(
    r"rmb|cny|usd|eur|gbp|chf|inr|twd|ntd|人民币|单位|[¥$€£₹'\u2019.:,\s]|\bin\b|\bof\b"
)
YEARS: Final = ("years", "year", "yrs", "年")
SHORTER: Final = ("days", "day", "d", "天", "日", "weeks", "week", "周")
"""Units of a term that are no months, nor whole numbers of them."""
RATE_PERIODS: Final = {
    "月利率": 12.0, "日利率": 360.0, "月息": 12.0, "日息": 360.0, "monthlyrate": 12.0,
    "monthlyinterestrate": 12.0, "dailyrate": 360.0, "dailyinterestrate": 360.0,
}  # fmt: skip
"""Rates of a shorter time than a year, as they are told: a year's is so many times as much."""
RATE_UNITS: Final = {"\u2030": 1e-3, "per mille": 1e-3, "bp": 1e-4, "bps": 1e-4}


@dataclass(frozen=True, slots=True)
class Headers:
    """``columns``: model's column -> place in the tape; ``findings`` name no file."""

    columns: dict[str, int]
    unknown: tuple[str, ...]
    findings: tuple[str, ...]
    taken: tuple[tuple[str, str], ...]
    """Tape's column and model's, where a usual word decided."""
    format: KnownFormat | None = None
    """The publisher whose headers these are."""


def read_headers(
    found: Sequence[str],
    mapping: TapeMapping,
    wanted: Sequence[str] = tuple(COLUMN_BY_NAME),
    *,
    whole_tape: bool = True,
) -> Headers:
    """Places of the ``wanted`` columns among the headers ``found``.

    For a file that is not the ``whole_tape``, columns that it lacks or has besides are no finding.
    """
    names = [name.strip() for name in found]
    findings = _twice(names) if whole_tape else []
    kind = known_format(names) if whole_tape else None
    usual = _usual(names, mapping, kind)
    claims: dict[str, list[int]] = {}
    taken, unknown = [], []
    for place, name in enumerate(names):
        model = mapping.columns.get(name) or mapping.columns.get(found[place])
        if model is None and name in mapping.ignore:
            continue
        if model is None:
            model = usual.get(place)
            if model is not None and model != name and model in mapping.columns.values():
                model = None
            if model is not None and model != name:
                taken.append((name, model))
        if model is None:
            unknown.append(name)
        elif model in wanted:
            claims.setdefault(model, []).append(place)
    if whole_tape:
        findings += _contested(names, claims)
        findings += _unknown(unknown, mapping)
        findings += _unmapped(names, mapping)
        findings += _units(names, claims, mapping)
    columns = {model: places[0] for model, places in claims.items() if len(places) == 1}
    return Headers(columns, tuple(unknown), tuple(findings), tuple(taken), kind)


def _usual(names: Sequence[str], mapping: TapeMapping, kind: KnownFormat | None) -> dict[int, str]:
    """Place -> model's column that the name itself, its publisher or usual words say.

    Where a publisher says which column it is, others that usual words would give the same meaning
    are further columns.
    """
    own = {} if kind is None else {at: model for model, at in places_of(kind, names).items()}
    found: dict[int, str] = {}
    certain: set[str] = set()
    for place, name in enumerate(names):
        model = own.get(place)
        if model is not None and name not in mapping.ignore:
            found[place] = model
            certain.add(model)
    for words in (HEADER_WORDS, SECOND_BEST):
        for place, name in enumerate(names):
            model = name if name in COLUMN_BY_NAME else words.get(plain_word(name))
            if place not in found and model is not None and model not in certain:
                found[place] = model
        certain |= {model for place, model in found.items() if names[place] not in mapping.ignore}
    return found


def unit_factor(model: str, header: str) -> float | None:
    """What cells under ``header`` are times to be the model's: 10,000 under 万元, 12 under 月利率.

    None where the header says nothing of it.
    """
    spec, plain = COLUMN_BY_NAME[model], plain_word(header)
    if spec.text or spec.date:
        return None
    if spec.is_fraction:
        times = next((n for word, n in RATE_PERIODS.items() if word in plain), 1.0)
        times *= RATE_UNITS.get(bracketed_unit(header), 1.0)
        return times if times != 1.0 else None
    unit = bracketed_unit(header).casefold()
    if spec.unit == "months":
        return 12.0 if unit in YEARS else None
    if not spec.is_money:
        return None
    bare = _NO_UNIT.sub("", unit)
    return MONEY_UNITS.get(bare, _ENGLISH_UNITS.get(bare))


def _twice(names: Sequence[str]) -> list[str]:
    twice = [(name, times) for name, times in Counter(names).items() if times > 1]
    return [f"column {clip(n, 40) or '(no name)'} stands {t} times" for n, t in twice][:MOST_NAMED]


def _contested(names: Sequence[str], claims: dict[str, list[int]]) -> list[str]:
    lines = []
    for model, places in claims.items():
        different = list(dict.fromkeys(names[p] for p in places))
        if len(different) > 1:
            lines.append(
                f"columns {clip(' and '.join(different), 100)} are all read as {model};"
                " choose one under columns of a mapping and list the other under ignore"
            )
    return lines


def _unknown(unknown: Sequence[str], mapping: TapeMapping) -> list[str]:
    if OTHERS in mapping.ignore:
        return []
    lines = []
    for name in list(dict.fromkeys(unknown))[:MOST_NAMED]:
        near = get_close_matches(name, COLUMN_BY_NAME, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        lines.append(
            f"{clip(name, 40) or '(no name)'} is not a known column - {hint}"
            "map it under columns of a mapping, or list it under ignore"
        )
    if len(set(unknown)) > MOST_NAMED:
        lines.append(f"{len(set(unknown)) - MOST_NAMED} further columns are not known")
    return lines


def _unmapped(names: Sequence[str], mapping: TapeMapping) -> list[str]:
    """Columns that the mapping names and the tape lacks."""
    lines = []
    for name in [n for n in mapping.columns if n not in names][:MOST_NAMED]:
        hint = nearest(name, names)
        lines.append(f"columns of the mapping name {clip(name, 40)}, which the tape lacks{hint}")
    return lines


def _units(names: Sequence[str], claims: dict[str, list[int]], mapping: TapeMapping) -> list[str]:
    """Multiples of the currency in headers that the mapping does not declare."""
    lines = []
    for model, places in claims.items():
        factor, header = unit_factor(model, names[places[0]]), names[places[0]]
        shorter = COLUMN_BY_NAME[model].unit == "months"
        if shorter and bracketed_unit(header).casefold() in SHORTER and model not in mapping.scale:
            lines.append(
                f"{model} counts months, but is under {clip(header, 40)}: give months, or the"
                f" factor in a mapping, scale: {{{model}: 0.0333}}"
            )
        if factor and model not in mapping.scale:
            lines.append(
                f"{model} is under {clip(header, 40)}: declare its unit in a mapping,"
                f" scale: {{{model}: {factor:.10g}}}"
            )
    return lines
