"""What policies are worth at other prices: funding, tax, operating cost, weights, size of the book.

Exact in the mean, because the value is linear in monthly lines of money (docs/model.md, section
14.12). Nothing is simulated again: borrowers do as they did. What is left after the last month
keeps the worth that it has in the run.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from simulator.results.borrower_sampling import worth_by_book
from simulator.results.compare import paired_difference, reference_index, weighted
from simulator.results.decision import VALUE, Decision, lead_over, limits_of, worths
from simulator.results.estimate import F8
from simulator.results.income_statement import parameters_of
from simulator.results.intervals import over_paths
from simulator.results.money_lines import LINES
from simulator.results.sampling import sampling_of
from simulator.units import MONTHS_PER_YEAR, monthly_rate

LEFT: Final = "value_left"
PARTS: Final = (*(f"value_{line.name}" for line in LINES), LEFT)
"""Numbers by path that the value is made of, at the run's discounting."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What a reader may change; ``operating`` and ``size`` are multiples of the run's."""

    funding: float
    tax: float
    weights: F8
    operating: float = 1.0
    size: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Repricing:
    """Differences of policies to the reference, S scenarios, P policies and T simulated months.

    ``lines``: cash, taxable, operating cost and balance, (P, S, 4, T); ``left``: what is left after
    the last month, at the opening, (P, S). ``spread``: covariance of the means of the five parts of
    the value, (5 P S, 5 P S) by policy, scenario and part, at the run's discounting. ``reach``:
    half the run's interval, (P, S + 1), over all scenarios first; ``gap_reach``: that of a policy's
    worth less another's over all scenarios, (P, P); NaN without one. ``capital``: share of the
    balance that is capital, on which owners ask ``equity`` a year.
    """

    policies: tuple[str, ...]
    scenarios: tuple[str, ...]
    prices: Prices
    capital: float
    equity: float
    lines: F8
    left: F8
    spread: F8
    reach: F8
    gap_reach: F8

    def charge(self, prices: Prices) -> float:
        """Return that owners ask beyond funding, a month and unit of balance."""
        after_tax = prices.funding * (1.0 - prices.tax)
        return (self.equity - after_tax) / MONTHS_PER_YEAR * self.capital

    def factors(self, prices: Prices) -> F8:
        """Of the four lines and of what is left: what a unit adds to the value."""
        rest = -prices.operating * (1.0 - prices.tax)
        return prices.size * np.array([1.0, -prices.tax, rest, -self.charge(prices), 1.0])

    def worth(self, prices: Prices) -> F8:
        """Mean value against the reference, (P, S + 1), over all scenarios by weight first."""
        v, v_run = (_discount(each) for each in (prices, self.prices))
        months = self.lines.shape[-1]
        discounted = self.lines @ v ** np.arange(1, months + 1)
        left = self.left * (v / v_run) ** months
        parts = np.concatenate([discounted, left[..., None]], axis=-1)
        return _with_all(parts @ self.factors(prices), prices.weights)

    def half_width(self, prices: Prices) -> F8:
        """Half the interval of ``worth``, (P, S + 1): the run's, by its standard error over paths.

        The standard error is that of the new prices at the run's discounting.
        """
        return self.reach * _times(self._error(prices), self._error(self.prices), prices.size)

    def gap(self, prices: Prices) -> F8:
        """Worth of each policy less that of each other, over all scenarios, (P, P)."""
        worth = self.worth(prices)[:, 0]
        return np.asarray(worth[:, None] - worth)

    def gap_half_width(self, prices: Prices) -> F8:
        """Half the interval of ``gap``, (P, P), as ``half_width``."""
        now, before = self._gap_error(prices), self._gap_error(self.prices)
        return self.gap_reach * _times(now, before, prices.size)

    def _error(self, prices: Prices) -> F8:
        """Standard error of the worth, (P, S + 1)."""
        between = self._between(prices)
        whole = np.diagonal(_by_weight(between, prices.weights))
        own = np.einsum("psps->ps", between)
        return np.asarray(np.sqrt(np.maximum(np.concatenate([whole[:, None], own], axis=1), 0.0)))

    def _gap_error(self, prices: Prices) -> F8:
        """Standard error of the gap, (P, P)."""
        whole = _by_weight(self._between(prices), prices.weights)
        own = np.diagonal(whole)
        return np.asarray(np.sqrt(np.maximum(own[:, None] + own - 2.0 * whole, 0.0)))

    def _between(self, prices: Prices) -> F8:
        """Covariance of the worths by policy and scenario, (P, S, P, S)."""
        factors, each = self.factors(prices), (len(self.policies), len(self.scenarios), len(PARTS))
        spread = self.spread.reshape(*each, *each)
        return np.asarray(np.einsum("i,psiqtj,j->psqt", factors, spread, factors))


def _by_weight(between: F8, weights: F8) -> F8:
    """Covariance of the worths over all scenarios, (P, P)."""
    return np.asarray(np.einsum("s,psqt,t->pq", weights, between, weights))


def _times(now: F8, before: F8, size: float) -> F8:
    """An error over the run's; ``size`` where the run has none."""
    known = before > 0.0
    return np.asarray(np.divide(now, before, out=np.full_like(now, size), where=known))


def _discount(prices: Prices) -> float:
    """Of a month, at the cost of funding after tax."""
    return 1.0 / (1.0 + monthly_rate(prices.funding * (1.0 - prices.tax)))


def _with_all(by_scenario: F8, weights: F8) -> F8:
    return np.concatenate([(by_scenario @ weights)[:, None], by_scenario], axis=1)


def repricing(dataset: xr.Dataset, decision: Decision, most: int | None = None) -> Repricing | None:
    """Of the ``most`` best policies but the reference; None where the run tells no value."""
    known = all(name in dataset for name in (VALUE, *PARTS, f"line_{LINES[0].name}"))
    cases = decision.cases[:most]
    if decision.measure != VALUE or not cases or not known:
        return None
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    names = [str(name) for name in dataset["policy"].values]
    scenarios = tuple(str(name) for name in dataset["scenario"].values)
    order = [names.index(case.policy) for case in cases]
    parameters = parameters_of(dataset)
    monthly = np.stack([dataset[f"line_{line.name}"].values for line in LINES], axis=2)
    reach = [
        [(e.ci_high - e.ci_low) / 2.0 for e in (case.worth, *case.by_scenario.values())]
        for case in cases
    ]
    by_path = np.stack([dataset[name].values for name in PARTS])
    parts = np.stack([paired_difference(part, at)[:, order] for part in by_path])
    left = over_paths(np.moveaxis(parts[-1], -1, 0), sampling_of(dataset).whole).mean
    books = worth_by_book(dataset)
    overall = (
        weighted(dataset, worths(dataset)[1]),
        None if books is None else weighted(dataset, books),
    )
    leads = [[lead_over(dataset, *overall, one, other) for other in order] for one in order]
    return Repricing(
        policies=tuple(case.policy for case in cases),
        scenarios=scenarios,
        prices=Prices(
            parameters["funding_annual_rate"],
            parameters["tax_rate"],
            np.asarray(dataset["scenario_weight"].values, dtype=np.float64),
        ),
        capital=parameters["capital_target"] * parameters["risk_weight"],
        equity=parameters["cost_of_equity"],
        lines=np.ascontiguousarray(paired_difference(monthly, at)[:, order].swapaxes(0, 1)),
        left=np.ascontiguousarray(left.T),
        spread=_spread(dataset, parts),
        reach=np.array(reach),
        gap_reach=np.array([[(e.ci_high - e.ci_low) / 2.0 for e in row] for row in leads]),
    )


def _spread(dataset: xr.Dataset, parts: F8) -> F8:
    """Covariance of the means of ``parts`` (5, S, P, paths), square, by policy, scenario and part.

    From errors of sums and differences, so that it is that of the adjusted means.
    """
    columns = parts.transpose(3, 2, 1, 0).reshape(parts.shape[-1], -1)
    draws, n = sampling_of(dataset).whole, columns.shape[1]
    found = np.zeros((n, n))
    for i in range(n):
        plus = over_paths(columns[:, i : i + 1] + columns[:, i:], draws).se
        minus = over_paths(columns[:, i : i + 1] - columns[:, i:], draws).se
        found[i, i:] = found[i:, i] = np.nan_to_num(plus**2 - minus**2) / 4.0
    return found


def most_loss(dataset: xr.Dataset, decision: Decision) -> float:
    """What no policy may lose in a scenario, in money of the run's book."""
    return limits_of(dataset).scenario_loss * decision.opening
