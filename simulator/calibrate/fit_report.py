"""From a finished calibration to what its report shows."""

from collections.abc import Sequence

import yaml

from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.forecast.backtest import BacktestResult
from simulator.calibrate.forecast.predict import PredictionRow
from simulator.calibrate.settings import CalibrationSettings
from simulator.kernels.rng import RNG_VERSION
from simulator.report.fit.data import (
    FitReport,
    FittedParameter,
    Predicted,
    Trial,
)
from simulator.report.kit.language import listed, name, speaking, tr
from simulator.request import ExperimentRequest
from simulator.results.manifest import package_versions


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
    with speaking(request.report.language):
        facts = _facts(request, settings, fit)
        provenance = _provenance(request, settings, fit, command)
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
        facts=facts,
        provenance=provenance,
        configuration=yaml.safe_dump(dict(request.configuration), sort_keys=False),
        language=request.report.language,
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
        tr("book {book}", book=name(request.book_name)),
        tr("history {scenario}", scenario=scenario),
        tr("{n} free parameters", n=len(settings.free)),
        tr("{n} numbers of {targets} targets", n=len(fit.rows()), targets=len(settings.targets)),
        tr("{n} simulated worlds", n=settings.seeds),
        tr("seed {seed}", seed=request.run.seed),
    ]


def _provenance(
    request: ExperimentRequest, settings: CalibrationSettings, fit: Fit, command: str
) -> list[tuple[str, list[tuple[str, str]]]]:
    sampled = listed([f"{package} {version}" for package, version in package_versions().items()])
    return [
        (
            tr("Fit"),
            [
                (tr("Command"), command),
                (
                    tr("Points simulated"),
                    tr(
                        "{points} in {worlds} worlds each",
                        points=fit.evaluations,
                        worlds=settings.seeds,
                    ),
                ),
                (tr("Seconds"), f"{fit.seconds:.0f}"),
                (
                    tr("Weighted sum of squares"),
                    tr("{sum} with {n} degrees of freedom", sum=f"{fit.chi2:.1f}", n=fit.dof),
                ),
                (tr("Draws behind intervals"), str(settings.prediction_draws)),
            ],
        ),
        (tr("Program"), [(tr("Random numbers"), RNG_VERSION), (tr("Packages"), sampled)]),
    ]
