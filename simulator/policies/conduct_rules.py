"""Conduct rules: hard limits on contacts that no other policy can loosen."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share
from simulator.validation import Frozen


class ConductRules(Frozen):
    """A stricter code than the reference's, for the whole book in all months.

    Both numbers are assumptions: calls between 9 and 18 o'clock only, of 16 hours that
    collectors want, and 0.6 expected contacts a loan and month, three in five months. Looser
    rules than the reference's change nothing.
    """

    kind: Literal["conduct_rules"] = "conduct_rules"
    contact_cap: float = Field(default=0.6, ge=0, le=100)
    """Expected AI, human, field and agency contacts that a loan may get in a month: a contact's
    effort is cut to the room that earlier stages left."""
    call_hours_share: Share = 0.5625
    """Share of the wanted calls that fall into the allowed hours."""

    def edits(self) -> Sequence[Edit]:
        """Two limits."""
        return (
            Edit("contact_cap", self.contact_cap),
            Edit("call_hours_share", self.call_hours_share),
        )
