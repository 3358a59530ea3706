"""The world as kernels read it: one record a path and month, and disasters by region."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WORLD_DTYPE = np.dtype(
    [
        ("unemployment", np.float64, (3,)),  # by vocabulary.WorkerType
        ("separation", np.float64, (3, 3)),  # by WorkerType and Work, chance a month
        ("finding", np.float64, (3, 3)),
        ("cut_hazard", np.float64, (3,)),  # by Work
        ("closure", np.float64, (3,)),  # chance that work is closed this month
        ("illness_factor", np.float64),  # multiplies the chance of falling ill
        ("income_index", np.float64),  # 1 at the opening
        ("price_index", np.float64),
        ("credit_supply", np.float64),  # 0-1, readiness of other platforms
        ("other_annual_rate", np.float64),  # of other platforms' debt
        ("policy_change", np.float64),  # of the policy rate since the opening
        ("competitor_rate", np.float64),
        ("rival_change", np.float64),  # of the competitor's rate since the opening
        ("rate_cap", np.float64),  # all-in, fraction a year
        ("collection_allowed", np.float64),  # 0-1, scales contact efforts except reminders
        ("refusal_factor", np.float64),  # multiplies the chance of refusal
        ("lapse_factor", np.float64),  # multiplies the chances to forget and of a failing channel
        ("arrivals", np.float64),  # index of the number of applicants, 1 at the opening
        ("windfall", np.float64),  # income above its habit, of usual income: may be saved
        ("standards_cutoff", np.float64),  # points that lenders' standards add to the cut-off
        ("standards_amount", np.float64),  # factor of standards on new amounts and limits
        ("standards_price", np.float64),  # yearly rate that standards add to new loans
    ]
)


class World(NamedTuple):
    """Hazards of a block of paths of one scenario; month 0 is the opening.

    ``months``: records of ``WORLD_DTYPE``, shape (n_paths, horizon + 1);
    ``disaster``: chance that a borrower of the region is hit, (n_paths, horizon + 1, n_regions).
    """

    months: NDArray[np.void]
    disaster: NDArray[np.float64]
