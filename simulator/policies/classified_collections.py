"""Classified collections: who is contacted, by whom, when and in which order."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from simulator.levers import Edit
from simulator.policies.base import (
    Bucket,
    LimitedStage,
    Market,
    ProgrammeCost,
    RiskBands,
    Share,
    StageName,
    bucket_range,
)
from simulator.validation import Frozen
from simulator.vocabulary import Priority

PriorityName = Literal["oldest_first", "balance", "first_come", "expected_recovery"]
_Staff = Annotated[float, Field(ge=0, le=100)]
_Days = Annotated[int, Field(ge=-29, le=29)]


class _WhichLoans(Frozen):
    """A stage in some buckets, for some risk bands."""

    stage: StageName
    """Stage of collections."""
    first_bucket: Bucket = 0
    """First bucket at the month's start."""
    last_bucket: Bucket = 7
    """Last bucket at the month's start."""
    risk_bands: RiskBands = ()
    """Names of the book's risk bands, A the best; empty means all."""

    @model_validator(mode="after")
    def _has_buckets(self) -> Self:
        bucket_range(self.first_bucket, self.last_bucket)
        return self

    def edit(self, market: Market, lever: str, amount: float) -> Edit:
        """An edit of the stage's ``lever`` in these cells of ``market``."""
        buckets = bucket_range(self.first_bucket, self.last_bucket)
        name = f"{lever}_{self.stage}"
        return market.edit(name, amount, buckets=buckets, risk_bands=self.risk_bands)


class IntensityRule(_WhichLoans):
    """A stage that is tried more or less often than under the reference; 0 stops it."""

    intensity: float = Field(ge=0, le=10)
    """Effort over what it was."""


class EffortRule(_WhichLoans):
    """A stage that is tried where the reference does not; the share of loans a month."""

    effort: Share
    """Probability that the stage is tried in a month."""


class ClassifiedCollections(Market):
    """Each part is neutral unless set; all numbers are assumptions.

    Staff, order, days, cap and fixed cost hold for the whole book in all months, the rest in the
    policy's window. ``fixed_cost`` is what additional seats cost: an extra seat takes 1,000 calls
    a month and costs half a month's reference income beside the cost of each call made, so 0.5
    for each call of added capacity.
    """

    kind: Literal["classified_collections"] = "classified_collections"
    rules: tuple[IntensityRule, ...] = Field(default=(), max_length=50)
    """Effort over the reference's, by stage and cells; rules of the same cell multiply."""
    efforts: tuple[EffortRule, ...] = Field(default=(), max_length=50)
    """Effort added to the reference's, before ``rules`` multiply it."""
    staff: Mapping[LimitedStage, _Staff] = {}
    """Capacity over the reference's, of the stages that have one: `human_call`, `field_visit`,
    `legal`."""
    fixed_cost: ProgrammeCost = 0.0
    """Cost of additional seats a month per 1,000 opening loans, in reference money."""
    priority: PriorityName = "oldest_first"
    """Whom limited collectors contact first."""
    day_shifts: Mapping[StageName, _Days] = {}
    """Days by which a stage comes later (earlier if negative)."""
    promise_share: Share = 0.0
    """Of those reached by a person who do not pay, who promise to pay next month."""
    negotiated_share: Share = 0.0
    """Of those reached by a person whose cash is short, who agree to new instalments."""
    negotiated_extension_months: int = Field(default=12, ge=1, le=120)
    """Months that such a plan adds to the remaining term."""
    contact_cap: float = Field(default=100.0, ge=0, le=100)
    """Expected AI, human, field and agency contacts of a loan in a month: a contact's effort is
    cut to the room left; never above the conduct rule."""

    @field_validator("staff", mode="before")
    @classmethod
    def _is_limited(cls, staff: object) -> object:
        known = get_args(LimitedStage)
        other = [str(s) for s in staff if s not in known] if isinstance(staff, Mapping) else []
        if other:
            raise ValueError(
                f"must name stages whose staff is limited: {', '.join(known)}; got"
                f" {', '.join(other)}"
            )
        return staff

    def edits(self) -> Sequence[Edit]:
        """Stages, talks, staff and order."""
        return (
            *(rule.edit(self, "intensity", rule.intensity) for rule in self.rules),
            *(rule.edit(self, "effort", rule.effort) for rule in self.efforts),
            *self._talks(),
            *(Edit(f"capacity_multiplier_{stage}", n) for stage, n in self.staff.items()),
            *(Edit(f"day_shift_{stage}", days) for stage, days in self.day_shifts.items()),
            Edit("fixed_cost", self.fixed_cost),
            Edit("contact_priority", float(Priority[self.priority.upper()])),
            Edit("contact_cap", self.contact_cap),
        )

    def _talks(self) -> Sequence[Edit]:
        """Promises and plans; a plan counts as one use of relief."""
        talks = {"promise_share": self.promise_share}
        if self.negotiated_share > 0.0:
            talks |= {
                "negotiated_share": self.negotiated_share,
                "negotiated_extension_months": self.negotiated_extension_months,
                "relief_max_uses": 1.0,
            }
        return tuple(self.edit(lever, amount) for lever, amount in talks.items())
