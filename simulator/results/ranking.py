"""Which policy is worth it: cost against loss avoided, who is saved, and a ranking.

Everything is a paired difference to the reference on the same paths and follows from results.nc
alone. Policies rank by ``worth``, as the decision does; cost, loss avoided and net are the accounts
behind it. Money covers the run-off months where the run has them, else the reported months.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.borrower_sampling import worth_by_book
from simulator.results.compare import paired_difference, reference_index, weighted
from simulator.results.decision import overall_worth, place, worth_of, worths
from simulator.results.estimate import Estimate
from simulator.results.intervals import over_paths, ratio_over_paths
from simulator.results.outcomes import cost_of_policy, net_saved
from simulator.results.path_metrics import BY_NAME, lifetime_view, monthly_view, total_view
from simulator.results.sampling import Draws, sampling_of
from simulator.vocabulary import Burden, Fate

F8 = NDArray[np.float64]

REQUIRED: Final = ("fates", "fate_balance", "burdens", "programme_cost", "recoverable_change")
"""Variables that results of schema 1.0 do not have."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy against the reference, in one scenario or over all by weight.

    ``worth`` is the change of what ranks (``Frontier.measure``), in money: over all scenarios, or
    in the only one, its interval holds for all policies at once.
    ``cost``, ``loss_avoided`` and ``net`` are money, a path's sum averaged over paths: everything
    the policy costs besides credit losses, what it saves of them, and the second less the first,
    which is the difference of the net result. ``fates`` (by name) are weighted borrowers,
    ``fate_balances`` their balance in money, ``burdens`` differences to the reference, in
    borrower-months, contacts, complaints. Ratios are of means over paths, NaN unless the interval
    of the denominator's mean lies above zero.
    """

    policy: str
    rank: int
    """1 is the best: those that surely gain first, then by worth, ties by loss avoided."""
    worth: Estimate[float]
    cost: Estimate[float]
    loss_avoided: Estimate[float]
    net: Estimate[float]
    behind: Estimate[float]
    """What the best policy is worth more, on the same paths."""
    dominated_by: str | None
    """The best policy that costs no more and avoids no less, one of them strictly, by means."""
    fates: Mapping[str, Estimate[float]]
    fate_balances: Mapping[str, Estimate[float]]
    burdens: Mapping[str, Estimate[float]]
    cost_per_saved: Estimate[float]
    """Money for each borrower saved, net of those harmed."""
    free_rider_share: Estimate[float]
    """Share (fraction) of those who took relief that would never have been 30+ without."""
    kicked_can_index: Estimate[float]
    """Share (fraction) of prevented delinquency that returns within 12 months after relief."""

    def fate(self, fate: Fate) -> Estimate[float]:
        """Borrowers of one fate."""
        return self.fates[fate.name.lower()]

    def burden(self, burden: Burden) -> Estimate[float]:
        """Difference of one burden to the reference."""
        return self.burdens[burden.name.lower()]


@dataclass(frozen=True, slots=True)
class Frontier:
    """All policies but the reference, best first; ``scenario`` None: all scenarios by weight.

    ``reference_burdens`` are the reference's own, ``compared`` the borrowers that it has, both
    means over paths.
    """

    scenario: str | None
    measure: str
    """What ranks: ``value``, or ``net_result`` where the run cannot tell the value."""
    reference: str
    standings: tuple[Standing, ...]
    reference_burdens: Mapping[str, Estimate[float]]
    compared: float
    reference_dominated_by: str | None

    def efficient(self) -> tuple[tuple[float, float], ...]:
        """(cost, loss avoided) of all that nobody dominates, the reference too, cheapest first."""
        points = [
            (s.cost.mean, s.loss_avoided.mean) for s in self.standings if s.dominated_by is None
        ]
        if self.reference_dominated_by is None:
            points.append((0.0, 0.0))
        return tuple(sorted(set(points)))


class _Quantities(NamedTuple):
    """Values by path, each (scenario, policy, path) or (scenario, policy, path, kind)."""

    worth: F8
    cost: F8
    loss_avoided: F8
    fates: F8
    fate_balance: F8
    burdens: F8


def frontiers(dataset: xr.Dataset) -> tuple[Frontier, ...]:
    """Over all scenarios by weight first (where there are several), then each scenario.

    Empty for a run of one policy and for results of older versions, which lack the variables.
    """
    if dataset.sizes["policy"] < 2 or any(name not in dataset for name in REQUIRED):
        return ()
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    scenarios: list[str | None] = [str(name) for name in dataset["scenario"].values]
    measure, paths = worths(dataset)
    quantities = _quantities(dataset, at, paths)
    books = worth_by_book(dataset)
    if len(scenarios) > 1:
        quantities = _Quantities(
            *(np.concatenate([weighted(dataset, values)[None], values]) for values in quantities)
        )
        if books is not None:
            books = np.concatenate([weighted(dataset, books)[None], books])
        scenarios.insert(0, None)
    return tuple(
        _frontier(
            dataset,
            (scenario, measure),
            _Quantities(*(v[i] for v in quantities)),
            None if books is None else books[i],
            at,
        )
        for i, scenario in enumerate(scenarios)
    )


def _quantities(dataset: xr.Dataset, at: int, worth: F8) -> _Quantities:
    read = monthly_view(dataset)
    view = lifetime_view if int(dataset.attrs["runoff_months"]) > 0 else total_view
    loss = BY_NAME["credit_loss"](view(dataset))[..., 0]
    return _Quantities(
        worth=worth,
        cost=cost_of_policy(dataset),
        loss_avoided=-paired_difference(loss, at),
        fates=read("fates"),
        fate_balance=read("fate_balance"),
        burdens=read("burdens"),
    )


def _frontier(
    dataset: xr.Dataset,
    place_of: tuple[str | None, str],
    quantities: _Quantities,
    books: F8 | None,
    at: int,
) -> Frontier:
    """The ranking of one scenario, with its measure, from quantities (policy, path, ...).

    ``books`` (policy, draw, path): worth in each further draw of the book; None without any.
    """
    scenario, measure = place_of
    policies = [str(name) for name in dataset["policy"].values]
    draws = sampling_of(dataset).whole
    everywhere = scenario is None or dataset.sizes["scenario"] == 1
    estimated = overall_worth if everywhere else worth_of
    worth = estimated(dataset, quantities.worth, books)
    standings = {
        name: _standing(name, quantities, (i, at), worth.at(i), draws)
        for i, name in enumerate(policies)
    }
    order = sorted(
        standings,
        key=lambda name: (*place(standings[name].worth), standings[name].loss_avoided.mean),
        reverse=True,
    )
    points = {n: (standings[n].cost.mean, standings[n].loss_avoided.mean) for n in order}
    reference = policies[at]
    ranked = [name for name in order if name != reference]
    place_of_policy = {name: i for i, name in enumerate(policies)}

    def less(values: F8, name: str) -> F8:
        """The best policy's ``values`` less another's."""
        return np.asarray(values[place_of_policy[ranked[0]]] - values[place_of_policy[name]])

    behind = {
        name: worth_of(
            dataset, less(quantities.worth, name), None if books is None else less(books, name)
        ).at()
        for name in ranked
    }
    return Frontier(
        scenario=scenario,
        measure=measure,
        reference=reference,
        standings=tuple(
            replace(
                standings[name],
                rank=rank,
                behind=behind[name],
                dominated_by=dominator(name, points),
            )
            for rank, name in enumerate(ranked, start=1)
        ),
        reference_burdens=_by_name(quantities.burdens[at], Burden, draws),
        compared=float(quantities.fates[at, :, Fate.COMPARED].mean()),
        reference_dominated_by=dominator(reference, points),
    )


def _standing(
    policy: str,
    quantities: _Quantities,
    places: tuple[int, int],
    worth: Estimate[float],
    draws: Draws,
) -> Standing:
    """The unranked standing of the policy at ``places[0]``; the reference is at ``places[1]``."""
    i, at = places
    cost, avoided, fates = quantities.cost[i], quantities.loss_avoided[i], quantities.fates[i]

    def estimate(values: F8) -> Estimate[float]:
        return over_paths(values, draws).at()

    def fate_ratio(part: Fate, whole: Fate) -> Estimate[float]:
        return _ratio(fates[:, part], fates[:, whole], draws)

    return Standing(
        policy=policy,
        rank=0,
        worth=worth,
        cost=estimate(cost),
        loss_avoided=estimate(avoided),
        net=estimate(avoided - cost),
        behind=Estimate(0.0),
        dominated_by=None,
        fates=_by_name(fates, Fate, draws),
        fate_balances=_by_name(quantities.fate_balance[i], Fate, draws),
        burdens=_by_name(quantities.burdens[i] - quantities.burdens[at], Burden, draws),
        cost_per_saved=_ratio(cost, net_saved(fates), draws),
        free_rider_share=fate_ratio(Fate.FREE_RIDER, Fate.RELIEVED),
        kicked_can_index=fate_ratio(Fate.RETURNED, Fate.PREVENTED),
    )


def _ratio(numerator: F8, denominator: F8, draws: Draws) -> Estimate[float]:
    """Ratio of the means of two arrays (paths,)."""
    return ratio_over_paths(numerator, denominator, draws).at()


def _by_name(
    values: F8, kinds: type[Fate] | type[Burden], draws: Draws
) -> Mapping[str, Estimate[float]]:
    """An estimate for each column of ``values`` (paths, kinds)."""
    found = _estimates(values, draws)
    return {kind.name.lower(): found[kind] for kind in kinds}


def _estimates(values: F8, draws: Draws) -> list[Estimate[float]]:
    """Mean and interval of each column of ``values`` (paths, columns)."""
    found = over_paths(values, draws)
    return [found.at(column) for column in range(values.shape[1])]


def dominator(policy: str, points: Mapping[str, tuple[float, float]]) -> str | None:
    """The first of ``points`` (cost, loss avoided) that dominates ``policy``'s, or None.

    One dominates another if it costs no more and avoids no less, one of the two strictly.
    """
    cost, avoided = points[policy]
    for name, (other_cost, other_avoided) in points.items():
        no_worse = other_cost <= cost and other_avoided >= avoided
        if no_worse and (other_cost, other_avoided) != (cost, avoided):
            return name
    return None
