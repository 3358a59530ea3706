"""What a policy is: a validated frozen object that edits the lever table."""

from collections.abc import Sequence
from typing import Annotated, Protocol, Self, runtime_checkable

from pydantic import Field, model_validator

from simulator.levers import Edit, Target
from simulator.validation import Frozen

Share = Annotated[float, Field(ge=0, le=1)]
Month = Annotated[int, Field(ge=1, le=1200)]


@runtime_checkable
class Policy(Protocol):
    """A validated description of what the lender does differently."""

    @property
    def kind(self) -> str:
        """Name of its class in configuration files."""
        ...

    def edits(self) -> Sequence[Edit]:
        """Changes to the reference's lever table."""
        ...


class Targeted(Frozen):
    """Which loans a policy covers; empty means all."""

    regions: tuple[str, ...] = Field(default=(), max_length=60)
    products: tuple[str, ...] = Field(default=(), max_length=60)
    risk_bands: tuple[str, ...] = Field(default=(), max_length=26)

    def target(self) -> Target:
        """The same as the lever table understands it."""
        return Target(tuple(self.regions), tuple(self.products), tuple(self.risk_bands))


class Window(Targeted):
    """A targeted policy that is offered for some months."""

    first_month: Month = 1
    last_month: Month | None = None
    """Last month of the offer; None is the end of the run."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_month is not None and self.last_month < self.first_month:
            raise ValueError(
                f"last_month must not be before first_month ({self.first_month});"
                f" got {self.last_month}"
            )
        return self
