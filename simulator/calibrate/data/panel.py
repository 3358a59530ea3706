"""Panels of monthly statuses, and the shares of accounts that are read from them.

The same functions read a lender's file and a simulated book: both are unpaid instalments by
account and calendar month.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.book.segments import hash_texts
from simulator.calibrate.data.files import UNKNOWN, open_data
from simulator.calibrate.data.ratios import Contributions, stack
from simulator.calibrate.settings import (
    CureTarget,
    FlagTarget,
    PanelSettings,
    RollTarget,
    ShareTarget,
)
from simulator.reading import columns as reading
from simulator.reading.periods import months_between, next_month
from simulator.reading.table_file import Source
from simulator.validation import UserError, clip

B = NDArray[np.bool_]
I2 = NDArray[np.int16]
Hits = B | I2
"""Of each account whether, or how often."""
PanelTarget = RollTarget | ShareTarget | CureTarget | FlagTarget
"""Targets whose numbers are shares of accounts of a panel."""

MISSING = -1
ARROW = "->"


@dataclass(frozen=True, slots=True)
class Panel:
    """Unpaid instalments of accounts, as a file or a simulated book shows them.

    ``states`` (n_accounts, n_months) int16: unpaid instalments at each month end, 0 is current,
    -1 is not seen. ``ids`` are permanent 64-bit ids, (n_accounts,); ``months`` ascend.
    """

    ids: NDArray[np.uint64]
    months: tuple[str, ...]
    states: I2
    labels: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def unpaid(self, owner: str, month: str) -> I2:
        """Unpaid instalments at the end of a calendar month, (n_accounts,)."""
        if month not in self.months:
            lacking = _lacking(self.months)
            raise UserError(
                f"{owner} needs the month {month}; there are {self.months[0]} to"
                f" {self.months[-1]}{lacking and f' without {lacking}'}"
            )
        column: I2 = self.states[:, self.months.index(month)]
        return column

    def state(self, owner: str, month: str) -> I2:
        """Index into ``labels`` of each account at a month end, -1 where it is not seen."""
        return np.minimum(self.unpaid(owner, month), np.int16(len(self.labels) - 1))

    def label_index(self, owner: str, label: str) -> int:
        """Index of a state's name; ``UserError`` names the allowed ones."""
        if label not in self.labels:
            raise UserError(f"{owner} must name states {', '.join(self.labels)}; got {clip(label)}")
        return self.labels.index(label)


def _lacking(months: tuple[str, ...]) -> str:
    """Calendar months between the first and the last of ``months`` that are not among them."""
    return ", ".join(m for m in months_between(months[0], months[-1]) if m not in months)


def read_panel(name: str, settings: PanelSettings) -> Panel:
    """The panel of a file, rows in the file's order.

    Warnings name statuses outside ``codes``, accounts with gaps, and months of the calendar that
    no column has. ``UserError`` for a missing file or column, a status that is no whole number,
    an id that is empty or stands twice, and settings that name no states.
    """
    owner = f"panels.{name}"
    _check_settings(owner, settings)
    months = tuple(sorted(settings.columns))
    source = open_data(owner, settings.path)
    ids = reading.texts(source, settings.id_column, UNKNOWN)
    _check_ids(f"{source.name}: {owner} column {settings.id_column}", ids, source)
    codes = [_whole_numbers(owner, source, settings.columns[month]) for month in months]
    status = np.stack([numbers for numbers, _ in codes], axis=1)
    empty = np.stack([nothing for _, nothing in codes], axis=1)
    states = np.full(status.shape, MISSING, dtype=np.int16)
    for code, unpaid in settings.codes.items():
        states[(status == code) & ~empty] = unpaid
    warnings = [
        *source.notes,
        *_unknown_codes(owner, months, settings, status, empty),
        *_gaps(owner, ids, states, empty),
    ]
    if lacking := _lacking(months):
        warnings.append(f"{owner}: no column for the calendar months {lacking}")
    hashed = hash_texts(ids, settings.id_column)
    return Panel(hashed, months, states, settings.labels, tuple(warnings))


def _check_settings(owner: str, settings: PanelSettings) -> None:
    if len(settings.labels) < 2 or len(set(settings.labels)) != len(settings.labels):
        raise UserError(
            f"{owner}.labels must be at least two different names; got {', '.join(settings.labels)}"
        )
    most = np.iinfo(np.int16).max
    for code, unpaid in settings.codes.items():
        if not 0 <= unpaid <= most:
            raise UserError(f"{owner}.codes.{code} must be an integer in [0, {most}]; got {unpaid}")


def _check_ids(owner: str, ids: Sequence[str], source: Source) -> None:
    if "" in ids:
        line = source.line(ids.index(""))
        raise UserError(f"{owner} must have an id in every row; {line} has none")
    twice = [identity for identity, times in Counter(ids).items() if times > 1]
    if twice:
        raise UserError(
            f"{owner} must not have an account twice; {len(twice)} accounts are duplicate"
            f" (first: {clip(twice[0], 40)})"
        )


def _whole_numbers(owner: str, source: Source, column: str) -> tuple[NDArray[np.int64], B]:
    """Cells of a column and which of them are empty; ``UserError`` for one that is no integer."""
    rows = range(source.table.num_rows)
    read = reading.numbers(source, column, rows, UNKNOWN, may_be_empty=True)
    numbers = np.nan_to_num(read.values)
    bad = (np.abs(numbers) > np.iinfo(np.int32).max) | (numbers != np.round(numbers))
    finding = read.finding or reading.offender(source, column, rows, bad, "no whole number")
    if finding:
        raise UserError(f"{owner}: {finding}")
    return numbers.astype(np.int64), np.isnan(read.values)


def _unknown_codes(
    owner: str,
    months: tuple[str, ...],
    settings: PanelSettings,
    status: NDArray[np.int64],
    empty: B,
) -> list[str]:
    """One warning a code that ``codes`` does not name."""
    unknown = ~np.isin(status, list(settings.codes)) & ~empty
    lines = []
    for code in np.unique(status[unknown]):
        cells = unknown & (status == code)
        when = [month for month, some in zip(months, cells.any(axis=0), strict=True) if some]
        lines.append(
            f"{owner}: status {code} is not among codes; {int(cells.sum())} cells are left out"
            f" ({', '.join(when)})"
        )
    return lines


def _gaps(owner: str, ids: Sequence[str], states: I2, empty: B) -> list[str]:
    """A warning about accounts seen before and after a month without a status."""
    seen = states != MISSING
    before = np.logical_or.accumulate(seen, axis=1)
    after = np.logical_or.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    rows = np.flatnonzero((empty & before & after).any(axis=1))
    if not rows.size:
        return []
    return [
        f"{owner}: {rows.size} accounts have a gap, a month without status between others"
        f" (first: {clip(ids[rows[0]], 40)}); their steps into and out of it are left out"
    ]


def panel_labels(target: PanelTarget) -> tuple[str, ...]:
    """Names of the target's numbers, in the order of ``panel_shares``."""
    if isinstance(target, RollTarget):
        cells = tuple(_cell_text(cell) for cell in target.cells)
        if target.pool:
            return cells
        return tuple(f"{cell} {month}" for month in target.months for cell in cells)
    if isinstance(target, ShareTarget):
        return tuple(f"{state} {month}" for month in target.months for state in target.states)
    if isinstance(target, CureTarget):
        return tuple(f"{duration}" for duration in target.durations)
    return target.groups


def panel_shares(owner: str, panel: Panel, target: PanelTarget) -> Contributions:
    """Shares that the target asks for, account by account."""
    if isinstance(target, RollTarget):
        return _rolls(owner, panel, target)
    if isinstance(target, ShareTarget):
        return _shares(owner, panel, target)
    if isinstance(target, CureTarget):
        return _cures(owner, panel, target)
    return _flags(owner, panel, target)


def _cell_text(cell: str) -> str:
    return ARROW.join(part.strip() for part in cell.split(ARROW))


def _rolls(owner: str, panel: Panel, target: RollTarget) -> Contributions:
    """Of accounts in a state and seen a month later, those in another state then."""
    cells = []
    for cell in target.cells:
        parts = _cell_text(cell).split(ARROW)
        if len(parts) != 2:
            raise UserError(
                f"{owner}.cells must be as {panel.labels[0]}{ARROW}{panel.labels[1]}, with states"
                f" {', '.join(panel.labels)}; got {clip(cell)}"
            )
        cells.append(tuple(panel.label_index(f"{owner}.cells", part) for part in parts))
    columns: list[tuple[Hits, Hits]] = []
    for month in target.months:
        before = panel.state(f"{owner}.months", month)
        later = panel.state(f"{owner}.months", next_month(month))
        for source, to in cells:
            at_risk = (before == source) & (later != MISSING)
            columns.append((at_risk & (later == to), at_risk))
    if target.pool:
        columns = [_pooled(columns[k :: len(cells)]) for k in range(len(cells))]
    return stack(panel_labels(target), columns)


def _pooled(steps: Sequence[tuple[Hits, Hits]]) -> tuple[Hits, Hits]:
    """Hits and risks of each account over several months."""
    hits, risks = (np.stack(part).sum(axis=0).astype(np.int16) for part in zip(*steps, strict=True))
    return hits, risks


def _shares(owner: str, panel: Panel, target: ShareTarget) -> Contributions:
    """Of accounts seen in a month, those in a state."""
    wanted = [panel.label_index(f"{owner}.states", state) for state in target.states]
    columns = []
    for month in target.months:
        now = panel.state(f"{owner}.months", month)
        columns += [(now == index, now != MISSING) for index in wanted]
    return stack(panel_labels(target), columns)


def _cures(owner: str, panel: Panel, target: CureTarget) -> Contributions:
    """Of accounts overdue for exactly so many months, those current a month later.

    Duration d at month m: current at m - d, overdue from m - d + 1 to m. A month whose m - d the
    panel does not have shows no start and adds nobody; ``UserError`` if that leaves no month.
    """
    columns = []
    for duration in target.durations:
        if duration < 1:
            raise UserError(f"{owner}.durations must be at least 1; got {duration}")
        seen = [m for m in target.months if next_month(m, -duration) in panel.months]
        if not seen:
            raise UserError(
                f"{owner}.durations: a spell of {duration} months that ends in"
                f" {', '.join(target.months)} does not start within {panel.months[0]} to"
                f" {panel.months[-1]}"
            )
        steps = [_cure_step(f"{owner}.months", panel, month, duration) for month in seen]
        columns.append(_pooled(steps))
    return stack(panel_labels(target), columns)


def _cure_step(owner: str, panel: Panel, month: str, duration: int) -> tuple[B, B]:
    """Of those overdue for ``duration`` months: who is current a month later, and all of them."""
    at_risk: B = panel.unpaid(owner, next_month(month, -duration)) == 0
    for back in range(duration):
        at_risk = at_risk & (panel.unpaid(owner, next_month(month, -back)) > 0)
    later = panel.unpaid(owner, next_month(month))
    return at_risk & (later == 0), at_risk & (later != MISSING)


def _flags(owner: str, panel: Panel, target: FlagTarget) -> Contributions:
    """Of accounts with so many overdue months in the window, those flagged later."""
    window = months_between(*target.window)
    if not window:
        raise UserError(f"{owner}.window must end at or after its start; got {target.window}")
    months = np.stack([panel.unpaid(f"{owner}.window", month) for month in window], axis=1)
    later = panel.unpaid(f"{owner}.flag_month", target.flag_month)
    seen: B = (months != MISSING).all(axis=1) & (later != MISSING)
    overdue = (months > 0).sum(axis=1)
    flagged: B = later >= target.least_unpaid
    groups = [seen & _in_group(owner, overdue, group) for group in target.groups]
    return stack(target.groups, [(group & flagged, group) for group in groups])


def _in_group(owner: str, overdue: NDArray[np.int64], group: str) -> B:
    match = re.fullmatch(r"(\d+)(\+?)", group)
    if match is None:
        raise UserError(f"{owner}.groups must be numbers of months as 2 or 3+; got {clip(group)}")
    number = int(match[1])
    inside: B = overdue >= number if match[2] else overdue == number
    return inside
