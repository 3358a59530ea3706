"""Credit limits: smaller new loans, and lines that are cut or frozen."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Bucket, Window
from simulator.vocabulary import N_BUCKETS


class CreditLimits(Window):
    """Amounts of new loans and the room on revolving lines (assumptions)."""

    kind: Literal["credit_limits"] = "credit_limits"
    new_amount_multiplier: float = Field(default=0.8, ge=0, le=3)
    """Amount or limit granted over what is asked."""
    line_multiplier: float = Field(default=0.8, ge=0, le=3)
    """Limit of an open line over its contract limit; 0 freezes it: nothing can be drawn."""
    first_bucket: Bucket = 0
    """Bucket at the month's start from which open lines are cut; 0 is every line."""

    def edits(self) -> Sequence[Edit]:
        """New amounts and open lines."""
        buckets = range(self.first_bucket, N_BUCKETS)
        return (
            self.edit("amount_multiplier", self.new_amount_multiplier),
            self.edit("line_multiplier", self.line_multiplier, buckets=buckets),
        )
