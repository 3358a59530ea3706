"""How far economies stray from their forecasts, and what that makes of default rates.

``python -m tools.volatility`` prints the errors of a VAR on the Federal Reserve's history with the
monthly deviation that has them (``scenarios/scenario/fed_2025_*.yaml`` carry it), then the asset
correlation that the mixture of the default scenarios implies over twelve months, beside Basel's.
"""

from simulator import stress_test
from simulator.macro import load_scenario
from simulator.macro.forecast_errors import HORIZONS, deviation_of, forecast_errors
from simulator.macro.history import MacroHistory
from simulator.macro.variables import DEVIATING_VARIABLES
from simulator.results.asset_correlation import (
    BASEL_REVOLVING,
    implied_correlation,
    mixture_moments,
)
from simulator.score_words import Judged
from simulator.settings import MacroDeviation, ScenarioSettings
from simulator.shipped import read_shipped, shipped_tables
from simulator.vocabulary import REFERENCE

FED = "fed_2025_baseline"
BORROWERS, PATHS, MONTHS = 4_000, 60, 12


def fed_history() -> MacroHistory:
    """The Federal Reserve's history as the shipped scenarios have it."""
    settings = ScenarioSettings.model_validate(read_shipped("scenario", FED))
    found = load_scenario(FED, settings, MONTHS, (), "2025-01", (shipped_tables(),)).history
    assert found is not None
    return found


def fed_deviation() -> MacroDeviation:
    """The deviation that errs as the VAR on that history does."""
    return deviation_of(forecast_errors(fed_history()))


def correlation_of_default_scenarios() -> tuple[float, float]:
    """Mean share of opening loans that default in a year, and the implied correlation."""
    run = stress_test(borrowers=BORROWERS, paths=PATHS, months=MONTHS, runoff_months=0,
                      policies=[], provision=[])  # fmt: skip
    data = run.dataset.sel(policy=REFERENCE)
    loans, bad = (
        data[name].isel(judged=int(Judged.OPENING)).transpose("scenario", "path").values
        for name in ("score_loans", "score_bad_loans")
    )
    weights = data["scenario_weight"].values
    mean, variance = mixture_moments(bad / loans, weights, float(loans.mean()))
    return mean, implied_correlation(mean, variance)


def main() -> None:
    """Print both."""
    errors = forecast_errors(fed_history())
    print(f"errors of a VAR on {errors.quarters} quarters, h = 1, 4, {HORIZONS} quarters ahead")
    for name, column in zip(DEVIATING_VARIABLES, errors.sd.T, strict=True):
        print(f"  {name:18s} {column[0]:.4f} {column[3]:.4f} {column[-1]:.4f}")
    found = deviation_of(errors)
    print(f"persistence {found.persistence}\nvolatility {found.volatility}")
    for row in found.correlation:
        print(f"  {row}")
    mean, correlation = correlation_of_default_scenarios()
    print(f"default rate over {MONTHS} months {mean:.4f}")
    print(f"implied asset correlation {correlation:.4f}, Basel's for revolving {BASEL_REVOLVING}")


if __name__ == "__main__":
    main()
