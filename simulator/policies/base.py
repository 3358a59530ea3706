"""What a policy is: a validated frozen object that edits the lever table."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal, Protocol, Self, runtime_checkable

from pydantic import Field, model_validator

from simulator.levers import Edit, Target
from simulator.validation import Frozen
from simulator.vocabulary import Hardship

Share = Annotated[float, Field(ge=0, le=1)]
LAST_MONTH: Final = 1200
"""Last month that a policy can name."""
Month = Annotated[int, Field(ge=1, le=LAST_MONTH)]
Bucket = Annotated[int, Field(ge=0, le=7)]
"""Bucket at the month's start: 0 = not overdue, k = overdue by up to 30 k days, 7 = longer."""
ReferenceMoney = Annotated[float, Field(ge=0, le=1000)]
"""Money in thousandths of a month's reference income of the jurisdiction."""
ProgrammeCost = Annotated[float, Field(ge=0, le=1e6)]
"""The same a month per 1,000 opening loans, paid whatever happens."""
LimitedStage = Literal["human_call", "field_visit", "legal"]
"""Stages with limited staff under the reference; the others have no capacity to multiply."""
RiskBands = Annotated[tuple[str, ...], Field(max_length=26)]
StageName = Literal["reminder", "ai_call", "human_call", "field_visit", "legal", "agency"]


def bucket_range(first_bucket: int, last_bucket: int, last_name: str = "last_bucket") -> range:
    """Buckets from first to last; a ``ValueError`` names the field ``last_name`` if there is none.

    Ranges are checked when a policy is built, so that the edits of a built one cannot fail.
    """
    if last_bucket < first_bucket:
        raise ValueError(
            f"{last_name} must not be below first_bucket ({first_bucket}); got {last_bucket}"
        )
    return range(first_bucket, last_bucket + 1)


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


class Market(Frozen):
    """Months, regions and products that a policy covers; empty means all."""

    first_month: Month = 1
    """First month of the offer; 1 is the first of the run."""
    last_month: Month | None = None
    """Last month of the offer; None is the end of the run."""
    regions: tuple[str, ...] = Field(default=(), max_length=60)
    """Names of the book's regions; empty means all."""
    products: tuple[str, ...] = Field(default=(), max_length=60)
    """Names of the book's products; empty means all."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_month is not None and self.last_month < self.first_month:
            raise ValueError(
                f"last_month must not be before first_month ({self.first_month});"
                f" got {self.last_month}"
            )
        return self

    def target(self, risk_bands: tuple[str, ...] = ()) -> Target:
        """The same as the lever table understands it, for some risk bands."""
        return Target(self.regions, self.products, risk_bands)

    def edit(
        self,
        lever: str,
        amount: float,
        *,
        buckets: Iterable[int] = (),
        hardships: tuple[Hardship, ...] = (),
        risk_bands: tuple[str, ...] = (),
    ) -> Edit:
        """An edit of ``lever`` in the months and for the customers of the policy."""
        return Edit(
            lever,
            float(amount),
            self.first_month,
            self.last_month,
            self.target(risk_bands),
            tuple(buckets),
            hardships,
        )

    def lasting_edits(self, lever: str, by_month: Sequence[float]) -> Sequence[Edit]:
        """Rising values of ``lever``, one a month of the window; what is reached stays.

        Values after ``last_month`` are not reached.
        """
        months = None if self.last_month is None else self.last_month - self.first_month + 1
        return tuple(
            Edit(lever, value, first_month=self.first_month + k, target=self.target())
            for k, value in enumerate(by_month[:months])
        )


class Window(Market):
    """A policy for some months, regions, products and risk bands; empty means all."""

    risk_bands: RiskBands = ()
    """Names of the book's risk bands, A the best; empty means all."""

    def target(self, risk_bands: tuple[str, ...] = ()) -> Target:
        """The policy's risk bands, unless the caller names others."""
        return super().target(risk_bands or self.risk_bands)
