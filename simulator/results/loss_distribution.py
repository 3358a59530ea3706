"""Tail of the loss distribution: value at risk and expected shortfall, each with its interval,
and how much of the variation of losses is luck of the economy.

Paths of one draw of the economy are alike, so every interval counts draws, not paths. A level that
the paths cannot carry gets no figure, but the number of paths that it needs.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from math import ceil, isnan
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import betaincinv, fdtri, ndtri, stdtrit

from simulator.elementary import exp
from simulator.results.compare import reference_index
from simulator.results.delinquency import share
from simulator.results.estimate import Estimate
from simulator.results.intervals import CONFIDENCE, effective_paths, over_paths
from simulator.results.metric import LOWER, WHOLE_HORIZON, Metric, MetricValues, Span
from simulator.results.path_metrics import BY_NAME, lifetime_view, total_view
from simulator.results.sampling import Draws
from simulator.results.table import FRACTION, MONEY, unit_in
from simulator.results.weighted_tail import LEAST_TAIL_PATHS, MISSING

F8 = NDArray[np.float64]

LEVELS: Final = {"95": 0.95, "99": 0.99, "999": 0.999}

_LOWER, _UPPER = 0.5 - CONFIDENCE / 2.0, 0.5 + CONFIDENCE / 2.0
OF_BALANCE: Final = "_of_balance"
_LEAST_FOR_Z: Final = 4
_ALMOST_ONE: Final = 1.0 - 1e-12


def _tail(name: str, unit: str, long_name: str, better: int = LOWER) -> Metric[xr.Dataset]:
    """A figure of the loss distribution: all paths together make it."""
    return Metric(name, unit, long_name, Span.WHOLE, better=better)


class TailRow(NamedTuple):
    """One figure of a scenario and policy, of the whole horizon; it has no quantiles."""

    scenario: str
    policy: str
    metric: str
    estimate: Estimate[float]
    unit: str


_BEYOND: Final = f"empty with fewer than {LEAST_TAIL_PATHS} independent paths beyond it"


def _level_metrics(label: str, level: float) -> list[Metric[xr.Dataset]]:
    """The figures of one level, in money and over the opening balance."""
    percent = f"{100.0 * level:g} %"
    risk = f"loss that {percent} of the paths do not exceed; {_BEYOND}"
    shortfall = f"mean loss of the worst {100.0 * (1.0 - level):.3g} % of paths; {_BEYOND}"
    return [
        _tail(f"loss_var_{label}", MONEY, risk),
        _tail(f"loss_var_{label}{OF_BALANCE}", FRACTION, f"{risk}; over opening balance"),
        _tail(f"loss_es_{label}", MONEY, shortfall),
        _tail(f"loss_es_{label}{OF_BALANCE}", FRACTION, f"{shortfall}; over opening balance"),
        _tail(
            f"paths_needed_loss_var_{label}",
            "paths",
            f"paths that loss_var_{label} and loss_es_{label} need; only where they are empty",
            0,
        ),
    ]


EXPECTED_LOSS: Final = _tail(
    "expected_loss",
    MONEY,
    "mean over paths of the loss: credit_loss of the whole horizon, run-off included",
)
ECONOMY: Final = _tail(
    "loss_share_economy",
    FRACTION,
    "systematic share of the variance of losses over paths: of credit_loss between draws of the"
    " economy, or with run.draws_per_path = 1 of written_off + sold by halves of the borrowers",
    0,
)
BORROWERS: Final = _tail(
    "loss_share_borrowers", FRACTION, "idiosyncratic share, the rest of that variance", 0
)
TAIL_METRICS: Final = (
    EXPECTED_LOSS,
    _tail(
        f"expected_loss{OF_BALANCE}", FRACTION, f"{EXPECTED_LOSS.long_name}; over opening balance"
    ),
    *(metric for label, level in LEVELS.items() for metric in _level_metrics(label, level)),
    ECONOMY,
    BORROWERS,
)
"""All names; differences to the reference stand for ``expected_loss`` and ``loss_es_``."""


def losses(dataset: xr.Dataset) -> F8:
    """``credit_loss`` of the whole horizon, run-off included, (scenario, policy, path)."""
    view = lifetime_view if int(dataset.attrs["runoff_months"]) > 0 else total_view
    return BY_NAME["credit_loss"](view(dataset))[..., 0]


def lost_by_halves(dataset: xr.Dataset) -> F8:
    """Balance written off or sold of two halves of the borrowers, (2, scenario, policy, path)."""
    view = lifetime_view if int(dataset.attrs["runoff_months"]) > 0 else total_view
    read = view(dataset)
    even = read("lost_even")[..., 0]
    return np.stack([even, (read("written_off") + read("sold"))[..., 0] - even])


def opening_balance(dataset: xr.Dataset) -> F8:
    """Balance at the opening, (scenario, policy, path)."""
    return np.asarray(dataset["balance_at_opening"].values.sum(axis=-1))


def loss_values(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """The loss on each path, in money and over the opening balance; its mean is expected."""
    currency, found = str(dataset.attrs["currency"]), losses(dataset)[..., None]
    of_balance = share(found, opening_balance(dataset)[..., None])
    for metric, values in zip(TAIL_METRICS[:2], (found, of_balance), strict=True):
        unit = unit_in(currency, metric.unit)
        yield MetricValues(metric.name, unit, metric.long_name, WHOLE_HORIZON, values)


def _quantile(ordered: F8, level: float) -> float:
    """Smallest of the ``ordered`` losses that at least ``level`` of them do not exceed."""
    rank = ceil(ordered.size * level - 1e-9)
    return float(ordered[min(max(rank, 1), ordered.size) - 1])


def paths_at(loss: F8, level: float, draws_per_path: int) -> float:
    """Effective number of paths of ``loss`` (paths,) for its quantile at ``level``.

    Replicates of a macro draw stand beside each other.
    """
    beyond = (loss > _quantile(np.sort(loss), level)).astype(np.float64)
    return float(effective_paths(beyond, draws_per_path))


def _carries(effective: float, level: float) -> bool:
    return effective * (1.0 - level) >= LEAST_TAIL_PATHS - 1e-9


def paths_needed(loss: F8, level: float, draws_per_path: int) -> int:
    """Paths, a multiple of the replicates, that a run needs for the quantile at ``level``."""
    effect = loss.size / paths_at(loss, level, draws_per_path)
    draws = LEAST_TAIL_PATHS / (1.0 - level) * effect / draws_per_path
    return ceil(draws - 1e-6) * draws_per_path


def value_at_risk(loss: F8, level: float, draws_per_path: int) -> Estimate[float]:
    """Quantile of ``loss`` (paths,) at ``level``, between two order statistics.

    These are the quantiles at the ends of the exact binomial interval of the share of paths that
    do not exceed it, for the effective number of paths. Missing when too few lie beyond.
    Source: Woodruff 1952; Korn and Graubard 1998 (effective sample size in a binomial interval).
    """
    size = paths_at(loss, level, draws_per_path)
    if not _carries(size, level):
        return MISSING
    ordered = np.sort(loss)
    below, above = size * level, size * (1.0 - level)
    low = float(betaincinv(below, above + 1.0, _LOWER))
    high = float(betaincinv(below + 1.0, above, _UPPER))
    return Estimate(*(_quantile(ordered, at) for at in (level, low, high)))


def shortfall_values(loss: F8, level: float) -> F8:
    """Numbers (paths,) whose mean is the expected shortfall and whose spread is its error.

    VaR + max(0, loss - VaR) / (1 - level): the mean of the worst paths, with its influence on
    each; that of VaR cancels. Source: Rockafellar and Uryasev 2000.
    """
    at = _quantile(np.sort(loss), level)
    return at + np.maximum(loss - at, 0.0) / (1.0 - level)


def _mean_of_tail(values: F8, tail: float, draws_per_path: int) -> Estimate[float]:
    """Mean of ``values`` (paths,) with Student's interval over macro draws.

    Only the ``tail`` independent paths beyond the level tell of the spread, so there are at most
    tail - 1 degrees of freedom.
    """
    found = over_paths(values, Draws(draws_per_path))
    dof = min(values.size / draws_per_path, tail) - 1.0
    margin = float(stdtrit(dof, _UPPER) * found.se) if dof > 0 else np.nan
    return Estimate(float(found.mean), float(found.mean - margin), float(found.mean + margin))


def expected_shortfall(loss: F8, level: float, draws_per_path: int) -> Estimate[float]:
    """Mean of the worst 1 - ``level`` of ``loss`` (paths,); missing when too few lie there."""
    size = paths_at(loss, level, draws_per_path)
    if not _carries(size, level):
        return MISSING
    values = shortfall_values(loss, level)
    return _mean_of_tail(values, size * (1.0 - level), draws_per_path)


def shortfall_difference(loss: F8, other: F8, level: float, draws_per_path: int) -> Estimate[float]:
    """Expected shortfall of ``loss`` less that of ``other``, paired by path; each (paths,)."""
    size = min(paths_at(item, level, draws_per_path) for item in (loss, other))
    if not _carries(size, level):
        return MISSING
    values = shortfall_values(loss, level) - shortfall_values(other, level)
    return _mean_of_tail(values, size * (1.0 - level), draws_per_path)


def share_of_halves(half: F8, other: F8) -> Estimate[float]:
    """Share of the variance of losses that two halves of the borrowers have in common, by path.

    Given the economy, borrowers' lucks are independent, so what losses of two random halves of the
    book share over paths is the economy's. With their correlation r it is 2 r / (1 + r) of the
    whole; interval by Fisher's z. Missing with fewer than four paths or without variance.
    Source: Spearman 1910 and Brown 1910 (split-half reliability); Fisher 1921.
    """
    if half.size < _LEAST_FOR_Z or half.std() == 0.0 or other.std() == 0.0:
        return MISSING
    correlation = float(np.clip(np.corrcoef(half, other)[0, 1], -_ALMOST_ONE, _ALMOST_ONE))
    margin = float(ndtri(_UPPER)) / np.sqrt(half.size - _LEAST_FOR_Z + 1)
    odds = (
        (1.0 + correlation) / (1.0 - correlation) * exp(2.0 * margin * np.array([0.0, -1.0, 1.0]))
    )
    found = np.clip((odds - 1.0) / (odds + 1.0), 0.0, 1.0)  # tanh of artanh moved by the margin
    return Estimate(*(2.0 * found / (1.0 + found)).tolist())


def economy_share(loss: F8, draws_per_path: int) -> Estimate[float]:
    """Share of the variance of ``loss`` (paths,) that lies between macro draws.

    One-way random effects by analysis of variance, with the interval of the F distribution (for
    normal effects); cut to 0..1. Missing without replicates, with one draw or without variance.
    Source: Searle, Casella and McCulloch 1992, Variance Components, chapter 3.
    """
    size = draws_per_path
    draws = loss.size // size
    if size < 2 or draws < 2:
        return MISSING
    table = loss.reshape(draws, size)
    means = table.mean(axis=1)
    between = size * float(means.var(ddof=1))
    within = float(((table - means[:, None]) ** 2).sum()) / (draws * (size - 1))
    if within == 0.0:
        return MISSING if between == 0.0 else Estimate(1.0, 1.0, 1.0)
    ratio = between / within
    dof = (draws - 1, draws * (size - 1))
    ratios = (ratio, ratio / fdtri(*dof, _UPPER), ratio / fdtri(*dof, _LOWER))
    return Estimate(*(float(np.clip((f - 1.0) / (f + size - 1.0), 0.0, 1.0)) for f in ratios))


def _rest(part: Estimate[float]) -> Estimate[float]:
    """What is left of 1."""
    return Estimate(1.0 - part.mean, 1.0 - part.ci_high, 1.0 - part.ci_low)


def _level_figures(loss: F8, label: str, replicates: int) -> Iterator[tuple[str, Estimate[float]]]:
    """Figures of one level: value at risk, expected shortfall, or the paths that they need."""
    level = LEVELS[label]
    at_risk = value_at_risk(loss, level, replicates)
    yield f"loss_var_{label}", at_risk
    yield f"loss_es_{label}", expected_shortfall(loss, level, replicates)
    if isnan(at_risk.mean):
        needed = Estimate(float(paths_needed(loss, level, replicates)))
        yield f"paths_needed_loss_var_{label}", needed


def _figures(
    loss: F8, halves: F8, reference: F8 | None, replicates: int
) -> Iterator[tuple[str, Estimate[float]]]:
    """Every figure of one scenario and policy; differences unless it is the reference.

    ``halves``: what two halves of the borrowers lost, shape (2, paths).
    """
    for label, level in LEVELS.items():
        yield from _level_figures(loss, label, replicates)
        if reference is not None:
            difference = shortfall_difference(loss, reference, level, replicates)
            yield f"delta_loss_es_{label}", difference
    part = economy_share(loss, replicates) if replicates > 1 else share_of_halves(*halves)
    if not isnan(part.mean):
        yield ECONOMY.name, part
        yield BORROWERS.name, _rest(part)


def figure_rows(
    place: tuple[str, str],
    figures: Iterable[tuple[str, Estimate[float]]],
    opening: float,
    currency: str,
) -> Iterator[TailRow]:
    """Rows of the ``figures`` of a scenario and policy, in money and over the ``opening``."""
    units = {metric.name: unit_in(currency, metric.unit) for metric in TAIL_METRICS}
    for name, estimate in figures:
        yield TailRow(*place, name, estimate, units[name.removeprefix("delta_")])
        if f"{name}{OF_BALANCE}" in units and opening > 0.0:
            of_balance = estimate.times(1.0 / opening)
            yield TailRow(*place, f"{name}{OF_BALANCE}", of_balance, FRACTION)


def tail_rows(dataset: xr.Dataset) -> list[TailRow]:
    """Every figure of the tail that the run's paths give, by scenario and policy."""
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    replicates, currency = int(dataset.attrs["draws_per_path"]), str(dataset.attrs["currency"])
    scenarios, policies = (
        [str(name) for name in dataset[dim].values] for dim in ("scenario", "policy")
    )
    found, opening = losses(dataset), opening_balance(dataset)[..., 0]
    halves = lost_by_halves(dataset)
    rows: list[TailRow] = []
    for (s, scenario), (p, policy) in product(enumerate(scenarios), enumerate(policies)):
        reference = None if p == at else found[s, at]
        figures = _figures(found[s, p], halves[:, s, p], reference, replicates)
        rows += figure_rows((scenario, policy), figures, float(opening[s, p]), currency)
    return rows
