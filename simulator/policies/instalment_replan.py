"""A re-plan: arrears join the principal and the term grows until the instalment is affordable."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from simulator.levers import Edit
from simulator.policies.base import Bucket, Share, bucket_range
from simulator.policies.relief import RequestedRelief


class InstalmentReplan(RequestedRelief):
    """Longer term, perhaps less principal, perhaps a period of reduced interest.

    Numbers are assumptions. That a longer term prevents default and a principal cut hardly does
    is evidence from mortgages (Ganong and Noel, AER 2020), not a parameter here.
    """

    kind: Literal["instalment_replan"] = "instalment_replan"
    term_extension_months: int = Field(default=24, ge=0, le=120)
    """Longest extension of the remaining term; 0 leaves term and arrears alone."""
    affordable_share: Share = 0.1
    """No more months than bring an annuity's instalment to this share of income; 0: all."""
    principal_cut_share: Share = 0.0
    """Share of the principal that is forgiven."""
    interest_charged_share: Share = 1.0
    """Share of the contract interest charged while the relief lasts."""
    months: int = Field(default=1, ge=1, le=60)
    """Months of reduced interest; meanwhile no fees and no second relief."""
    take_up_if_need: Share = 0.5
    """Of the aware whose cash is short, a month."""
    first_bucket: Bucket = 1
    """Best bucket at the month's start that may apply."""
    max_bucket: Bucket = 3
    """Worst bucket at the month's start that may apply."""

    @model_validator(mode="after")
    def _has_buckets(self) -> Self:
        bucket_range(self.first_bucket, self.max_bucket, "max_bucket")
        return self

    def edits(self) -> Sequence[Edit]:
        """The new plan, who gets it, and the limits."""
        terms = {
            "relief_months": self.months,
            "interest_share": self.interest_charged_share,
            "term_extension_months": self.term_extension_months,
            "affordable_share": self.affordable_share,
            "principal_cut_share": self.principal_cut_share,
        }
        return self.request(terms, bucket_range(self.first_bucket, self.max_bucket))
