"""Every figure of the tail of losses: of each scenario, and of all scenarios by weight.

Where draws of the economy were shifted towards large losses (docs/model.md, section 14.10) levels
are of the run's paths and the shifted ones together, each with its weight. These weights enter
nothing else.
"""

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results import loss_distribution
from simulator.results.compare import reference_index
from simulator.results.estimate import Estimate
from simulator.results.inputs import MIXTURE as MIXTURE
from simulator.results.loss_distribution import (
    LEVELS,
    OF_BALANCE,
    TailRow,
    figure_rows,
    losses,
    opening_balance,
)
from simulator.results.table import FRACTION, MONEY, unit_in
from simulator.results.weighted_tail import (
    MISSING,
    WeightedLosses,
    draws_needed,
    expected_shortfall,
    shortfall_difference,
    value_at_risk,
)

F8 = NDArray[np.float64]

SHIFTED_LOSS, SHIFTED_WEIGHT, PATH_WEIGHT = "shifted_loss", "shifted_weight", "tail_weight"
SHIFTED_PATH: Final = "shifted_path"
SHIFTED_VARIABLES: Final = {
    SHIFTED_LOSS: (
        ("scenario", "policy", SHIFTED_PATH),
        MONEY,
        "credit_loss of the whole horizon, run-off included, on paths whose economy was shifted"
        " towards large losses",
    ),
    SHIFTED_WEIGHT: (
        (SHIFTED_PATH,),
        FRACTION,
        "how much such a path counts in value at risk and expected shortfall",
    ),
    PATH_WEIGHT: (
        ("path",),
        FRACTION,
        "how much a path of the run counts beside them; in no mean",
    ),
}
"""Dimensions, unit and meaning; only with ``run.tail=shifted``."""


class ShiftedBlock(NamedTuple):
    """A second block of paths: what is lost, (scenario, policy, path), and the weights by path.

    ``weights`` (paths,) are its own, ``of_run`` (run's paths,) those of the run's paths beside it.
    """

    losses: F8
    weights: F8
    of_run: F8


def with_shifted(dataset: xr.Dataset, block: ShiftedBlock | None) -> xr.Dataset:
    """``dataset`` with a shifted block and the levels of both; itself without one."""
    if block is None:
        return dataset
    currency = str(dataset.attrs["currency"])
    found = {
        name: xr.Variable(dims, values, {"units": unit_in(currency, unit), "long_name": meaning})
        for (name, (dims, unit, meaning)), values in zip(
            SHIFTED_VARIABLES.items(), block, strict=True
        )
    }
    dataset = dataset.assign(found)
    tail = tail_variables(dataset)
    return dataset.assign_coords({"level": tail.pop("level")}).assign(tail)


def tail_rows(dataset: xr.Dataset) -> list[TailRow]:
    """Every figure of the tail that has an interval of its own, by scenario and policy."""
    rows = loss_distribution.tail_rows(dataset)
    scenarios = [str(name) for name in dataset["scenario"].values]
    pools = _pools(dataset)
    if SHIFTED_LOSS in dataset:
        rows = [row for row in rows if not _is_of_level(row.metric)]
        for s, scenario in enumerate(scenarios):
            alone = np.eye(len(scenarios))[s]
            rows += _rows(dataset, scenario, [pool.of(alone) for pool in pools])
    if len(scenarios) > 1:
        weights = np.asarray(dataset["scenario_weight"].values, dtype=np.float64)
        rows += _rows(dataset, MIXTURE, [pool.of(weights) for pool in pools])
    return rows


class _Pool(NamedTuple):
    """All draws of a policy: losses (draws, scenarios, replicates), weights and blocks (draws,)."""

    losses: F8
    weights: F8
    blocks: NDArray[np.int64]

    def of(self, scenario_weights: F8) -> WeightedLosses:
        """Under scenarios with these weights, which add up to 1."""
        kept = scenario_weights > 0.0
        values, replicates = self.losses[:, kept], self.losses.shape[2]
        shares = np.repeat(scenario_weights[kept] / replicates, replicates)
        return WeightedLosses(values.reshape(len(values), -1), shares, self.weights, self.blocks)


def _pools(dataset: xr.Dataset) -> list[_Pool]:
    """Of each policy, the run's draws and then those that were shifted."""
    replicates = int(dataset.attrs["draws_per_path"])
    parts, weights = [losses(dataset)], [np.ones(dataset.sizes["path"])]
    if SHIFTED_LOSS in dataset:
        values = {name: np.asarray(dataset[name].values) for name in SHIFTED_VARIABLES}
        parts.append(values[SHIFTED_LOSS])
        weights = [values[PATH_WEIGHT], values[SHIFTED_WEIGHT]]
    by_draw = [np.moveaxis(part.reshape(*part.shape[:2], -1, replicates), 2, 0) for part in parts]
    counts = np.concatenate([each[::replicates] for each in weights])
    blocks = np.repeat(np.arange(len(parts)), [len(part) for part in by_draw])
    together = np.concatenate(by_draw)
    return [_Pool(together[:, :, p], counts, blocks) for p in range(together.shape[2])]


def _is_of_level(metric: str) -> bool:
    return any(metric.endswith((f"_{label}", f"_{label}{OF_BALANCE}")) for label in LEVELS)


def _rows(
    dataset: xr.Dataset, scenario: str, policies: Sequence[WeightedLosses]
) -> Iterator[TailRow]:
    """Levels of each policy under a scenario, or under all of them by weight."""
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    replicates, currency = int(dataset.attrs["draws_per_path"]), str(dataset.attrs["currency"])
    opening = opening_balance(dataset)[0, :, 0]
    for p, policy in enumerate(str(name) for name in dataset["policy"].values):
        other = None if p == at else policies[at]
        for label in LEVELS:
            figures = _level_figures(policies[p], other, label, replicates)
            yield from figure_rows((scenario, policy), figures, float(opening[p]), currency)


def _level_figures(
    pool: WeightedLosses, other: WeightedLosses | None, label: str, replicates: int
) -> Iterator[tuple[str, Estimate[float]]]:
    """Figures of one level; its change against the current policy, ``other``."""
    level = LEVELS[label]
    at_risk = value_at_risk(pool, level)
    yield f"loss_var_{label}", at_risk
    yield f"loss_es_{label}", expected_shortfall(pool, level)
    if isnan(at_risk.mean):
        yield (
            f"paths_needed_loss_var_{label}",
            Estimate(float(draws_needed(pool, level) * replicates)),
        )
    if other is not None:
        yield f"delta_loss_es_{label}", shortfall_difference(pool, other, level)


LEVEL_VARIABLES: Final = {
    "loss_var": "value at risk: loss that a share of level of the paths does not exceed",
    "loss_es": "expected shortfall: mean loss of the worst 1 - level of the paths",
    "paths_needed": "paths that the level needs, where these are too few; empty where they are not",
}
"""In results.nc by scenario, policy and level; the first two with ``_ci_low`` and ``_ci_high``."""
OF_MIXTURE: Final = "mixture_"
"""Begins the name of the same without scenario: of all scenarios by weight, where there are
several."""
LEVEL_SUFFIXES: Final = {
    "": "",
    "_ci_low": "; lower end of its 95 % interval",
    "_ci_high": "; upper end of its 95 % interval",
}


def tail_variables(dataset: xr.Dataset) -> dict[str, xr.Variable]:
    """Value at risk and expected shortfall by level, as results.nc keeps them, and the levels."""
    rows = {(row.scenario, row.policy, row.metric): row.estimate for row in tail_rows(dataset)}
    scenarios, policies = (
        [str(name) for name in dataset[dim].values] for dim in ("scenario", "policy")
    )

    def table(names: Sequence[str], metric: str, field: str) -> F8:
        """(scenario, policy, level) of the scenarios ``names``."""
        keys = (
            [[(s, p, f"{metric}_{label}") for label in LEVELS] for p in policies] for s in names
        )
        return np.array(
            [[[getattr(rows.get(k, MISSING), field) for k in row] for row in part] for part in keys]
        )

    currency = str(dataset.attrs["currency"])
    found = {
        "level": xr.Variable(
            ("level",), list(LEVELS.values()), {"units": FRACTION, "long_name": "share of paths"}
        )
    }
    for name, meaning in LEVEL_VARIABLES.items():
        needed = name == "paths_needed"
        unit, metric = ("paths", f"{name}_loss_var") if needed else (currency, name)
        for suffix, words in LEVEL_SUFFIXES.items():
            if suffix and needed:
                continue
            field = suffix.removeprefix("_") or "mean"
            about = {"units": unit, "long_name": f"{meaning}{words}; credit_loss to the horizon"}
            found[f"{name}{suffix}"] = xr.Variable(
                ("scenario", "policy", "level"), table(scenarios, metric, field), about
            )
            if len(scenarios) > 1:
                told = {**about, "long_name": f"{about['long_name']}; all scenarios by weight"}
                found[f"{OF_MIXTURE}{name}{suffix}"] = xr.Variable(
                    ("policy", "level"), table([MIXTURE], metric, field)[0], told
                )
    return found
