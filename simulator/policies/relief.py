"""What relief policies share: who may have it and how often, and an offer as edits."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share, Window
from simulator.vocabulary import Hardship

HardshipName = Literal["none", "job_loss", "illness", "disaster", "reduced_income"]


class Relief(Window):
    """A targeted offer of relief with its limits and its effect on willingness.

    Limits are assumptions. The effect of relief on later willingness has been measured with both
    signs (Fiorin, Hall, Kanz: default -4 percentage points; Dvara: +6.4), so
    ``refusal_after_relief`` has a range around 1. Budget and effect hold for the whole book in
    all months, wherever the offer applies.
    """

    min_months_on_book: int = Field(default=0, ge=0, le=600)
    """Youngest loan that may apply, in months; the youngest of all offers in a cell holds."""
    max_uses: int = Field(default=1, ge=1, le=60)
    """Times that a loan may get relief."""
    monthly_budget_share: float = Field(default=1.0, ge=0, le=10)
    """Deferred and forgiven amounts a month over the opening balance."""
    refusal_after_relief: float = Field(default=1.0, ge=0.25, le=4)
    """Probability of refusal of those who ever had relief, over others'."""
    is_record: bool = False
    """Whether relief makes a customer's record late, as 30 days past due do."""

    def offer(
        self,
        terms: Mapping[str, float],
        buckets: Sequence[int],
        hardships: tuple[Hardship, ...] = (),
    ) -> Sequence[Edit]:
        """``terms`` (lever -> amount) with the limits of a loan, in some cells."""
        limits = {
            "relief_max_uses": self.max_uses,
            "relief_min_months_on_book": self.min_months_on_book,
        }
        return tuple(
            self.edit(lever, amount, buckets=buckets, hardships=hardships)
            for lever, amount in (*terms.items(), *limits.items())
        )

    def limits(self) -> Sequence[Edit]:
        """Budget, effect on willingness, and whether it stands on record."""
        return (
            Edit("relief_budget", self.monthly_budget_share),
            Edit("refusal_after_relief", self.refusal_after_relief),
            *((Edit("relief_is_record", 1.0),) if self.is_record else ()),
        )


class RequestedRelief(Relief):
    """Relief that borrowers ask for, without proof; who asks is an assumption."""

    awareness: Share = 0.6
    """Share of borrowers who know of the offer."""
    take_up_if_need: Share = 0.6
    """Of the aware whose cash is short, a month."""
    take_up_if_no_need: Share = 0.0
    """Of the aware whose cash is not short, a month."""
    hardships: tuple[HardshipName, ...] = Field(default=(), max_length=5)
    """Hardships that may apply, as the lender sees them; empty means all, also none."""

    def request(self, terms: Mapping[str, float], buckets: Sequence[int]) -> Sequence[Edit]:
        """``terms`` for those who ask, in some buckets, and the limits of the whole book."""
        asked = {
            "p_relief_if_need": self.awareness * self.take_up_if_need,
            "p_relief_if_no_need": self.awareness * self.take_up_if_no_need,
        }
        hardships = tuple(Hardship[name.upper()] for name in self.hardships)
        return (*self.offer({**asked, **terms}, buckets, hardships), *self.limits())
