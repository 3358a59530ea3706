"""A grace period: on request, part or all of the instalment is deferred for some months."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Bucket, Share
from simulator.policies.relief import RequestedRelief


class GracePeriod(RequestedRelief):
    """Offered to everybody who is not far overdue; nobody has to prove anything.

    Who is short of cash and asks says why, so that a hardship is seen from then on.
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
    take_up_if_no_need: Share = 0.02
    """Of the aware whose cash is not short, a month."""
    max_bucket: Bucket = 1
    """Worst bucket at the month's start that may still apply."""

    def edits(self) -> Sequence[Edit]:
        """The offer, its budget and its effect on willingness."""
        terms = {
            "relief_months": self.months,
            "due_share": 1.0 - self.deferred_share,
            "interest_share": self.interest_charged_share,
        }
        return self.request(terms, range(self.max_bucket + 1))
