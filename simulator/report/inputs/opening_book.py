"""The opening book beside its source: what the tape says, what the model opens, what is imputed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, mark, sentences, tr
from simulator.report.kit.numbers import money_scale, number, percent
from simulator.report.kit.run_messages import run_message
from simulator.report.kit.setting_words import plain
from simulator.report.kit.text import clean
from simulator.results.run import items_of, part
from simulator.results.table import COUNT, FRACTION, MONEY, Cell, Column, Row, Table, texts

MOST_LINES: Final = 100
MOST_WARNINGS: Final = 50
MOST_COLUMNS: Final = 60
TITLES: Final[Mapping[str, str]] = {
    "loans": mark("Loans"),
    "balance": mark("Balance"),
    "overdue": mark("Balance overdue"),
    "annual_rate": mark("Weighted rate a year"),
    "instalment": mark("Instalments due next"),
    "score_band": mark("Balance by score band"),
}
_MONEY: Final = ("balance", "instalment")


@dataclass(frozen=True, slots=True)
class OpeningBook:
    """Both sides of the opening book, with what a reader must know of them."""

    caption: str
    table: Table
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]


def opening_book(data: ReportData) -> OpeningBook | None:
    """The chapter, for results whose manifest tells both sides; a synthetic book has no source."""
    book = part(data.manifest, "book")
    found = part(book, "reconciliation")
    lines = list(_lines(found))
    if not lines:
        return None
    return OpeningBook(
        caption=_caption(found),
        table=sides_table(lines, data.currency),
        warnings=tuple(
            run_message(clean(w, 1000)) for w in items_of(book.get("warnings"))[:MOST_WARNINGS]
        ),
        remarks=tuple(
            text for text in (*_imputed(found), *_left_out(data, found), *_rejected(data, book))
        ),
    )


def _caption(found: Mapping[str, object]) -> str:
    what = tr(
        "Loans, balance and rates as the source of the book says and as the model opens them, in"
        " buckets of days past due. A gap above 0.1 points is a warning."
    )
    if found.get("is_sample") is True:
        return sentences(what, tr("The model opens a weighted sample of the source's borrowers."))
    return what


def _lines(found: Mapping[str, object]) -> Iterator["Sides"]:
    """Measure, bucket, threshold or band, both sides and gap of each line that can be read."""
    for line in items_of(found.get("lines"))[:MOST_LINES]:
        if not isinstance(line, Mapping):
            continue
        measure, bucket = str(line.get("measure", "")), clean(line.get("part", ""), 40)
        sides = [_number(line.get(key)) for key in ("tape", "model", "gap_points")]
        if measure in TITLES and (any(sides[:2]) or not bucket):
            yield measure, bucket, sides[0], sides[1], sides[2]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


Sides = tuple[str, str, float | None, float | None, float | None]
"""Measure, bucket, threshold or band, both sides and gap of a line."""


def sides_table(lines: Iterable[Sides], currency: str = "") -> Table:
    """Every quantity on both sides, with the gap between them."""
    rows: list[Row] = []
    for measure, bucket, *sides, gap in lines:
        cells = (_cell(measure, bucket, nan if side is None else side) for side in sides)
        rows.append((tr(TITLES[measure]), bucket, *cells, nan if gap is None else gap))
    columns = (
        *texts(mark("Quantity"), mark("Bucket, threshold or band")),
        Column(mark("Source"), COUNT, digits=4),
        Column(mark("Model at the opening"), COUNT, digits=4),
        Column(mark("Gap, points"), COUNT, is_change=True, decimals=2),
    )
    return Table(columns, rows, 2, currency)


def _cell(measure: str, bucket: str, value: float) -> Cell:
    """A number in the unit of its line."""
    if bucket or measure == "annual_rate":
        return Cell(value, unit=FRACTION, decimals=2)
    if measure in _MONEY:
        return Cell(value, unit=MONEY)
    return Cell(value, decimals=0)


def _imputed(found: Mapping[str, object]) -> Iterator[str]:
    """Columns that are drawn, with the share of balance for which they are."""
    shares = found.get("imputed_share_of_balance")
    if not isinstance(shares, Mapping) or not shares:
        return
    known = [(plain(k), _number(v)) for k, v in list(shares.items())[:MOST_COLUMNS]]
    whole = [name for name, share in known if share is not None and share >= 1.0]
    partly = [f"{name} {percent(share)}" for name, share in known if share and share < 1.0]
    if whole:
        yield tr("Imputed for all of the balance: {columns}.", columns=listed(whole))
    if partly:
        yield tr("Imputed for a share of the balance: {columns}.", columns=listed(partly))


def _left_out(data: ReportData, found: Mapping[str, object]) -> Iterator[str]:
    for item in items_of(found.get("left_out"))[:MOST_WARNINGS]:
        if isinstance(item, Mapping):
            yield tr(
                "Left out before the opening: {n} loans with a balance of {money}, {reason}.",
                n=number(_number(item.get("loans")), 0),
                money=_money(data, item.get("balance")),
                reason=run_message(clean(item.get("reason", ""), 200)),
            )


def _rejected(data: ReportData, book: Mapping[str, object]) -> Iterator[str]:
    rows = [item for item in items_of(book.get("rejected")) if isinstance(item, Mapping)]
    count = sum(_number(item.get("rows")) or 0.0 for item in rows)
    balance = sum(_number(item.get("balance")) or 0.0 for item in rows)
    if rows:
        yield tr(
            "{n} rows with a balance of {money} break a rule and are left out; rejected.csv lists"
            " them by rule.",
            n=number(count, 0),
            money=_money(data, balance),
        )


def _money(data: ReportData, value: object) -> str:
    amount = _number(value)
    return money_scale(data.currency, [amount]).full(amount)
