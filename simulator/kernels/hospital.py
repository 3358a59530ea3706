"""Stays in hospital and the loss of earnings that they leave, as bits of a life.

Equations: docs/model.md, section 3. ``k`` are the months since a lasting loss began, 1 in its
first month and 0 without one; they stand in the highest bits of a life. A pass of its own over a
chunk, so that the other transitions of a life stay free of rare branches and vectorise.
"""

import numpy as np

from simulator.kernels.borrower import next_spell
from simulator.kernels.jit import loop, scalar
from simulator.kernels.rng import uniform
from simulator.vocabulary import LASTING_BITS, Domain, Draw, Life

HOSPITAL_MONTHS = 4
"""Months whose draws for the hospital share a call."""
_ON = Life.HOSPITAL | (63 << LASTING_BITS)
"""Bits of a life that have a month after, whatever the luck."""


@scalar
def _lasting_bits(k, fade):
    """Bits of a lasting loss in its month ``k`` of ``fade``."""
    if k == 0:
        return 0
    return (k << LASTING_BITS) | (Life.WEAKENED if 2 * (k - 1) < fade else 0)


@scalar
def next_hospital(p, life, p_admit, u, t, identity, key):
    """Admission, discharge and the months of a lasting loss; ``life`` is a month old."""
    was_in, k = life & Life.HOSPITAL, life >> LASTING_BITS
    fade, bits = int(p.hospital_fade_months), 0
    k = k + 1 if 0 < k < fade else 0
    if next_spell(was_in, u, p_admit, p.hospital_mean_months):
        bits |= Life.HOSPITAL if was_in else Life.HOSPITAL | Life.HOSPITAL_ONSET
    elif was_in:
        u_lasts = uniform(key.seed, key.path, identity, t, Draw.HOSPITAL_LASTING, Domain.BORROWER)
        k = 1 if u_lasts < p.hospital_lasting_share else k
    return bits | _lasting_bits(k, fade)


@loop
def go_to_hospital(t, start, stop, people, illness_factor, p, key, u, life):
    """Add the month's stays and losses of a chunk to ``life`` (horizon + 1, n_borrowers).

    ``people`` are ``LifeColumns``; ``u``, (4, CHUNK), holds the chunk's draws of four months.
    """
    ids, p_admits = people.id, people.p_admit_monthly
    u_month = u[t % HOSPITAL_MONTHS]
    for row in range(start, stop):
        p_admit = min(1.0, p_admits[row] * illness_factor)
        u_row = u_month[row - start]
        old = life[t - 1, row]
        if (old & _ON) or u_row < p_admit:
            new = next_hospital(p, old, p_admit, u_row, t, ids[row], key)
            life[t, row] |= np.uint16(new)
