"""What explanations simulate is counted before the first path, and is about what they take."""

import numpy as np

from simulator.explain.emulate_question import ask_emulators
from simulator.explain.reverse_question import LOOKS, ask_reverse
from simulator.explain.search_question import ask_searches
from simulator.explain.work import work_of
from simulator.needs import Beside
from simulator.notebook import build_request
from simulator.sensitivity.best import FINALISTS, Plan, Round, Seen, most_rounds, search
from simulator.settings import (
    EmulateQuestions,
    EmulateSettings,
    ExplainSettings,
    ReverseQuestions,
    ReverseSettings,
    SearchQuestions,
    SearchSettings,
)


def counted(**changes: object) -> tuple[Beside, ...]:
    asked = {
        "scenarios": ["baseline", "downturn"],
        "policies": ["grace_period"],
        "paths": 50,
        "runoff_months": 12,
        "borrowers": 2_000,
        "provision": (),
    }
    request = build_request(**{**asked, **changes})  # type: ignore[arg-type]
    return work_of(request, ask_reverse(request), ask_emulators(request), ask_searches(request))


def test_a_run_that_explains_nothing_has_nothing_beside() -> None:
    assert counted() == ()


def test_every_explanation_is_counted_in_paths_of_one_policy() -> None:
    explain = ExplainSettings(causes=True, against="baseline", paths=20, underwriting=True)
    causes, scenarios, underwriting = counted(sections={"explain": explain})
    assert causes.paths == 2**7 * 20 * 2
    assert scenarios.paths == 2**6 * 20
    assert underwriting.paths == 3 * 2 * 50
    two = {"points": 16, "paths": 10, "policy": "grace_period"}
    emulated = EmulateQuestions({"grace": EmulateSettings(fields={"months": (1, 4)}, **two)})
    (grace,) = counted(sections={"emulate": emulated})
    assert (grace.words, grace.paths, grace.settling) == ("to emulate grace", 17 * 2 * 10, 0.0)
    anew = EmulateQuestions({"p": EmulateSettings(parameters={"finding_rate": (0.1, 0.3)}, **two)})
    (parameters,) = counted(sections={"emulate": anew})
    assert parameters.settling > 17 * 1e4
    questions = ReverseQuestions({"double": ReverseSettings(times_scenario=2.0, paths=40)})
    (double,) = counted(sections={"reverse": questions})
    assert double.paths == 3 * 50 + LOOKS * 40
    asked = SearchSettings(policy="grace_period", fields={"months": (1, 4)}, confirm_paths=100)
    (best,) = counted(sections={"search": SearchQuestions({"grace": asked})})
    rounds = most_rounds(32, 8, 50)
    assert best.paths > 2 * (sum(r.settings * r.paths for r in rounds) + 5 * 100)
    assert best.held == 2 * max(5 * 100, *((1 + min(r.settings, 16)) * r.paths for r in rounds))


def test_a_search_takes_no_more_rounds_than_are_counted() -> None:
    class Bowl:
        def allowed(self, points: np.ndarray) -> np.ndarray:
            return points

        def look(self, points: np.ndarray, paths: int) -> Seen:
            return Seen(-((points - 0.3) ** 2).sum(axis=1), np.empty((len(points), 0)))

    taken: list[Round] = []
    found = search(Bowl(), Plan(32, 8, 50, 1, np.array([0.5, 0.5])), taken.append)
    assert len(found.finalists) == FINALISTS
    most = most_rounds(32, 8, 50)
    assert len(taken) == len(most)
    for one, other in zip(taken, most, strict=True):
        assert one.settings <= other.settings
        assert one.paths == other.paths
