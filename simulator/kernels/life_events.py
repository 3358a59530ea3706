"""Lives of all borrowers on a path: work, health, hospital, disaster, closure. No policy enters.

Computed once a path and shared by all policies, so that they face the same luck. Each month is
filled block by block, so that the random numbers vectorise.
"""

import numpy as np

from simulator.kernels.borrower import next_spell, next_work
from simulator.kernels.hospital import HOSPITAL_MONTHS, go_to_hospital
from simulator.kernels.jit import loop, scalar
from simulator.kernels.records import CHUNK
from simulator.kernels.rng import fill_units, stream
from simulator.vocabulary import Domain, Draw, Life

_GROUP = Draw.WORK // 4
_HOSPITAL_GROUP = Draw.HOSPITAL // 4
_MOST_CUT = 0.9
"""Largest chance of a pay cut."""


@scalar
def _onset(spell, was, mark, begun):
    """Bits of a ``spell`` that runs: ``mark``, and ``begun`` in its first month."""
    bits = mark if was else mark | begun
    return bits if spell else 0


@scalar
def _next_life(
    p, old, separation, finding, cut, closure, p_ill, p_hit, u_work, u_health, u_disaster, u_closure
):
    """A month's life from the last one; without branches, so that months vectorise."""
    was_ill, was_hit = old & Life.ILL, old & Life.DISASTER
    is_ill = next_spell(was_ill, u_health, p_ill, p.illness_mean_months)
    is_hit = next_spell(was_hit, u_disaster, p_hit, p.disaster_mean_months)
    return (
        next_work(old & 3, u_work, separation, finding, cut, p.restore_rate)
        | _onset(is_ill, was_ill, Life.ILL, Life.ILL_ONSET)
        | _onset(is_hit, was_hit, Life.DISASTER, Life.DISASTER_ONSET)
        | (Life.CLOSED if u_closure < closure else 0)
    )


@loop
def _open_lives(people, start, stop, life):
    """Lives at the opening of a chunk's borrowers who are known then."""
    for row in range(start, stop):
        life[0, row] = people.life[row] if people.arrival_month[row] <= 0 else np.uint16(0)


@loop
def simulate_lives(people, months, disaster, params, key, u, life, begin=0):
    """Fill ``life`` (horizon + 1, n_borrowers).

    ``people`` are ``LifeColumns`` in order of arrival; ``months`` and ``disaster`` the path's
    rows of ``World``; ``u`` is scratch of shape (8, CHUNK): the month's draws, and the
    hospital's of four months. Months before ``begin`` stay.
    """
    p = params[0]
    ids, arrivals = people.id, people.arrival_month
    regions, kinds, workers = people.region, people.work, people.worker_type
    p_ills, risks = people.p_ill_monthly, people.cut_risk
    u_hospital = u[4:]
    n = ids.size
    for start in range(0, n, CHUNK):
        stop = min(n, start + CHUNK)
        if begin == 0:
            _open_lives(people, start, stop, life)
        first = max(begin, 1)
        here, drawn = start, False  # behind the last who has arrived before the month
        for t in range(first, key.horizon + 1):
            while here < stop and arrivals[here] < t:
                here += 1
            life[t, here:stop] = 0
            if here == start:
                continue
            world, p_hits = months[t], disaster[t]
            counter = stream(t, _GROUP, Domain.BORROWER)
            fill_units(ids[start:here], counter, key.path, key.seed, u)
            if t % HOSPITAL_MONTHS == 0 or not drawn:
                counter = stream(t // HOSPITAL_MONTHS, _HOSPITAL_GROUP, Domain.BORROWER)
                fill_units(ids[start:stop], counter, key.path, key.seed, u_hospital)
                drawn = True
            for row in range(start, here):
                kind, worker, k = kinds[row], workers[row], row - start
                cut = min(_MOST_CUT, risks[row] * world.cut_hazard[kind])
                p_ill = min(1.0, p_ills[row] * world.illness_factor)
                life[t, row] = _next_life(
                    p, life[t - 1, row], world.separation[worker, kind],
                    world.finding[worker, kind], cut, world.closure[kind], p_ill,
                    p_hits[regions[row]], u[0, k], u[1, k], u[2, k], u[3, k],
                )  # fmt: skip
            ill = world.illness_factor
            go_to_hospital(t, start, here, people, ill, p, key, u_hospital, life)
