"""What the report reads: results of a run, with labels made harmless and statistics by name."""

from collections.abc import Container, Iterable, Mapping
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from simulator.report.kit.language import name, tr
from simulator.report.kit.statistics import Array, Fan, fan_of
from simulator.report.kit.text import clean, titled
from simulator.results.decision import VALUE
from simulator.results.estimate import Estimate
from simulator.results.intervals import over_months, over_paths
from simulator.results.ranking import Frontier, Standing
from simulator.results.run import Run, part
from simulator.results.sampling import sampling_of
from simulator.results.summary import SummaryRow
from simulator.results.tail_figures import MIXTURE
from simulator.vocabulary import BUCKETS

MAX_POINTS = 120
"""Months drawn in a line; longer runs are thinned, so that the page stays small."""

MOST_DRAWN = 6
"""Policies beside the reference that a figure with a line or colour each can show."""

BEST_DRAWN = 5
"""Policies that such figures show when there are more."""

OTHER_BALANCE = 0.05
"""An average balance that differs by more than this share is told (assumption)."""


def with_runoff(metric: str, title: str, found: Container[str]) -> tuple[str, str]:
    """Name and title of the money metric to read: with the run-off where ``found`` has it.

    The reported months alone would count a loss that is only put off as a gain.
    """
    lifetime, said = f"lifetime_{metric}", tr(title) if title else ""
    if lifetime in found:
        return lifetime, tr("{title} with run-off", title=said)
    return metric, said


def balance_changes(rows: Iterable[SummaryRow], reference: str) -> dict[tuple[str, str], float]:
    """By scenario and policy, the change of the balance, averaged over the reported months.

    A share of ``reference``'s average balance: rates of another policy are over another balance.
    """
    found: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        if row.month is not None and row.metric in ("balance", "delta_balance"):
            found.setdefault((row.scenario, row.policy, row.metric), []).append(row.mean)
    shares = {}
    for (scenario, policy, metric), changes in found.items():
        level = sum(found.get((scenario, reference, "balance"), ()))
        if metric == "delta_balance" and level > 0.0:
            shares[scenario, policy] = sum(changes) / level
    return shares


def _statistics(
    rows: Iterable[SummaryRow], month: int | None
) -> dict[tuple[str, str, str], Estimate[float]]:
    """Statistics of a month, or of the whole horizon, by scenario, policy and metric."""
    return {
        (row.scenario, row.policy, row.metric): row.widest
        for row in rows
        if row.month == month and isfinite(row.mean)
    }


class ReportData:
    """A run as the figures and sentences of its report ask for it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.dataset = dataset = run.dataset
        self.manifest = run.manifest
        self.reference = run.reference
        letters = (c for c in str(dataset.attrs.get("currency", "")) if c.isalpha())
        self.currency = "".join(letters)[:8] or "money"
        self.scenarios = run.scenarios
        self.policies = (self.reference, *(p for p in run.policies if p != self.reference))
        self.alternatives = self.policies[1:]
        self.months: Array = np.asarray(dataset["month"].values, dtype=np.float64)
        self.n_paths = int(dataset.sizes["path"])
        draws = dataset.coords.get("macro_draw")
        self.n_draws = self.n_paths if draws is None else len(np.unique(draws.values))
        self._fans: dict[tuple[str, str, str, int | None], Fan] = {}
        self._by_weight: dict[str, Array] = {}
        self._positions: dict[str, Mapping[object, int]] = {}
        self._stats = _statistics(run.summary, None)
        self._closing = _statistics(run.summary, int(self.months[-1]))
        self._totals = {r[:3]: r.total for r in run.summary if r.month is None}
        self._metrics = frozenset(metric for *_, metric in self._stats)
        self.balance_changes = balance_changes(run.summary, self.reference)
        self.frontiers = run.frontiers
        self.decision = run.decision
        self.best_first = tuple(case.policy for case in self.decision.cases)
        """The policies but the reference, as the decision ranks them."""
        few = len(self.alternatives) <= MOST_DRAWN
        order = self.alternatives if few else self.best_first
        self.drawn_policies = (self.reference, *(order if few else order[:BEST_DRAWN]))
        """What figures with a line or colour for each policy show, the reference first."""
        self._policy_numbers = {name: i for i, name in enumerate((self.reference, *order))}

    @property
    def overall(self) -> Frontier | None:
        """The frontier over all scenarios by weight, or of the only one; None without any."""
        return self.frontiers[0] if self.frontiers else None

    def standing(self, scenario: str | None, policy: str) -> Standing | None:
        """How ``policy`` stands in a scenario (None: over all by weight), if that is known."""
        for frontier in self.frontiers:
            if frontier.scenario == scenario:
                return next((s for s in frontier.standings if s.policy == policy), None)
        return None

    def drawn_note(self) -> str:
        """Which policies are drawn when they are too many for a line or colour each."""
        drawn = len(self.drawn_policies) - 1
        if drawn == len(self.alternatives):
            return ""
        return tr(
            "the {drawn} best of {n}; all are in the table",
            drawn=drawn,
            n=len(self.alternatives),
        )

    def stat(self, scenario: str, policy: str, metric: str) -> Estimate[float] | None:
        """The whole-horizon statistic, or None when the run has no such row."""
        return self._stats.get((scenario, policy, metric))

    def total_of(self, scenario: str, policy: str, metric: str) -> Estimate[float] | None:
        """The whole-horizon statistic with the doubt of fitted parameters, where it is known."""
        return self._totals.get((scenario, policy, metric))

    @property
    def has_totals(self) -> bool:
        """Whether any figure has an interval with the doubt of fitted parameters."""
        return any(total is not None for total in self._totals.values())

    def closing(self, scenario: str, policy: str, metric: str) -> Estimate[float] | None:
        """The statistic of the last reported month, or None when the run has no such row."""
        return self._closing.get((scenario, policy, metric))

    def with_runoff(self, metric: str, title: str) -> tuple[str, str]:
        """Name and title of the metric to read, with the run-off where the run has one."""
        return with_runoff(metric, title, self._metrics)

    def measure(self) -> tuple[str, str]:
        """Name and title of what ranks policies: the value, or the net result without one."""
        if self.decision.measure == VALUE:
            return VALUE, tr("Value")
        return self.with_runoff(self.decision.measure, tr("Net result"))

    def scenario_entry(self, scenario: str) -> Mapping[str, object]:
        """Label, narrative, source, weight and warnings: from the manifest or the configuration."""
        found = part(self.manifest, "scenarios", scenario)
        return found or part(self.configuration(), "scenario", scenario)

    def scenario_label(self, scenario: str, width: int = 48) -> str:
        """Name of a scenario for a reader (untrusted text: escape it)."""
        if scenario == MIXTURE and scenario not in self.scenarios:
            return tr("All scenarios, by weight")
        label = self.scenario_entry(scenario).get("label")
        if not label and "scenario_label" in self.dataset.coords:
            label = self.dataset["scenario_label"].sel(scenario=scenario).item()
        return clean(name(str(label or titled(scenario))), width)

    def policy_label(self, policy: str, width: int = 48) -> str:
        """Name of a policy for a reader (untrusted text: escape it)."""
        if policy == self.reference:
            return tr("Current policy")
        return clean(name(titled(policy)), width)

    def position(self, policy: str) -> int:
        """Position of a policy in the dataset."""
        return self._places("policy")[policy]

    def where(self, scenario: str | None = None) -> str:
        """``under Downturn``; without ``scenario`` ``over the 3 scenarios by weight``."""
        if scenario is None and len(self.scenarios) > 1:
            return tr("over the {n} scenarios by weight", n=len(self.scenarios))
        return tr("under {scenario}", scenario=self.scenario_label(scenario or self.scenarios[0]))

    def policy_number(self, policy: str) -> int:
        """0 for the reference, then by order, that of the drawn first: picks colour and dash."""
        return self._policy_numbers[policy]

    def configuration(self) -> Mapping[str, object]:
        """The configuration of the run."""
        return self.run.settings

    def by_path(self, variable: str, scenario: str, policy: str, dpd: int | None = None) -> Array:
        """A per-path variable, shape (paths, months)."""
        place: dict[str, str | int] = {"scenario": scenario, "policy": policy}
        if dpd is not None:
            place["dpd"] = dpd
        return self.picked(variable, ("path", "month"), place)

    def picked(self, variable: str, dims: tuple[str, ...], place: Mapping[str, str | int]) -> Array:
        """A variable's numbers at the labels of ``place``, its other dimensions as in ``dims``.

        Raises ``KeyError`` where the results have no such variable or label.
        """
        at = {dim: self._places(dim)[label] for dim, label in place.items()}
        found = self.dataset.variables[variable].isel(at).transpose(*dims)
        return np.asarray(found.values, dtype=np.float64)

    def _places(self, dim: str) -> Mapping[object, int]:
        """Position of each label of a dimension."""
        if dim not in self._positions:
            labels = self.dataset.variables[dim].values.tolist()
            self._positions[dim] = {label: i for i, label in enumerate(labels)}
        return self._positions[dim]

    def mean_path(self, by_path: Array) -> Array:
        """Mean of ``by_path`` (paths, months) in each month, as summary.csv has it."""
        months = [int(month) for month in self.months]
        return over_months(by_path, months, sampling_of(self.dataset)).mean

    def fan(self, variable: str, scenario: str, policy: str, dpd: int | None = None) -> Fan:
        """Quantiles over paths; months without a value on any path are NaN."""
        key = (variable, scenario, policy, dpd)
        if key not in self._fans:
            self._fans[key] = fan_of(self.by_path(variable, scenario, policy, dpd))
        return self._fans[key]

    def by_weight(self, variable: str, *dims: str) -> Array:
        """A variable's mean over scenarios by weight, shape (policies of the dataset, *dims)."""
        if variable not in self._by_weight:
            shown = self.dataset[variable].transpose("scenario", "policy", *dims)
            values = np.asarray(shown.values, dtype=np.float64)
            weights = np.ones(1)
            if len(self.scenarios) > 1:
                weights = np.asarray(self.dataset["scenario_weight"].values, dtype=np.float64)
            self._by_weight[variable] = np.tensordot(weights, values, axes=(0, 0))
        return self._by_weight[variable]

    @property
    def is_static_pool(self) -> bool:
        """Whether nobody asks for a new loan on any path: the opening book runs off.

        False for results of an earlier version, which have no rates over the opening balance.
        """
        asked = ("applicants", "repeat_applicants")
        known = all(name in self.dataset for name in asked)
        has_rates = "peak_overdue_rate_over_opening_90" in self._metrics
        return known and has_rates and not any(self.dataset[name].values.any() for name in asked)

    def over_opening(self, scenario: str, policy: str, dpd: int) -> Array:
        """Overdue balance over the opening balance, shape (paths, months)."""
        rate = np.nan_to_num(self.by_path("overdue_rate", scenario, policy, dpd))
        opening = self.by_path("opening_balance", scenario, policy)[:, :1]
        return rate * self.by_path("closing_balance", scenario, policy) / opening

    def total(self, variable: str, scenario: str | None, policy: str) -> float | None:
        """Sum over all months, run-off included, mean over paths; None if results lack it.

        Without a ``scenario`` the mean over all scenarios by weight.
        """
        if variable not in self.dataset:
            return None
        found = self.dataset[variable].sum("month")
        if int(self.dataset.attrs.get("runoff_months", 0)) > 0:
            found = found + self.dataset[f"runoff_{variable}"]
        of_policy = found.sel(policy=policy)
        if scenario is not None or len(self.scenarios) == 1:
            by_path = of_policy.sel(scenario=scenario or self.scenarios[0])
        else:
            by_path = (of_policy * self.dataset["scenario_weight"]).sum("scenario")
        return float(over_paths(by_path.values, sampling_of(self.dataset).whole).mean)

    def causes(self) -> tuple[str, ...]:
        """Names of the causes in the results."""
        return tuple(str(c) for c in self.dataset["cause"].values)

    def overdue_by_cause(self, scenario: str, policy: str) -> Array:
        """Overdue balance by cause over balance, mean over paths, shape (months, causes)."""
        place = {"scenario": scenario, "policy": policy}
        return np.nan_to_num(self.picked("overdue_by_cause", ("month", "cause"), place))

    def roll_rates(self, scenario: str, policy: str) -> Array:
        """Roll rates over the whole run, shape (from buckets, destinations).

        Balance rolled, summed over months, over the opening balance of the bucket; rows of
        buckets that never held a balance are NaN.
        """
        place = {"scenario": scenario, "policy": policy}
        rolled = self.picked("roll_balance", ("month", "from_bucket", "to_bucket"), place)
        total = np.nansum(rolled, axis=0)
        opening = total.sum(axis=1, keepdims=True)
        rates = np.divide(total, opening, out=np.full_like(total, np.nan), where=opening > 0)
        return np.asarray(rates, dtype=np.float64)

    def roll_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the opening buckets and of the destinations."""
        sources = tuple(str(b) for b in self.dataset["from_bucket"].values)
        return sources or BUCKETS, tuple(str(b) for b in self.dataset["to_bucket"].values)

    def drawn(self) -> NDArray[np.int64]:
        """Positions of the months that lines show: all of them, or at most MAX_POINTS."""
        count = len(self.months)
        chosen = np.linspace(0, count - 1, min(count, MAX_POINTS))
        return np.unique(np.round(chosen).astype(np.int64))

    def worst_scenario(self) -> str:
        """The scenario that costs most under the reference (net loss, else peak 90+)."""
        return max(self.scenarios, key=self._severity)

    def _severity(self, scenario: str) -> float:
        loss, _ = self.with_runoff("net_loss", "")
        for metric in (loss, "peak_overdue_rate_90"):
            stat = self.stat(scenario, self.reference, metric)
            if stat is not None:
                return stat.mean
        return 0.0

    @property
    def has_money(self) -> bool:
        """Whether the results hold what losses and net results are made of."""
        needed = {"written_off", "sold", "sale_price", "recovered", "funding_cost"}
        return needed <= set(self.dataset)

    def row(self, scenario: str, policy: str) -> tuple[str, str]:
        """Names of a scenario and policy at the head of a table's row."""
        return self.scenario_label(scenario), self.policy_label(policy)

    @property
    def all_places(self) -> tuple[tuple[str, str], ...]:
        """Every scenario and policy."""
        return tuple((s, p) for s in self.scenarios for p in self.policies)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Scenarios and policies of a figure that shows one of each, the worst scenario first."""
        worst = self.worst_scenario()
        scenarios = (worst, *(s for s in self.scenarios if s != worst))
        return tuple((s, p) for s in scenarios for p in self.drawn_policies)
