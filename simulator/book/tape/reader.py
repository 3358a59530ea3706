"""Reads a loan tape and says everything that is wrong with it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from simulator.book.reconciliation import LeftOut
from simulator.book.schema import F8, U8, Rejected
from simulator.book.segments import MAX_REGIONS, hash_texts
from simulator.book.tape.checks import (
    borrower_troubles,
    cross_troubles,
    missing_columns,
    not_among,
    number_troubles,
    revolving_rows,
    text_troubles,
)
from simulator.book.tape.columns import HELPER_COLUMNS, READ_COLUMNS
from simulator.book.tape.dates import (
    as_date,
    date_troubles,
    schedule_from_dates,
)
from simulator.book.tape.derived import (
    check_direction,
    convert_incomes,
    count_from_snapshot,
    fill_ids,
    rescale_scores,
    warn_of_flag,
    warn_of_many,
)
from simulator.book.tape.draft import Draft, read_columns, translate_values
from simulator.book.tape.filled import fill_derived, leave_repaid
from simulator.book.tape.mapping import DROP, MappingFound, find_mapping
from simulator.book.tape.panel_files import join_panel, split_panel
from simulator.book.tape.rejected_rows import conclude_quarantine, take_out
from simulator.book.tape.statuses import days_of_current, days_of_status, unpaid_of_status
from simulator.products import PRODUCTS
from simulator.reading.cells import (
    I8,
    Texts,
    Trouble,
)
from simulator.reading.named_files import Paths
from simulator.reading.table_file import Source, open_source
from simulator.units import days_past_due
from simulator.validation import clip

CLOSED: Final = "closed or written off by their status"
HELPERS = frozenset(column.name for column in HELPER_COLUMNS)


@dataclass(frozen=True, slots=True)
class Tape:
    """A checked tape in the file's order; a missing optional column has no entry.

    ``numbers``: columns of shape (n_loans,), NaN where an optional cell is empty; ``texts``:
    likewise, with empty text. ``months_overdue``: months of the spell that runs, where a panel
    tells them. ``filled``: columns that dates, statuses or products gave.
    """

    path: Paths
    sha256: str
    numbers: dict[str, F8]
    texts: dict[str, Texts]
    months_overdue: I8 | None = None
    snapshot: date | None = None
    instalment: F8 | None = None
    """Next instalments as the tape says; NaN where it does not."""
    left_out: tuple[LeftOut, ...] = ()
    """Loans of the file that do not open."""
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What a reader must see on the console."""

    @property
    def n_loans(self) -> int:
        """Rows."""
        return int(self.texts["loan_id"].codes.size)

    @property
    def weight(self) -> F8:
        """Real borrowers that each row's borrower stands for; 1 where the tape does not say."""
        weight = self.numbers.get("weight", np.ones(self.n_loans))
        return np.where(np.isnan(weight), 1.0, weight)

    def ids(self, name: str) -> U8:
        """Permanent ids of a text column; shape (n_loans,)."""
        return hash_texts(self.texts[name].names, name)[self.texts[name].codes]


def read_tape(
    path_text: Paths,
    mapping: str | Mapping[str, object] | None = None,
    panel: str | None = None,
    regions: Sequence[str] = (),
    law: str | None = None,
    most_rejected: float | None = None,
) -> Tape:
    """The tape at ``path_text``; every finding at once in a ``UserError``, one a line.

    ``mapping`` and ``panel`` as in ``BookSettings``; ``regions`` are the book's own, ``law`` its
    jurisdiction. Rows that break a rule are left out up to the share ``most_rejected`` of rows and
    of balance; None refuses the tape for any.
    """
    found = find_mapping(mapping)
    source = open_source("book.path", path_text, found.mapping.layout)
    return checked_tape(source, path_text, found, panel, regions, law, most_rejected)


def checked_tape(
    source: Source,
    path_text: Paths,
    found: MappingFound,
    panel: str | None = None,
    regions: Sequence[str] = (),
    law: str | None = None,
    most_rejected: float | None = None,
) -> Tape:
    """The tape in ``source``, which is open already."""
    draft = read_columns(source, found.mapping, most_rejected=most_rejected)
    draft.notes += [*found.notes, *source.notes]
    if found.mapping.snapshot_date is not None:
        draft.set_snapshot(found.mapping.snapshot_date, "snapshot_date of the mapping")
    fill_ids(draft)
    translate_values(draft, regions)
    convert_incomes(draft, law)
    rescale_scores(draft, law)
    split_panel(draft)
    if panel is not None:
        join_panel(draft, panel)
    _drop_closed(draft)
    warn_of_many(draft)
    fill_derived(draft)
    _fill_from_dates(draft)
    count_from_snapshot(draft)
    _fill_from_status(draft)
    if "dpd" not in draft.numbers:
        draft.warn("no column tells arrears (dpd or status): every loan is taken as current")
    elif np.isnan(draft.numbers["dpd"]).any():
        unknown = np.isnan(draft.numbers["dpd"])
        draft.warn(
            f"{np.count_nonzero(unknown)} of {unknown.size} rows tell no arrears: taken as current",
            unknown,
        )
    warn_of_flag(draft)
    check_direction(draft)
    _fill_lines(draft)
    leave_repaid(draft)
    _check(draft, regions)
    rejected = conclude_quarantine(draft)
    draft.findings.raise_any()
    return Tape(
        path=path_text,
        sha256=source.sha256,
        numbers={n: c for n, c in draft.numbers.items() if n not in HELPERS},
        texts={n: c for n, c in draft.texts.items() if n != "status"},
        months_overdue=draft.months_overdue,
        snapshot=draft.snapshot,
        instalment=draft.numbers.get("instalment"),
        left_out=tuple(draft.left_out),
        rejected=rejected,
        notes=tuple(draft.notes),
        warnings=tuple(draft.warnings),
    )


def _drop_closed(draft: Draft) -> None:
    status = draft.texts.get("status")
    if status is None:
        return
    closed = status.equal(DROP)
    if closed.any():
        owed = draft.numbers.get("principal")
        balance = "" if owed is None else f", with a balance of {np.nansum(owed[closed]):,.0f},"
        gone = 0.0 if owed is None else float(np.nansum(owed[closed]))
        draft.left_out.append(LeftOut(CLOSED, int(np.count_nonzero(closed)), gone))
        draft.notes.append(
            f"{np.count_nonzero(closed)} loans{balance} leave: their status is closed or written"
            " off."
        )
        draft.keep(~closed)
        if closed.all():
            draft.findings.say("every loan has a status that leaves the tape")


def _fill_from_dates(draft: Draft) -> None:
    """Snapshot, term, remaining months and due day."""
    column = draft.dates.get("snapshot_date")
    if column is not None and not np.isnan(column).all():
        low, high = as_date(np.nanmin(column)), as_date(np.nanmax(column))
        if low != high:
            draft.findings.say(
                f"snapshot_date must be one date; got {low} to {high} - a panel, with a row a loan"
                " and month, calls it month"
            )
        draft.set_snapshot(high, "snapshot_date")
    draft.add(*date_troubles(draft.dates, draft.snapshot))
    given = schedule_from_dates(draft.dates, draft.numbers, draft.snapshot)
    used = [n for n in given if n not in draft.numbers or np.isnan(draft.numbers[n]).any()]
    for name in used:
        draft.fill(name, given[name])
    if used:
        draft.notes.append(f"{', '.join(used)}: from dates where the tape has none.")
    needs = {"origination_date", "maturity_date"} & set(draft.dates)
    if needs and "remaining_months" not in draft.numbers and draft.snapshot is None:
        draft.findings.say(
            "remaining_months follows from the dates once the date of the balances is known: say"
            " snapshot_date: YYYY-MM-DD in the mapping"
        )


def _fill_from_status(draft: Draft) -> None:
    """Days past due of a status, where the tape has none; a contradiction is a finding."""
    if "status" not in draft.texts:
        return
    unpaid, troubles = unpaid_of_status(draft.texts["status"])
    dpd = draft.numbers.get("dpd")
    if dpd is not None:
        troubles = _left_to_days(draft, troubles, dpd)
    draft.add(*troubles)
    if dpd is not None:
        room = days_of_current(draft.texts["status"])
        draft.add(Trouble((unpaid == 0) & (dpd > room), "dpd > 0, but a status of current"))
        draft.add(Trouble((unpaid > 0) & (dpd == 0), "dpd = 0, but a status of overdue"))
    if "due_day" not in draft.numbers:
        return
    due_day = np.nan_to_num(draft.numbers["due_day"], nan=1.0, posinf=1.0, neginf=1.0)
    days = days_of_status(draft.texts["status"])
    draft.fill("dpd", np.where(np.isnan(days), days_past_due(unpaid, due_day), days))


def _left_to_days(draft: Draft, unread: Sequence[Trouble], dpd: F8) -> list[Trouble]:
    """Statuses that nobody can read, where the days past due do not tell what is meant."""
    status = draft.texts["status"]
    told = np.logical_or.reduce([t.rows for t in unread]) & ~np.isnan(dpd)
    if told.any():
        words = [status.words[code] for code in np.unique(status.codes[told])]
        draft.warn(
            f"status {clip(', '.join(words), 80)} says nothing of arrears: dpd tells them; map what"
            " is closed or written off to drop, under values.status",
            told,
        )
    return [Trouble(t.rows & np.isnan(dpd), t.rule) for t in unread]


def _fill_lines(draft: Draft) -> None:
    """Lines have no schedule: where their term is not given, it is the product's."""
    if "product" not in draft.texts:
        return
    product = draft.texts["product"]
    lines = revolving_rows(product)
    if not lines.any():
        return
    longest = [
        float(max(PRODUCTS[w].terms_months)) if w in PRODUCTS else np.nan for w in product.words
    ]
    term = np.where(lines, np.array(longest)[product.codes], np.nan)
    for name in ("term_months", "remaining_months"):
        lacking = np.isnan(draft.numbers.get(name, np.full(lines.size, np.nan))) & lines
        if (name in draft.numbers or lines.all()) and lacking.any():
            draft.fill(name, term)
            draft.notes.append(f"{name} of {np.count_nonzero(lacking)} lines: the product's term.")
    if draft.mapping.raise_limits and {"principal", "original_principal"} <= set(draft.numbers):
        principal, limit = draft.numbers["principal"], draft.numbers["original_principal"]
        over = lines & (principal > limit)
        draft.numbers["original_principal"] = np.where(over, principal, limit)
        draft.notes.append(f"{np.count_nonzero(over)} limits were raised to the balance.")


def _check(draft: Draft, regions: Sequence[str]) -> None:
    """What is missing, out of range or contradictory in the finished columns."""
    texts, numbers = draft.texts, draft.numbers
    draft.findings.say(*missing_columns((*texts, *numbers)))
    draft.add(*text_troubles(texts))
    if "region" in texts:
        _check_regions(draft, regions)
    for spec in READ_COLUMNS:
        if spec.name in numbers:
            unread = draft.unread.get(spec.name, np.zeros(draft.rows.size, dtype=bool))
            draft.add(*number_troubles(spec, numbers[spec.name], unread))
    if not draft.findings.lines:
        take_out(draft)
        draft.add(*cross_troubles(draft.texts, draft.numbers))
        take_out(draft)
        draft.add(*borrower_troubles(draft.texts, draft.numbers))
        take_out(draft)


def _check_regions(draft: Draft, regions: Sequence[str]) -> None:
    region, chosen = draft.texts["region"], draft.mapping.values.get("region")
    names = {w for w in region.words if w}
    if chosen is not None:
        allowed = sorted({str(v) for v in chosen.values()} | set(regions))
        draft.add(not_among("region", region, allowed))
    elif len(names) > MAX_REGIONS:
        draft.findings.say(
            f"region must have at most {MAX_REGIONS} names; got {len(names)} - join them under"
            " values.region of a mapping"
        )
