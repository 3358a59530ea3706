"""A grace period: on request, part or all of the instalment is deferred for some months."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Bucket, Share
from simulator.policies.relief import HardshipName, Relief, hardships_of


class GracePeriod(Relief):
    """Offered to everybody who is not far overdue; nobody has to prove anything.

    Awareness and take-up are assumptions. About a third of Canadian deferrals were precautionary
    (Bank of Canada 2020).
    """

    kind: Literal["grace_period"] = "grace_period"
    months: int = Field(default=3, ge=1, le=60)
    """Months that a granted deferral lasts."""
    deferred_share: Share = 1.0
    """Share of the instalment that is deferred."""
    interest_charged_share: Share = 1.0
    """Share of the contract interest charged meanwhile."""
    awareness: Share = 0.6
    """Share of borrowers who know of the offer."""
    take_up_if_need: Share = 0.6
    """Of the aware whose cash is short."""
    take_up_if_no_need: Share = 0.02
    """Of the aware whose cash is not short, a month."""
    max_bucket: Bucket = 1
    """Worst bucket at the month's start that may still apply."""
    hardships: tuple[HardshipName, ...] = Field(default=(), max_length=5)
    """Hardships that may apply, as the lender sees them; empty means all, also none."""

    def edits(self) -> Sequence[Edit]:
        """The offer, its budget and its effect on willingness."""
        terms = {
            "p_relief_if_need": self.awareness * self.take_up_if_need,
            "p_relief_if_no_need": self.awareness * self.take_up_if_no_need,
            "relief_months": self.months,
            "due_share": 1.0 - self.deferred_share,
            "interest_share": self.interest_charged_share,
        }
        buckets = range(self.max_bucket + 1)
        return (*self.offer(terms, buckets, hardships_of(self.hardships)), *self.limits())
