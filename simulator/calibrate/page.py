"""From a finished calibration to what its report shows."""

from collections.abc import Sequence

import yaml

from simulator.calibrate.backtest import BacktestResult
from simulator.calibrate.fitted import Fit
from simulator.calibrate.predict import PredictionRow
from simulator.calibrate.settings import CalibrationSettings
from simulator.experiment import ExperimentRequest
from simulator.kernels.rng import RNG_VERSION
from simulator.report.fit_data import (
    FitReport,
    FittedParameter,
    Predicted,
    Trial,
)
from simulator.results.passport import package_versions


def fit_report(
    request: ExperimentRequest,
    settings: CalibrationSettings,
    fit: Fit,
    predictions: Sequence[PredictionRow],
    backtests: Sequence[BacktestResult],
    warnings: tuple[str, ...],
    command: str,
) -> FitReport:
    """Everything that ``fit.html`` shows."""
    return FitReport(
        label=settings.label,
        story=settings.story,
        level=settings.level,
        parameters=_parameters(fit),
        numbers=fit.rows(),
        correlations=fit.correlation.tolist(),
        kinds={name: target.kind for name, target in settings.targets.items()},
        predictions=[
            Predicted(row.owner, row.label, row.prediction, row.ci_low, row.ci_high)
            for row in predictions
        ],
        backtests=[
            Trial(
                backtest=row.backtest,
                target=row.target,
                label=row.label,
                seen=row.seen,
                forecaster=row.forecaster,
                value=row.prediction,
                low=row.ci_low,
                high=row.ci_high,
            )
            for result in backtests
            for row in result.rows
        ],
        warnings=warnings,
        facts=_facts(request, settings, fit),
        passport=_passport(request, settings, fit, command),
        configuration=yaml.safe_dump(dict(request.configuration), sort_keys=False),
    )


def _parameters(fit: Fit) -> list[FittedParameter]:
    by_seed = fit.seed_estimates()
    found = []
    for row, coordinate in zip(fit.parameters(), fit.scale.coordinates, strict=True):
        estimate, low, high = (
            coordinate.to_search(value) for value in (row.estimate, row.ci_low, row.ci_high)
        )
        found.append(
            FittedParameter(
                name=row.name,
                low=row.low,
                high=row.high,
                start=row.start,
                estimate=row.estimate,
                se=row.se,
                ci_low=row.ci_low,
                ci_high=row.ci_high,
                information=row.information,
                scale=row.scale,
                prior_mean=row.prior_mean,
                prior_sd=row.prior_sd,
                prior_source=row.prior_source,
                place=(estimate, low, high),
                place_start=coordinate.to_search(row.start),
                place_by_seed=tuple(coordinate.to_search(float(v)) for v in by_seed[row.name]),
            )
        )
    return found


def _facts(request: ExperimentRequest, settings: CalibrationSettings, fit: Fit) -> list[str]:
    (scenario,) = request.scenarios
    return [
        f"book {request.book_name}",
        f"history {scenario}",
        f"{len(settings.free)} free parameters",
        f"{len(fit.rows())} numbers of {len(settings.targets)} targets",
        f"{settings.seeds} simulated worlds",
        f"seed {request.run.seed}",
    ]


def _passport(
    request: ExperimentRequest, settings: CalibrationSettings, fit: Fit, command: str
) -> list[tuple[str, list[tuple[str, str]]]]:
    sampled = ", ".join(f"{name} {version}" for name, version in package_versions().items())
    return [
        (
            "Fit",
            [
                ("Command", command),
                ("Points simulated", f"{fit.evaluations} in {settings.seeds} worlds each"),
                ("Seconds", f"{fit.seconds:.0f}"),
                ("Weighted sum of squares", f"{fit.chi2:.1f} with {fit.dof} degrees of freedom"),
                ("Draws behind intervals", str(settings.prediction_draws)),
            ],
        ),
        ("Program", [("Random numbers", RNG_VERSION), ("Packages", sampled)]),
    ]
