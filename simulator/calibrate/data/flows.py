"""Flows of balances into serious arrears by the age of borrowers, from simulated accounts.

As the New York Fed's Consumer Credit Panel counts them: of four quarters together, the balance of
accounts that turned over 90 days past due, over the balance that was not so at the quarter's start.
"""

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.measures import month_row
from simulator.calibrate.data.moments import Observation, owners_of
from simulator.calibrate.settings import SeriesTarget
from simulator.reading.periods import MONTHS_OF, period_months
from simulator.validation import UserError

F8 = NDArray[np.float64]

OVER_90 = 4
"""Unpaid instalments from which an account is over 90 days past due."""
_QUARTERS = 4


def flows_into_90(
    owner: str, target: SeriesTarget, labels: tuple[str, ...], observation: Observation
) -> F8:
    """The flow of the year that ends with each quarter of ``labels``, (k,), fractions.

    Borrowers of ``target.ages`` (all without it) by their age at the opening or application. NaN
    where the run has no five quarter ends up to a quarter, or nobody owes anything.
    """
    if MONTHS_OF[target.frequency] != MONTHS_OF["quarterly"]:
        raise UserError(f"{owner}.frequency must be quarterly for {target.measure}")
    if observation.unpaid is None or observation.loan_ids is None or observation.balance is None:
        raise ValueError("this target needs an observation with accounts")
    ends = [period_months(label, target.frequency)[1] for label in labels]
    rows = np.array([month_row(owner, observation.timeline, end) for end in ends])
    chosen = _of_ages(target, observation)
    weights = observation.book.borrowers.weight[owners_of(observation)][chosen]
    needed = sorted({int(row) - 3 * back for row in rows for back in range(_QUARTERS)})
    flows = {row: _flow(row, chosen, weights, observation) for row in needed if row >= 3}
    return np.array(
        [sum(flows.get(int(row) - 3 * back, np.nan) for back in range(_QUARTERS)) for row in rows]
    )


def _flow(row: int, chosen: NDArray[np.intp], weights: F8, observation: Observation) -> float:
    """Balance that turned over 90 days past due in the three months to ``row``, over the rest."""
    unpaid, gone, balance = observation.unpaid, observation.written_off, observation.balance
    assert unpaid is not None
    assert gone is not None
    assert balance is not None
    before = unpaid[row - 3, chosen]
    owed = weights * balance[row - 3, chosen] * ((before >= 0) & (before < OVER_90))
    owed = np.where(gone[row - 3, chosen], 0.0, owed)
    turned = (unpaid[row, chosen] >= OVER_90) | gone[row, chosen]
    total = float(owed.sum())
    return float(owed[turned].sum()) / total if total > 0.0 else np.nan


def _of_ages(target: SeriesTarget, observation: Observation) -> NDArray[np.intp]:
    """Accounts of borrowers within the target's ages."""
    age = np.floor(observation.book.borrowers.age[owners_of(observation)])
    low, high = target.ages or (0, 200)
    return np.flatnonzero((age >= low) & (age <= high))
