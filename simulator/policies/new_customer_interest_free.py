"""An interest-free start: a new loan bears no interest in its first months."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Window


class NewCustomerInterestFree(Window):
    """Waived interest draws applicants who would have declined (length: assumption)."""

    kind: Literal["new_customer_interest_free"] = "new_customer_interest_free"
    interest_free_months: int = Field(default=1, ge=0, le=60)
    """First months of a new loan without interest."""

    def edits(self) -> Sequence[Edit]:
        """One term of new loans."""
        return (self.edit("interest_free_months", self.interest_free_months),)
