"""Debt sale: debts above an age leave the book for a price."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share
from simulator.validation import Frozen


class DebtSale(Frozen):
    """Old debts of the whole book are sold at month end, before they are written off.

    The age is an assumption. Price: Chinese personal non-performing loans under a year overdue
    brought 11-12.6 % of the unpaid amount, over five years 1.8-2.5 % (2025 Q1).
    """

    kind: Literal["debt_sale"] = "debt_sale"
    sale_dpd: int = Field(default=120, ge=30, le=450)
    """Days past due above which a debt is sold; younger than the age of write-off."""
    sale_price_share: Share = 0.11
    """Price over the balance sold."""

    def edits(self) -> Sequence[Edit]:
        """Age and price."""
        return (
            Edit("sale_dpd", self.sale_dpd),
            Edit("sale_price_share", self.sale_price_share),
        )
