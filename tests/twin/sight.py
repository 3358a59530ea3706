"""Section 13: what a lender sees of loans, and what becomes of them, from finished diaries.

Nothing is credited back while a path runs. Each loan keeps a diary of its months; every sum is then
computed by its definition, with the whole later life of the loan at hand.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.situation import relief_code, situation_code
from simulator.vocabulary import (
    LOSS_WINDOW_MONTHS,
    N_CELL_MEASURES,
    N_LEAVING,
    Cause,
    CellMeasure,
    Forbearance,
    Hardship,
    Leaving,
    LoanStatus,
)
from tests.twin.diary import Diary, Entry, Grant

F8 = NDArray[np.float64]
NO_DEFAULT = -1
GONE = (LoanStatus.WRITTEN_OFF, LoanStatus.SOLD)
LEAVING = {
    LoanStatus.PAID_OFF: Leaving.PAID_OFF,
    LoanStatus.WRITTEN_OFF: Leaving.WRITTEN_OFF,
    LoanStatus.SOLD: Leaving.SOLD,
}
EXIT_BALANCE = {
    LoanStatus.WRITTEN_OFF: Leaving.WRITTEN_OFF_BALANCE,
    LoanStatus.SOLD: Leaving.SOLD_BALANCE,
}


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of a run's rule books; ``cell`` of a situation's number and a segment."""

    default_unpaid: int
    technical_days: int
    watch_months: int
    observation: tuple[int, ...]
    cure: tuple[int, ...]
    n_cells: int
    cell: Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Episode:
    """A default of a loan, from month ``start`` to month ``end``."""

    start: int
    end: int
    still_open: bool = False
    """Open after the last month, and taken as written off in the month after it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Sums of a path: (months + 1, K, CellMeasure) and (months + 1, K + 1, K + Leaving)."""

    cells: F8
    moves: F8
    happened: Counter[str]


@dataclass(slots=True)
class _Mark:
    """Relief and default as a lender remembers them."""

    kind: Forbearance = Forbearance.NONE
    since: int = 0
    clean: int = NO_DEFAULT
    warned: int = -1000
    """Month of the last early-warning call."""


def _relieve(mark: _Mark, entry: Entry, happened: Counter[str]) -> bool:
    """A grant of this month; whether it marks the loan."""
    if entry.grant is Grant.NONE:
        return False
    if entry.grant is Grant.REPLAN:
        mark.kind, mark.since = Forbearance.RESTRUCTURED, 0
        return True
    if entry.hardship is Hardship.NONE:
        happened["holiday without hardship on a marked loan"] += mark.kind is not Forbearance.NONE
        return False
    happened["deferral of a restructured loan"] += mark.kind is Forbearance.RESTRUCTURED
    if mark.kind is Forbearance.NONE:
        mark.kind = Forbearance.DEFERRED
    mark.since = 0
    return True


def _observe(mark: _Mark, entry: Entry, rules: Rules, happened: Counter[str]) -> None:
    """Marks of relief, from the grant to the month's end."""
    marks = _relieve(mark, entry, happened)
    if mark.kind is Forbearance.NONE:
        return
    if not entry.relief_left and not marks:
        mark.since += 1
    if entry.unpaid >= rules.default_unpaid:
        happened["default under observation"] += mark.since > 0
        mark.since = 0
    if not entry.relief_left and mark.since >= max(rules.observation, default=0):
        mark.kind = Forbearance.NONE
        happened["observation over"] += 1


def _remember(mark: _Mark, entry: Entry, rules: Rules, happened: Counter[str]) -> None:
    """Memory of default."""
    if entry.unpaid >= rules.default_unpaid:
        mark.clean = 0
        return
    if mark.clean == NO_DEFAULT:
        return
    if entry.unpaid > 0:
        back = max((k for k in rules.cure if k <= mark.clean), default=0)
        happened["relapse to a milestone"] += 0 < back < mark.clean
        happened["relapse to nothing"] += back == 0 < mark.clean
        mark.clean = back
        return
    if entry.relief_left:
        happened["clean month under relief"] += 1
    else:
        mark.clean += 1
    if mark.clean >= max(rules.cure, default=0):
        mark.clean = NO_DEFAULT
        happened["memory over"] += 1


def _code(mark: _Mark, entry: Entry, rules: Rules, happened: Counter[str]) -> int:
    technical = (
        entry.unpaid == 1
        and entry.cause is Cause.CHANNEL_FAILURE
        and entry.dpd <= rules.technical_days
    )
    running = entry.relief_left > 0
    passed = sum(o <= mark.since for o in rules.observation)
    memory = 0
    if mark.clean != NO_DEFAULT:
        memory = 1 + sum(k <= mark.clean for k in rules.cure)
    warned = entry.month - mark.warned < rules.watch_months
    happened["warned"] += entry.warned
    happened["still on the list"] += warned and not entry.warned
    happened["technical"] += technical
    happened["unmarked relief"] += running and mark.kind is Forbearance.NONE
    if mark.kind is not Forbearance.NONE:
        phase = "running" if running else f"milestone {passed}"
        happened[f"{mark.kind.name.lower()}, {phase}"] += 1
    happened[f"memory {memory}"] += entry.unpaid == 0
    return situation_code(
        entry.unpaid,
        int(entry.hardship is not Hardship.NONE),
        int(warned),
        int(technical),
        relief_code(int(mark.kind), running, passed),
        memory,
    )


def situations(diary: Diary, rules: Rules, months: int, happened: Counter[str]) -> dict[int, int]:
    """The situation at each month end up to ``months`` at which the loan was open."""
    mark, found = _Mark(), {}
    for entry in diary.entries:
        if entry.open and entry.month <= months:
            mark.warned = entry.month if entry.warned else mark.warned
            _observe(mark, entry, rules, happened)
            _remember(mark, entry, rules, happened)
            found[entry.month] = _code(mark, entry, rules, happened)
    return found


def episodes(diary: Diary, default_unpaid: int) -> list[Episode]:
    """Every default of the loan."""
    found, start = [], None
    for entry in diary.entries:
        fallen = entry.unpaid >= default_unpaid if entry.open else entry.status in GONE
        if start is None and fallen:
            start = entry.month
        if start is not None and (not entry.open or entry.unpaid == 0):
            found.append(Episode(start, entry.month))
            start = None
    if start is not None:
        found.append(Episode(start, diary.entries[-1].month, still_open=True))
    return found


def _later_recoveries(diary: Diary, discount: float) -> float:
    """Value, at a write-off, of what a unit written off brings later: the sum over months."""
    after = np.arange(1, int(60 * diary.half_life_months) + 2)
    brought = 2.0 ** (-(after - 1) / diary.half_life_months)
    brought -= 2.0 ** (-after / diary.half_life_months)
    return diary.recovery_share * float((brought * discount**after).sum())


def _credits(diary: Diary, episode: Episode) -> Iterator[tuple[int, float, float]]:
    """Month, amount and monthly discount of everything after the first month of an episode."""
    for entry in diary.entries:
        if episode.start < entry.month <= episode.end:
            yield entry.month, entry.cost - entry.paid, entry.discount
    last = diary.at(episode.end)
    end, v = episode.end, last.discount
    if last.status is LoanStatus.WRITTEN_OFF:
        yield end, -last.balance * _later_recoveries(diary, v), v
    elif episode.still_open:
        yield end + 1, -last.balance * _later_recoveries(diary, v), v
    elif last.status is LoanStatus.SOLD:
        yield end, -last.price, v
    elif last.open:
        yield end, -(last.balance - last.drawn), v
    if last.status is LoanStatus.WRITTEN_OFF and diary.court is not None:
        month, amount = diary.court
        yield month, -amount, v


@dataclass(frozen=True, slots=True)
class Future:
    """What becomes of a loan after a month end, without its weight."""

    defaults: bool = False
    exposure: float = 0.0
    loss: float = 0.0


def future(diary: Diary, all_episodes: list[Episode], month: int, latest: float) -> Future:
    """What follows ``month``, from episodes that begin by month ``latest``."""
    defaults, exposure, loss = False, 0.0, 0.0
    for episode in all_episodes:
        if episode.end < month or (episode.end == month and not episode.still_open):
            continue
        if episode.start > latest:
            break
        begun = diary.at(max(month, episode.start))
        value = begun.balance * begun.discount ** (begun.month - month)
        defaults = True
        exposure += value
        loss += value
        loss += sum(x * v ** (t - month) for t, x, v in _credits(diary, episode) if t > month)
    return Future(defaults, exposure, loss)


def _moves(
    diary: Diary, cells: dict[int, int], months: int, n_cells: int
) -> Iterator[tuple[int, int, int, float]]:
    """Month, row, column and weighted balance of each move of a loan."""
    for entry in diary.entries:
        t, before = entry.month, cells.get(entry.month - 1)
        if t == 0 or t > months:
            continue
        if before is None:
            yield t, n_cells, cells[t], diary.weight * entry.balance
            continue
        carried = diary.weight * diary.at(t - 1).balance
        if entry.open:
            yield t, before, cells[t], carried
            continue
        yield t, before, n_cells + LEAVING[entry.status], carried
        if entry.status in GONE:
            yield t, before, n_cells + EXIT_BALANCE[entry.status], diary.weight * entry.balance


def _note(
    diary: Diary, all_episodes: list[Episode], default_unpaid: int, happened: Counter[str]
) -> None:
    """Count what the sums do not show."""
    happened["second default"] += len(all_episodes) > 1
    for episode in all_episodes:
        first, last = diary.at(episode.start), diary.at(episode.end)
        inside = episode.end > episode.start
        fell = first.unpaid >= default_unpaid
        happened["default at the opening"] += episode.start == 0
        happened["open at the horizon"] += episode.still_open
        happened["cured"] += last.open and not episode.still_open
        happened["cured by a re-plan"] += (
            last.open and last.unpaid == 0 and last.grant is Grant.REPLAN
        )
        happened["paid off in default"] += last.status is LoanStatus.PAID_OFF
        happened["written off in an episode"] += inside and last.status is LoanStatus.WRITTEN_OFF
        happened["sold in an episode"] += inside and last.status is LoanStatus.SOLD
        happened["written off outside an episode"] += (
            not inside and not fell and last.status is LoanStatus.WRITTEN_OFF
        )
        happened["sold outside an episode"] += (
            not inside and not fell and last.status is LoanStatus.SOLD
        )
        happened["default and exit in one month"] += not inside and fell and not last.open
        happened["court money after a write-off"] += (
            diary.court is not None and last.status is LoanStatus.WRITTEN_OFF
        )
        happened["line drawn when it cures"] += last.open and last.unpaid == 0 and last.drawn > 0.0
        happened["contacted in default"] += any(
            e.cost > 0.0 for e in diary.entries if episode.start < e.month <= episode.end
        )


def look(diaries: list[Diary], rules: Rules, months: int, horizon: int) -> Seen:
    """All sums of section 13 of a path."""
    n = rules.n_cells
    window = max(12, horizon - months)
    cells = np.zeros((months + 1, n, N_CELL_MEASURES))
    moves = np.zeros((months + 1, n + 1, n + N_LEAVING))
    happened: Counter[str] = Counter()
    for diary in diaries:
        seen = situations(diary, rules, months, happened)
        cell_of = {u: rules.cell(code, diary.segment) for u, code in seen.items()}
        all_episodes = episodes(diary, rules.default_unpaid)
        _note(diary, all_episodes, rules.default_unpaid, happened)
        for u, cell in cell_of.items():
            soon = future(diary, all_episodes, u, u + LOSS_WINDOW_MONTHS)
            ever = future(diary, all_episodes, u, u + window)
            sums = cells[u, cell]
            sums[CellMeasure.LOANS] += diary.weight
            sums[CellMeasure.BALANCE] += diary.weight * diary.at(u).balance
            sums[CellMeasure.DEFAULT_12] += diary.weight * soon.defaults
            sums[CellMeasure.DEFAULT_LIFE] += diary.weight * ever.defaults
            sums[CellMeasure.EXPOSURE_12] += diary.weight * soon.exposure
            sums[CellMeasure.EXPOSURE_LIFE] += diary.weight * ever.exposure
            sums[CellMeasure.LOSS_12] += diary.weight * soon.loss
            sums[CellMeasure.LOSS_LIFE] += diary.weight * ever.loss
        for t, row, column, amount in _moves(diary, cell_of, months, n):
            moves[t, row, column] += amount
    return Seen(cells, moves, happened)
