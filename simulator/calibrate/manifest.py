"""fit.json: what a calibration found and what produced it, so that anybody can do it again."""

import math
import platform
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from simulator.calibrate.estimate.discrepancy import SeriesDiscrepancy
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.estimate.moment_cache import fingerprint, source_hash
from simulator.calibrate.estimate.weighting_matrix import Discrepancy
from simulator.calibrate.forecast.backtest import BacktestResult
from simulator.calibrate.forecast.predict import PredictionRow
from simulator.calibrate.settings import CalibrationSettings
from simulator.kernels.rng import RNG_VERSION
from simulator.request import ExperimentRequest
from simulator.results.manifest import package_versions

SCHEMA_VERSION: Final = "1.0"
_PROGRAM: Final = "python -m simulator.calibrate"


def refit_command(request: ExperimentRequest) -> str:
    """The command that does this calibration again."""
    words = [word for word in request.overrides if not word.startswith("hydra.")]
    return " ".join([_PROGRAM, *(shlex.quote(word) for word in words)])


def fit_manifest(
    request: ExperimentRequest,
    settings: CalibrationSettings,
    fit: Fit,
    predictions: Sequence[PredictionRow],
    backtests: Sequence[BacktestResult],
    warnings: Sequence[str],
) -> dict[str, object]:
    """Content of fit.json: plain JSON, fractions, null where a number is unknown."""
    content: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "label": settings.label,
        "story": settings.story,
        "command": refit_command(request),
        "overrides": list(request.overrides),
        "configuration": dict(request.configuration),
        "settings": settings.model_dump(mode="json"),
        "seed": request.run.seed,
        "random_numbers": RNG_VERSION,
        "python": platform.python_version(),
        "packages": package_versions(),
        "inputs_sha256": fingerprint(request, settings),
        "source_sha256": source_hash(),
        "parameters": [asdict(row) for row in fit.parameters()],
        "correlation": fit.correlation.tolist(),
        "estimates_by_seed": {name: own.tolist() for name, own in fit.seed_estimates().items()},
        "fit": [asdict(row) for row in fit.rows()],
        "discrepancies": {name: _discrepancy(d) for name, d in fit.discrepancies.items()},
        "chi2": fit.chi2,
        "degrees_of_freedom": fit.dof,
        "points": fit.evaluations,
        "fit_seconds": fit.seconds,
        "predictions": [asdict(row) for row in predictions],
        "backtests": {result.name: _backtest(result) for result in backtests},
        "warnings": list(warnings),
    }
    return {key: _plain(value) for key, value in content.items()}


def _discrepancy(found: Discrepancy) -> dict[str, float]:
    if isinstance(found, SeriesDiscrepancy):
        return {"sd": found.sd, "persistence": found.persistence}
    return {"variance_in_log_odds": found}


def _backtest(result: BacktestResult) -> dict[str, object]:
    return {
        "estimate": dict(result.estimate),
        "rows": [asdict(row) for row in result.rows],
        "scores": [asdict(score) for score in result.scores()],
    }


def _plain(value: object) -> object:
    """``value`` as JSON content; a number that is not finite becomes null."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
