"""A grace period: on request, part or all of the instalment is deferred for some months."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share, Window
from simulator.policies.relief import ReliefOffer


class GracePeriod(Window):
    """Offered to everybody who is not far overdue; nobody has to prove anything.

    Awareness, take-up and the effect on willingness are assumptions. About a third of Canadian
    deferrals were precautionary (Bank of Canada 2020); the effect of relief on later willingness
    has been measured with both signs (Fiorin, Hall, Kanz; Dvara), so ``refusal_after_relief``
    has a range around 1.
    """

    kind: Literal["grace_period"] = "grace_period"
    months: int = Field(default=3, ge=1, le=60)
    """Months that a granted deferral lasts."""
    deferred_share: Share = 1.0
    """Share of the instalment that is deferred."""
    interest_charged_share: Share = 1.0
    """Share of the contract interest charged meanwhile."""
    awareness: Share = 0.6
    take_up_if_need: Share = 0.6
    """Of the aware whose cash is short."""
    take_up_if_no_need: Share = 0.02
    """Of the aware whose cash is not short, a month."""
    max_bucket: int = Field(default=1, ge=0, le=7)
    """Worst bucket at the month's start that may still apply."""
    max_uses: int = Field(default=1, ge=1, le=60)
    monthly_budget_share: float = Field(default=1.0, ge=0, le=10)
    """Deferred instalments a month over the opening balance."""
    refusal_after_relief: float = Field(default=1.0, ge=0.25, le=4)
    """Chance of refusal of those who ever had relief, over others'."""

    def edits(self) -> Sequence[Edit]:
        """The offer, its budget and its effect on willingness."""
        offer = ReliefOffer(
            p_if_need=self.awareness * self.take_up_if_need,
            p_if_no_need=self.awareness * self.take_up_if_no_need,
            months=self.months,
            due_share=1.0 - self.deferred_share,
            interest_share=self.interest_charged_share,
            max_uses=self.max_uses,
            first_month=self.first_month,
            last_month=self.last_month,
            target=self.target(),
            buckets=tuple(range(self.max_bucket + 1)),
        )
        return (
            *offer.edits(),
            Edit("relief_budget", self.monthly_budget_share),
            Edit("refusal_after_relief", self.refusal_after_relief),
        )
