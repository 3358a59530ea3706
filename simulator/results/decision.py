"""What an estimated change allows to say, and which policy follows: one rule for every face.

The rule: docs/model.md, section 14.2. It ranks by the change of ``value`` against the current
policy, paired on the same paths.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, isfinite, log10
from typing import Final

import numpy as np
import xarray as xr

from simulator.results.assumptions import EVERYWHERE, Bar, bars, moving
from simulator.results.borrower_sampling import of_books, widened, worth_by_book
from simulator.results.compare import paired_difference, reference_index, weighted
from simulator.results.estimate import F8, Estimate
from simulator.results.income_statement import parameters_of
from simulator.results.intervals import over_paths, simultaneous
from simulator.results.loss_distribution import opening_balance
from simulator.results.path_metrics import BY_NAME, lifetime_view, total_view
from simulator.results.sampling import LEAST_DRAWS, sampling_of
from simulator.results.summary import SummaryRow
from simulator.results.value import SPREAD
from simulator.settings import DecisionLimits, DecisionSettings

DECISION: Final = "decision"
"""Attribute of results.nc: settings of the decision as JSON."""
_COMPLAINTS: Final = "borrower_complaints"
VALUE: Final = "value"
NET_RESULT: Final = "net_result"
_TOLERANCE: Final = 0.01
"""Share of a limit by which a ratio that the current policy does not keep may fall (assumption)."""
POWER: Final = 0.8416
"""Normal quantile of 80 %: with the paths that are named the interval clears 4 times in 5."""
MOST_PATHS: Final = 1_000_000
"""More paths than a run may have."""


class Verdict(StrEnum):
    """What the interval of a change tells."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    """No difference at all."""
    UNCLEAR = "unclear"
    """The interval holds zero: not distinguishable."""
    SINGLE = "single"
    """No interval: one draw of the economy."""


def verdict(change: Estimate[float], better: int = 1) -> Verdict:
    """What ``change`` tells, of a measure of which more (``better`` 1) or less (-1) is better."""
    if change.is_zero:
        return Verdict.SAME
    if not change.has_interval:
        return Verdict.SINGLE
    by_sign = {better: Verdict.BETTER, -better: Verdict.WORSE}
    return by_sign.get(change.sign, Verdict.UNCLEAR)


def place(change: Estimate[float], better: int = 1) -> tuple[bool, float]:
    """The higher the better: what surely gains before what does not, then by mean."""
    return verdict(change, better) is Verdict.BETTER, better * change.mean


class Outcome(StrEnum):
    """What a run says of the policies beside the current one."""

    RECOMMENDED = "recommended"
    NO_CLEAR_CASE = "no_clear_case"
    DEPENDS = "depends_on_assumptions"
    """Recommended otherwise, but more than half of the assumptions tried turn its sign."""
    NO_VALUE = "no_value"
    """The run cannot tell a policy's value: it has no run-off, or too short a one."""
    ALONE = "alone"
    """Only the current policy was run."""


class Lack(StrEnum):
    """What keeps a policy from being recommended."""

    VALUE = "value"
    """Its weighted value is not above the current policy's."""
    DRAWS = "draws"
    """The run has too few draws of the economy to recommend anything."""
    SCENARIO_LOSS = "scenario_loss"
    CAPITAL_RATIO = "capital_ratio"
    COVERAGE = "coverage"
    COMPLAINTS = "complaints"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that a policy lacks.

    ``found`` is the estimate that was held against ``limit`` (money for value and scenario_loss,
    else a fraction). ``by_evidence``: its mean keeps the limit, its interval does not; about
    ``paths`` would tell, if the mean held (None: more than a run may have, or not known).
    """

    lack: Lack
    scenario: str | None
    found: Estimate[float]
    limit: float
    by_evidence: bool
    paths: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """What speaks for a policy: its worth over all scenarios by weight, and in each of them.

    ``worth`` holds for all policies of the run at once, ``by_scenario`` each alone; of a drawn book
    their intervals hold the sampling of its borrowers, too. ``obstacles``
    are empty for a policy that may be recommended.
    """

    policy: str
    worth: Estimate[float]
    by_scenario: Mapping[str, Estimate[float]]
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict of a run; ``cases`` are all policies but the current one, best first.

    ``measure`` is what ranks: ``value``, where it is not known ``net_result``. ``opening`` is the
    opening balance in money. ``tied`` cannot be told from the first case, path by path.
    """

    outcome: Outcome
    measure: str
    cases: tuple[Case, ...]
    tied: tuple[str, ...]
    opening: float
    n_paths: int
    tried: int = 0
    """Assumptions that move the leading case's worth, of those tried."""
    overturned_by: tuple[str, ...] = ()
    """Those at an end of which its worth, significantly above 0 here, is not shown to be."""
    unchecked: tuple[Lack, ...] = ()
    """Limits that the run holds no numbers for."""

    @property
    def leading(self) -> Case | None:
        """The case that is recommended, or that comes closest."""
        return self.cases[0] if self.cases else None

    def case(self, policy: str) -> Case | None:
        """The case of ``policy``; None for the current policy."""
        return next((case for case in self.cases if case.policy == policy), None)


def worths(dataset: xr.Dataset) -> tuple[str, F8]:
    """What ranks policies, and its difference to the reference, (scenario, policy, path).

    The value, or the net result with the run-off where the value is not known on every path.
    """
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    if VALUE in dataset:
        values = np.asarray(dataset[VALUE].values, dtype=np.float64)
        if np.isfinite(values).all():
            spread = dataset.get(f"{VALUE}{SPREAD}")  # what the interval of a mean comes from
            return VALUE, paired_difference(values if spread is None else spread.values, at)
    view = lifetime_view if int(dataset.attrs["runoff_months"]) > 0 else total_view
    return NET_RESULT, paired_difference(BY_NAME[NET_RESULT](view(dataset))[..., 0], at)


def ranked_metric(dataset: xr.Dataset) -> str:
    """Name in summary.csv of what ranks policies."""
    measure, _ = worths(dataset)
    lived = measure != VALUE and int(dataset.attrs["runoff_months"]) > 0
    return f"lifetime_{measure}" if lived else measure


def overall_worth(dataset: xr.Dataset, paths: F8, books: F8 | None) -> Estimate[F8]:
    """Estimates by policy of ``paths`` (policy, path), intervals for all policies at once.

    ``books`` (policy, draw, path): the same of each further draw of the book; None without any.
    """
    return with_borrowers(dataset, simultaneous(paths.T, sampling_of(dataset).whole), books)


def worth_of(dataset: xr.Dataset, paths: F8, books: F8 | None) -> Estimate[F8]:
    """Estimates of ``paths`` (..., path), each alone; ``books`` (..., draw, path)."""
    found = over_paths(np.moveaxis(paths, -1, 0), sampling_of(dataset).whole)
    return with_borrowers(dataset, found, books)


def with_borrowers(dataset: xr.Dataset, found: Estimate[F8], books: F8 | None) -> Estimate[F8]:
    """``found`` with the sampling of borrowers in its interval, as far as ``books`` tell of it."""
    if books is None:
        return found
    return widened(found, of_books(books), sampling_of(dataset).whole, dataset.sizes["path"])


def lead_over(
    dataset: xr.Dataset, paths: F8, books: F8 | None, first: int, other: int
) -> Estimate[float]:
    """What one policy is worth more than another, path by path; arrays as ``overall_worth`` has."""
    gap = None if books is None else books[first] - books[other]
    return worth_of(dataset, paths[first] - paths[other], gap).at()


def limits_of(dataset: xr.Dataset) -> DecisionLimits:
    """The limits of the run; those of this version for results that hold none."""
    stored = dataset.attrs.get(DECISION)
    settings = (
        DecisionSettings() if stored is None else DecisionSettings.model_validate_json(stored)
    )
    return settings.limits


def decide(dataset: xr.Dataset, rows: Sequence[SummaryRow]) -> Decision:
    """The verdict of a run from ``results.nc`` and the rows of ``summary.csv``."""
    policies = [str(name) for name in dataset["policy"].values]
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    scenarios = [str(name) for name in dataset["scenario"].values]
    n_paths = dataset.sizes["path"]
    opening = float(opening_balance(dataset)[:, at].mean())
    measure, paths = worths(dataset)
    books = worth_by_book(dataset)
    overall = weighted(dataset, paths)
    books_of_all = None if books is None else weighted(dataset, books)
    found = overall_worth(dataset, overall, books_of_all)
    alone = worth_of(dataset, paths, books)
    against = _Limits(dataset, rows, opening)
    cases = []
    for i, policy in enumerate(policies):
        if i != at:
            worth = found.at(i)
            own = {name: alone.at(s, i) for s, name in enumerate(scenarios)}
            obstacles = tuple(against.obstacles(policy, worth, own))
            cases.append(Case(policy, worth, own, obstacles))
    cases.sort(key=lambda c: (not c.obstacles, *place(c.worth)), reverse=True)
    firm = [case for case in cases if not case.obstacles and _holds(dataset, case)]
    if firm:
        cases.insert(0, cases.pop(cases.index(firm[0])))
    outcome = Outcome.NO_CLEAR_CASE
    if not cases:
        outcome = Outcome.ALONE
    elif measure != VALUE:
        outcome = Outcome.NO_VALUE
    elif firm:
        outcome = Outcome.RECOMMENDED
    elif not cases[0].obstacles:
        outcome = Outcome.DEPENDS
    counted = moving(case_bars(dataset, cases[0])) if cases else ()
    gains = bool(cases) and cases[0].worth.sign > 0
    overturned = tuple(bar.name for bar in counted if gains and bar.overturns)
    tied = []
    for case in cases[1:]:
        first, other = policies.index(cases[0].policy), policies.index(case.policy)
        lead = lead_over(dataset, overall, books_of_all, first, other)
        if verdict(lead) in (Verdict.UNCLEAR, Verdict.SAME):
            tied.append(case.policy)
    return Decision(
        outcome=outcome,
        measure=measure,
        cases=tuple(cases),
        tied=tuple(tied),
        opening=opening,
        n_paths=n_paths,
        tried=len(counted),
        overturned_by=overturned,
        unchecked=tuple(against.unchecked()),
    )


def case_bars(dataset: xr.Dataset, case: Case) -> tuple[Bar, ...]:
    """What assumptions do to the worth of a case; none where nothing was tried on it."""
    return bars(dataset, case.policy, EVERYWHERE, case.worth.mean)


def _holds(dataset: xr.Dataset, case: Case) -> bool:
    """Whether at most half of the assumptions that move a case overturn it.

    Where a list was tried, but not on this case, it does not.
    """
    found = case_bars(dataset, case)
    if not found:
        return "assumption_change" not in dataset
    counted = moving(found)
    return 2 * sum(bar.overturns for bar in counted) <= len(counted)


class _Limits:
    """The limits of a run, and its rows by scenario, policy and metric."""

    def __init__(self, dataset: xr.Dataset, rows: Sequence[SummaryRow], opening: float) -> None:
        self._dataset = dataset
        self._limits = limits_of(dataset)
        self._rows = {(r.scenario, r.policy, r.metric): r.widest for r in rows if r.month is None}
        self._reference = str(dataset.attrs["reference"])
        self._n_paths = dataset.sizes["path"]
        self._n_draws = self._n_paths // int(dataset.attrs["draws_per_path"])
        self._opening = opening

    def obstacles(
        self, policy: str, worth: Estimate[float], own: Mapping[str, Estimate[float]]
    ) -> Iterator[Obstacle]:
        """Everything that keeps ``policy`` from being recommended, the value first."""
        yield from self._above(Lack.VALUE, None, worth, 0.0)
        if self._n_draws < LEAST_DRAWS:
            found = Estimate(float(self._n_draws))
            yield Obstacle(Lack.DRAWS, None, found, float(LEAST_DRAWS), True, None)
        most = self._limits.scenario_loss * self._opening
        for scenario, change in own.items():
            for lack, metric, least in self._ratios():
                yield from self._ratio(lack, (scenario, policy, metric), least)
            yield from self._complaints(scenario, policy)
            if not change.is_zero:
                yield from self._above(Lack.SCENARIO_LOSS, scenario, change, -most)

    def unchecked(self) -> Iterator[Lack]:
        """Limits that the run holds no numbers for."""
        lacks = {lack for lack, _, _ in self._ratios()}
        yield from (x for x in (Lack.CAPITAL_RATIO, Lack.COVERAGE) if x not in lacks)
        if not any(metric == _COMPLAINTS for _, _, metric in self._rows):
            yield Lack.COMPLAINTS

    def _above(
        self, lack: Lack, scenario: str | None, found: Estimate[float], limit: float
    ) -> Iterator[Obstacle]:
        """An obstacle unless the lower end of ``found`` lies above ``limit``.

        Evidence is missing unless the interval lies at or below ``limit`` as a whole.
        """
        if not found.ci_low > limit:
            evidence = not found.ci_high <= limit
            yield Obstacle(lack, scenario, found, limit, evidence, self._paths(found, limit))

    def _paths(self, found: Estimate[float], limit: float) -> int | None:
        """Paths, to two digits, with which the interval of ``found`` clears ``limit``, 4 in 5."""
        half, distance = found.mean - found.ci_low, found.mean - limit
        if not (isfinite(half) and distance > 0.0):
            return None
        needed = self._n_paths * ((half + POWER * found.se) / distance) ** 2
        if not needed <= MOST_PATHS:
            return None
        step = 10.0 ** max(0, int(log10(max(needed, 1.0))) - 1)
        return max(self._n_paths + 1, int(ceil(needed / step) * step))

    def _ratios(self) -> Iterator[tuple[Lack, str, float]]:
        """Ratios with a floor: the capital ratio, and the coverage of each rule book."""
        if "provision" not in self._dataset.coords:
            return
        least = self._limits.capital_ratio
        if least is None:
            least = parameters_of(self._dataset)["capital_minimum"]
        yield Lack.CAPITAL_RATIO, "lowest_capital_ratio", least
        minima = self._dataset["minimum_coverage_ratio"]
        for book in self._dataset["provision"].values:
            own, asked = float(minima.sel(provision=book)), self._limits.coverage
            if isfinite(own):
                metric = f"lowest_booked_coverage_ratio_{book}"
                yield Lack.COVERAGE, metric, own if asked is None else asked
            elif asked is not None:
                yield Lack.COVERAGE, f"lowest_coverage_ratio_{book}", asked

    def _ratio(self, lack: Lack, place: tuple[str, str, str], least: float) -> Iterator[Obstacle]:
        """An obstacle where a ratio is not shown to stay at ``least``.

        Where the current policy itself is below, where it is not shown to stay where that is.
        """
        scenario, policy, metric = place
        level, current = (self._rows.get((scenario, p, metric)) for p in (policy, self._reference))
        change = self._rows.get((scenario, policy, f"delta_{metric}"))
        if level is None or least == 0.0 or level.ci_low >= least:
            return
        evidence = not level.ci_high < least
        if change is not None and current is not None and current.mean < least:
            if change.ci_low >= -_TOLERANCE * least or change.is_zero:
                return
            evidence = not change.ci_high < -_TOLERANCE * least
        yield Obstacle(lack, scenario, level, least, evidence, None)

    def _complaints(self, scenario: str, policy: str) -> Iterator[Obstacle]:
        """An obstacle where complaints may rise by more than the limit; of none, by any."""
        change = self._rows.get((scenario, policy, f"delta_{_COMPLAINTS}"))
        level = self._rows.get((scenario, self._reference, _COMPLAINTS))
        if change is None or level is None or change.is_zero:
            return
        known = level.mean > 0.0
        rise = change.times(1.0 / level.mean if known else 1.0)
        most = self._limits.complaints if known else 0.0
        if not rise.ci_high <= most:
            yield Obstacle(Lack.COMPLAINTS, scenario, rise, most, not rise.ci_low > most, None)
