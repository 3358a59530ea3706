"""Prevention of careless lateness: reminders, autopay, working channels, clear terms."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import LAST_MONTH, ProgrammeCost, ReferenceMoney, Share, Window

_Factor = Annotated[float, Field(ge=0, le=10)]
_ALMOST_ALL: Final = 0.999
"""Share of enrolment from which on nobody else is asked (assumption)."""


class Prevention(Window):
    """Each part is neutral unless set; all numbers are assumptions.

    That who enrols in autopay forgets no more: UK cards, where about one in five forgets again
    without it. What reminders achieve is an assumption.
    """

    kind: Literal["prevention"] = "prevention"
    forget_factor: _Factor = 1.0
    """Probability to forget a due day, over the borrower's own."""
    channel_factor: _Factor = 1.0
    """Failures of the payment channel, over today's."""
    misunderstand_factor: _Factor = 1.0
    """Misunderstood terms, over today's."""
    due_reminder: Share = 0.0
    """Share of loans that get a reminder before the due day."""
    due_reminder_effect: Share = 0.0
    """Probability that a reminder read by one who would forget is heeded."""
    autopay_monthly_rate: Share = 0.0
    """Share of those who still pay by hand that enrol in autopay, a month; they stay."""
    monthly_cost_per_loan: ReferenceMoney = 0.0
    """Cost of every open loan covered, in reference money a month; reminders cost extra."""
    fixed_cost: ProgrammeCost = 0.0
    """Further cost a month per 1,000 opening loans, in reference money, in all months."""

    def enrolment(self) -> Sequence[float]:
        """Cumulative share enrolled in each month of the offer: 1 - (1 - rate)^k."""
        shares: list[float] = []
        while self.autopay_monthly_rate > 0.0 and len(shares) < LAST_MONTH:
            shares.append(1.0 - (1.0 - self.autopay_monthly_rate) ** (len(shares) + 1))
            if shares[-1] >= _ALMOST_ALL:
                break
        return shares

    def edits(self) -> Sequence[Edit]:
        """Factors, reminders, enrolment and cost."""
        levers = {
            "forget_factor": self.forget_factor,
            "channel_factor": self.channel_factor,
            "misunderstand_factor": self.misunderstand_factor,
            "due_reminder": self.due_reminder,
            "due_reminder_effect": self.due_reminder_effect,
            "prevention_cost": self.monthly_cost_per_loan,
        }
        return (
            *(self.edit(lever, amount) for lever, amount in levers.items()),
            *self.lasting_edits("autopay_share", self.enrolment()),
            Edit("fixed_cost", self.fixed_cost),
        )
