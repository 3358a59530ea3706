"""Lives of all borrowers on a path: work, health, hospital, disaster, closure. No policy enters.

Computed once a path and shared by all policies, so that they face the same luck. Each month is
filled block by block, so that the random numbers vectorise.
"""

import numpy as np

from simulator.kernels.borrower import next_spell, next_work, opening_work
from simulator.kernels.hospital import HOSPITAL_MONTHS, go_to_hospital
from simulator.kernels.jit import loop, scalar
from simulator.kernels.records import CHUNK
from simulator.kernels.rng import fill_units, stream
from simulator.vocabulary import Domain, Draw, Life, WorkState

_GROUP = Draw.WORK // 4
_HOSPITAL_GROUP = Draw.HOSPITAL // 4
_MOST_CUT = 0.9
_MOST_UNEMPLOYED = 0.9
"""Bounds of a borrower's own chances."""


@scalar
def _own_cut(world, kind, risk):
    """Chance of a pay cut of a borrower with a factor on it."""
    return min(_MOST_CUT, risk * world.cut_hazard[kind])


@scalar
def _own_separation(world, kind, risk, unemployment_before):
    """Chance to lose work that keeps a borrower's expected unemployment at its multiple."""
    own = min(_MOST_UNEMPLOYED, risk * unemployment_before)
    return min(1.0, risk * world.separation[kind] * (1.0 - unemployment_before) / (1.0 - own))


@scalar
def _opening_life(p, world, kind, risk, p_ill, u_work, u_health):
    unemployed = min(_MOST_UNEMPLOYED, risk * world.unemployment_rate)
    life = opening_work(u_work, unemployed, _own_cut(world, kind, risk), p.restore_rate)
    if u_health < p_ill / (p_ill + 1.0 / p.illness_mean_months):
        return life | Life.ILL
    return life | 0


@scalar
def _next_life(
    p, world, before, life, kind, risk, p_ill, p_hit, u_work, u_health, u_disaster, u_closure
):
    new = 0 | next_work(
        life & 3,
        u_work,
        _own_separation(world, kind, risk, before),
        world.finding[kind],
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
def simulate_lives(people, months, disaster, params, key, u, life, unemployed, begin=0):
    """Fill ``life`` (horizon + 1, n_borrowers) and ``unemployed`` (horizon + 1,), weighted.

    ``people`` are ``LifeColumns`` in order of arrival; ``months`` and ``disaster`` the path's
    rows of ``World``; ``u`` is scratch of shape (8, CHUNK): the month's draws, and the
    hospital's of four months. Months before ``begin`` stay.
    """
    p = params[0]
    ids, arrivals, weights = people.id, people.arrival_month, people.weight
    regions, kinds, p_ills = people.region, people.work, people.p_ill_monthly
    risks = people.income_risk
    u_hospital = u[4:]
    n = ids.size
    unemployed[begin:] = 0.0
    for start in range(0, n, CHUNK):
        stop = min(n, start + CHUNK)
        first = max(begin, arrivals[start])
        life[begin:first, start:stop] = 0
        for t in range(first, key.horizon + 1):
            world = months[t]
            before = months[max(0, t - 1)].unemployment_rate
            counter = stream(t, _GROUP, Domain.BORROWER)
            fill_units(ids[start:stop], counter, key.path, key.seed, u)
            if t % HOSPITAL_MONTHS == 0 or t == first:
                counter = stream(t // HOSPITAL_MONTHS, _HOSPITAL_GROUP, Domain.BORROWER)
                fill_units(ids[start:stop], counter, key.path, key.seed, u_hospital)
            for row in range(start, stop):
                kind = kinds[row]
                k = row - start
                p_ill = min(1.0, p_ills[row] * world.illness_factor)
                new = 0
                if t > arrivals[row]:
                    p_hit = disaster[t, regions[row]]
                    old = life[t - 1, row]
                    new = _next_life(
                        p, world, before, old, kind, risks[row], p_ill, p_hit,
                        u[0, k], u[1, k], u[2, k], u[3, k],
                    )  # fmt: skip
                elif t == 0 and arrivals[row] == 0:
                    new = _opening_life(p, world, kind, risks[row], p_ill, u[0, k], u[1, k])
                life[t, row] = np.uint16(new)
                if arrivals[row] == 0 and (new & 3) == WorkState.UNEMPLOYED:
                    unemployed[t] += weights[row]
            go_to_hospital(t, start, stop, people, world.illness_factor, p, key, u_hospital, life)
