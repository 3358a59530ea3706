"""What relief policies share: an offer is a handful of edits on the same cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.levers import Edit, Target
from simulator.vocabulary import Hardship


@dataclass(frozen=True, slots=True)
class ReliefOffer:
    """Relief in some cells of the lever table; chances and shares are fractions."""

    p_if_need: float
    p_if_no_need: float
    months: int
    due_share: float
    interest_share: float
    max_uses: int
    first_month: int
    last_month: int | None
    target: Target
    buckets: tuple[int, ...]
    hardships: tuple[Hardship, ...] = ()

    def edits(self) -> Sequence[Edit]:
        """The offer as edits."""
        levers = {
            "p_relief_if_need": self.p_if_need,
            "p_relief_if_no_need": self.p_if_no_need,
            "relief_months": float(self.months),
            "due_share": self.due_share,
            "interest_share": self.interest_share,
            "relief_max_uses": float(self.max_uses),
        }
        return tuple(
            Edit(
                name,
                amount,
                self.first_month,
                self.last_month,
                self.target,
                self.buckets,
                self.hardships,
            )
            for name, amount in levers.items()
        )
