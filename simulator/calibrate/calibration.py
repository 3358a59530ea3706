"""The whole story on one screen: targets, simulated moments, a fit, predictions, backtests."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from simulator.calibrate.data.moments import Evidence, Moments
from simulator.calibrate.data.targets import check_targets, observed, observed_joint
from simulator.calibrate.estimate.fit import fit_parameters
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.estimate.moment_cache import fingerprint
from simulator.calibrate.estimate.parameter_transform import parameter_transform
from simulator.calibrate.estimate.simulated_moments import MomentSimulator
from simulator.calibrate.forecast.backtest import (
    BacktestResult,
    check_backtests,
    run_backtest,
    start_of_run,
)
from simulator.calibrate.forecast.predict import PredictionRow, predict, rehearse
from simulator.calibrate.forecast.prediction_interval import least_draws
from simulator.calibrate.forecast.responses.simulate import responses_of
from simulator.calibrate.forecast.rolling.files import (
    series_manifest,
    series_texts,
    series_warnings,
)
from simulator.calibrate.forecast.rolling.outcome import SeriesOutcome, series_outcome
from simulator.calibrate.forecast.rolling.world import told_to_rivals, with_standards
from simulator.calibrate.manifest import fit_manifest, refit_command
from simulator.calibrate.settings import CalibrationSettings
from simulator.calibrate.store import PAGE_NAME, calibration_texts, write_texts
from simulator.engine import thread_count
from simulator.progress import Progress
from simulator.request import ExperimentRequest


@dataclass(frozen=True, slots=True)
class CalibrationOutcome:
    """What a calibration found; ``warnings`` of data, targets, fit, predictions and backtests."""

    fit: Fit
    predictions: tuple[PredictionRow, ...]
    backtests: tuple[BacktestResult, ...]
    warnings: tuple[str, ...]
    evidence: Mapping[str, Moments]
    series: SeriesOutcome | None = None


def calibrate(
    request: ExperimentRequest,
    settings: CalibrationSettings,
    output: Path | None,
    watch: Progress,
) -> CalibrationOutcome:
    """Fit the free parameters and predict; the files take the place of what is in ``output``.

    ``output`` is held by the caller (``simulator.results.run_folder.replacing``). Finished worlds
    are noted there: called again after an interruption, it goes on. Raises ``UserError`` for
    anything that the user can mend. No target looks beyond the reported months, so a run-off that
    is left open is none.
    """
    started = perf_counter()
    if request.run.runoff_months is None:
        run = request.run.model_copy(update={"runoff_months": 0})
        request = replace(request, run=run)
    check_backtests(request, settings)
    evidence = observed(settings)
    workers = thread_count(request.run)

    if settings.design:
        return _by_design(request, settings, output, watch)
    moment_simulator = MomentSimulator(request, settings, output, watch)
    rehearse(settings, evidence, moment_simulator, request.parameters)
    joint = observed_joint(settings).covariance
    fit = fit_parameters(moment_simulator, evidence, settings, watch, joint)
    predictions = predict(settings, fit, evidence, moment_simulator, watch, workers)

    def refit(short: CalibrationSettings, known: Evidence) -> tuple[Fit, tuple[PredictionRow, ...]]:
        worlds = MomentSimulator(request, short, output, watch)
        joint = observed_joint(short).covariance
        found = fit_parameters(worlds, known, short, watch, joint)
        return found, predict(short, found, known, worlds, watch, workers)

    backtests = tuple(run_backtest(name, request, settings, refit) for name in settings.backtests)
    warnings = _warnings(settings, evidence, fit, backtests)
    outcome = CalibrationOutcome(fit, predictions, backtests, warnings, evidence)
    if output is not None:
        _write(output, request, settings, outcome, perf_counter() - started)
    return outcome


def _by_design(
    request: ExperimentRequest, settings: CalibrationSettings, output: Path | None, watch: Progress
) -> CalibrationOutcome:
    """A case of series: the model is simulated at the points of a design, all else asks those."""
    started = perf_counter()
    worlds = {
        after: MomentSimulator(with_standards(request, after), settings, None, watch)
        for after in ("predicted", "actual")
    }
    scale = parameter_transform(settings.free)
    responses = responses_of(settings, scale, worlds, output, fingerprint(request, settings), watch)
    found = series_outcome(
        settings, responses, start_of_run(request), told_to_rivals(request), watch
    )
    fit, evidence = found.known.fit, found.known.evidence
    warnings = (*_warnings(settings, evidence, fit, ()), *series_warnings(found))
    outcome = CalibrationOutcome(fit, found.predictions, (), warnings, evidence, found)
    if output is not None:
        _write(output, request, settings, outcome, perf_counter() - started)
    return outcome


def _warnings(
    settings: CalibrationSettings,
    evidence: Evidence,
    fit: Fit,
    backtests: tuple[BacktestResult, ...],
) -> tuple[str, ...]:
    """Every warning once, in the order in which a reader needs them."""
    found = [warning for moments in evidence.values() for warning in moments.warnings]
    found += [*check_targets(evidence, settings), *fit.warnings]
    least = least_draws(settings.level)
    if settings.predictions and settings.prediction_draws < least:
        found.append(
            f"calibration.prediction_draws: {settings.prediction_draws} draws are fewer than the"
            f" {least} that intervals of {settings.level:.0%} need; theirs cover less"
        )
    found += [warning for result in backtests for warning in result.warnings]
    return tuple(dict.fromkeys(found))


def _write(
    output: Path,
    request: ExperimentRequest,
    settings: CalibrationSettings,
    outcome: CalibrationOutcome,
    seconds: float,
) -> None:
    """The folder's files, together."""
    fit, predictions, backtests = outcome.fit, outcome.predictions, outcome.backtests
    command = refit_command(request)
    manifest = fit_manifest(request, settings, fit, predictions, backtests, outcome.warnings)
    manifest = {**manifest, "run_seconds": seconds}
    texts = calibration_texts(request, settings, fit, predictions, backtests, command)
    if outcome.series is not None:
        texts |= series_texts(settings, outcome.series)
        manifest["series"] = series_manifest(settings, outcome.series)
    try:
        if request.report.enabled:
            texts[PAGE_NAME] = _page(request, settings, outcome, command)
    finally:
        write_texts(output, texts, manifest)  # data first: they stand whatever becomes of the page


def _page(
    request: ExperimentRequest,
    settings: CalibrationSettings,
    outcome: CalibrationOutcome,
    command: str,
) -> str:
    # Imported here so that mistakes are answered without plotly.
    from simulator.calibrate.fit_report import fit_report
    from simulator.report.fit.page import render_fit

    fit, predictions, backtests = outcome.fit, outcome.predictions, outcome.backtests
    return render_fit(
        fit_report(request, settings, fit, predictions, backtests, outcome.warnings, command)
    )
