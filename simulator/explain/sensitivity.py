"""Which parameters move a figure: Morris on the catalogue, then a quadratic of the largest.

Small runs of the same request with one seed: two differ by their parameters alone (common random
numbers). Equations: docs/model.md, section 14.9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from simulator.catalogue import catalogue
from simulator.explain.assumptions import side_by_side, with_changes
from simulator.explain.scored_runs import figure_in, figures_of, needs_standards
from simulator.explain.screening import ends_of
from simulator.explain.sensitivity_question import SECTION, sensitivity_of
from simulator.explain.whole_metric import whole_metric
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cases import outlooks_of
from simulator.results.metrics import metric_of
from simulator.results.sensitivity import DUMMY, Sensitive
from simulator.results.table import unit_in
from simulator.sensitivity.morris import Effects, elementary_effects, radial_design
from simulator.sensitivity.quadratic import Quadratic, fit_quadratic
from simulator.sensitivity.variance import VarianceShares, variance_shares
from simulator.settings import SensitivitySettings
from simulator.simulated import Simulated
from simulator.simulating import simulate_request

F8 = NDArray[np.float64]
Ends = tuple[float, float]

N_DUMMIES: Final = 5
SURE: Final = 2.0
"""Standard errors from which an elementary effect is distinguished from noise over paths."""
LEAST_DONORS: Final = 2_000
DONORS_EACH: Final = 4
"""Settled donors of a small book, for each borrower (assumption): they are settled at every
point, which takes most of its time."""
POWER: Final = 10
"""Points of the shares of variance are 2 to this power."""
LEAST_FIT: Final = 0.5
"""Share of planned points that must have been allowed for a quadratic."""
_SWITCHES: Final = "strength_"


def explain_sensitivity(
    request: ExperimentRequest, simulated: Simulated, watch: Progress
) -> tuple[Sensitive, ...]:
    """Rows of sensitivity.csv; none unless ``sensitivity`` asks for them."""
    settings = sensitivity_of(request)
    if settings is None:
        return ()
    study = _Study.of(request, simulated, settings)
    names, r = list(study.ends), settings.trajectories
    design = radial_design(r, len(names), request.run.seed % 2**32)
    watch.start(r * (len(names) + 1), "sensitivity: every parameter alone")
    values = study.figures(names, design.reshape(-1, len(names)), watch)
    watch.finish()
    effects = elementary_effects(design, values.reshape(r, len(names) + 1, -1))
    shares = study.shares(names, effects, watch) if settings.method == "sobol" else {}
    return _rows(study, names, effects, shares)


@dataclass(frozen=True, slots=True)
class _Shared:
    """Shares of one input of the quadratic, its error, and the largest share of a dummy."""

    first: float
    total: float
    shapley: float
    error: float
    noise: float


@dataclass(frozen=True, slots=True)
class _Study:
    """The small request, the figure, and the range of every parameter that is moved."""

    request: ExperimentRequest
    settings: SensitivitySettings
    metric: str
    unit: str
    ends: Mapping[str, Ends]

    @staticmethod
    def of(
        request: ExperimentRequest, simulated: Simulated, settings: SensitivitySettings
    ) -> "_Study":
        """One scenario under the current policy, few borrowers and paths."""
        metric = whole_metric(SECTION, settings.metric, request.run, request.provision)
        found = metric_of(metric)
        scenario = settings.scenario or next(iter(request.scenarios))
        size = min(settings.borrowers, request.book.borrowers or settings.borrowers)
        run = request.run.model_copy(
            update={
                "paths": settings.paths,
                "draws_per_path": 1,
                "runoff_months": simulated.output.timeline.runoff_months,
                "history_borrowers": 0,
                "book_draws": 0,
                "precision": {},
            }
        )
        first = next(iter(request.all_policies))
        small = replace(
            request,
            book=request.book.model_copy(
                update={
                    "borrowers": size,
                    "donors": min(request.book.donors, max(LEAST_DONORS, DONORS_EACH * size)),
                }
            ),
            run=run,
            scenarios={scenario: request.scenarios[scenario]},
            policies={n: p for n, p in request.policies.items() if n == first},
            provision=request.provision if needs_standards(metric) else {},
            break_even={},
            sections={},
        )
        ends = {}
        for name, spec in catalogue().items():
            span, chosen = ends_of(spec, request.parameters[name]), settings.parameters
            wanted = name in chosen if chosen else not name.startswith(_SWITCHES)
            if wanted and span is not None:
                ends[name] = span
        unit = unit_in(simulated.output.book.currency, "" if found is None else found.unit)
        return _Study(small, settings, metric, unit, ends)

    def figures(self, names: Sequence[str], points: F8, watch: Progress) -> F8:
        """The figure by path at ``points`` (n, d) of [0, 1], (n, paths); NaN where forbidden."""
        changes = [
            {name: self.value(name, t) for name, t in zip(names, point, strict=True)}
            for point in points
        ]
        found = side_by_side(self.request, changes, partial(_figure, self.metric), watch)
        unknown = np.full(self.request.run.paths, np.nan)
        return np.array([unknown if one is None else one for one in found])

    def value(self, name: str, share: float) -> float:
        """A parameter at ``share`` of its range: in proportion where both ends are above 0."""
        low, high = self.ends[name]
        if low > 0.0 and high > 0.0:
            return float(min(max(low * (high / low) ** share, low), high))
        return float(low + share * (high - low))

    def shares(self, names: Sequence[str], effects: Effects, watch: Progress) -> dict[str, _Shared]:
        """Shares of the largest parameters and of dummies; none where too few points are known."""
        order = np.argsort(-np.nan_to_num(effects.size), kind="stable")
        kept = [names[i] for i in order[: self.settings.keep] if effects.size[i] > 0.0]
        if not kept:
            return {}
        d = len(kept) + N_DUMMIES
        sampler = qmc.Sobol(d, rng=self.request.run.seed % 2**32)
        n = self.settings.points
        points = sampler.random_base2((n - 1).bit_length())[:n]
        watch.start(len(points), "sensitivity: a quadratic of the largest")
        by_path = self.figures(kept, points[:, : len(kept)], watch)
        watch.finish()
        known = np.isfinite(by_path).all(axis=1)
        if known.mean() < LEAST_FIT:
            return {}
        dummies = range(len(kept), d)
        fitted = fit_quadratic(points[known], by_path[known].mean(axis=1), alone=dummies)
        return _shared(fitted, kept)


def _figure(metric: str, request: ExperimentRequest, changes: Mapping[str, float]) -> F8:
    """The figure by path, of the request with other parameters."""
    output = simulate_request(with_changes(request, changes)).output
    with_standards = needs_standards(metric)
    dataset = figures_of(output, outlooks_of(output), with_standards=with_standards)
    return figure_in(dataset, metric).by_path


def _shared(fitted: Quadratic, kept: Sequence[str]) -> dict[str, _Shared]:
    """Shares of the quadratic's inputs by name.

    Dummies meet no other input, so their variance is their own terms' and stands beside the rest.
    """
    n = len(kept)

    def without_dummies(points: F8) -> F8:
        middle = np.full((len(points), N_DUMMIES), 0.5)
        return fitted(np.concatenate([points, middle], axis=1))

    found = variance_shares(without_dummies, n, POWER)
    alone = [fitted.variance_of(n + place) for place in range(N_DUMMIES)]
    whole = found.variance + sum(alone)
    if whole <= 0.0:
        return {}
    part, noise = found.variance / whole, max(alone) / whole
    shares = {
        name: _Shared(*_at(found, place, part), fitted.error, noise)
        for place, name in enumerate(kept)
    }
    for place, mine in enumerate(alone):
        shares[f"{DUMMY}{place + 1}"] = _Shared(*(mine / whole,) * 3, fitted.error, noise)
    return shares


def _at(found: VarianceShares, place: int, part: float) -> tuple[float, float, float]:
    """Shares of one input, of which ``found`` is ``part`` of the whole variance."""
    first, total, shapley = (float(s[place]) for s in (found.first, found.total, found.shapley))
    return part * first, part * total, part * shapley


def _rows(
    study: _Study, names: Sequence[str], effects: Effects, shares: Mapping[str, _Shared]
) -> tuple[Sensitive, ...]:
    """The largest first, dummies last; by Shapley shares where they are known."""
    none = _Shared(*(float("nan"),) * 4, noise=float("inf"))
    rows = []
    for place, name in enumerate(names):
        mine = shares.get(name, none)
        size, se = float(effects.size[place]), float(effects.se[place])
        beyond = size > SURE * se and (name not in shares or mine.total > mine.noise)
        low, high = study.ends[name]
        rows.append(
            Sensitive(
                name, low, study.request.parameters[name], high, study.metric, study.unit,
                size, se, float(effects.mean[place]), float(effects.scatter[place]),
                mine.first, mine.total, mine.shapley, mine.error, float(beyond),
            )
        )  # fmt: skip
    for name, mine in shares.items():
        if name.startswith(DUMMY):
            rows.append(
                Sensitive(
                    name, 0.0, 0.5, 1.0, study.metric, study.unit, 0.0, 0.0, 0.0, 0.0,
                    mine.first, mine.total, mine.shapley, mine.error, 0.0,
                )
            )  # fmt: skip
    rows.sort(
        key=lambda row: (row.parameter.startswith(DUMMY), -np.nan_to_num(row.shapley), -row.size)
    )
    return tuple(rows)
