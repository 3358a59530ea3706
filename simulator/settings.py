"""What a user can set, validated: ranges and cross-field rules, all mistakes at once."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from simulator.book_settings import BookSettings as BookSettings
from simulator.question_settings import BreakEvenSettings as BreakEvenSettings
from simulator.question_settings import EmulateQuestions as EmulateQuestions
from simulator.question_settings import EmulateSettings as EmulateSettings
from simulator.question_settings import ReverseQuestions as ReverseQuestions
from simulator.question_settings import ReverseSettings as ReverseSettings
from simulator.question_settings import SearchQuestions as SearchQuestions
from simulator.question_settings import SearchSettings as SearchSettings
from simulator.question_settings import SensitivitySettings as SensitivitySettings
from simulator.reading.periods import Frequency
from simulator.run_settings import CalendarMonth as CalendarMonth
from simulator.run_settings import Precision as Precision
from simulator.run_settings import RunSettings as RunSettings
from simulator.validation import Frozen

LanguageCode = Literal["en", "zh"]
ImageFormat = Literal["png", "svg"]


class ReportSettings(Frozen):
    """What the report shows."""

    enabled: bool = True
    title: str = Field(default="Consumer loan book stress test", min_length=1, max_length=120)
    language: LanguageCode = "en"
    """Language of the pages and of the workbook."""
    workbook: bool = True
    """Whether tables.xlsx, the key tables as an Excel workbook, stands beside the page."""


class ExplainSettings(Frozen):
    """What a run explains of its losses and its lending beside counting them."""

    causes: bool = False
    """Whether causes.csv tells what each group of causes adds to ``metric`` and to new 90+
    balance."""
    metric: str | None = Field(default=None, min_length=1, max_length=63)
    """Figure of the whole horizon that causes explain first; None is ``lifetime_credit_loss``, or
    ``credit_loss`` when the run has no run-off months."""
    against: str | None = Field(default=None, min_length=1, max_length=4096)
    """Scenario of the run, or folder of a finished one: causes.csv tells which part of every other
    scenario makes its difference to this one in ``metric``, or which of book, parameters, scenario
    and policy makes that to the other run."""
    paths: int = Field(default=20, ge=2, le=1000)
    """Paths of each of the simulations behind it: the run's first ones."""
    underwriting: bool = False
    """Whether underwriting.csv and underwriting.html tell what new customers of each score bring,
    by three more simulations of the current policy."""

    @model_validator(mode="after")
    def _used(self) -> "ExplainSettings":
        explains = self.causes or self.against is not None
        if not explains and self.paths != type(self).model_fields["paths"].default:
            raise ValueError("explain.paths is read with explain.causes=true or against only")
        if not explains and self.metric is not None:
            raise ValueError("explain.metric is read with explain.causes=true or against only")
        return self


class DecisionLimits(Frozen):
    """What a recommended policy may not cross; defaults are assumptions.

    Where the current policy does not keep a ratio, the ratio may not fall by more than a hundredth
    of the limit against it.
    """

    scenario_loss: float = Field(default=0.001, ge=0, le=1)
    """Largest loss of value in any scenario, over the opening balance; here 0 allows none."""
    capital_ratio: float | None = Field(default=None, ge=0, le=1)
    """Least mean over paths of the lowest capital ratio; None is ``capital_minimum``, 0 no
    limit."""
    coverage: float | None = Field(default=None, ge=0, le=100)
    """Least mean over paths of the lowest allowance over impaired balance; None is each rule
    book's own ``minima.coverage_ratio``, 0 no limit."""
    complaints: float = Field(default=0.1, ge=0, le=100)
    """Largest rise of borrowers' complaints, over the current policy's; here 0 allows none."""


class DecisionSettings(Frozen):
    """When a policy is recommended."""

    limits: DecisionLimits = DecisionLimits()


class Assumption(Frozen):
    """One thing that is not known: parameters that move together, over a range."""

    kind: Literal["assumption", "fitted"] = "assumption"
    values: dict[str, tuple[float, float, float]] = Field(min_length=1)
    """Parameter -> value at the low end, of the set for which the list was made, at the high."""
    source: str = Field(min_length=1, max_length=500)
    """Where the range comes from."""


class AssumptionsSettings(Frozen):
    """What is tried after a run, one at a time, in small runs of the same request."""

    parameters_sha256: str = Field(default="", max_length=64)
    """Of the parameters for which the list was made; empty: of any."""
    borrowers: int = Field(default=2000, ge=50, le=1_000_000)
    paths: int = Field(default=24, ge=2, le=100_000)
    """At most; fewer for many scenarios, policies and months."""
    tried: dict[str, Assumption] = Field(default_factory=dict, max_length=100)


class ScreenSettings(Frozen):
    """How a list of assumptions is made."""

    fit: str | None = Field(default=None, min_length=1, max_length=4096)
    """Folder of a finished fit."""
    keep: int = Field(default=10, ge=1, le=100)
    """Assumptions that are listed beside the fit's parameters."""


class GovernanceSettings(Frozen):
    """Who answers for a run and what it is for; shown on the page and kept in the manifest."""

    purpose: str = Field(default="", max_length=500)
    owner: str = Field(default="", max_length=120)
    prepared_by: str = Field(default="", max_length=120)
    reviewed_by: str = Field(default="", max_length=120)
    tier: str = Field(default="", max_length=60)
    """Tier of the model in the lender's inventory."""


Persistence = Annotated[float, Field(ge=0, le=0.99)]
Volatility = Annotated[float, Field(ge=0, le=0.5)]


class MacroDeviation(Frozen):
    """Vector autoregression of the paths around a scenario: z' = persistence z + shock.

    Order: unemployment rate and policy rate on the logit scale, income growth and
    inflation in fractions a year.
    """

    persistence: tuple[Persistence, Persistence, Persistence, Persistence] = (0.95, 0.97, 0.8, 0.8)
    volatility: tuple[Volatility, Volatility, Volatility, Volatility] = (0.05, 0.06, 0.006, 0.003)
    """Standard deviation of the monthly shock (assumption)."""
    correlation: tuple[tuple[float, ...], ...] = (
        (1.0, -0.3, -0.5, -0.2),
        (-0.3, 1.0, 0.2, 0.3),
        (-0.5, 0.2, 1.0, 0.3),
        (-0.2, 0.3, 0.3, 1.0),
    )

    @model_validator(mode="after")
    def _correlation(self) -> "MacroDeviation":
        size = len(self.volatility)
        if {len(row) for row in self.correlation} != {size} or len(self.correlation) != size:
            raise ValueError(f"correlation must have {size} rows of {size} numbers")
        matrix = np.array(self.correlation)
        if not (
            np.array_equal(matrix, matrix.T)
            and np.all(np.diag(matrix) == 1.0)
            and np.linalg.eigvalsh(matrix)[0] > 1e-9
        ):
            raise ValueError(
                "correlation must be symmetric and positive definite, with ones on the diagonal"
            )
        return self


class CreditSpread(Frozen):
    """Readiness of other lenders to lend, from a spread between two yields of the table.

    Supply is 1 less ``fall_per_point`` for each percentage point of the spread above ``usual``.
    """

    yield_column: str = Field(min_length=1, max_length=200)
    over_column: str = Field(min_length=1, max_length=200)
    usual: float = Field(ge=-10, le=20)
    """Percentage points; no effect up to here."""
    fall_per_point: float = Field(ge=0, le=1)
    least: float = Field(default=0.1, ge=0, le=1)
    """Supply never falls below this."""


class StandardsHistory(Frozen):
    """Lenders' standards from a survey's net percentage of banks more willing to lend.

    Banks are asked how their willingness has changed, so standards are the answers of the past,
    each less the mean of ``window``, with weights that halve in ``half_life`` rows and add to one.
    Banks tighten because losses rise, so a forecast that is given their answers of its own months
    is given part of its answer: ``predicted`` puts a regression on unemployment and its yearly
    change, fitted in ``window``, in the place of every later row.
    """

    willingness_column: str = Field(min_length=1, max_length=200)
    """Net percentage of lenders more willing to lend; blank cells count as usual."""
    unemployment_column: str = Field(min_length=1, max_length=200)
    """In percent, of the same table."""
    window: tuple[str, str]
    """First and last row that is used, as ``rows``."""
    half_life: float = Field(default=8.0, gt=0, le=200)
    """Rows after which an answer weighs half (assumption: two years of quarters)."""
    after: Literal["predicted", "actual"] = "predicted"
    """Rows after the window: predicted from unemployment, or as the survey had them."""


class ScenarioSettings(Frozen):
    """What happens to the world: a table of the central path and how paths deviate from it."""

    label: str = Field(min_length=1, max_length=80)
    """Name for readers."""
    narrative: str = Field(min_length=1, max_length=2000)
    """What happens, in a few sentences."""
    source: str = Field(default="own scenario", min_length=1, max_length=500)
    """Where its numbers come from, or the word assumption."""
    jurisdiction: Literal["cn", "us", "tw"] | None = None
    """Whose economy it is; None is not said."""
    weight: float = Field(default=1.0, ge=0, le=1)
    """Probability weight beside the other scenarios of a run; normalised over them."""
    table: str = Field(min_length=1, max_length=4096)
    """File in ``scenarios/_macro`` (or a path); columns as in ``columns``."""
    severity: float = Field(default=1.0, ge=0, le=5)
    """Times the scenario's distance from ``baseline`` (docs/model.md, section 2); 0 is the
    baseline, above 1 beyond the table."""
    baseline: str | None = Field(default=None, min_length=1, max_length=4096)
    """Table from which ``severity`` counts, read as ``table`` is; None is the opening, held."""
    frequency: Frequency | None = None
    """What a row is; None is what the table's date, month or quarter column says."""
    start_month: CalendarMonth | None = None
    """Calendar month of month 1; None takes ``run.start_month``."""
    percent: bool = False
    """Rates in the table are in percent."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Macro variable -> column of the table, where names differ."""
    opening: dict[str, float] = Field(default_factory=dict)
    """Value of a variable at month 0, rates in fractions; absent ones take the row before the
    first used one, else the first row's."""
    rows: tuple[str, str] | None = None
    """First and last row that is used, as written in the table's date, month or quarter column;
    None is all."""
    history: str | None = Field(default=None, min_length=1, max_length=4096)
    """File of what was observed before, read as the table is; None takes the table's rows before
    ``rows``, if there are any."""
    scenario_end: Literal["revert", "error"] = "revert"
    """A table shorter than the run: goes on to the long-run means, or is refused."""
    smoothing: Literal["quadratic", "bounded"] = "quadratic"
    """Months of a quarterly table: as smooth as the quarters' means allow, or also never beyond
    the means of the quarters beside (for history, which jumps)."""
    credit_spread: CreditSpread | None = None
    """Gives ``credit_supply``; both columns in percent."""
    standards: StandardsHistory | None = None
    """Gives ``lending_standards``; both columns in percent."""
    income_is_aggregate: bool = False
    """The table's income growth is a country's total: corrected for people and employment."""
    population_growth: float = Field(default=0.0, ge=-0.1, le=0.1)
    """Fraction a year that is taken from aggregate income growth."""
    income_lost_when_unemployed: float = Field(default=0.5, ge=0, le=1)
    """Share of income that those out of work lack in the aggregate (assumption)."""
    growth: float = Field(default=0.0, ge=-0.99, le=10)
    """Yearly rate at which the number of new customers who ask for a loan grows, whatever the
    policy."""
    deviation: MacroDeviation = MacroDeviation()
    """How paths scatter around the table."""

    @model_validator(mode="after")
    def _used(self) -> "ScenarioSettings":
        if self.population_growth and not self.income_is_aggregate:
            raise ValueError("population_growth needs income_is_aggregate: true")
        lost = "income_lost_when_unemployed"
        usual = type(self).model_fields[lost].default
        if getattr(self, lost) != usual and not self.income_is_aggregate:
            raise ValueError(f"{lost} needs income_is_aggregate: true")
        if self.credit_spread is not None and "credit_supply" in self.columns:
            raise ValueError(
                "credit_supply comes from columns or from credit_spread, not from both"
            )
        if self.standards is not None and "lending_standards" in self.columns:
            raise ValueError(
                "lending_standards comes from columns or from standards, not from both"
            )
        if self.smoothing != "quadratic" and self.frequency == "monthly":
            raise ValueError("smoothing is for quarterly tables; frequency is monthly")
        return self
