"""Stricter approval: fewer applicants get a loan; existing borrowers notice nothing."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share, Window


class StricterApproval(Window):
    """A higher score cut-off and lower caps on debt service and platforms (assumptions)."""

    kind: Literal["stricter_approval"] = "stricter_approval"
    score_cutoff: float = Field(default=550.0, ge=0, le=1000)
    debt_service_cap: float = Field(default=0.5, ge=0, le=10)
    """Debt service over stated income."""
    platform_cap: float = Field(default=3.0, ge=0, le=100)
    income_verified_share: Share = 0.0
    """Share of overstated income that is found out."""

    def edits(self) -> Sequence[Edit]:
        """Four rules of approval."""
        rules = {
            "score_cutoff": self.score_cutoff,
            "debt_service_cap": self.debt_service_cap,
            "platform_cap": self.platform_cap,
            "income_verified_share": self.income_verified_share,
        }
        return tuple(
            Edit(name, amount, self.first_month, self.last_month, self.target())
            for name, amount in rules.items()
        )
