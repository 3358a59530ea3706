"""Losing and finding work, so that expected unemployment follows the macro path."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters, by_work, by_worker_type, worker_shares
from simulator.elementary import exp, log, log_odds, logistic, power

F8 = NDArray[np.float64]

MAX_FINDING: Final = 0.95
"""Largest chance a month to find work, from the finding rate (assumption)."""
LEAST_FINDING: Final = 0.01
"""Smallest chance that durations may give (assumption)."""
WEEKS_A_MONTH: Final = 365.25 / 12 / 7
NEW_MONTHS: Final = 0.5
"""Mean duration of those who became unemployed within the month."""
MOST_UNEMPLOYED: Final = 0.95
"""Largest unemployment of a type at the reference unemployment (assumption)."""
_MOST_STEPS: Final = 200


def type_unemployment(unemployment: F8, parameters: Parameters) -> F8:
    """Unemployment of each type of worker, (..., 3) by ``WorkerType``.

    Types keep the odds between them that they have at the reference unemployment, and shares
    times type unemployment are ``unemployment`` (fractions in (0, 1), any shape).
    """
    shares, relative = worker_shares(parameters), by_worker_type(parameters, "worker_unemployment")
    usual = relative / (shares * relative).sum() * parameters["finding_reference_unemployment"]
    usual = np.minimum(usual, MOST_UNEMPLOYED)
    odds = log_odds(usual)
    if np.ptp(odds) == 0:
        return np.repeat(unemployment[..., None], shares.size, axis=-1)
    shift = log_odds(unemployment)[..., None]
    low, high = shift - odds.max(), shift - odds.min()
    shift = shift - log((shares * exp(odds)).sum())
    for _ in range(_MOST_STEPS):
        rate = logistic(odds + shift)
        excess = (rate * shares).sum(axis=-1, keepdims=True) - unemployment[..., None]
        low, high = np.where(excess <= 0, shift, low), np.where(excess >= 0, shift, high)
        slope = (rate * (1 - rate) * shares).sum(axis=-1, keepdims=True)
        newton = shift - excess / slope
        middle = (low + high) / 2
        step = np.where((newton > low) & (newton < high), newton, middle)
        if np.array_equal(step, shift):
            break
        shift = step
    return logistic(odds + shift)


def finding_by_duration(unemployment: F8, weeks: F8) -> F8:
    """Chance a month that the unemployed find work, from their number and mean duration.

    Those who stay out of work are a month longer unemployed, those who come have been so for half
    a month; the mean of both is the month's. NaN where a month's or the last one's ``weeks`` are 0,
    that is not known. Arrays of shape (n_draws, horizon + 1); month 0 is NaN.
    """
    months = weeks / WEEKS_A_MONTH
    stay = np.full_like(unemployment, np.nan)
    before, now = months[:, :-1], months[:, 1:]
    known = (before > 0) & (now > 0)
    longer = np.where(known, before + 1 - NEW_MONTHS, 1.0)
    left = unemployment[:, 1:] / unemployment[:, :-1] * (now - NEW_MONTHS) / longer
    stay[:, 1:] = np.where(known, left, np.nan)
    return np.clip(1 - stay, LEAST_FINDING, MAX_FINDING)


def work_flows(unemployment: F8, parameters: Parameters, weeks: F8 | None = None) -> tuple[F8, F8]:
    """Chances a month to lose work and to find it: (n_draws, horizon + 1, 3 types, 3 kinds).

    They move an expected unemployment of a type in month t-1 to that of month t, whatever the
    kind of work. Where that would take a separation below 0 (or, in extreme paths, above 1),
    separation stops there and finding gives way. Nothing happens in month 0: both are 0.
    ``unemployment``: the economy's, fractions in (0, 1), (n_draws, horizon + 1); ``weeks``: mean
    time out of work so far, 0 where it is not known.
    """
    own = type_unemployment(unemployment, parameters)[..., None]
    before, now = own[:, :-1], own[:, 1:]
    tightness = parameters["finding_reference_unemployment"] / unemployment[:, 1:]
    usual = parameters["finding_rate"] * power(tightness, parameters["finding_elasticity"])
    if weeks is not None:
        told = finding_by_duration(unemployment, weeks)[:, 1:]
        usual = np.where(np.isnan(told), usual, told)
    turnover = by_worker_type(parameters, "worker_finding")[:, None] * by_work(
        parameters, "turnover"
    )
    wanted = np.minimum(MAX_FINDING, turnover * usual[..., None, None])
    needed = (now - (1 - wanted) * before) / (1 - before)
    separation = np.zeros((*unemployment.shape, *turnover.shape))
    finding = np.zeros_like(separation)
    separation[:, 1:] = np.clip(needed, 0.0, 1.0)
    giving_way = 1 - (now - separation[:, 1:] * (1 - before)) / before
    finding[:, 1:] = np.where(separation[:, 1:] == needed, wanted, giving_way)
    return separation, finding
