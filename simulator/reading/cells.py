"""Cells of a column become numbers, categories or dates; whole columns at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from simulator.reading.periods import day_number
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
_POINT: Final = rf"^[+-]?[1-9]\d{{0,2}}(?:{_COMMAS}\d{{3}})+(?:\.\d*)?$"
_COMMA: Final = r"^[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+),\d+$"
_COMMA_GROUPS: Final = r"^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$"
_INTEGER: Final = r"^[+-]?\d+$"
_PERCENT: Final = "\\s*[%\uff05]$"


class ColumnRule(NamedTuple):
    """What reading has to know of a column: its name, and whether percent signs make sense."""

    name: str
    is_fraction: bool = True


@dataclass(frozen=True, slots=True)
class CellRules:
    """What a user said of the cells of a file; nothing is said of a table that has no mapping."""

    missing: Sequence[str] = ()
    """Further cells that mean nothing is known."""
    decimal: Literal[".", ","] | None = None
    """The decimal mark; None finds it."""
    percent: Sequence[str] = ()
    """Columns in percent: 18 is 0.18."""
    scale: Mapping[str, float] = field(default_factory=dict)
    """Column -> factor on every cell."""
    date_format: str | None = None
    """As in ``%d/%m/%Y``; None knows the usual forms."""


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


class Numbers(NamedTuple):
    """A column as numbers: ``values`` (n,) are NaN where there is none.

    ``empty``: cells where nothing is known; ``words``: those that hold no number; ``troubles``:
    those that may be read in two ways; ``signs``: whether percent signs were read as hundredths.
    """

    values: F8
    empty: B
    words: B
    troubles: list[Trouble]
    signs: bool


def as_numbers(
    column: pa.ChunkedArray, spec: ColumnRule, rules: CellRules, delimiter: str
) -> Numbers:
    """Cells as doubles; ``pyarrow.ArrowException`` for a column of a type that has no numbers."""
    signs = np.zeros(len(column), dtype=bool)
    trouble: list[Trouble] = []
    cells = column
    if _is_text(column.type):
        cells = _known_cells(column, rules.missing)
    empty = np.asarray(pc.is_null(cells)).astype(bool)
    try:
        if _is_text(column.type) and rules.decimal == ",":
            raise pa.ArrowInvalid("cells need reading")
        values = cells.cast(pa.float64())
    except pa.ArrowInvalid:
        if not _is_text(column.type):
            raise
        values, signs, trouble = _read_numbers(cells, spec, rules, delimiter)
    numbers = np.array(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    words = np.asarray(pc.is_null(values)).astype(bool) & ~empty
    for item in trouble:
        words &= ~item.rows
    if spec.name in rules.percent:
        numbers = np.where(signs, numbers, numbers / 100.0)
    if spec.name in rules.scale:
        numbers = numbers * rules.scale[spec.name]
    if signs.any() and spec.name not in rules.percent:
        mixed = ~signs & (np.nan_to_num(numbers) != 0)
        rule = f"cells in {spec.name} without a percent sign, which other rows have"
        trouble = [*trouble, Trouble(mixed, rule)]
    return Numbers(numbers, empty, words, trouble, bool(signs.any()))


def number_troubles(name: str, column: pa.ChunkedArray, read: Numbers) -> list[Trouble]:
    """Every rule that cells of the column break, where it must hold finite numbers."""
    first = clip(column[int(np.argmax(read.words))].as_py(), 40) if read.words.any() else ""
    told = read.empty | np.logical_or.reduce([read.words, *(t.rows for t in read.troubles)])
    return [
        *read.troubles,
        Trouble(read.words, f"no number in {name}; got {first}"),
        Trouble(np.isnan(read.values) & ~told, f"{name} = NaN"),
        Trouble(np.isinf(read.values), f"infinite {name}"),
    ]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _known_cells(column: pa.ChunkedArray, missing: Sequence[str]) -> pa.Array:
    """Trimmed text, null where nothing is known."""
    cells = pc.utf8_trim(column.cast(pa.large_string()), _BLANK).combine_chunks()
    lower = pc.utf8_lower(cells)
    nothing = pa.array(["", *MISSING_WORDS, *(m.lower() for m in missing)], pa.large_string())
    return pc.if_else(pc.is_in(lower, nothing), pa.scalar(None, pa.large_string()), cells)


def _read_numbers(
    cells: pa.Array, spec: ColumnRule, rules: CellRules, delimiter: str
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
    finds_mark = rules.decimal is None
    only_comma = bool((other & comma & ~point).any()) and not (other & point & ~comma).any()
    use_comma = only_comma if finds_mark else rules.decimal == ","
    unclear = other & point & comma
    # One cell that is unmistakable decides for its column; without semicolons commas are thousands.
    unclear &= finds_mark and delimiter == ";" and not (other & (point ^ comma)).any()
    trouble = []
    if unclear.any():
        found = clip(cells[int(np.argmax(unclear))].as_py(), 40)
        rule = (
            f"a {spec.name} that may be thousands or decimals ({found}); say decimal: '.' or ','"
            " in the mapping of a tape, or write a decimal point"
        )
        trouble.append(Trouble(unclear, rule))
    if use_comma:
        good = comma | _matches(cells, _INTEGER) | _matches(cells, _COMMA_GROUPS)
        text = pc.replace_substring(pc.replace_substring(cells, ".", ""), ",", ".")
    else:
        good = plain | point
        text = pc.replace_substring_regex(cells, _COMMAS, "")
    good &= known & ~unclear
    text = pc.if_else(pa.array(good), text, pa.scalar(None, pa.large_string()))
    values = text.cast(pa.float64())
    values = pc.if_else(pa.array(signs), pc.divide(values, 100.0), values)
    return values, signs, trouble


def _matches(cells: pa.Array, pattern: str) -> B:
    found = pc.fill_null(pc.match_substring_regex(cells, pattern), False)
    return np.asarray(found).astype(bool)


def as_dates(column: pa.ChunkedArray, name: str, rules: CellRules) -> tuple[F8, list[Trouble]]:
    """Days since 1970 as doubles, NaN for empty cells, and what is neither a day nor a month."""
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        days = column.cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False)
        whole = days.cast(pa.int32()).cast(pa.float64())
        return np.array(whole.to_numpy(zero_copy_only=False), dtype=np.float64), []
    texts = as_texts(column, rules.missing)
    known = [day_number(word, rules.date_format) for word in texts.words]
    days = np.array([np.nan if d is None else float(d) for d in known])[texts.codes]
    bad = np.array([d is None and not nothing(w) for w, d in zip(texts.words, known, strict=True)])
    found = next((w for w, b in zip(texts.words, bad, strict=True) if b), "")
    form = rules.date_format or "YYYY-MM-DD, YYYYMMDD, YYYY-MM or an Excel serial"
    hint = "" if rules.date_format else "; date_format in the mapping says another form"
    rule = f"no date as {form} in {name}; got {clip(found, 40)}{hint}"
    return days, [Trouble(bad[texts.codes] if bad.size else np.zeros(0, dtype=bool), rule)]


def nothing(word: str) -> bool:
    """Whether a cell says that nothing is known."""
    return word == "" or word.lower() in MISSING_WORDS


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
