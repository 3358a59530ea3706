"""Cells of a column become numbers, categories or dates; whole columns at a time."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from simulator.validation import clip

B = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

MISSING_WORDS: Final = ("null", "none", "n/a", "na", "#n/a", "-", "--", "—", "\\n", "无", "空")
"""Cells, without case, that mean nothing is known."""
_BLANK: Final = " \t\r\n\u00a0\u3000"
_CURRENCY: Final = (
    r"^(?:¥|￥|\$|€|£|NT\$|RMB|CNY|USD|TWD)\s*|\s*(?:元|¥|￥|\$|€|£|RMB|CNY|USD|TWD)$"
)
_PLAIN: Final = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|^[+-]?(?i:nan|inf|infinity)$"
_COMMAS: Final = "[,\uff0c]"
_POINT: Final = rf"^[+-]?\d{{1,3}}(?:{_COMMAS}\d{{3}})+(?:\.\d*)?$"
_COMMA: Final = r"^[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+$"
_COMMA_GROUPS: Final = r"^[+-]?\d{1,3}(?:\.\d{3})+$"
_INTEGER: Final = r"^[+-]?\d+$"
_PERCENT: Final = "\\s*[%\uff05]$"
FIRST_SERIAL: Final = 20_000
LAST_SERIAL: Final = 80_000
"""Excel's days since 1899-12-30, 1954 to 2119; YYYYMM and YYYYMMDD are larger."""
_EXCEL_DAY_0: Final = date(1899, 12, 30).toordinal()
_EPOCH: Final = date(1970, 1, 1).toordinal()
_DATE: Final = re.compile(
    r"^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?$"
)


class ColumnRule(Protocol):
    """What reading has to know of a column: its name, and whether percent signs make sense."""

    @property
    def name(self) -> str:
        """Name that findings use."""
        ...

    @property
    def is_fraction(self) -> bool:
        """Whether cells are shares or rates."""
        ...


class CellRules(Protocol):
    """What a user said of the cells of a file."""

    @property
    def missing(self) -> Sequence[str]:
        """Further cells that mean nothing is known."""
        ...

    @property
    def decimal(self) -> Literal[".", ","] | None:
        """The decimal mark; None finds it."""
        ...

    @property
    def percent(self) -> Sequence[str]:
        """Columns in percent: 18 is 0.18."""
        ...

    @property
    def scale(self) -> Mapping[str, float]:
        """Column -> factor on every cell."""
        ...

    @property
    def date_format(self) -> str | None:
        """As in ``%d/%m/%Y``; None knows the usual forms."""
        ...


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of text: ``codes`` (n,) index into ``names``, a string array without nulls.

    Names come in the order of their first row; empty text is a name like others.
    """

    codes: I8
    names: pa.Array

    @property
    def words(self) -> list[str]:
        """The names as Python text."""
        return list(self.names.to_pylist())

    def equal(self, word: str) -> B:
        """Rows of exactly this text."""
        found = np.asarray(pc.equal(self.names, word)).astype(bool)
        return found[self.codes]

    def renamed(self, words: Sequence[str]) -> "Texts":
        """The same rows with ``words`` for the names, equal ones joined."""
        joined = pa.array(words, pa.large_string()).dictionary_encode()
        places = np.asarray(joined.indices).astype(np.int64)
        return Texts(places[self.codes], joined.dictionary)

    def take(self, rows: I8) -> "Texts":
        """Some rows, names as before."""
        return Texts(self.codes[rows], self.names)


class Trouble(NamedTuple):
    """Rows where a rule is broken, in words."""

    rows: B
    rule: str


def as_texts(column: pa.ChunkedArray, missing: Sequence[str] = ()) -> Texts:
    """Trimmed cells; whole numbers without a decimal point, empty text for nulls.

    Raises ``pyarrow.ArrowException`` for cells that are no text.
    """
    kind = column.type
    if pa.types.is_floating(kind):
        values = column.cast(pa.float64())
        whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), 1e15))
        if pc.all(whole, skip_nulls=True).as_py() is not False:
            column = values.cast(pa.int64())
        else:
            shown = [None if v is None else f"{v:.15g}" for v in values.to_pylist()]
            column = pa.chunked_array([pa.array(shown, pa.large_string())])
    elif pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    cells = pc.fill_null(pc.utf8_trim(column.cast(pa.large_string()), _BLANK), "")
    if missing:
        cells = pc.if_else(pc.is_in(cells, pa.array(list(missing), pa.large_string())), "", cells)
    encoded = cells.combine_chunks().dictionary_encode()
    return Texts(np.asarray(encoded.indices).astype(np.int64), encoded.dictionary)


def as_numbers(
    column: pa.ChunkedArray, spec: ColumnRule, mapping: CellRules, delimiter: str
) -> tuple[F8, list[Trouble], bool]:
    """Cells as doubles with NaN for empty ones, what is no finite number, and whether percent
    signs were read.
    """
    words = np.zeros(len(column), dtype=bool)
    signs = np.zeros(len(column), dtype=bool)
    trouble: list[Trouble] = []
    if _is_text(column.type):
        cells = _known_cells(column, mapping.missing)
        empty = np.asarray(pc.is_null(cells)).astype(bool)
        try:
            if mapping.decimal == ",":
                raise pa.ArrowInvalid("cells need reading")
            values = cells.cast(pa.float64())
        except pa.ArrowInvalid:
            values, signs, trouble = _read_numbers(cells, spec, mapping, delimiter)
    else:
        empty = np.asarray(pc.is_null(column)).astype(bool)
        values = column.cast(pa.float64())
    numbers = np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    if _is_text(column.type):
        words = np.asarray(pc.is_null(values)).astype(bool) & ~empty
        for item in trouble:
            words &= ~item.rows
    if spec.name in mapping.percent:
        numbers = np.where(signs, numbers, numbers / 100.0)
    if spec.name in mapping.scale:
        numbers = numbers * mapping.scale[spec.name]
    first = clip(column[int(np.argmax(words))].as_py(), 40) if words.any() else ""
    if signs.any() and spec.name not in mapping.percent:
        mixed = ~signs & (np.nan_to_num(numbers) != 0)
        rule = f"cells in {spec.name} without a percent sign, which other rows have"
        trouble = [*trouble, Trouble(mixed, rule)]
    rules = [
        *trouble,
        Trouble(words, f"no number in {spec.name}; got {first}"),
        Trouble(np.isnan(numbers) & ~empty & ~words & ~_any(trouble, words), f"{spec.name} = NaN"),
        Trouble(np.isinf(numbers), f"infinite {spec.name}"),
    ]
    return numbers, rules, bool(signs.any())


def _any(trouble: Sequence[Trouble], like: B) -> B:
    found = np.zeros_like(like)
    for item in trouble:
        found |= item.rows
    return found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _known_cells(column: pa.ChunkedArray, missing: Sequence[str]) -> pa.Array:
    """Trimmed text, null where nothing is known."""
    cells = pc.utf8_trim(column.cast(pa.large_string()), _BLANK).combine_chunks()
    lower = pc.utf8_lower(cells)
    nothing = pa.array(["", *MISSING_WORDS, *(m.lower() for m in missing)], pa.large_string())
    return pc.if_else(pc.is_in(lower, nothing), pa.scalar(None, pa.large_string()), cells)


def _read_numbers(
    cells: pa.Array, spec: ColumnRule, mapping: CellRules, delimiter: str
) -> tuple[pa.Array, B, list[Trouble]]:
    """Numbers with currency, percent signs, separators; null for what is none."""
    cells = pc.replace_substring_regex(cells, _CURRENCY, "")
    signs = _matches(cells, _PERCENT) if spec.is_fraction else np.zeros(len(cells), dtype=bool)
    if signs.any():
        bare = pc.replace_substring_regex(cells, _PERCENT, "")
        cells = pc.if_else(pa.array(signs), bare, cells)
    plain, point, comma = (_matches(cells, p) for p in (_PLAIN, _POINT, _COMMA))
    known = np.asarray(pc.is_valid(cells)).astype(bool)
    other = known & ~plain
    trouble = []
    either = other & point & comma
    use_comma = mapping.decimal == ","
    if mapping.decimal is None:
        only_comma = bool((other & comma & ~point).any()) and not (other & point & ~comma).any()
        open_question = either.any() and not (other & (point ^ comma)).any() and delimiter == ";"
        use_comma = only_comma
        if open_question:
            found = clip(cells[int(np.argmax(either))].as_py(), 40)
            trouble.append(
                Trouble(
                    either,
                    f"a {spec.name} that may be thousands or decimals ({found}); say decimal:"
                    " '.' or ',' in the mapping",
                )
            )
    if use_comma:
        good = comma | _matches(cells, _INTEGER) | _matches(cells, _COMMA_GROUPS)
        text = pc.replace_substring(pc.replace_substring(cells, ".", ""), ",", ".")
    else:
        good = plain | point
        text = pc.replace_substring_regex(cells, _COMMAS, "")
    good &= ~_any(trouble, good)
    text = pc.if_else(pa.array(good & known), text, pa.scalar(None, pa.large_string()))
    values = text.cast(pa.float64())
    values = pc.if_else(pa.array(signs), pc.divide(values, 100.0), values)
    return values, signs, trouble


def _matches(cells: pa.Array, pattern: str) -> B:
    found = pc.fill_null(pc.match_substring_regex(cells, pattern), False)
    return np.asarray(found).astype(bool)


def as_dates(
    column: pa.ChunkedArray, spec: ColumnRule, mapping: CellRules
) -> tuple[F8, list[Trouble]]:
    """Days since 1970 as doubles, NaN for empty cells, and what is no date."""
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        days = column.cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False)
        whole = days.cast(pa.int32()).cast(pa.float64())
        return np.array(whole.to_numpy(zero_copy_only=False), dtype=np.float64), []
    texts = as_texts(column, mapping.missing)
    known = [_day(word, mapping.date_format) for word in texts.words]
    days = np.array([np.nan if d is None else float(d) for d in known])[texts.codes]
    bad = np.array([d is None and not _nothing(w) for w, d in zip(texts.words, known, strict=True)])
    found = next((w for w, b in zip(texts.words, bad, strict=True) if b), "")
    form = mapping.date_format or "YYYY-MM-DD, YYYYMMDD or an Excel serial"
    hint = "" if mapping.date_format else "; date_format in the mapping says another form"
    rule = f"no date as {form} in {spec.name}; got {clip(found, 40)}{hint}"
    return days, [Trouble(bad[texts.codes] if bad.size else np.zeros(0, dtype=bool), rule)]


def _nothing(word: str) -> bool:
    return word == "" or word.lower() in MISSING_WORDS


def _day(word: str, form: str | None) -> int | None:
    """Days since 1970 of a date as written; None if it is none."""
    try:
        if form is not None:
            return datetime.strptime(word, form).toordinal() - _EPOCH
        if word.isascii() and word.isdigit():
            return _day_of_digits(word)
        found = _DATE.match(word)
        if found is None:
            return None
        year, month, day = (int(part) for part in found.groups(default="1"))
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None


def _day_of_digits(word: str) -> int | None:
    if len(word) == 8:
        return date(int(word[:4]), int(word[4:6]), int(word[6:])).toordinal() - _EPOCH
    if len(word) == 6:
        return date(int(word[:4]), int(word[4:]), 1).toordinal() - _EPOCH
    serial = int(word) if len(word) < 6 else 0
    if FIRST_SERIAL <= serial <= LAST_SERIAL:
        return _EXCEL_DAY_0 + serial - _EPOCH
    return None


def translate(
    texts: Texts,
    chosen: Mapping[str, object],
    usual: Mapping[str, str],
    folded: Callable[[str], str],
) -> tuple[Texts, dict[str, str]]:
    """Names as ``chosen``, else by their ``folded`` form in ``usual``, and what that changed."""
    words, taken = [], {}
    for word in texts.words:
        if word in chosen:
            words.append(str(chosen[word]))
            continue
        found = usual.get(folded(word)) if word else None
        if found is not None and found != word:
            taken[word] = found
        words.append(word if found is None else found)
    return texts.renamed(words), taken
