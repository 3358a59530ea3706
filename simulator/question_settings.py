"""Questions that a run is asked beside its scenarios: break-evens, reverse stress, searches."""

from typing import Annotated, Final, Literal

from pydantic import Field, RootModel, field_validator, model_validator

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


Factor = Literal[
    "economy", "epidemic", "platforms", "disaster", "willingness", "standards", "conduct"
]
_ALL: Final[tuple[Factor, ...]] = (
    "economy",
    "epidemic",
    "platforms",
    "disaster",
    "willingness",
    "standards",
)
_SHARES: Final = ("epidemic", "platforms", "disaster", "standards", "conduct")
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
    """Causes that may move: ``standards`` are lenders'; rules of ``conduct`` only if named."""
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


Ends = tuple[float, float]
MOST_INPUTS: Final = 6
"""Sliders of one emulator: its quadratic then has 28 terms."""


def _rising(key: str, ends: Ends | None) -> None:
    """Refuse ends that are not rising."""
    if ends is not None and ends[0] >= ends[1]:
        raise ValueError(f"{key} must be two rising numbers; got {ends[0]:g} and {ends[1]:g}")


class EmulateSettings(Frozen):
    """Sliders of the page: how figures hang on severity, settings of a policy and parameters."""

    policy: str = Field(default="status_quo", min_length=1, max_length=63)
    """One of the run's policies, whose figures are told."""
    scenario: str | None = Field(default=None, min_length=1, max_length=63)
    """One of the run's scenarios; None is the first."""
    severity: Ends | None = None
    """Ends of the scenario's severity; None: it is not moved."""
    fields: dict[str, Ends] = Field(default_factory=dict)
    """Ends of numbers of the policy; of a member of a combination as ``members.NAME.FIELD``."""
    parameters: dict[str, Ends] = Field(default_factory=dict)
    """Ends of parameters of the catalogue; each point then builds the book anew."""
    metrics: tuple[str, ...] = Field(default=(), max_length=6)
    """Figures of the whole horizon in summary.csv, ``delta_`` against the current policy; none are
    the change of value, beside the credit loss."""
    points: int = Field(default=64, ge=16, le=4096)
    """At which the figures are simulated."""
    paths: int = Field(default=16, ge=2, le=10_000)
    """Of each point, at most the run's: its first ones."""

    @model_validator(mode="after")
    def _something_moves(self) -> "EmulateSettings":
        _rising("severity", self.severity)
        for group, moved in (("fields", self.fields), ("parameters", self.parameters)):
            for name, ends in moved.items():
                _rising(f"{group}.{name}", ends)
        if not 1 <= self.n_inputs <= MOST_INPUTS:
            raise ValueError(
                f"needs 1 to {MOST_INPUTS} of severity, fields and parameters; got {self.n_inputs}"
            )
        return self

    @property
    def n_inputs(self) -> int:
        """How many sliders there are."""
        return (self.severity is not None) + len(self.fields) + len(self.parameters)


class Bound(Frozen):
    """What a figure must keep: at most or at least a number, in the figure's unit."""

    at_most: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _one_side(self) -> "Bound":
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("needs at_most or at_least, and not both")
        return self


class SearchSettings(Frozen):
    """One question: which setting of a policy is best?"""

    policy: str = Field(min_length=1, max_length=63)
    """One of the run's policies, not the reference."""
    fields: dict[str, Ends | None] = Field(min_length=1, max_length=6)
    """Numbers of the policy with the ends between which they are looked for, None: all that is
    allowed; or a list of names. Of a member of a combination as ``members.NAME.FIELD``."""
    maximise: str | None = Field(default=None, min_length=1, max_length=63)
    """A figure of the whole horizon of which more is better; None is ``value``, or ``net_result``
    when the run has no run-off months."""
    scenario: str | None = Field(default=None, min_length=1, max_length=63)
    """One of the run's scenarios; None is all of them by weight."""
    subject_to: dict[str, Bound] = Field(default_factory=dict, max_length=6)
    """Bounds of figures of the whole horizon, ``delta_`` against the current policy, that must be
    kept in each scenario by the end of the interval."""
    points: int = Field(default=32, ge=8, le=1024)
    """Settings at which the search begins."""
    paths: int = Field(default=8, ge=4, le=10_000)
    """Of the first look at each."""
    confirm_paths: int = Field(default=100, ge=10, le=100_000)
    """Of the finalists, on another seed, whose figures alone are told."""
    parameter_draws: int = Field(default=8, ge=0, le=1000)
    """Draws of the assumptions that the run tries, under which the finalists are compared."""

    @field_validator("fields", mode="before")
    @classmethod
    def _names_alone(cls, value: object) -> object:
        if isinstance(value, (list, tuple)):
            return {str(name): None for name in value}
        return value

    @model_validator(mode="after")
    def _ends_rise(self) -> "SearchSettings":
        for name, ends in self.fields.items():
            _rising(f"fields.{name}", ends)
        return self


class EmulateQuestions(RootModel[dict[str, EmulateSettings]]):
    """Emulators by name, as a section of a run in Python."""

    root: dict[str, EmulateSettings] = Field(default_factory=dict)


class SearchQuestions(RootModel[dict[str, SearchSettings]]):
    """Searches by name, as a section of a run in Python."""

    root: dict[str, SearchSettings] = Field(default_factory=dict)
