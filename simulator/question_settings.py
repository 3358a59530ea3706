"""Questions that a run is asked beside its scenarios: break-evens and reverse stress."""

from typing import Annotated, Final, Literal

from pydantic import Field, RootModel, model_validator

from simulator.validation import Frozen


class BreakEvenSettings(Frozen):
    """One question: at which value of a policy's field does the policy stop paying?"""

    policy: str = Field(min_length=1, max_length=63)
    """One of the run's policies, not the reference."""
    field: str = Field(min_length=1, max_length=200)
    """Number with a range; of a member of a combination as ``members.NAME.FIELD``."""
    low: float | None = None
    """Lower end of the bracket; None is the least value that the field may have."""
    high: float | None = None
    """Upper end; None is the largest value that the field may have."""
    scenario: str | None = Field(default=None, min_length=1, max_length=63)
    """One of the run's scenarios; None is the first."""
    metric: str | None = Field(default=None, min_length=1, max_length=63)
    """None is ``value``, or ``net_result`` when the run has no run-off months."""


Factor = Literal["economy", "epidemic", "platforms", "disaster", "willingness", "standards"]
_ALL: Final[tuple[Factor, ...]] = (
    "economy",
    "epidemic",
    "platforms",
    "disaster",
    "willingness",
    "standards",
)
_SHARES: Final = ("epidemic", "platforms", "disaster", "standards")
"""Causes whose size is a share."""

Spread = Annotated[float, Field(gt=0, le=5)]
Month = Annotated[int, Field(ge=1, le=600)]


class ReverseSettings(Frozen):
    """One question: which likeliest combination of causes brings a figure to a limit?"""

    metric: str | None = Field(default=None, min_length=1, max_length=63)
    """Any figure of the whole horizon in summary.csv; None is ``lifetime_credit_loss``, or
    ``credit_loss`` when the run has no run-off months."""
    limit: float | None = None
    """In the figure's unit."""
    times_scenario: float | None = Field(default=None, gt=0, le=100)
    """The limit over the figure's mean in the scenario, in place of ``limit``."""
    scenario: str | None = Field(default=None, min_length=1, max_length=63)
    """One of the run's scenarios; None is the first."""
    policy: str = Field(default="status_quo", min_length=1, max_length=63)
    """One of the run's policies."""
    factors: tuple[Factor, ...] = Field(default=_ALL, min_length=1)
    """Causes that may move."""
    spread: dict[Factor, Spread] = Field(default_factory=dict)
    """Size of a cause at one standard deviation, where it is not the assumed one (docs/model.md,
    section 14.7); of the economy over that of the scenario's own deviations."""
    timing: dict[Factor, tuple[Month, Month]] = Field(default_factory=dict)
    """First month and number of months of a cause beside the economy, where not the assumed."""
    furthest: float = Field(default=6.0, gt=0, le=20)
    """Standard deviations beyond which nothing is looked for."""
    paths: int = Field(default=40, ge=10, le=10_000)
    """Paths of each look, at most the run's (but 20)."""

    @model_validator(mode="after")
    def _one_limit(self) -> "ReverseSettings":
        if (self.limit is None) == (self.times_scenario is None):
            raise ValueError("needs limit or times_scenario, and not both")
        if len(set(self.factors)) < len(self.factors):
            raise ValueError("factors must differ")
        for key, given in (("spread", self.spread), ("timing", self.timing)):
            strange = [name for name in given if name not in self.factors]
            if strange:
                raise ValueError(f"{key}.{strange[0]} is set, but {strange[0]} is not in factors")
        if "economy" in self.timing:
            raise ValueError("timing.economy: the economy moves in all months")
        for name, spread in self.spread.items():
            if name in _SHARES and spread >= 1.0:
                raise ValueError(f"spread.{name} must be below 1, it is a share; got {spread:g}")
        return self


class SensitivitySettings(Frozen):
    """Which parameters move a figure, over half to double of each at once."""

    method: Literal["morris", "sobol"] = "morris"
    """Elementary effects of every parameter; or beside them shares of the variance of the largest,
    from a quadratic."""
    metric: str | None = Field(default=None, min_length=1, max_length=63)
    """Any figure of the whole horizon in summary.csv; None is ``lifetime_credit_loss``, or
    ``credit_loss`` when the run has no run-off months."""
    scenario: str | None = Field(default=None, min_length=1, max_length=63)
    """One of the run's scenarios; None is the first. Under the current policy."""
    parameters: tuple[str, ...] = ()
    """Parameters of the catalogue; none are all that half to double moves."""
    borrowers: int = Field(default=1000, ge=50, le=1_000_000)
    paths: int = Field(default=8, ge=4, le=10_000)
    """Of each small run."""
    trajectories: int = Field(default=4, ge=2, le=100)
    """Base points at which each parameter is moved."""
    keep: int = Field(default=10, ge=1, le=12)
    """Parameters that the quadratic holds."""
    points: int = Field(default=256, ge=32, le=8192)
    """At which the quadratic is fitted."""


class ReverseQuestions(RootModel[dict[str, ReverseSettings]]):
    """Questions of reverse stress by name, as a section of a run in Python."""

    root: dict[str, ReverseSettings] = Field(default_factory=dict)
