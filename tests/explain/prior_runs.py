"""Runs of a small book whose true parameters are drawn from what the run knows of them."""

import json
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.explain.assumptions import with_changes
from simulator.explain.fit_file import fit_for
from simulator.explain.parameter_draws import drawn_of, with_drawn_parameters
from simulator.notebook import build_request
from simulator.parameter_draws import (
    FittedParameter,
    ParameterDistribution,
    slope_of_scale,
)
from simulator.progress import Silent
from simulator.request import ExperimentRequest
from simulator.results.borrower_sampling import widened
from simulator.results.cases import outlooks_of
from simulator.results.compare import delta_of, linear_values, statistics
from simulator.results.dataset import dataset_by_path
from simulator.results.estimate import Estimate
from simulator.results.loss_distribution import loss_values
from simulator.results.metric import WHOLE_HORIZON, MetricValues
from simulator.results.outcomes import burden_values
from simulator.results.parameter_errors import ParameterErrors, with_parameter_errors
from simulator.results.path_metrics import metric_values
from simulator.settings import BookSettings
from simulator.shipped import read_shipped
from simulator.simulating import simulate_request

F8 = NDArray[np.float64]
MONTHS, BORROWERS, PATHS = 8, 300, 40


def fit_json(folder: Path, fit: ParameterDistribution) -> str:
    """A folder with the fit.json of ``fit``, as a calibration writes it."""
    rows = [
        {
            "name": p.name,
            "scale": p.scale,
            "low": p.low,
            "high": p.high,
            "estimate": p.estimate,
            "se": p.sd * slope_of_scale(p.scale, p.estimate),
            "ci_low": p.low,
            "ci_high": p.high,
        }
        for p in fit.parameters
    ]
    told = {"label": fit.source, "parameters": rows, "correlation": fit.correlation.tolist()}
    (folder / "fit.json").write_text(json.dumps(told), encoding="utf-8")
    return str(folder)


def shipped_prior() -> ParameterDistribution:
    """What the shipped calibration of the Chinese lender knows before its data."""
    free = read_shipped("calibration", "cn_online_lender")["free"]
    assert isinstance(free, dict)
    rows = tuple(
        FittedParameter(
            name, f["scale"], f["low"], f["high"], float(f["prior_mean"]), float(f["prior_sd"])
        )
        for name, f in free.items()
    )
    return ParameterDistribution(rows, np.eye(len(rows)), "prior")


def request_of(
    folder: str, prior: ParameterDistribution, seed: int, draws: int
) -> ExperimentRequest:
    return build_request(
        BookSettings(borrowers=BORROWERS, donors=1_000, burn_in_months=12),
        scenarios=["downturn"],
        policies=["grace_period"],
        provision=(),
        parameters={p.name: p.estimate for p in prior.parameters},
        parameter_draws=folder,
        draws=draws,
        paths=PATHS,
        months=MONTHS,
        runoff_months=0,
        book_draws=0,
        threads=1,
        seed=seed,
    )


def figures(dataset: xr.Dataset) -> dict[str, MetricValues]:
    """Levels and changes of the whole horizon that every path has."""
    found = {}
    for item in chain(metric_values(dataset), burden_values(dataset), loss_values(dataset)):
        if item.months == WHOLE_HORIZON and not item.chance and not np.isnan(item.values).any():
            for each in (item, delta_of(item, 0, 1)):
                found[each.name] = each
    return found


def means(dataset: xr.Dataset) -> dict[str, float]:
    """Of each figure, under the last policy."""
    return {
        name: float(linear_values(item, 1)[0, -1, :, 0].mean())
        for name, item in figures(dataset).items()
    }


def told(request: ExperimentRequest) -> dict[str, tuple[float, float]]:
    """Total interval of each figure of a run, under the last policy."""
    simulated = simulate_request(request)
    output = simulated.output
    dataset = dataset_by_path(output, outlooks_of(output))
    fit = fit_for(request)
    assert fit is not None
    outputs = with_drawn_parameters(request, simulated, fit, Silent())
    draws = (dataset_by_path(each, outlooks_of(each)) for each in outputs)
    errors = ParameterErrors(with_parameter_errors(dataset, draws, drawn_of(request, fit)))
    ends = {}
    for name, item in figures(dataset).items():
        added = errors.of(name, None, list(output.policies))
        assert added is not None
        sampling = output.sampling
        found = Estimate(*(part[..., 0] for part in statistics(item, sampling).parts()))
        wide = widened(found, added, sampling.whole, output.run.paths)
        ends[name] = float(wide.ci_low[0, -1]), float(wide.ci_high[0, -1])
    return ends


def truths(
    request: ExperimentRequest, changes: list[dict[str, float]], paths: int
) -> list[dict[str, float]]:
    """Means of the run's book under other parameters, on ``paths`` that the run does not have."""
    few = request.run.paths
    run = request.run.model_copy(update={"paths": few + paths, "parameter_draws": None})
    asked, found = replace(request, run=run), []
    for change in changes:
        output = simulate_request(with_changes(asked, change)).output
        dataset = dataset_by_path(output, outlooks_of(output))
        found.append(means(dataset.isel(path=slice(few, None))))
    return found


@dataclass(frozen=True)
class Size:
    """Runs, truths of each, draws of the parameters, and paths of a truth."""

    runs: int
    truths: int
    draws: int = 30
    true_paths: int = 400


def coverage_of_prior(folder: Path, size: Size) -> dict[str, float]:
    """By figure, the share of truths that the total intervals of the runs hold.

    Each run has a book of its own, and truths with parameters drawn from the prior.
    """
    prior = shipped_prior()
    place = fit_json(folder, prior)
    changes = prior.draws(size.runs * size.truths, 987_654_321)
    held: dict[str, list[bool]] = {}
    for number in range(size.runs):
        request = request_of(place, prior, 1_000 + number, size.draws)
        intervals = told(request)
        mine = changes[number * size.truths : (number + 1) * size.truths]
        for truth in truths(request, mine, size.true_paths):
            for name, value in truth.items():
                if name in intervals and intervals[name][1] > intervals[name][0]:
                    low, high = intervals[name]
                    held.setdefault(name, []).append(low <= value <= high)
    whole = size.runs * size.truths
    return {name: float(np.mean(each)) for name, each in held.items() if len(each) == whole}
