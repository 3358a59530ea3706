"""The mapping of a tape: which of its columns is which of the model's, and in which unit."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from simulator.book.tape.columns import COLUMN_BY_NAME
from simulator.reading.cells import CellRules
from simulator.reading.layout import Layout
from simulator.reading.plain_yaml import check_nodes, load, parse, read_text
from simulator.validation import Frozen, UserError, build, clip, unknown_choice

OTHERS: Final = "*"
"""In ``ignore``: every column that is not recognised."""
DROP: Final = "drop"
"""In ``values.status``: loans of this status leave the tape."""
Encoding = Literal[
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk", "big5", "cp1252",
    "latin-1", "cp1250", "cp1251", "iso8859-2", "iso8859-15", "shift_jis", "euc_kr",
]  # fmt: skip
MAX_ENTRIES: Final = 2000
StatusCodes = Literal["instalments", "thirty_days", "days"]
"""Whole numbers in a status: unpaid instalments, full thirty days past due (01 is 30-59), days."""
ScaleName = Literal["model", "fico", "zhima", "percent", "own", "ranks"]
Direction = Literal["higher_is_better", "lower_is_better"]
IncomePeriod = Literal["monthly", "annual"]


class MeanAndSpread(Frozen):
    """A lender's own scale of scores: what it gives to all applicants."""

    mean: float = Field(ge=-1e6, le=1e6)
    spread: float = Field(gt=0, le=1e6)
    """Standard deviation."""


def _known(name: str) -> str:
    if name not in COLUMN_BY_NAME:
        raise ValueError(str(unknown_choice("must name a column:", COLUMN_BY_NAME, name)))
    return name


Name = Annotated[str, AfterValidator(_known)]
Text = Annotated[str, Field(max_length=400)]
MappedValue = str | int | float
Scale = Annotated[float, Field(gt=0, le=1e9)]


class TapeMapping(Frozen):
    """What a mapping file may hold; column names on the right and in lists are the model's."""

    columns: dict[Text, Name] = Field(default_factory=dict, max_length=MAX_ENTRIES)
    """Tape's column -> model's column."""
    ignore: tuple[Text, ...] = Field(default=(), max_length=MAX_ENTRIES)
    """Tape's columns that are not read; "*" is all that are not recognised."""
    constants: dict[Name, MappedValue] = Field(default_factory=dict)
    """Model's column -> the value of every row."""
    values: dict[Literal["product", "work", "region", "status"], dict[Text, MappedValue]] = Field(
        default_factory=dict
    )
    """Model's column -> cell in the tape -> what it stands for."""
    percent: tuple[Name, ...] = ()
    """Columns in percent: 18 is 0.18."""
    scale: dict[Name, Scale] = Field(default_factory=dict)
    """Column -> factor on every cell, such as 10000 for money in units of ten thousand."""
    date_format: str | None = Field(default=None, min_length=2, max_length=40)
    """As in ``%d/%m/%Y``; None knows every form of ``simulator.reading.periods``."""
    snapshot_date: date | None = None
    """Date of the balances."""
    missing: tuple[Text, ...] = ()
    """Further cells that mean nothing is known."""
    decimal: Literal[".", ","] | None = None
    encoding: Encoding | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    status_codes: StatusCodes | None = None
    """What whole numbers in a status count."""
    score_scale: ScaleName | MeanAndSpread | None = None
    """The scale of the scores; None recognises it."""
    score_direction: Direction | None = None
    income_period: IncomePeriod | None = None
    """Whether incomes are those of a month or of a year; None recognises it."""
    sheet: str | None = Field(default=None, min_length=1, max_length=100)
    """Sheet of a workbook."""
    header_row: int | None = Field(default=None, ge=1, le=1000)
    """Line of the header, where titles stand above it."""
    footer_rows: int | None = Field(default=None, ge=0, le=1000)
    """Rows at the end that are no loans, such as totals."""
    raise_limits: bool = False
    """A balance over its limit raises the limit instead of being refused."""

    @property
    def cells(self) -> CellRules:
        """What reading has to know of it."""
        return CellRules(self.missing, self.decimal, self.percent, self.scale, self.date_format)

    @property
    def layout(self) -> Layout:
        """What it says of the file."""
        return Layout(self.encoding, self.delimiter, self.sheet, self.header_row, self.footer_rows)

    @model_validator(mode="after")
    def _units(self) -> "TapeMapping":
        for name in self.percent:
            if not COLUMN_BY_NAME[name].is_fraction:
                fractions = [c.name for c in COLUMN_BY_NAME.values() if c.is_fraction]
                raise ValueError(f"percent may hold {', '.join(fractions)}; got {name}")
        for name in self.scale:
            spec = COLUMN_BY_NAME[name]
            if spec.text or spec.date:
                raise ValueError(f"scale is for numbers; got {name}")
        twice = sorted(set(self.constants) & set(self.columns.values()))
        if twice:
            raise ValueError(f"{twice[0]} is in columns and in constants; leave one out")
        if self.date_format is not None and "%" not in self.date_format:
            raise ValueError("date_format must be as %d/%m/%Y")
        return self


class MappingFound(NamedTuple):
    """A mapping with where it came from, and what a run should say about it."""

    owner: str
    mapping: TapeMapping
    notes: tuple[str, ...]


def find_mapping(wanted: str | Mapping[str, object] | None) -> MappingFound:
    """The mapping of ``book.mapping``: a file, keys and values, or none."""
    if wanted is None:
        return MappingFound("book.mapping", TapeMapping(), ())
    if isinstance(wanted, str):
        return read_mapping(wanted)
    mapping = build("book.mapping", TapeMapping, dict(wanted))
    return MappingFound("book.mapping", mapping, ())


def read_mapping(path_text: str) -> MappingFound:
    """The mapping in a YAML file; a ``UserError`` names the file and everything wrong in it."""
    path = Path(path_text)
    owner = f"book.mapping {clip(path.name)}"
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise UserError(f"book.mapping must be a .yaml file; got {clip(path_text, 200)}")
    if "\0" in path_text or not path.is_file():
        raise UserError(f"book.mapping must be a file; got {clip(path_text, 200)}")
    text = read_text(path, owner)
    digest = sha256(text.encode()).hexdigest()
    note = f"Columns mapped by {clip(path.name)} (SHA-256 {digest})."
    return MappingFound(owner, parse_mapping(owner, text), (note,))


def parse_mapping(owner: str, text: str) -> TapeMapping:
    """The mapping that YAML spells, read with suspicion; ``owner`` begins every finding."""
    root = parse(owner, text)
    check_nodes(owner, root, interpolation=False)
    content = {} if root is None else load(owner, text)
    if not isinstance(content, dict):
        raise UserError(f"{owner}: must hold keys and values")
    return build(owner, TapeMapping, {str(key): _spelled(value) for key, value in content.items()})


def _spelled(value: object) -> object:
    """``value`` with text for keys: YAML reads 1 and 2026-01-01 as more than text."""
    if isinstance(value, dict):
        return {str(key): _spelled(item) for key, item in value.items()}
    return value
