"""The same borrowers under two policies: what became of each, against the reference.

Definitions: docs/model.md, section 12. One pass after a policy's path, in order of rows, so that
sums have the same bits for any number of threads.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.exact import units
from simulator.kernels.jit import loop, scalar
from simulator.kernels.records import AT_OPENING, NEVER_OPENED
from simulator.vocabulary import (
    AGE_BANDS,
    FOLLOW_UP_MONTHS,
    N_INCOME_DECILES,
    Burden,
    Fate,
)

GROUP_KINDS: Final = ("all", "income_decile", "age_band", "region", "product")
"""Ways to group borrowers; each borrower is in one group of every kind."""

_NOT_BEFORE_THE_END: Final = 32_767
"""A month after every horizon, in place of "never"."""

_COMPARED: Final = 1 << Fate.COMPARED
_SAVED: Final = 1 << Fate.SAVED
_DELAYED: Final = 1 << Fate.DELAYED
_HASTENED: Final = 1 << Fate.HASTENED
_HARMED: Final = 1 << Fate.HARMED
_CENSORED: Final = 1 << Fate.CENSORED
_RELIEVED: Final = 1 << Fate.RELIEVED
_FREE_RIDER: Final = 1 << Fate.FREE_RIDER
_REFUSED_GOOD: Final = 1 << Fate.REFUSED_GOOD
_REFUSED_BAD: Final = 1 << Fate.REFUSED_BAD
_ADMITTED_GOOD: Final = 1 << Fate.ADMITTED_GOOD
_ADMITTED_BAD: Final = 1 << Fate.ADMITTED_BAD
_PREVENTED: Final = 1 << Fate.PREVENTED
_RETURNED: Final = 1 << Fate.RETURNED
_LAPSED: Final = 1 << Fate.LAPSED
_HARMED_LATER: Final = 1 << Fate.HARMED_LATER


class Paired(NamedTuple):
    """What the comparison needs of every borrower, in packed order."""

    group: NDArray[np.uint16]  # (n_borrowers, 5): group of each kind, as in ``group_slices``
    weight: NDArray[np.float64]  # (n_borrowers,)
    principal: NDArray[np.float64]  # (n_borrowers,): the book's, of all loans; what dormant ask


def group_slices(n_regions: int, n_products: int) -> dict[str, slice]:
    """Where each of ``GROUP_KINDS`` stands among the groups of ``Tallies.fates``."""
    sizes = (1, N_INCOME_DECILES, len(AGE_BANDS), n_regions, n_products)
    stops = np.cumsum(sizes).tolist()
    return {
        kind: slice(stop - size, stop)
        for kind, size, stop in zip(GROUP_KINDS, sizes, stops, strict=True)
    }


@scalar
def _month_of_90(outcome, last):
    """First month 90+ up to ``last``; a month after every horizon if there is none."""
    reached = 1 <= outcome.first_90 <= last
    return outcome.first_90 if reached else _NOT_BEFORE_THE_END


@scalar
def _lending_fate(outcome, good, bad):
    """Fate of a borrower who has a loan under one policy only, from the outcome there."""
    return bad if outcome.first_90 >= 1 else good


@scalar
def _default_fate(own, reference, watched, horizon):
    """What a policy did to the first 90+ of a borrower; 0 if nothing.

    ``watched``: the last month that is judged, beyond ``horizon`` if follow-up is too short.
    """
    window = min(watched, horizon)
    own_90, reference_90 = _month_of_90(own, window), _month_of_90(reference, horizon)
    if own_90 == _NOT_BEFORE_THE_END:
        later = own.first_90 > window
        if reference_90 > window:
            return _HARMED_LATER if later and reference_90 == _NOT_BEFORE_THE_END else 0
        if watched > horizon:
            return _CENSORED
        return _SAVED | _LAPSED if later else _SAVED
    if reference_90 == _NOT_BEFORE_THE_END:
        return _HARMED
    if own_90 == reference_90:
        return 0
    return _DELAYED if own_90 > reference_90 else _HASTENED


@scalar
def _relief_fates(own, reference, horizon):
    """What relief did to a borrower who took it."""
    fates = _RELIEVED
    if reference.first_30 == 0:
        fates |= _FREE_RIDER
    ended = own.last_relief
    followed = ended + FOLLOW_UP_MONTHS
    stopped = 1 <= reference.first_30 <= ended and (own.first_30 == 0 or own.first_30 > ended)
    if stopped and followed <= horizon:
        fates |= _PREVENTED
        if ended < own.first_30 <= followed:
            fates |= _RETURNED
    return fates


@scalar
def fates_of(own, reference, horizon):
    """Fates of a borrower as bits, ``1 << Fate``, from the outcomes under both policies."""
    here, there = own.overdue_months != NEVER_OPENED, reference.overdue_months != NEVER_OPENED
    if not here and not there:
        return 0
    if not here:
        return _lending_fate(reference, _REFUSED_GOOD, _REFUSED_BAD)
    if not there:
        return _lending_fate(own, _ADMITTED_GOOD, _ADMITTED_BAD)
    if reference.first_90 == AT_OPENING:
        return 0
    if own.first_relief == 0:
        return _COMPARED | _default_fate(own, reference, horizon, horizon)
    watched = own.last_relief + FOLLOW_UP_MONTHS
    fates = _COMPARED | _default_fate(own, reference, watched, horizon)
    return fates | _relief_fates(own, reference, horizon)


@scalar
def _balance_of(fate, own, reference, principal):
    """Balance with which a borrower counts under a fate."""
    if fate == Fate.COMPARED or fate == Fate.REFUSED_GOOD or fate == Fate.ADMITTED_GOOD:
        return principal
    if fate == Fate.HARMED or fate == Fate.HARMED_LATER or fate == Fate.ADMITTED_BAD:
        return own.balance_90
    if fate <= Fate.CENSORED or fate == Fate.REFUSED_BAD or fate == Fate.LAPSED:
        return reference.balance_90
    return own.balance_relief


@loop
def compare_outcomes(paired, outcomes, reference, horizon, facts, fates, burdens):
    """Add a path's fates and burdens under a policy to ``fates`` and ``burdens``.

    ``outcomes`` (``OUTCOME_DTYPE``) of the policy and ``reference`` (``REFERENCE_DTYPE``) of the
    reference on the same path, one a borrower; ``fates`` (n_groups, N_FATES, 2), ``burdens``
    (n_groups, N_BURDENS), ``facts`` of the book.
    """
    group, weights, principal = paired.group, paired.weight, paired.principal
    money, people, months = (
        facts[0].money_scale,
        facts[0].count_scale,
        facts[0].path_count_scale,
    )
    n_kinds = group.shape[1]
    for b in range(outcomes.size):
        own, other, weight = outcomes[b], reference[b], weights[b]
        heads = units(weight, people)
        left = fates_of(own, other, horizon)
        fate = 0
        while left > 0:
            if left & 1:
                balance = units(weight * _balance_of(fate, own, other, principal[b]), money)
                for kind in range(n_kinds):
                    fates[group[b, kind], fate, 0] += heads
                    fates[group[b, kind], fate, 1] += balance
            left >>= 1
            fate += 1
        if own.overdue_months > 0 or own.contacts > 0.0 or own.complaints > 0:
            for kind in range(n_kinds):
                at = group[b, kind]
                burdens[at, Burden.OVERDUE_MONTHS] += units(weight * own.overdue_months, months)
                burdens[at, Burden.CONTACTS] += units(weight * own.contacts, months)
                burdens[at, Burden.COMPLAINTS] += units(weight * own.complaints, months)
