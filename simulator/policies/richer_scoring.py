"""Richer scoring: further data make the score of an applicant less noisy, at a price."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share, Window


class RicherScoring(Window):
    """Bought data remove part of the score's noise; the cut-off stays (assumptions)."""

    kind: Literal["richer_scoring"] = "richer_scoring"
    score_signal_share: Share = 0.4
    """Share of the score's noise that the data remove."""
    application_cost_multiplier: float = Field(default=1.5, ge=1, le=100)
    """Cost of deciding an application, over the catalogue's."""

    def edits(self) -> Sequence[Edit]:
        """The signal and its cost."""
        return (
            self.edit("score_signal_share", self.score_signal_share),
            self.edit("application_cost_multiplier", self.application_cost_multiplier),
        )
