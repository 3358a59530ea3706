"""Who sits in the tiles: quiet borrowers take a seat, others get up into the records.

Slots of one product and class lie together. Their order is free: sums are exact, and whatever
hangs on an order reads records, which stand in the order of the book. Whoever moves is put on a
list first (``slots.Moving``), so that a field is copied for all of them at once.
"""

import numpy as np

from simulator.kernels.amounts_due import arrears_of, clear_balance
from simulator.kernels.customers import rest
from simulator.kernels.impairment import is_unremarkable
from simulator.kernels.jit import loop, scalar
from simulator.kernels.rng import uniform
from simulator.kernels.run_off import outlook_of
from simulator.kernels.slots import (
    AUTOPAY_LUCK,
    BORROWER,
    CELL,
    EDUCATION_LUCK,
    HEADS,
    IS_PUBLIC,
    IS_REMARKABLE,
    LOAN_ID,
    N_IDS,
    N_REALS,
    N_UNITS,
    N_WHOLES,
    NEXT_FREE,
    PERSON_ID,
    ROW,
    SEATED,
    SEEN_BALANCE,
    TILE,
    kind_of,
    seat_records,
    write_records,
)
from simulator.vocabulary import Domain, Draw, Flag, LoanStatus

_UNQUIET = Flag.PROMISED | Flag.PROMISES | Flag.WARNED | Flag.AGREED | Flag.BEHIND
UNUSED = -1
"""In place of a tile's kind."""
_NOWHERE = -1
_NEVER = 2.0
"""Above every share: nobody is reached."""


@loop
def reaches_some(cares):
    """Whether a programme enrols or teaches customers in any month; ``cares`` (months, classes)."""
    for t in range(cares.shape[0]):
        for group in range(cares.shape[1]):
            if cares[t, group].education_share > 0.0 or cares[t, group].autopay_share > 0.0:
                return True
    return False


@loop
def clear_tiles(tiles):
    """Before a path: nobody is seated."""
    tiles.n[0] = 0
    tiles.free[:] = _NOWHERE
    tiles.n_free[:] = 0
    tiles.n_slots[:] = 0
    tiles.marks[:] = 0


@scalar
def _is_in_order(state):
    """Whether nothing of an open loan but its schedule is on the table."""
    return state.n_unpaid == 0 and not state.marks & _UNQUIET and arrears_of(state) == 0.0


@loop
def _add_tile(kind, tiles):
    """Give a kind an empty tile; without one left nothing happens."""
    tile, whole, free = 0, tiles.whole, tiles.free
    while tile < tiles.n[0] and tiles.kind[tile] != UNUSED:
        tile += 1
    if tile == tiles.kind.size:
        return
    tiles.n[0] = max(tiles.n[0], tile + 1)
    tiles.kind[tile] = kind
    tiles.n_slots[kind] += TILE
    tiles.n_free[kind] += TILE
    for k in range(TILE - 1, -1, -1):
        whole[tile, SEATED + k] = 0
        whole[tile, NEXT_FREE + k] = free[kind]
        free[kind] = tile * TILE + k


@loop
def _choose(start, stop, people, levers, s, tiles):
    """List those of ``s.live[start:stop]`` who may be quiet, with a seat; mark the others."""
    slots, states, customers, live = s.slots, s.loans, s.people, s.live
    risks, is_seen, moving = s.risks, s.risks.size > 0, tiles.moving
    marks, watched, free, whole = tiles.marks, tiles.watched, tiles.free, tiles.whole
    borrowers, rows, in_tiles, places = moving.borrower, moving.row, moving.tile, moving.place
    classes, n_classes, n = levers.class_of_segment, levers.customer.shape[1], 0
    for at in range(start, stop):
        b = live[at]
        marks[b] = 1
        person, found, strange = people[b], np.int64(-1), 0
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status == LoanStatus.OPEN:
                strange += 1 if found >= 0 or not _is_in_order(state) else 0
                strange += 1 if is_seen and risks[row].defaulted > 0 else 0
                found = np.int64(row)
        if strange > 0 or found < 0 or customers[b].refusing or watched[b]:
            continue
        loan = slots[found]
        kind = kind_of(loan.product, loan.kind, classes[loan.segment], n_classes)
        if free[kind] == _NOWHERE:
            _add_tile(kind, tiles)
        slot = free[kind]
        if slot == _NOWHERE:
            continue
        marks[b] = 0
        borrowers[n], rows[n] = b, found
        in_tiles[n], places[n] = slot // TILE, slot % TILE
        free[kind] = whole[in_tiles[n], NEXT_FREE + places[n]]
        tiles.n_free[kind] -= 1
        n += 1
    return n


@loop
def _seat(t, n, people, s, tiles, p, key, is_taught):
    """Seat the ``n`` on the list."""
    slots, states, risks, track = s.slots, s.loans, s.risks, s.track
    moving, is_seen = tiles.moving, s.risks.size > 0
    real, whole, ids, units = tiles.real, tiles.whole, tiles.ids, tiles.units
    seat_records(n, moving, people, slots, s.people, states, real, whole)
    for j in range(n):
        b, row, tile, k = moving.borrower[j], moving.row[j], moving.tile[j], moving.place[j]
        person = people[b]
        whole[tile, SEATED + k] = 1
        whole[tile, BORROWER + k] = b
        whole[tile, ROW + k] = row
        whole[tile, CELL + k] = track[t, row] if t < track.shape[0] else 0
        ids[tile, PERSON_ID + k] = person.id
        ids[tile, LOAN_ID + k] = slots[row].id
        units[tile, HEADS + k] = person.heads
        remarkable = is_seen and not is_unremarkable(states[row], risks[row])
        whole[tile, IS_REMARKABLE + k] = remarkable
        units[tile, SEEN_BALANCE + k] = risks[row].balance if is_seen else 0
        public = uniform(key.seed, key.path, person.id, 0, Draw.HARDSHIP_PUBLIC, Domain.BORROWER)
        whole[tile, IS_PUBLIC + k] = public < p.hardship_public_share
        real[tile, EDUCATION_LUCK + k] = _NEVER
        real[tile, AUTOPAY_LUCK + k] = _NEVER
        if is_taught:
            draw = uniform(key.seed, key.path, person.id, 0, Draw.EDUCATION, Domain.BORROWER)
            real[tile, EDUCATION_LUCK + k] = draw
            draw = uniform(key.seed, key.path, person.id, 0, Draw.AUTOPAY, Domain.BORROWER)
            real[tile, AUTOPAY_LUCK + k] = draw


@loop
def sit_down(t, n_live, people, levers, s, tiles, p, key, is_taught):
    """Seat those of ``s.live`` whose next month may be quiet, and mark the others for it.

    ``t``: the month that has ended; ``is_taught``: of ``reaches_some``.
    """
    for start in range(0, n_live, TILE):
        n = _choose(start, min(n_live, start + TILE), people, levers, s, tiles)
        _seat(t, n, people, s, tiles, p, key, is_taught)


@loop
def _write_back(n, s, tiles):
    """Write the ``n`` seats on the list into the records."""
    moving, states, risks, is_seen = tiles.moving, s.loans, s.risks, s.risks.size > 0
    units, outlook = tiles.units, s.outlook
    write_records(n, moving, s.people, states, tiles.real, tiles.whole)
    for j in range(n):
        row = moving.row[j]
        outlook[row] = outlook_of(states[row])
        if is_seen:
            risks[row].balance = units[moving.tile[j], SEEN_BALANCE + moving.place[j]]


@loop
def get_up(t, n, may_rest, people, s, tiles):
    """The ``n`` on the list leave their seats for the month's records, or the book.

    ``may_rest``: whether customers whose loan has ended may come back.
    """
    _write_back(n, s, tiles)
    moving, states = tiles.moving, s.loans
    whole, kinds, free, n_free, marks = (
        tiles.whole,
        tiles.kind,
        tiles.free,
        tiles.n_free,
        tiles.marks,
    )
    n_gone = 0
    for j in range(n):
        tile, k, b = moving.tile[j], moving.place[j], moving.borrower[j]
        kind = kinds[tile]
        whole[tile, SEATED + k] = 0
        whole[tile, NEXT_FREE + k] = free[kind]
        free[kind] = tile * TILE + k
        n_free[kind] += 1
        if not moving.ends[j]:
            marks[b] = 1
            continue
        state = states[moving.row[j]]
        state.status = LoanStatus.PAID_OFF
        clear_balance(state)
        moving.borrower[n_gone] = b
        n_gone += 1
    if may_rest:
        rest(t, n_gone, moving.borrower, people, s)


@loop
def line_up(live, tiles):
    """Those who are marked into ``live``, in order of rows, unmarked; how many they are."""
    marks, by_eight, n = tiles.marks, tiles.marks_by_eight, 0
    for group in range(by_eight.size):
        if by_eight[group] == 0:
            continue
        for b in range(8 * group, min(8 * group + 8, live.size)):
            if marks[b]:
                live[n] = b
                n += 1
        by_eight[group] = 0
    return n


@loop
def stand_up(n_live, s, tiles):
    """Everybody into the records, in ``s.live`` behind whose first ``n_live`` the seats follow.

    In order of rows; how many live.
    """
    moving = tiles.moving
    whole, marks, kinds, live = tiles.whole, tiles.marks, tiles.kind, s.live
    for at in range(n_live):
        marks[live[at]] = 1
    for tile in range(tiles.n[0]):
        n = 0
        for k in range(TILE):
            if kinds[tile] != UNUSED and whole[tile, SEATED + k]:
                b = whole[tile, BORROWER + k]
                marks[b] = 1
                moving.borrower[n], moving.row[n] = b, whole[tile, ROW + k]
                moving.tile[n], moving.place[n] = tile, k
                n += 1
        _write_back(n, s, tiles)
    n = line_up(live, tiles)
    clear_tiles(tiles)
    return n


@loop
def _close_ranks_of(kind, tiles):
    """Let a kind's last seats fill the holes of its first tiles, and give back empty tiles."""
    real, whole, ids, units = tiles.real, tiles.whole, tiles.ids, tiles.units
    kinds, free = tiles.kind, tiles.free
    first, k, last, j = 0, 0, tiles.n[0] - 1, TILE - 1
    while True:
        while first <= last and (kinds[first] != kind or k == TILE or whole[first, SEATED + k]):
            if kinds[first] != kind or k == TILE:
                first, k = first + 1, 0
            else:
                k += 1
        while last >= first and (kinds[last] != kind or j < 0 or not whole[last, SEATED + j]):
            if kinds[last] != kind or j < 0:
                last, j = last - 1, TILE - 1
            else:
                j -= 1
        if first > last or (first == last and k >= j):
            break
        for column in range(N_REALS):
            real[first, column * TILE + k] = real[last, column * TILE + j]
        for column in range(N_WHOLES):
            whole[first, column * TILE + k] = whole[last, column * TILE + j]
        for column in range(N_IDS):
            ids[first, column * TILE + k] = ids[last, column * TILE + j]
        for column in range(N_UNITS):
            units[first, column * TILE + k] = units[last, column * TILE + j]
        whole[last, SEATED + j] = 0
    free[kind] = _NOWHERE
    tiles.n_free[kind] = 0
    for tile in range(tiles.n[0]):
        if kinds[tile] != kind:
            continue
        seated = 0
        for slot in range(TILE):
            seated += whole[tile, SEATED + slot]
        if seated == 0:
            kinds[tile] = UNUSED
            tiles.n_slots[kind] -= TILE
            continue
        tiles.n_free[kind] += TILE - seated
        for slot in range(TILE - 1, -1, -1):
            if not whole[tile, SEATED + slot]:
                whole[tile, NEXT_FREE + slot] = free[kind]
                free[kind] = tile * TILE + slot


@loop
def close_ranks(tiles):
    """Fill holes where they are more than a tile and a quarter of a kind's slots."""
    for kind in range(tiles.free.size):
        if tiles.n_free[kind] >= max(TILE, tiles.n_slots[kind] // 4):
            _close_ranks_of(kind, tiles)
