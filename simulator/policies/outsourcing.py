"""Outsourcing: an agency calls old debts, for a commission, instead of the own staff."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Bucket, Share, Window
from simulator.vocabulary import N_BUCKETS

_OWN_STAGES = ("ai_call", "human_call", "field_visit")


class Outsourcing(Window):
    """From a bucket on an agency takes over calls and visits; legal steps stay (assumptions).

    The agency's reach, effect, commission and complaints are parameters of the model.
    """

    kind: Literal["outsourcing"] = "outsourcing"
    first_bucket: Bucket = 3
    """Bucket at the month's start from which debts are with the agency."""
    agency: Share = 0.8
    """Share of these debts that the agency wants to call in a month."""
    own_effort_share: Share = 0.0
    """What is left of the own calls and visits there."""
    agency_calls_per_1000_loans: float = Field(default=30.0, ge=0, le=1e6)
    """Capacity of the agency a month, by opening loans of the whole book."""

    def edits(self) -> Sequence[Edit]:
        """The agency comes, the own callers go."""
        buckets = range(self.first_bucket, N_BUCKETS)
        return (
            self.edit("effort_agency", self.agency, buckets=buckets),
            *(
                self.edit(f"intensity_{stage}", self.own_effort_share, buckets=buckets)
                for stage in _OWN_STAGES
            ),
            Edit("capacity_agency", self.agency_calls_per_1000_loans),
        )
