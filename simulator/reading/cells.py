"""Cells of a column become numbers, categories or dates; whole columns at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from simulator.reading.date_order import fitting_forms
from simulator.reading.decimal_mark import COMMA_GROUPS, Marks, read_marks
from simulator.reading.numerals import BLANK, Unit, bare, matches
from simulator.reading.periods import day_number
from simulator.validation import clip

B = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

MISSING_WORDS: Final = (
    "null",
    "none",
    "n/a",
    "n.a.",
    "na",
    "#n/a",
    ".",
    "-",
    "--",
    "—",
    "\\n",
    "无",
    "空",
)
"""Cells, without case, that mean nothing is known."""
CURRENCIES: Final = ("$", "€", "£", "¥", "₹")
"""Signs of which a column of money has one."""
_FEW: Final = 1000


class ColumnRule(NamedTuple):
    """What reading has to know of a column: its name, and whether percent signs make sense."""

    name: str
    is_fraction: bool = True
    unit: Unit | None = None
    """What the column counts, which cells may name: 36 months, 36期."""
    is_money: bool = False
    """Amounts, which have no three decimals throughout."""


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
    """Trimmed cells; whole numbers without a decimal point, empty text where nothing is known.

    ``missing``: further cells that mean so. Raises ``pyarrow.ArrowException`` for cells that are
    no text.
    """
    encoded = as_written(column).combine_chunks().dictionary_encode()
    texts = Texts(np.asarray(encoded.indices).astype(np.int64), encoded.dictionary)
    empty = pa.array([*MISSING_WORDS, *(word.lower() for word in missing)], pa.large_string())
    short = np.asarray(pc.binary_length(texts.names)) <= max(
        len(w.encode()) for w in empty.to_pylist()
    )
    some = pa.array(np.flatnonzero(short))
    found = pc.is_in(pc.utf8_lower(texts.names.take(some)), empty)
    if not pc.any(found).as_py():
        return texts
    nowhere = set(some.filter(found).to_pylist())
    return texts.renamed(["" if i in nowhere else w for i, w in enumerate(texts.words)])


def as_written(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells as trimmed text, whole numbers without a decimal point, empty for nulls."""
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
    return pc.fill_null(pc.utf8_trim(column.cast(pa.large_string()), BLANK), "")


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
    column: pa.ChunkedArray, spec: ColumnRule, rules: CellRules, marks: Marks
) -> Numbers:
    """Cells as doubles; ``pyarrow.ArrowException`` for a column of a type that has no numbers."""
    signs = np.zeros(len(column), dtype=bool)
    trouble: list[Trouble] = []
    cells = column
    if _is_text(column.type):
        cells = _known_cells(column, rules.missing)
    empty = np.asarray(pc.is_null(cells)).astype(bool)
    try:
        if _is_text(column.type) and (rules.decimal == "," or _may_be_groups(cells, rules)):
            raise pa.ArrowInvalid("cells need reading")
        values = cells.cast(pa.float64())
    except pa.ArrowInvalid:
        if not _is_text(column.type):
            raise
        values, signs, trouble = _read_numbers(cells, spec, rules, marks)
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
    cells = pc.utf8_trim(column.cast(pa.large_string()), BLANK).combine_chunks()
    lower = pc.utf8_lower(cells)
    empty = pa.array(["", *MISSING_WORDS, *(m.lower() for m in missing)], pa.large_string())
    return pc.if_else(pc.is_in(lower, empty), pa.scalar(None, pa.large_string()), cells)


def _may_be_groups(cells: pa.Array, rules: CellRules) -> bool:
    """Whether some point may be one of thousands, as in 12.500, and no other cell says no."""
    if rules.decimal is not None:
        return False
    with_point = pc.drop_null(pc.filter(cells, pc.match_substring(cells, ".")))
    if not len(with_point):
        return False
    return bool(matches(with_point[:_FEW], COMMA_GROUPS).all()) and bool(
        matches(with_point, COMMA_GROUPS).all()
    )


def _read_numbers(
    cells: pa.Array, spec: ColumnRule, rules: CellRules, marks: Marks
) -> tuple[pa.Array, B, list[Trouble]]:
    """Numbers with currency, percent signs, units, separators; null for what is none."""
    text = bare(cells, is_fraction=spec.is_fraction, unit=spec.unit)
    read = read_marks(text.cells)
    mark = rules.decimal or marks.decide(read)
    if spec.is_money and mark == "." and rules.decimal is None and not read.sure_point.any():
        mark = None if matches(text.cells, COMMA_GROUPS).any() else mark
    trouble = []
    unclear = read.either if mark is None else np.zeros(len(cells), dtype=bool)
    if unclear.any():
        found = clip(cells[int(np.argmax(unclear))].as_py(), 40)
        rule = (
            f"a {spec.name} that may be thousands or decimals ({found}); say decimal: '.' or ','"
            " in the mapping of a tape, or write a decimal point"
        )
        trouble.append(Trouble(unclear, rule))
    if spec.is_money:
        trouble += _other_currencies(cells, spec.name)
    if mark == ",":
        good = read.comma
        figures = pc.replace_substring(pc.replace_substring(text.cells, ".", ""), ",", ".")
    else:
        good = read.point
        figures = pc.replace_substring(text.cells, ",", "")
    good &= ~unclear
    figures = pc.if_else(pa.array(good), figures, pa.scalar(None, pa.large_string()))
    values = figures.cast(pa.float64())
    values = pc.if_else(pa.array(text.percent), pc.divide(values, 100.0), values)
    if (text.factor != 1).any():
        values = pc.multiply(values, pa.array(text.factor))
    return values, text.percent, trouble


def _other_currencies(cells: pa.Array, name: str) -> list[Trouble]:
    """Amounts with another sign of currency than most: they are not added up."""
    signs = {s: np.asarray(pc.fill_null(pc.match_substring(cells, s), False)) for s in CURRENCIES}
    found = sorted((s for s, rows in signs.items() if rows.any()), key=lambda s: -signs[s].sum())
    if len(found) < 2:
        return []
    others = np.logical_or.reduce([signs[sign] for sign in found[1:]]).astype(bool)
    return [Trouble(others, f"{name} in {found[1]} beside {found[0]}; a tape has one currency")]


def as_dates(column: pa.ChunkedArray, name: str, rules: CellRules) -> tuple[F8, list[Trouble]]:
    """Days since 1970 as doubles, NaN for empty cells, and what is neither a day nor a month."""
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        days = column.cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False)
        whole = days.cast(pa.int32()).cast(pa.float64())
        return np.array(whole.to_numpy(zero_copy_only=False), dtype=np.float64), []
    texts = as_texts(column, rules.missing)
    words = texts.words
    known = [_day(word, rules.date_format) for word in words]
    days = np.array([np.nan if d is None else float(d) for d in known])[texts.codes]
    bad = np.array([d is None and w != "" for w, d in zip(words, known, strict=True)])
    unread = [w for w, b in zip(words, bad, strict=True) if b]
    form = rules.date_format or "YYYY-MM-DD, YYYYMMDD, YYYY-MM or an Excel serial"
    rule = f"no date as {form} in {name}; got {clip(unread[0] if unread else '', 40)}"
    if not rules.date_format:
        rule += f"; date_format in the mapping says another form{_hint(unread)}"
    return days, [Trouble(bad[texts.codes] if bad.size else np.zeros(0, dtype=bool), rule)]


def _day(word: str, form: str | None) -> int | None:
    """A day as ``form`` says, else in a spelling that nobody can take for another day."""
    found = None if form is None else day_number(word, form)
    return day_number(word) if found is None else found


def _hint(words: Sequence[str]) -> str:
    """Which form would fit cells that are no dates as they stand."""
    forms = fitting_forms(words)
    if len(forms) == 1:
        return f": '{forms[0]}' fits them all"
    return f": {' or '.join(repr(form) for form in forms)}, nothing tells which" if forms else ""


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
