"""What the explanations of a run simulate beside it, counted before its first path.

Numbers of paths are those that each explanation takes, at most where it may end sooner.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from simulator.catalogue import catalogue
from simulator.explain.assumption_list import SECTION
from simulator.explain.cause_question import N_GROUPS, check_causes
from simulator.explain.emulate_question import EmulateQuestion
from simulator.explain.reverse_question import LOOKS, MOST_EXPLORED, ReverseQuestion
from simulator.explain.search_question import AT_ONCE, DRAW_BORROWERS, DRAW_PATHS, SearchQuestion
from simulator.explain.sensitivity_question import sensitivity_of
from simulator.explain.whole_metric import LIFETIME, whole_metric
from simulator.needs import SHADOW_POLICIES, Beside
from simulator.request import ExperimentRequest
from simulator.sensitivity.best import FINALISTS, MOST_PARETO, most_rounds
from simulator.settings import AssumptionsSettings, ExplainSettings
from simulator.vocabulary import REFERENCE

PARTS: Final = 6
"""In which a scenario differs from another, about (assumption)."""
OF_RUNS: Final = 4
"""Parts in which two runs may differ: book, parameters, scenario and policy."""
TRIED_POLICIES: Final = 4
"""That assumptions are tried on, the current one among them."""


def work_of(
    request: ExperimentRequest,
    reverse: Sequence[ReverseQuestion],
    emulated: Sequence[EmulateQuestion],
    searched: Sequence[SearchQuestion],
) -> tuple[Beside, ...]:
    """An entry for each explanation that ``request`` asks for, in the order in which they come."""
    paths = request.run.paths
    found = [_reverse(question, paths) for question in reverse]
    found += [_emulator(question, request) for question in emulated]
    found += [_search(question, request) for question in searched]
    found += _causes(request)
    if request.section("explain", ExplainSettings).underwriting:
        shadows = SHADOW_POLICIES * len(request.scenarios)
        found.append(Beside("to explain underwriting", shadows * paths))
    return (*found, *_small_runs(request))


def _reverse(question: ReverseQuestion, paths: int) -> Beside:
    """The exploring paths, the looks, and the point simulated twice."""
    wide = min(MOST_EXPLORED, max(paths, 20))
    total = 3 * wide + LOOKS * min(question.settings.paths, max(paths, 20))
    return Beside(f"to answer reverse stress {question.name}", total, wide)


def _emulator(question: EmulateQuestion, request: ExperimentRequest) -> Beside:
    """Every point and the run's own setting; with parameters each has a book of its own."""
    policies = 1 if question.settings.policy == REFERENCE else 2
    runs, each = question.settings.points + 1, policies * min(
        question.settings.paths, request.run.paths
    )  # fmt: skip
    settling = runs * _settling(request) if question.settings.parameters else 0.0
    return Beside(f"to emulate {question.name}", runs * each, each, settling=settling)


def _search(question: SearchQuestion, request: ExperimentRequest) -> Beside:
    """Looks with a current policy beside every few settings, finalists, draws of assumptions."""
    settings, n = question.settings, len(question.scenarios)
    rounds = most_rounds(settings.points, settings.paths, request.run.paths)
    looked = sum((r.settings + -(-r.settings // AT_ONCE)) * r.paths for r in rounds)
    told = 2 + FINALISTS + (MOST_PARETO if settings.subject_to else 0)
    confirmed = told * settings.confirm_paths
    listed = request.section(SECTION, AssumptionsSettings).tried
    draws = settings.parameter_draws + 1 if listed and settings.parameter_draws else 0
    small = DRAW_BORROWERS / max(request.book.borrowers or DRAW_BORROWERS, DRAW_BORROWERS)
    drawn = draws * DRAW_PATHS * (1 + FINALISTS) * small
    held = max(confirmed, *((1 + min(r.settings, AT_ONCE)) * r.paths for r in rounds))
    return Beside(
        f"to search {question.name}",
        n * (looked + confirmed + drawn),
        n * held,
        settling=draws * _settling(request, DRAW_BORROWERS),
    )


def _causes(request: ExperimentRequest) -> Iterator[Beside]:
    """Coalitions of causes, of parts of a scenario, or of parts of two runs."""
    settings = check_causes(request)
    if not settings.causes and settings.against is None:
        return
    metric = whole_metric("explain", settings.metric, request.run, request.provision)
    further, n = metric.startswith(LIFETIME) or metric == "value", len(request.scenarios)
    paths = min(settings.paths, request.run.paths)
    if settings.causes:
        yield Beside("to explain causes", 2**N_GROUPS * paths * n, paths * n, run_off=further)
    if request.earlier is not None:
        runs = 2**OF_RUNS
        yield Beside(
            "to explain the earlier run",
            runs * paths * n,
            paths * n,
            settling=runs * _settling(request),
        )
    elif settings.against is not None:
        yield Beside("to explain scenarios", 2**PARTS * paths * (n - 1), paths, run_off=further)


def _small_runs(request: ExperimentRequest) -> Iterator[Beside]:
    """Sensitivity and trials of assumptions: small books, each built anew."""
    n = len(request.scenarios)
    asked = sensitivity_of(request)
    if asked is not None:
        moved = len(asked.parameters) or sum(
            not name.startswith("strength_") for name in catalogue()
        )
        runs = asked.trajectories * (moved + 1) + asked.points * (asked.method == "sobol")
        yield Beside(
            "to tell the sensitivity",
            runs * asked.paths,
            borrowers=asked.borrowers,
            settling=runs * _settling(request, asked.borrowers),
        )
    listed = request.section(SECTION, AssumptionsSettings)
    if listed.tried and request.run.has_runoff and len(request.all_policies) > 1:
        runs = 2 * len(listed.tried) + 2
        policies = min(TRIED_POLICIES, len(request.all_policies))
        yield Beside(
            "to try assumptions",
            runs * min(listed.paths, request.run.paths) * policies * n,
            borrowers=listed.borrowers,
            settling=runs * _settling(request),
        )


def _settling(request: ExperimentRequest, borrowers: int | None = None) -> float:
    """Borrower-months that the donors of a synthetic book take; four a borrower of a small one."""
    book = request.book
    if book.kind != "synthetic":
        return 0.0
    donors = book.donors if borrowers is None else min(book.donors, max(2_000, 4 * borrowers))
    return float(donors * book.burn_in_months)
