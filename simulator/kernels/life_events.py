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
def _own_cut(world, kind, risk):
    """Chance of a pay cut of a borrower with a factor on it."""
    return min(_MOST_CUT, risk * world.cut_hazard[kind])


@scalar
def _next_life(
    p, world, life, worker, kind, risk, p_ill, p_hit, u_work, u_health, u_disaster, u_closure
):
    new = 0 | next_work(
        life & 3,
        u_work,
        world.separation[worker, kind],
        world.finding[worker, kind],
        _own_cut(world, kind, risk),
        p.restore_rate,
    )
    was_ill, was_hit = life & Life.ILL, life & Life.DISASTER
    if next_spell(was_ill, u_health, p_ill, p.illness_mean_months):
        new |= Life.ILL if was_ill else Life.ILL | Life.ILL_ONSET
    if next_spell(was_hit, u_disaster, p_hit, p.disaster_mean_months):
        new |= Life.DISASTER if was_hit else Life.DISASTER | Life.DISASTER_ONSET
    if u_closure < world.closure[kind]:
        new |= Life.CLOSED
    return new


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
        first = max(begin, arrivals[start])
        life[begin:first, start:stop] = 0
        for t in range(first, key.horizon + 1):
            world = months[t]
            counter = stream(t, _GROUP, Domain.BORROWER)
            fill_units(ids[start:stop], counter, key.path, key.seed, u)
            if t % HOSPITAL_MONTHS == 0 or t == first:
                counter = stream(t // HOSPITAL_MONTHS, _HOSPITAL_GROUP, Domain.BORROWER)
                fill_units(ids[start:stop], counter, key.path, key.seed, u_hospital)
            for row in range(start, stop):
                kind, worker = kinds[row], workers[row]
                k = row - start
                p_ill = min(1.0, p_ills[row] * world.illness_factor)
                new = 0
                if t > arrivals[row]:
                    p_hit = disaster[t, regions[row]]
                    old = life[t - 1, row]
                    new = _next_life(
                        p, world, old, worker, kind, risks[row], p_ill, p_hit,
                        u[0, k], u[1, k], u[2, k], u[3, k],
                    )  # fmt: skip
                elif t == 0 and arrivals[row] == 0:
                    new = people.life[row] | 0
                life[t, row] = np.uint16(new)
            go_to_hospital(t, start, stop, people, world.illness_factor, p, key, u_hospital, life)
