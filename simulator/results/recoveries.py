"""What comes back after write-off; docs/model.md, section 8, last paragraph.

The price of sold debts is no recovery and stands apart (``sale_price``).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.products import Product

F8 = NDArray[np.float64]


class Recoveries(NamedTuple):
    """``monthly``: recovered in each month 0..horizon; ``outstanding``: still expected at its
    end, from write-offs so far; both in money, shape (paths, horizon + 1). ``left``: what is
    outstanding at the horizon by product, (paths, n_products), of which a share of 1 - ``kept``
    (n_products,) comes in each month.
    """

    monthly: F8
    outstanding: F8
    left: F8
    kept: F8

    def value_left(self, monthly_rate: float) -> F8:
        """Value at the horizon of what comes after it, shape (paths,)."""
        v = 1.0 / (1.0 + monthly_rate)
        return np.asarray(self.left @ ((1.0 - self.kept) * v / (1.0 - self.kept * v)))


def recoveries(written_off_by_product: F8, products: Sequence[Product]) -> Recoveries:
    """Recoveries from write-offs of shape (paths, horizon + 1, n_products).

    A write-off w brings ``recovery_share * w * (1 - q) * q^(k - 1)`` in month k >= 1 after it,
    with q = 2^(-1 / half-life); so the amount still recoverable only shrinks by q a month.
    """
    share = np.array([p.recovery_share for p in products], dtype=np.float64)
    kept = 2.0 ** (-1.0 / np.array([p.recovery_half_life_months for p in products]))
    n_paths, n_months, _ = written_off_by_product.shape
    monthly = np.zeros((n_paths, n_months), dtype=np.float64)
    outstanding = np.zeros_like(monthly)
    recoverable = np.zeros((n_paths, len(products)), dtype=np.float64)
    for month in range(n_months):
        monthly[:, month] = (recoverable * (1.0 - kept)).sum(axis=1)
        recoverable = recoverable * kept + share * written_off_by_product[:, month]
        outstanding[:, month] = recoverable.sum(axis=1)
    return Recoveries(monthly, outstanding, recoverable, kept)
