"""A care programme: three months without instalment or interest, on proof of hardship."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share, Window
from simulator.policies.relief import ReliefOffer
from simulator.vocabulary import Hardship


class CareProgramme(Window):
    """Deferral of the whole instalment at zero interest for the ill, the flooded, the jobless.

    Modelled on Chinese lenders' care programmes; awareness, application, proof and false proof
    are assumptions.
    """

    kind: Literal["care_programme"] = "care_programme"
    months: int = Field(default=3, ge=1, le=60)
    awareness: Share = 0.5
    apply_if_need: Share = 0.8
    """Of the aware whose cash is short."""
    apply_if_no_need: Share = 0.1
    """Of the aware who suffer a hardship but are not short of cash, a month."""
    proof_available: Share = 0.8
    """Of those in hardship, who can document it."""
    false_proof: Share = 0.005
    """Of the aware without hardship but short of cash, who get through with a false proof."""
    max_bucket: int = Field(default=3, ge=0, le=7)
    max_uses: int = Field(default=2, ge=1, le=60)
    monthly_budget_share: float = Field(default=1.0, ge=0, le=10)

    def edits(self) -> Sequence[Edit]:
        """One offer for proven hardship, one for false proof, and the budget."""
        proven = self.awareness * self.proof_available
        honest = ReliefOffer(
            p_if_need=proven * self.apply_if_need,
            p_if_no_need=proven * self.apply_if_no_need,
            months=self.months,
            due_share=0.0,
            interest_share=0.0,
            max_uses=self.max_uses,
            first_month=self.first_month,
            last_month=self.last_month,
            target=self.target(),
            buckets=tuple(range(self.max_bucket + 1)),
            hardships=(Hardship.JOB_LOSS, Hardship.ILLNESS, Hardship.DISASTER),
        )
        false = replace(
            honest,
            p_if_need=self.awareness * self.false_proof,
            p_if_no_need=0.0,
            hardships=(Hardship.NONE, Hardship.REDUCED_INCOME),
        )
        return (
            *honest.edits(),
            *false.edits(),
            Edit("relief_budget", self.monthly_budget_share),
        )
