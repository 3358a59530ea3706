"""Runs of many policies that tell fates, burdens and money of the frontier."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from simulator.report.kit.data import ReportData
from simulator.results.path_metrics import BY_NAME, total_view
from tests.report.stress_runs import SCENARIOS, Run, data_of, make_run, rows_of
from tests.results.test_ranking import MONEY, tournament


def make_tournament(
    n_policies: int = 20,
    scenarios: Sequence[str] = SCENARIOS,
    n_paths: int = 20,
    names: Sequence[str] = (),
) -> Run:
    """A run of many policies whose results also tell fates, burdens and money of the frontier."""
    told = tournament(scenarios, n_policies, n_paths, names)
    policies = [str(name) for name in told["policy"].values]
    run = make_run(scenarios, policies, n_paths, 12)
    dataset = run.dataset
    for name in MONEY:
        months = np.zeros(dataset["interest_paid"].shape)
        months[..., 0] = told[name].values[..., 0]
        dataset[name] = (dataset["interest_paid"].dims, months)
    others = told.drop_vars([*MONEY, "month"]).drop_dims("month", errors="ignore")
    dataset = dataset.assign_coords(others.coords).assign(others.data_vars)
    dataset.attrs |= {"runoff_months": 0, "draws_per_path": 1}
    dataset["value"] = (("scenario", "policy", "path"), _net(dataset))
    return Run(dataset, rows_of(dataset), run.manifest)


def _net(dataset: xr.Dataset) -> np.ndarray:
    """Net result of the reported months by path."""
    net: np.ndarray = BY_NAME["net_result"](total_view(dataset))[..., 0]
    return net


def worth_of(nets: Sequence[float], costs: Sequence[float], spread: float) -> ReportData:
    """A tournament whose policies have these nets and costs, with noise of size ``spread``."""
    run = make_tournament(1 + len(nets), ("baseline",), 30)
    dataset = run.dataset.copy(deep=True)
    noise = np.random.default_rng(5).standard_normal(30)
    noise = spread * (noise - noise.mean())
    for name in ("programme_cost", "written_off"):
        dataset[name][:] = 0.0
    for i, (net, cost) in enumerate(zip(nets, costs, strict=True), start=1):
        dataset["programme_cost"][0, i, :, 0] = cost
        dataset["written_off"][0, i, :, 0] = -(net + cost) + noise
    dataset["value"] = (("scenario", "policy", "path"), _net(dataset))
    return data_of(Run(dataset, run.rows, run.manifest))
