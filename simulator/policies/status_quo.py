"""The reference: approval rules, collections and conduct rules as they are, no relief."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share
from simulator.validation import Frozen

_STAGES = (
    # stage, buckets at the month's start in which it is tried
    ("reminder", (0, 1)),
    ("ai_call", (0, 1)),
    ("human_call", (1, 2, 3)),
    ("field_visit", (3, 4)),
    ("legal", (4, 5, 6, 7)),
)


class StatusQuo(Frozen):
    """Today's rules; every other policy is an edit of these. All numbers are assumptions.

    Quiet hours of Chinese collections: 22 to 8 o'clock (GB/T 45251-2025, secondary source).
    """

    kind: Literal["status_quo"] = "status_quo"
    score_cutoff: float = Field(default=450.0, ge=0, le=1000)
    """Lowest score approved."""
    debt_service_cap: float = Field(default=0.7, ge=0, le=10)
    """Largest debt service over stated income."""
    platform_cap: float = Field(default=8.0, ge=0, le=100)
    """Largest number of other platforms."""
    reminder: Share = 1.0
    """Share of late loans (M0, M1) that get a reminder in a month."""
    ai_call: Share = 0.9
    """The same, AI call, before quiet hours."""
    human_call: Share = 0.8
    """Share of M1-M3 loans that are called by a person, before quiet hours."""
    field_visit: Share = 0.05
    """Share of M3-M4 loans that are visited."""
    legal: Share = 0.1
    """Share of M4 and later that get a legal step in a month."""
    human_calls_per_1000_loans: float = Field(default=30.0, ge=0, le=1e6)
    """Capacity a month, by opening loans."""
    field_visits_per_1000_loans: float = Field(default=1.0, ge=0, le=1e6)
    """The same, visits."""
    legal_steps_per_1000_loans: float = Field(default=3.0, ge=0, le=1e6)
    """The same, legal steps."""
    call_hours_share: Share = 0.875
    """Quiet hours: 14 of the 16 hours in which collectors want to call are allowed."""
    contact_cap: float = Field(default=3.0, ge=0, le=100)
    """Expected AI, human, field and agency contacts that a loan may get in a month: a contact's
    effort is cut to the room that earlier stages left."""

    def edits(self) -> Sequence[Edit]:
        """The reference itself, as edits of an empty table."""
        efforts = {
            "reminder": self.reminder,
            "ai_call": self.ai_call,
            "human_call": self.human_call,
            "field_visit": self.field_visit,
            "legal": self.legal,
        }
        return (
            Edit("score_cutoff", self.score_cutoff),
            Edit("debt_service_cap", self.debt_service_cap),
            Edit("platform_cap", self.platform_cap),
            *(Edit(f"effort_{s}", efforts[s], buckets=b) for s, b in _STAGES),
            Edit("capacity_human_call", self.human_calls_per_1000_loans),
            Edit("capacity_field_visit", self.field_visits_per_1000_loans),
            Edit("capacity_legal", self.legal_steps_per_1000_loans),
            Edit("call_hours_share", self.call_hours_share),
            Edit("contact_cap", self.contact_cap),
        )
