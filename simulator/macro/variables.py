"""The macro variables, each once: unit, allowed range, default and long-run mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DISASTER: Final = "disaster"
"""Column for the disaster intensity of all regions; ``disaster_<region>`` is for one."""


@dataclass(frozen=True, slots=True)
class MacroVariable:
    """One variable of the world.

    ``low`` and ``high`` bound the closed range of a scenario's path; ``default`` holds where the
    table has no column. Past the table's end the path returns to ``long_run`` with the half-life
    in months; None keeps the last value. ``is_rate``: divided by 100 if the table is in percent.
    Defaults, long-run means and half-lives are assumptions unless the description says more.
    """

    name: str
    unit: str
    low: float
    high: float
    default: float
    description: str
    long_run: float | None = None
    half_life_months: float = 12.0
    is_rate: bool = False


MACRO_VARIABLES: Final = {
    v.name: v
    for v in (
        MacroVariable(
            name="unemployment_rate",
            unit="fraction",
            low=0.001,
            high=0.5,
            default=0.05,
            long_run=0.05,
            is_rate=True,
            description="unemployed over the labour force; default near urban China 2023 (5.2 %)",
        ),
        MacroVariable(
            name="unemployment_weeks",
            unit="weeks",
            low=0.0,
            high=520.0,
            default=0.0,
            description="mean time that the unemployed have been out of work so far; 0: not known,"
            " and the finding rate follows unemployment",
        ),
        MacroVariable(
            name="income_growth",
            unit="fraction a year",
            low=-0.9,
            high=3.0,
            default=0.04,
            long_run=0.04,
            is_rate=True,
            description="growth of nominal income of those whose work is undisturbed; wide range:"
            " one month's growth at a yearly rate",
        ),
        MacroVariable(
            name="inflation",
            unit="fraction a year",
            low=-0.2,
            high=1.0,
            default=0.02,
            long_run=0.02,
            is_rate=True,
            description="growth of consumer prices",
        ),
        MacroVariable(
            name="policy_rate",
            unit="fraction a year",
            low=0.0,
            high=0.5,
            default=0.03,
            long_run=0.03,
            is_rate=True,
            description="short-term rate; other platforms' and own rates follow its changes",
        ),
        MacroVariable(
            name="epidemic",
            unit="share",
            low=0.0,
            high=1.0,
            default=0.0,
            long_run=0.0,
            half_life_months=3.0,
            description="intensity of an epidemic",
        ),
        MacroVariable(
            name="credit_supply",
            unit="share",
            low=0.0,
            high=1.0,
            default=1.0,
            long_run=1.0,
            description="readiness of other platforms to lend",
        ),
        MacroVariable(
            name="competitor_rate",
            unit="fraction a year",
            low=0.0,
            high=1.0,
            default=0.18,
            is_rate=True,
            description="rate that rivals offer to good borrowers",
        ),
        MacroVariable(
            name="rate_cap",
            unit="fraction a year",
            low=0.0,
            high=10.0,
            default=10.0,
            is_rate=True,
            description="all-in cap where it is stricter than the jurisdiction's",
        ),
        MacroVariable(
            name="collection_allowed",
            unit="share",
            low=0.0,
            high=1.0,
            default=1.0,
            long_run=1.0,
            half_life_months=6.0,
            description="share of collection contacts beyond reminders that is allowed",
        ),
        MacroVariable(
            name="willingness_shift",
            unit="logarithm",
            low=-3.0,
            high=3.0,
            default=0.0,
            long_run=0.0,
            description="log of the factor on the probability of refusal; positive: less willing",
        ),
        MacroVariable(
            name="lending_standards",
            unit="share",
            low=-1.0,
            high=1.0,
            default=0.0,
            long_run=0.0,
            description="net share of lenders that are less willing than usual to lend to"
            " consumers; moves cut-off, amounts and price of new loans",
        ),
        MacroVariable(
            name=DISASTER,
            unit="fraction a month",
            low=0.0,
            high=1.0,
            default=0.0,
            long_run=0.0,
            half_life_months=1.0,
            description="share of the borrowers of a region hit in the month",
        ),
    )
}

LOGIT_VARIABLES: Final = ("unemployment_rate", "policy_rate")
"""Variables whose paths deviate on the logit scale."""

DEVIATING_VARIABLES: Final = (*LOGIT_VARIABLES, "income_growth", "inflation")
"""Variables whose paths deviate from the scenario, in the order of ``MacroDeviation``."""


def disaster_column(region: str) -> str:
    """Name of the disaster column of one region."""
    return f"{DISASTER}_{region}"


def column_names(regions: Sequence[str]) -> tuple[str, ...]:
    """Every column that a table may have for a book with ``regions``, labels aside."""
    return (*MACRO_VARIABLES, *(disaster_column(region) for region in regions))


def variable_of(column: str) -> MacroVariable:
    """The variable behind one of ``column_names``; all disaster columns share one."""
    return MACRO_VARIABLES.get(column, MACRO_VARIABLES[DISASTER])
