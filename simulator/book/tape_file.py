"""Reads a loan tape and says everything that is wrong with it at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
from numpy.typing import NDArray

from simulator.book.schema import F8
from simulator.book.tape_columns import COLUMN_BY_NAME, TAPE_COLUMNS, TapeColumn
from simulator.products import PRODUCTS
from simulator.validation import UserError, clip, first_offender
from simulator.vocabulary import DAYS_PER_MONTH, Amortisation, Work

WORK_NAMES: Final = {w.name.lower(): w for w in Work}
CSV_SUFFIXES: Final = (".csv", ".txt")
PARQUET_SUFFIXES: Final = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class Tape:
    """A checked tape in the file's order; a missing optional column has no entry.

    ``numbers``: columns of shape (n_loans,), NaN where an optional cell is empty;
    ``texts``: likewise, with empty text.
    """

    path: str
    sha256: str
    numbers: dict[str, F8]
    texts: dict[str, list[str]]


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file at ``path``."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_tape(path_text: str) -> Tape:
    """The tape at ``path_text``; every finding at once in a ``UserError``, one a line."""
    path = Path(path_text)
    table, found = _read_table(path)
    findings = _column_findings(path, found)
    unique = [n for n in COLUMN_BY_NAME if found.count(n) == 1]
    texts = {n: _as_text(table[n]) for n in unique if COLUMN_BY_NAME[n].text}
    names = texts.get("loan_id", [""] * table.num_rows)
    ids = [f"loan_id {name}" if name else f"row {i + 1}" for i, name in enumerate(names)]
    numbers: dict[str, F8] = {}
    for name in unique:
        if name not in texts:
            numbers[name], trouble = _as_numbers(path, ids, COLUMN_BY_NAME[name], table[name])
            findings += trouble
    findings += _text_findings(path, ids, texts)
    for name, column in numbers.items():
        findings += _number_findings(path, ids, COLUMN_BY_NAME[name], column)
    if not findings:
        findings += _cross_findings(path, ids, texts, numbers)
        findings += _borrower_findings(path, ids, texts, numbers)
    if findings:
        raise UserError("\n".join(findings))
    return Tape(str(path), file_sha256(path), numbers, texts)


def _read_table(path: Path) -> tuple[pa.Table, list[str]]:
    """The table and its column names, which may fail to decode."""
    owner = f"book.path {clip(path)}"
    if not path.exists():
        raise UserError(f"{owner} does not exist")
    if not path.is_file():
        raise UserError(f"{owner} must be a file; got a folder")
    if path.suffix.lower() not in CSV_SUFFIXES + PARQUET_SUFFIXES:
        raise UserError(f"{owner} must end in .csv or .parquet; got {clip(path.name)}")
    if path.stat().st_size == 0:
        raise UserError(f"{owner} is empty; it must have a header and at least one loan")
    try:
        if path.suffix.lower() in PARQUET_SUFFIXES:
            table = pa_parquet.ParquetFile(path).read()
        else:
            table = pa_csv.read_csv(
                path,
                convert_options=pa_csv.ConvertOptions(
                    column_types={name: pa.string() for name in COLUMN_BY_NAME},
                    strings_can_be_null=False,
                ),
            )
        names = list(table.column_names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        kind = "Parquet" if path.suffix.lower() in PARQUET_SUFFIXES else "UTF-8 CSV with commas"
        raise UserError(f"{owner} must be {kind}; {clip(error, 160)}") from None
    if table.num_rows == 0:
        raise UserError(f"{owner} has a header but no loans")
    return table, names


def _column_findings(path: Path, found: Sequence[str]) -> list[str]:
    required = [c.name for c in TAPE_COLUMNS if c.required]
    lines = []
    if len(found) == 1 and (";" in found[0] or "\t" in found[0]):
        return [f"{path.name}: columns must be separated by commas; got {clip(found[0], 40)}"]
    missing = [n for n in required if n not in found]
    if missing:
        lines.append(f"{path.name}: missing columns {', '.join(missing)}")
    for name in dict.fromkeys(found):
        if found.count(name) > 1:
            lines.append(f"{path.name}: column {clip(name, 40)} stands {found.count(name)} times")
        if name not in COLUMN_BY_NAME:
            near = get_close_matches(name, COLUMN_BY_NAME, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(COLUMN_BY_NAME)}"
            lines.append(f"{path.name}: {clip(name, 40)} is not a known column - {hint}")
    return lines


def _as_text(column: pa.ChunkedArray) -> list[str]:
    """Cells as trimmed text; whole numbers without a decimal point, empty text for nulls."""
    if pa.types.is_floating(column.type):
        return ["" if v is None else f"{v:.15g}" for v in column.to_pylist()]
    return ["" if v is None else str(v).strip() for v in column.to_pylist()]


def _as_numbers(
    path: Path, ids: Sequence[str], spec: TapeColumn, column: pa.ChunkedArray
) -> tuple[F8, list[str]]:
    """Cells as doubles with NaN for empty ones, and what is no finite number."""
    empty = pc.is_null(column).to_numpy(zero_copy_only=False)
    try:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = pc.utf8_trim_whitespace(column)
            empty = empty | pc.equal(column, "").fill_null(True).to_numpy(zero_copy_only=False)
            column = pc.if_else(pa.array(empty), None, column)
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
        words = np.zeros(values.size, dtype=bool)
    except pa.ArrowException:
        values, words = _parse_one_by_one(column.to_pylist())
    rules = [
        (words & ~empty, f"no number in {spec.name}"),
        (np.isnan(values) & ~empty & ~words, f"{spec.name} = NaN"),
        (np.isinf(values), f"infinite {spec.name}"),
    ]
    if spec.required:
        rules.append((empty, f"an empty {spec.name}"))
    return values, _lines(path, ids, rules)


def _parse_one_by_one(cells: Sequence[object]) -> tuple[F8, NDArray[np.bool_]]:
    values, words = np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
    for row, cell in enumerate(cells):
        try:
            values[row] = np.nan if cell is None else float(str(cell))
        except ValueError:
            words[row] = True
    return values, words


def _lines(
    path: Path, ids: Sequence[str], rules: Sequence[tuple[NDArray[np.bool_], str]]
) -> list[str]:
    lines = [first_offender(path.name, ids, bad.tolist(), rule) for bad, rule in rules]
    return [line for line in lines if line]


def _number_findings(path: Path, ids: Sequence[str], spec: TapeColumn, column: F8) -> list[str]:
    finite = np.where(np.isfinite(column), column, spec.high)
    hint = f" - {spec.hint}" if spec.hint else ""
    rules = [
        (finite < spec.low, f"{spec.name} < {spec.low:g}{hint}"),
        (finite > spec.high, f"{spec.name} > {spec.high:g}{hint}"),
    ]
    if spec.whole:
        rules.append((finite != np.floor(finite), f"no whole number in {spec.name}"))
    if spec.positive:
        rules.append((finite == 0, f"{spec.name} = 0 (leave the cell empty if it is not known)"))
    return _lines(path, ids, rules)


def _text_findings(path: Path, ids: Sequence[str], texts: dict[str, list[str]]) -> list[str]:
    rules: list[tuple[NDArray[np.bool_], str]] = []
    for name in texts:
        if COLUMN_BY_NAME[name].required:
            rules.append((np.array([not v for v in texts[name]]), f"an empty {name}"))
    seen: set[str] = set()
    twice = []
    for loan_id in texts.get("loan_id", []):
        twice.append(bool(loan_id) and loan_id in seen)
        seen.add(loan_id)
    rules.append((np.array(twice, dtype=bool), "a loan_id that stood before"))
    for name, allowed in (("product", tuple(PRODUCTS)), ("work", tuple(WORK_NAMES))):
        bad = [bool(v) and v not in allowed for v in texts.get(name, [])]
        found = next((v for v, b in zip(texts.get(name, []), bad, strict=True) if b), "")
        rule = f"a {name} not among {', '.join(allowed)}; got {clip(found, 40)}"
        rules.append((np.array(bad, dtype=bool), rule))
    return _lines(path, ids, rules)


def _cross_findings(
    path: Path, ids: Sequence[str], texts: dict[str, list[str]], numbers: dict[str, F8]
) -> list[str]:
    """Rules between columns; lines have no schedule and are left alone."""
    line = [PRODUCTS[p].amortisation is Amortisation.REVOLVING for p in texts["product"]]
    scheduled = ~np.array(line)
    remaining, term = numbers["remaining_months"], numbers["term_months"]
    dpd = np.nan_to_num(numbers.get("dpd", np.zeros(term.size)))
    principal, original = numbers["principal"], numbers["original_principal"]
    fallen_due = unpaid_instalments(dpd, numbers["due_day"]) > term - remaining
    rules = [
        (scheduled & (remaining > term), "remaining_months > term_months"),
        (scheduled & (principal > original * (1 + 1e-6)), "principal > original_principal"),
        (
            scheduled & (remaining > 0) & (remaining <= term) & fallen_due,
            "dpd of more instalments than have fallen due (term_months - remaining_months)",
        ),
        (
            scheduled & (remaining == 0) & (principal > 0) & (dpd == 0),
            "remaining_months = 0 and a balance, but dpd = 0",
        ),
    ]
    return _lines(path, ids, rules)


def unpaid_instalments(dpd: F8, due_day: F8) -> NDArray[np.int64]:
    """Unpaid instalments n >= 1 whose month-end DPD, 30 n - due_day, is nearest to ``dpd`` > 0."""
    nearest = np.floor((dpd + due_day) / DAYS_PER_MONTH + 0.5)
    return np.where(dpd > 0, np.maximum(nearest, 1.0), 0.0).astype(np.int64)


def _borrower_findings(
    path: Path, ids: Sequence[str], texts: dict[str, list[str]], numbers: dict[str, F8]
) -> list[str]:
    """Borrowers whose rows disagree about a column of the borrower."""
    codes: dict[str, int] = {}
    owner = np.array([codes.setdefault(b, len(codes)) for b in texts["borrower_id"]])
    _, first = np.unique(owner, return_index=True)
    rules = []
    for spec in TAPE_COLUMNS:
        if not spec.of_borrower or (spec.name not in texts and spec.name not in numbers):
            continue
        if spec.text:
            column = np.array(texts[spec.name], dtype=object)
            differs = column != column[first[owner]]
        else:
            number = numbers[spec.name]
            both_empty = np.isnan(number) & np.isnan(number[first[owner]])
            differs = (number != number[first[owner]]) & ~both_empty
        rules.append((differs.astype(bool), f"another {spec.name} than the borrower's first row"))
    return _lines(path, ids, rules)
