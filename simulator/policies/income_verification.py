"""Income verification: stated income is checked, which costs money, time and some applicants."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share, Window


class IncomeVerification(Window):
    """Most of the overstatement is found out before the debt-service cap is applied.

    All numbers are assumptions. How many walk away for each day of waiting is a parameter of
    the model (``walk_away_per_day``).
    """

    kind: Literal["income_verification"] = "income_verification"
    income_verified_share: Share = 0.7
    """Share of overstated income that is found out."""
    application_cost_multiplier: float = Field(default=2.0, ge=1, le=100)
    """Cost of deciding an application, over the catalogue's."""
    decision_days: float = Field(default=2.0, ge=0, le=60)
    """Days that a decision takes longer."""

    def edits(self) -> Sequence[Edit]:
        """The check, its cost and its delay."""
        return (
            self.edit("income_verified_share", self.income_verified_share),
            self.edit("application_cost_multiplier", self.application_cost_multiplier),
            self.edit("decision_days", self.decision_days),
        )
