"""A care programme: three months without instalment or interest, on proof of hardship."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Bucket, Share
from simulator.policies.relief import Relief
from simulator.vocabulary import Hardship


class CareProgramme(Relief):
    """Deferral of the whole instalment at zero interest for the ill, the flooded, the jobless.

    Who asks with a proof shows a hardship that the lender did not see before.
    Modelled on Chinese lenders' care programmes; awareness, application, proof and false proof
    are assumptions.
    """

    kind: Literal["care_programme"] = "care_programme"
    months: int = Field(default=3, ge=1, le=60)
    """Months that granted care lasts."""
    awareness: Share = 0.5
    """Share of borrowers who know of the programme."""
    apply_if_need: Share = 0.8
    """Of the aware whose cash is short."""
    apply_if_no_need: Share = 0.1
    """Of the aware who suffer a hardship but are not short of cash, a month."""
    proof_available: Share = 0.8
    """Of those in hardship, who can document it."""
    false_proof: Share = 0.005
    """Of the aware without hardship but short of cash, who get through with a false proof."""
    max_bucket: Bucket = 3
    """Worst bucket at the month's start that may still apply."""
    max_uses: int = Field(default=2, ge=1, le=60)
    """Times that a loan may get relief."""

    def edits(self) -> Sequence[Edit]:
        """One offer for proven hardship, one for false proof, and the limits."""
        proven = self.awareness * self.proof_available
        buckets = range(self.max_bucket + 1)
        terms = {"relief_months": float(self.months), "due_share": 0.0, "interest_share": 0.0}
        honest = {
            "p_relief_if_need": proven * self.apply_if_need,
            "p_relief_if_no_need": proven * self.apply_if_no_need,
        }
        false = {"p_relief_if_need": self.awareness * self.false_proof}
        provable = (Hardship.JOB_LOSS, Hardship.ILLNESS, Hardship.DISASTER)
        others = (Hardship.NONE, Hardship.REDUCED_INCOME)
        offers = [*self.offer(terms | honest, buckets, provable)]
        if self.false_proof > 0.0:
            offers += self.offer(terms | false, buckets, others)
        return (*offers, *self.limits())
