"""Financial education: some borrowers become more careful, slowly."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import ProgrammeCost, ReferenceMoney, Share, Window


class Education(Window):
    """Its effect grows evenly from nothing in its first month to all of it, and stays.

    What it changes at most - attention, willingness, overspending - are parameters of the model
    (``education_attention`` and others). All numbers are assumptions: financial education changes
    behaviour little and slowly.
    """

    kind: Literal["education"] = "education"
    share_reached: Share = 0.3
    """Share of borrowers who take part."""
    months_to_full_effect: int = Field(default=18, ge=1, le=120)
    """Months from the first month of the programme to its full effect."""
    monthly_cost_per_loan: ReferenceMoney = 0.3
    """Cost of every open loan covered, in reference money a month; ends with the programme."""
    fixed_cost: ProgrammeCost = 0.0
    """Further cost a month per 1,000 opening loans, in reference money, in all months."""

    def ramp(self) -> Sequence[float]:
        """Part of the full effect in each month of the programme: 0 first, 1 last."""
        length = self.months_to_full_effect
        return tuple(k / length for k in range(length + 1))

    def edits(self) -> Sequence[Edit]:
        """Who takes part, how far the effect has come, and what it costs."""
        return (
            *self.lasting_edits("education_share", (self.share_reached,)),
            *self.lasting_edits("education_ramp", self.ramp()),
            self.edit("prevention_cost", self.monthly_cost_per_loan),
            Edit("fixed_cost", self.fixed_cost),
        )
