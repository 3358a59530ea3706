"""What a calibration is asked to do: free parameters, targets, predictions, backtests."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from simulator.settings import CalendarMonth
from simulator.validation import Frozen

Span = tuple[CalendarMonth, CalendarMonth]


def _kind(value: object) -> object:
    """What tells members of a union apart; ``Frozen`` forbids pydantic's own way."""
    return value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)


class FreeParameter(Frozen):
    """A parameter of the catalogue that the data may move."""

    low: float | None = None
    """None takes the catalogue's bound."""
    high: float | None = None
    start: float | None = None
    """None takes the catalogue's default."""
    scale: Literal["linear", "log", "logit"] = "linear"
    """Scale on which the search moves and errors are taken as normal."""
    prior_mean: float | None = None
    """None: no prior beyond the bounds."""
    prior_sd: float | None = Field(default=None, gt=0)
    """On the scale above: relative for log, in log-odds for logit."""
    prior_source: str = Field(default="", max_length=300)


class PanelSettings(Frozen):
    """A file of monthly statuses, one row an account."""

    path: str = Field(min_length=1, max_length=4096)
    """A file shipped in ``simulator/book/shipped/data``, or a path."""
    id_column: str = "id"
    columns: dict[CalendarMonth, str] = Field(min_length=2)
    """Calendar month -> column of its status."""
    codes: dict[int, int] = Field(min_length=1)
    """Status code -> unpaid instalments (0 is current). Codes not named here are left out, with
    a warning that names them."""
    labels: tuple[str, ...] = ("0", "1", "2", "3+")
    """Names of the states: that many unpaid instalments, the last one so many or more."""


class RollTarget(Frozen):
    """Share of the accounts of a state that are in another a month later."""

    kind: Literal["rolls"]
    panel: str
    cells: tuple[str, ...] = Field(min_length=1)
    """Such as ``C->2``, in the panel's labels."""
    months: tuple[CalendarMonth, ...] = Field(min_length=1)
    """Months from which the step is taken."""
    pool: bool = False
    """One number a cell over all months, else one a cell and month."""


class ShareTarget(Frozen):
    """Share of accounts in a state."""

    kind: Literal["shares"]
    panel: str
    states: tuple[str, ...] = Field(min_length=1)
    months: tuple[CalendarMonth, ...] = Field(min_length=1)


class CureTarget(Frozen):
    """Share of overdue accounts that are current a month later, by months overdue so far."""

    kind: Literal["cure_by_duration"]
    panel: str
    durations: tuple[int, ...] = Field(min_length=1)
    """1: newly overdue, 2: overdue for the second month; the start of the spell must be seen."""
    months: tuple[CalendarMonth, ...] = Field(min_length=1)
    """Months from which the step is taken, pooled."""


class FlagTarget(Frozen):
    """Share of accounts that are overdue in a later month, by the months overdue in a window."""

    kind: Literal["flag_by_overdue_months"]
    panel: str
    window: Span
    flag_month: CalendarMonth
    least_unpaid: int = Field(default=1, ge=1, le=7)
    """Unpaid instalments from which the account counts as flagged."""
    groups: tuple[str, ...] = ("0", "1", "2", "3+")


Measure = Literal[
    "overdue_rate_1",
    "overdue_rate_30",
    "overdue_rate_60",
    "overdue_rate_90",
    "first_day_overdue_rate",
    "charge_off_annualised",
    "net_charge_off_annualised",
    "recovery_rate",
    "flow_into_90_year",
]
"""``flow_into_90_year``: of four quarters together, the balance that turned over 90 days past due
over the balance that was not at the quarter's start, from accounts."""


LevelMeasure = Literal[
    Measure, "repeat_share", "score_gini_opening", "score_gini_new", "income_shock_share"
]
"""Of a single number: also the share of customers who came back in what is lent, the power of
the application score (docs/model.md, section 12.1), which is of the whole run, and the share of
balances first over 90 days past due whose spell began with a loss of income."""


class SeriesTarget(Frozen):
    """A published series by quarter or month, in fractions of balances unless said."""

    kind: Literal["series"]
    measure: Measure
    path: str = Field(min_length=1, max_length=4096)
    """A file shipped in ``simulator/book/shipped/data``, or a path."""
    column: str
    date_column: str = "date"
    """Quarters, months or days in them, in any spelling of docs/files.md."""
    percent: bool = True
    frequency: Literal["monthly", "quarterly"] = "quarterly"
    span: tuple[str, str]
    """First and last date that is used, as ``2008Q1`` or ``2008-01``."""
    sampling_sd: float = Field(default=0.0, ge=0)
    """Standard error of a value as published, in the series' unit (percent if ``percent``)."""
    ages: tuple[int, int] | None = None
    """Youngest and oldest borrower in whole years, of measures that are read from accounts."""
    masked: tuple[str, ...] = ()
    """Periods of the span that are left out of the fit, such as those around a change of law."""
    embargo: int = Field(default=0, ge=0, le=12)
    """Periods before an origin whose values overlap with later ones: 3 for four-quarter sums."""


class LevelTarget(Frozen):
    """One published number: the mean of a measure over a span of months of the run."""

    kind: Literal["level"]
    measure: LevelMeasure
    value: float
    """Fraction."""
    sd: float = Field(gt=0)
    """Standard error, or how far sources disagree."""
    months: tuple[int, int] = (1, 12)
    """First and last month of the run, counted from 1."""
    source: str = Field(min_length=1, max_length=300)


class VintageTarget(Frozen):
    """Share of a month's new loans that were ever 90+ by months on book, from a table."""

    kind: Literal["vintage"]
    values: dict[int, float] = Field(min_length=1)
    """Months on book -> share ever over 90 days past due (fraction of the loans)."""
    sd: float = Field(gt=0)
    source: str = Field(min_length=1, max_length=300)


class OutcomeTarget(Frozen):
    """Share of loans with a bad outcome by group, from a column of loan outcomes."""

    kind: Literal["outcome"]
    path: str = Field(min_length=1, max_length=4096)
    id_column: str
    column: str
    bad: str
    """Value of the column that counts as default; empty cells are outcomes not known."""
    good: str
    groups: tuple[Literal["all", "grade", "term"], ...] = ("grade", "term")
    grade_column: str = "sub_grade"
    """The first letter of its cells is the grade."""
    term_column: str = "term"
    """The number in its cells is the term in months."""
    horizon_months: int = Field(ge=1, le=600)
    """Months after the opening at which outcomes were taken."""
    least_unpaid: int = Field(default=4, ge=1, le=7)
    """Unpaid instalments from which a loan counts as bad; written off always does."""


PanelMoments = Annotated[
    Annotated[RollTarget, Tag("rolls")]
    | Annotated[ShareTarget, Tag("shares")]
    | Annotated[CureTarget, Tag("cure_by_duration")]
    | Annotated[FlagTarget, Tag("flag_by_overdue_months")],
    Discriminator(_kind),
]
"""Numbers taken from a panel of monthly statuses."""

Target = Annotated[
    Annotated[RollTarget, Tag("rolls")]
    | Annotated[ShareTarget, Tag("shares")]
    | Annotated[CureTarget, Tag("cure_by_duration")]
    | Annotated[FlagTarget, Tag("flag_by_overdue_months")]
    | Annotated[SeriesTarget, Tag("series")]
    | Annotated[LevelTarget, Tag("level")]
    | Annotated[VintageTarget, Tag("vintage")]
    | Annotated[OutcomeTarget, Tag("outcome")],
    Discriminator(_kind),
]


class SeriesPrediction(Frozen):
    """Quarters or months after a target's span, of the same measure."""

    kind: Literal["series"]
    target: str
    """The series target that is continued: its deviations from the model carry over, fading."""
    span: tuple[str, str]
    policy: str = "status_quo"
    label: str = ""
    standards: Literal["predicted", "actual"] = "predicted"
    """Lenders' standards after the window: what unemployment lets expect, or the survey's own
    answers, which know part of what is predicted."""


class PanelPrediction(Frozen):
    """Moments of a panel for other accounts of the same kind, perhaps in later months."""

    kind: Literal["panel"]
    moments: PanelMoments
    like: str | None = None
    """Target whose deviations from the model carry over to cells of the same name."""
    prefix: str = ""
    or_from: tuple[int, ...] = ()
    """Of a flag: other numbers of unpaid instalments from which accounts may count as flagged,
    where nobody says what it counts; the interval holds what each of them makes of it."""


class OutcomePrediction(Frozen):
    """Bad outcomes by group of the loans whose outcome is not known."""

    kind: Literal["outcome"]
    target: str


Prediction = Annotated[
    Annotated[SeriesPrediction, Tag("series")]
    | Annotated[PanelPrediction, Tag("panel")]
    | Annotated[OutcomePrediction, Tag("outcome")],
    Discriminator(_kind),
]


class Backtest(Frozen):
    """Fit on targets cut at ``fit_to``, predict to ``predict_to``, compare with what was seen."""

    fit_to: str
    predict_to: str


class CalibrationSettings(Frozen):
    """One calibration."""

    label: str = Field(min_length=1, max_length=120)
    story: str = Field(default="", max_length=4000)
    """What is used, what is predicted, what the model cannot know."""
    free: dict[str, FreeParameter] = Field(min_length=1)
    panels: dict[str, PanelSettings] = Field(default_factory=dict)
    targets: dict[str, Target] = Field(min_length=1)
    predictions: dict[str, Prediction] = Field(default_factory=dict)
    prediction_columns: tuple[str, ...] = ("item",)
    """Columns that name a prediction, before ``prediction, ci_low, ci_high``."""
    backtests: dict[str, Backtest] = Field(default_factory=dict)
    design: int = Field(default=0, ge=0, le=1000)
    """Points at which the model is simulated once, and asked ever after through a smooth surface
    in the parameters; 0: every step of the search is simulated."""
    variant_points: int = Field(default=24, ge=8, le=1000)
    """Points of the design that are simulated also under other policies and standards."""
    seeds: int = Field(default=4, ge=1, le=100)
    """Simulated worlds (book and luck) whose moments are averaged."""
    rounds: int = Field(default=8, ge=1, le=50)
    """Gauss-Newton steps at most."""
    step: float = Field(default=0.08, gt=0, le=0.5)
    """Width of the differences behind slopes, on the search scale (the range is 1)."""
    prediction_draws: int = Field(default=40, ge=4, le=1000)
    """Draws of parameters and luck behind prediction intervals."""
    level: float = Field(default=0.9, gt=0.5, lt=1)
    """Of the intervals."""
    widening: float = Field(default=1.0, ge=1, le=10)
    """Factor on the half widths of predictions of a case without rolling origins: pooled from the
    cases that have some. Those intervals are conditional on the model."""

    @model_validator(mode="after")
    def _named(self) -> "CalibrationSettings":
        for owner, target in self.targets.items():
            panel = getattr(target, "panel", None)
            if panel is not None and panel not in self.panels:
                raise ValueError(
                    f"calibration.targets.{owner}.panel must name one of panels; got {panel}"
                )
        for owner, item in self.predictions.items():
            known = item.like if isinstance(item, PanelPrediction) else item.target
            if known is not None and known not in self.targets:
                raise ValueError(
                    f"calibration.predictions.{owner} must name one of targets; got {known}"
                )
        return self
