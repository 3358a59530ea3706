"""An early warning: a score of the coming month, and a call with an offer before the due day."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from simulator.levers import Edit
from simulator.policies.base import Share
from simulator.policies.relief import Relief


class EarlyWarningCall(Relief):
    """Flagged customers who are not overdue are called and may take a deferral.

    ``precision`` holds where ``base_rate`` of the loans is heading for trouble; when trouble
    becomes more frequent, precision rises. All numbers are assumptions; the base rate is about
    the share of the default book's loans in trouble in the baseline scenario.
    """

    kind: Literal["early_warning_call"] = "early_warning_call"
    recall: Share = 0.6
    """Share of coming troubles that are flagged."""
    precision: float = Field(default=0.4, ge=0.1, le=1)
    """Share of flagged loans that are heading for trouble."""
    base_rate: float = Field(default=0.06, ge=0.001, le=0.5)
    """Share of loans heading for trouble at which the precision holds."""
    calls_per_1000_loans: float = Field(default=150.0, ge=0, le=1e6)
    """Capacity of service calls a month, by opening loans."""
    accept_if_need: Share = 0.5
    """Of those reached whose cash is short, who take the offer."""
    accept_if_no_need: Share = 0.05
    """The same, of those whose cash is not short."""
    months: int = Field(default=2, ge=1, le=60)
    """Months that the deferral lasts."""
    deferred_share: Share = 1.0
    """Share of the instalment that is deferred."""
    interest_charged_share: Share = 1.0
    """Share of the contract interest charged meanwhile."""

    @property
    def false_alarm_rate(self) -> float:
        """Share of quiet loans that are flagged: r b (1 - q) / (q (1 - b))."""
        r, q, b = self.recall, self.precision, self.base_rate
        return r * b * (1.0 - q) / (q * (1.0 - b))

    @model_validator(mode="after")
    def _is_a_probability(self) -> Self:
        if self.false_alarm_rate > 1.0:
            odds = self.recall * self.base_rate
            lowest = odds / (odds + 1.0 - self.base_rate)
            raise ValueError(
                f"precision must be in [{lowest:.3g}, 1] where recall is {self.recall:g} and"
                f" base_rate {self.base_rate:g}; got {self.precision:g}"
            )
        return self

    def edits(self) -> Sequence[Edit]:
        """The score, the calls and the offer to loans that are not overdue."""
        score = {
            "warning_recall": self.recall,
            "warning_false_alarm": self.false_alarm_rate,
            "warning_offer_if_need": self.accept_if_need,
            "warning_offer_if_no_need": self.accept_if_no_need,
        }
        terms = {
            "relief_months": float(self.months),
            "due_share": 1.0 - self.deferred_share,
            "interest_share": self.interest_charged_share,
        }
        return (
            *(self.edit(lever, amount) for lever, amount in score.items()),
            Edit("capacity_warning", self.calls_per_1000_loans),
            *self.offer(terms, buckets=(0,)),
            *self.limits(),
        )
