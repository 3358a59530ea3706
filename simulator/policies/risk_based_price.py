"""Risk-based price: new loans of bad bands pay more, those of good bands less."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from simulator.levers import Edit
from simulator.policies.base import Market

_Add = Annotated[float, Field(ge=-0.5, le=0.5)]


class RiskBasedPrice(Market):
    """A yearly rate added to new loans by risk band, below the cap of the jurisdiction.

    All numbers are assumptions. Better risks leave when the price rises (``offer_price_slope``).
    """

    kind: Literal["risk_based_price"] = "risk_based_price"
    annual_rate_add: Mapping[str, _Add] = Field(
        default={"A": -0.02, "B": -0.01, "C": 0.0, "D": 0.02, "E": 0.04},
        min_length=1,
        max_length=26,
    )
    """Risk band -> yearly rate added (fraction); bands that are not named keep their price."""

    def edits(self) -> Sequence[Edit]:
        """One price a band."""
        return tuple(
            self.edit("price_add", add, risk_bands=(band,))
            for band, add in self.annual_rate_add.items()
        )
