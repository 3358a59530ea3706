"""Stricter approval: fewer applicants get a loan; existing borrowers notice nothing."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share, Window


class StricterApproval(Window):
    """A higher score cut-off and lower caps on debt service and platforms (assumptions).

    A rule looser than the reference's changes nothing, so single rules can be switched off.
    """

    kind: Literal["stricter_approval"] = "stricter_approval"
    score_cutoff: float = Field(default=550.0, ge=0, le=1000)
    """Lowest score approved."""
    debt_service_cap: float = Field(default=0.5, ge=0, le=10)
    """Largest debt service over stated income."""
    platform_cap: float = Field(default=3.0, ge=0, le=100)
    """Largest number of other platforms."""
    income_verified_share: Share = 0.0
    """Share of overstated income that is found out."""

    def edits(self) -> Sequence[Edit]:
        """Four rules of approval."""
        return (
            self.edit("score_cutoff", self.score_cutoff),
            self.edit("debt_service_cap", self.debt_service_cap),
            self.edit("platform_cap", self.platform_cap),
            self.edit("income_verified_share", self.income_verified_share),
        )
