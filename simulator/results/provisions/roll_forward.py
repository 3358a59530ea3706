"""The way of an allowance from one month end to the next, by grade."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.results.provisions.allowance import Coverage
from simulator.vocabulary import Leaving

F8 = NDArray[np.float64]

OPENING: Final = "opening"
TRANSFERS: Final = ("transfer_in", "transfer_out")
"""Lines that add up to nothing over grades."""
CLOSING: Final = "closing"
LINES: Final = {
    OPENING: "allowance at the start of the month, overlays included",
    "new": "for loans that came in the month, in their grade at its end",
    "transfer_in": "allowance that loans of other grades brought, as at the start of the month",
    "transfer_out": "allowance that loans took to other grades (negative)",
    "remeasurement": "change of loss rates, by moving and by new estimates, and what a write-off or"
    " sale needs beyond the allowance that the loan had",
    "repaid": "released by repayment (negative), net of drawings and accrued interest",
    "written_off": "used for balance written off (negative)",
    "sold": "used for balance of debts sold (negative)",
    "overlay": "change of overlays",
    CLOSING: "allowance at month end, overlays included",
}
"""Lines and what they hold; all but the last add up to the last."""


def roll_forward(balance: F8, moves: F8, coverage: Coverage) -> F8:
    """Mean roll-forward over paths, shape (months, lines, grades), in money.

    ``balance`` (months + 1, cells) and ``moves`` (months + 1, cells + 1, cells + leaving), by
    ``Leaving``, are means over paths. A grade's loans leave the book from the grade that they had
    at the month's start.
    """
    months = balance.shape[0] - 1
    lines = np.zeros((months, len(LINES), coverage.n_grades))
    for month in range(1, months + 1):
        before, after = coverage.in_grade(month - 1), coverage.in_grade(month)
        found = _loan_lines(balance[month], moves[month], coverage, month)
        added_before = (balance[month - 1] * coverage.overlay[month - 1]) @ before
        added = (balance[month] * coverage.overlay[month]) @ after
        found["overlay"] = added - added_before
        found[OPENING] = (balance[month - 1] * coverage.rate[month - 1]) @ before + added_before
        found[CLOSING] = (balance[month] * coverage.rate[month]) @ after + added
        lines[month - 1] = [found[line] for line in LINES]
    return lines


def _loan_lines(balance: F8, moves: F8, coverage: Coverage, month: int) -> dict[str, F8]:
    """Lines of what loans did and of their rates, each (grades,); overlays are left out."""
    n_cells = balance.size
    rate_before, rate = coverage.rate[month - 1], coverage.rate[month]
    before, after = coverage.in_grade(month - 1), coverage.in_grade(month)
    stayed, new = moves[:n_cells, :n_cells], moves[n_cells, :n_cells]
    left = moves[:n_cells, n_cells:]
    brought = stayed * rate_before[:, None]
    moving = brought * (coverage.grade[month - 1][:, None] != coverage.grade[month])
    started = stayed.sum(axis=0)
    rate_brought = np.divide(brought.sum(axis=0), started, out=rate.copy(), where=started > 0.0)
    ended = balance - new
    had = left[:, [Leaving.WRITTEN_OFF, Leaving.SOLD]].sum(axis=1) * rate_before
    used = left[:, Leaving.WRITTEN_OFF_BALANCE], left[:, Leaving.SOLD_BALANCE]
    return {
        "new": (new * rate) @ after,
        "transfer_in": moving.sum(axis=0) @ after,
        "transfer_out": -moving.sum(axis=1) @ before,
        "remeasurement": (ended * (rate - rate_brought)) @ after + (sum(used) - had) @ before,
        "repaid": ((ended - started) * rate_brought) @ after
        - (left[:, Leaving.PAID_OFF] * rate_before) @ before,
        "written_off": -used[0] @ before,
        "sold": -used[1] @ before,
    }
