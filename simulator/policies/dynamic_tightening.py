"""Dynamic tightening: the score cut-off follows last month's overdue rate."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Share
from simulator.validation import Frozen


class DynamicTightening(Frozen):
    """Above a trigger the cut-off rises with the 30+ rate; it falls again by itself.

    Both numbers are assumptions; the trigger stands above the rate of calm years (about 3.5 %
    in the shipped book). The rule holds for the whole book in all months.
    """

    kind: Literal["dynamic_tightening"] = "dynamic_tightening"
    tighten_trigger: Share = 0.04
    """30+ rate of last month (balance) above which the cut-off rises."""
    tighten_slope: float = Field(default=4000.0, ge=0, le=1e5)
    """Points of cut-off per unit of 30+ rate above it: 4,000 are 40 points a percentage point."""

    def edits(self) -> Sequence[Edit]:
        """Trigger and slope."""
        return (
            Edit("tighten_trigger", self.tighten_trigger),
            Edit("tighten_slope", self.tighten_slope),
        )
