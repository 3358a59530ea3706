"""summary.csv as rows: every metric by scenario, policy and month, and its difference."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain
from math import isfinite, nan
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.borrower_sampling import BookErrors, widened
from simulator.results.compare import delta_of, reference_index, statistics, weighted
from simulator.results.estimate import Estimate
from simulator.results.loss_distribution import TailRow, loss_values
from simulator.results.metric import WHOLE_HORIZON, MetricValues, whole_values
from simulator.results.net_present_value import net_present_value_values
from simulator.results.outcomes import COST_PER_SAVED, burden_values, fate_values
from simulator.results.parameter_errors import ParameterErrors
from simulator.results.path_metrics import metric_values, over_current_balance
from simulator.results.profit import profit_values
from simulator.results.provisions.metrics import (
    KnownStatistics,
    grade_statistics,
    provision_values,
)
from simulator.results.sampling import Sampling, sampling_of
from simulator.results.score_power import ScoreRow, score_rows
from simulator.results.table import FRACTION
from simulator.results.tail_figures import MIXTURE, tail_rows
from simulator.results.two_way import FigureErrors, joined
from simulator.results.value import value_values
from simulator.validation import unknown_choice

F8 = NDArray[np.float64]

CHANGE: Final = "delta_"
_COMPARED: Final = (
    metric_values,
    over_current_balance,
    burden_values,
    provision_values,
    profit_values,
    value_values,
    net_present_value_values,
    loss_values,
)
"""Families of metrics of which summary.csv has differences to the reference."""


class SummaryRow(NamedTuple):
    """One row of summary.csv; ``month`` None for the whole horizon, NaN for an empty cell."""

    scenario: str
    policy: str
    metric: str
    month: int | None
    mean: float
    ci_low: float
    ci_high: float
    p05: float
    p50: float
    p95: float
    unit: str
    book_low: float = nan
    book_high: float = nan
    total_low: float = nan
    total_high: float = nan

    @property
    def estimate(self) -> Estimate[float]:
        """The row's numbers as one, with the interval over paths, given this book."""
        return Estimate(
            self.mean, self.ci_low, self.ci_high, p05=self.p05, p50=self.p50, p95=self.p95
        )

    @property
    def widest(self) -> Estimate[float]:
        """With the sampling of borrowers in the interval, where that is known."""
        found = self.estimate
        if not isfinite(self.book_low):
            return found
        return replace(found, ci_low=self.book_low, ci_high=self.book_high)

    @property
    def total(self) -> Estimate[float] | None:
        """With the doubt of fitted parameters in the interval too; None where it is not known."""
        if not isfinite(self.total_low):
            return None
        return replace(self.estimate, ci_low=self.total_low, ci_high=self.total_high)


class _Known(NamedTuple):
    """What the intervals of a run's rows rest on."""

    sampling: Sampling
    book: BookErrors
    parameters: ParameterErrors
    n_paths: int

    def ends(
        self, item: KnownStatistics, policies: list[str], *kinds: FigureErrors
    ) -> tuple[F8, F8] | None:
        """Intervals with errors of all ``kinds``, (scenario, policy, month) each.

        None where the first is not known; others are left out where they are not.
        """
        lows, highs = [], []
        for place, month in enumerate(item.months):
            first, *others = (kind.of(item.name, month, policies) for kind in kinds)
            if first is None:
                return None
            added = reduce(joined, others, first)
            found = Estimate(*(part[..., place] for part in item.found.parts()))
            wide = widened(found, added, self.sampling.of(month), self.n_paths)
            lows.append(wide.ci_low)
            highs.append(wide.ci_high)
        return np.stack(lows, axis=-1), np.stack(highs, axis=-1)


def summarise(dataset: xr.Dataset) -> list[SummaryRow]:
    """All rows, by scenario, policy and metric; a function of results.nc alone."""
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    scenarios = [str(name) for name in dataset["scenario"].values]
    policies = [str(name) for name in dataset["policy"].values]
    keep = [i for i in range(len(policies)) if i != at]
    others = [policies[i] for i in keep]
    sampling = sampling_of(dataset)
    errors = BookErrors(dataset), ParameterErrors(dataset)
    known = _Known(sampling, *errors, dataset.sizes["path"])
    rows: list[SummaryRow] = []
    for item in _compared(dataset):
        rows += _rows(item, scenarios, policies, known)
        if others:
            difference = delta_of(item, at, sampling.replicates).of_policies(keep)
            rows += _rows(difference, scenarios, others, known)
    for of_grade in grade_statistics(dataset):
        rows += _known_rows(of_grade, scenarios, policies)
    for item in fate_values(dataset):
        rows += _rows(item, scenarios, policies, known)
    if others:
        cost = whole_values(COST_PER_SAVED, dataset).of_policies(keep)
        rows += _rows(cost, scenarios, others, known)
    rows += [_tail_row(row) for row in tail_rows(dataset)]
    rows += [_score_row(row, policies[at]) for row in score_rows(dataset)]
    places = (*scenarios, MIXTURE)
    order = {pair: i for i, pair in enumerate((s, p) for s in places for p in policies)}
    return sorted(rows, key=lambda row: order[row.scenario, row.policy])


def _compared(dataset: xr.Dataset) -> Iterator[MetricValues]:
    return chain.from_iterable(values(dataset) for values in _COMPARED)


def whole_figure(dataset: xr.Dataset, metric: str, owner: str) -> MetricValues:
    """The figure ``metric`` of the whole horizon, differences among them.

    ``UserError`` with the nearest names, which begins with ``owner``, where there is none.
    """
    names = []
    for item in compared_values(dataset) if metric.startswith(CHANGE) else _compared(dataset):
        if item.months == WHOLE_HORIZON:
            names.append(item.name)
            if item.name == metric:
                return item
    raise unknown_choice(owner, names, metric)


def compared_values(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """Every figure that has differences to the reference, each with its difference."""
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    for item in _compared(dataset):
        yield item
        yield delta_of(item, at, int(dataset.attrs["draws_per_path"]))


class Difference(NamedTuple):
    """A metric of one policy less that of another; ``scenario`` None: over all by weight."""

    metric: str
    scenario: str | None
    estimate: Estimate[float]
    unit: str


def differences(
    dataset: xr.Dataset,
    policies: tuple[str, str],
    scenarios: Sequence[str | None],
    metric: str | None = None,
) -> list[Difference]:
    """``metric`` of the first policy less the second's, path by path, under each of ``scenarios``.

    Any two policies; a variable [scenario, policy, path], or any figure of the whole horizon that
    ``summarise`` compares; None: each of these figures. A scenario that is None: all by weight.
    ``UserError`` for another ``metric``.
    """
    first, other = (reference_index(dataset, policy) for policy in policies)
    sampling = sampling_of(dataset)
    names = [str(name) for name in dataset["scenario"].values]

    def chosen(values: F8, scenario: str | None) -> F8:
        by_scenario = values[:, [first]]
        if scenario is None:
            return weighted(dataset, by_scenario)[None]
        return by_scenario[[names.index(scenario)]]

    found = []
    for item in _whole(dataset, metric):
        gap = delta_of(item, other, sampling.replicates)
        for scenario in scenarios:
            spread = None if gap.spread is None else chosen(gap.spread, scenario)
            part = gap._replace(values=chosen(gap.values, scenario), spread=spread)
            estimate = statistics(part, sampling).at(0, 0, 0)
            found.append(Difference(item.name, scenario, estimate, item.unit))
    return found


def _whole(dataset: xr.Dataset, metric: str | None) -> list[MetricValues]:
    """Every figure of the whole horizon, or ``metric`` alone; of a variable by path at once."""
    if (
        metric is not None
        and metric in dataset
        and dataset[metric].dims == ("scenario", "policy", "path")
    ):
        values = np.asarray(dataset[metric].values, dtype=np.float64)
        unit = str(dataset[metric].attrs.get("units", ""))
        return [MetricValues(metric, unit, "", WHOLE_HORIZON, values[..., None])]
    names, items = [], []
    for item in _compared(dataset):
        if item.months != WHOLE_HORIZON:
            continue
        if item.name == metric:
            return [item]
        names.append(item.name)
        items.append(item)
    if metric is not None:
        raise unknown_choice("metric", names, metric)
    return items


def _score_row(row: ScoreRow, policy: str) -> SummaryRow:
    """A figure of the current policy's score."""
    return SummaryRow(row.scenario, policy, row.metric, None, *row[2:], unit=FRACTION)


def _tail_row(row: TailRow) -> SummaryRow:
    """A figure of the tail: of all paths together, so without quantiles over paths."""
    found = (row.estimate.mean, row.estimate.ci_low, row.estimate.ci_high)
    empty = (nan, nan, nan)
    return SummaryRow(row.scenario, row.policy, row.metric, None, *found, *empty, row.unit)


def _rows(
    item: MetricValues, scenarios: list[str], policies: list[str], known: _Known
) -> list[SummaryRow]:
    """Rows of one metric; values of shape (scenario, policy, path, month)."""
    told = KnownStatistics(item.name, item.unit, item.months, statistics(item, known.sampling))
    book = known.ends(told, policies, known.book)
    total = known.ends(told, policies, known.parameters, known.book)
    if book is not None and total is not None:  # more degrees of freedom never make it narrower
        total = np.fmin(total[0], book[0]), np.fmax(total[1], book[1])
    return _known_rows(told, scenarios, policies, book, total)


def _known_rows(
    item: KnownStatistics,
    scenarios: list[str],
    policies: list[str],
    *ends: tuple[F8, F8] | None,
) -> list[SummaryRow]:
    """Rows of statistics over paths of shape (scenario, policy, month).

    ``ends``: of the interval with the sampling of borrowers, and of that with parameters too.
    """
    found = item.found
    wide = np.full((2, 2, *found.mean.shape), nan)
    for kind, known in enumerate(ends):
        if known is not None:
            wide[kind] = known
    (book_low, book_high), (total_low, total_high) = wide.tolist()
    mean, ci_low, ci_high, p05, p50, p95 = (
        array.tolist()
        for array in (found.mean, found.ci_low, found.ci_high, found.p05, found.p50, found.p95)
    )
    return [
        SummaryRow(
            scenario,
            policy,
            item.name,
            month,
            mean[s][p][m],
            ci_low[s][p][m],
            ci_high[s][p][m],
            p05[s][p][m],
            p50[s][p][m],
            p95[s][p][m],
            item.unit,
            book_low[s][p][m],
            book_high[s][p][m],
            total_low[s][p][m],
            total_high[s][p][m],
        )
        for s, scenario in enumerate(scenarios)
        for p, policy in enumerate(policies)
        for m, month in enumerate(item.months)
    ]
