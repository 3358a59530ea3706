"""Emulators on the engine: the run's own figures are told, other points lie in the band."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator import UserError, stress_test
from simulator.experiment import run_experiment
from simulator.explain.emulate import Points, design_of
from simulator.explain.emulate_question import ask_emulators
from simulator.explain.varied_runs import VariedRuns
from simulator.notebook import build_request
from simulator.results.emulation import EmulatorAnswer, emulate_text
from simulator.sensitivity.emulator import fit_emulator
from simulator.settings import EmulateQuestions, EmulateSettings
from simulator.simulating import simulate_request
from tests.explain.quick_book import QUICK

SMALL = {
    "book": QUICK,
    "paths": 6,
    "months": 6,
    "runoff_months": 0,
    "provision": (),
    "book_draws": 0,
    "scenarios": ["downturn"],
    "policies": ["grace_period"],
}
ASKED = {
    "policy": "grace_period",
    "severity": (0.0, 2.0),
    "fields": {"months": (1, 4)},
    "points": 24,
    "paths": 6,
}


def asked(**keys) -> EmulateQuestions:
    return EmulateQuestions({"grace": EmulateSettings(**{**ASKED, **keys})})


@cache
def answered() -> tuple[object, EmulatorAnswer]:
    run = stress_test(**SMALL, sections={"emulate": asked()})
    (answer,) = run.emulators
    return run, answer


def test_at_the_runs_setting_all_paths_give_the_runs_figures():
    run, answer = answered()
    change, loss = answer.figures
    assert (change.metric, loss.metric) == ("delta_net_result", "credit_loss")
    for figure in answer.figures:
        assert figure.simulated == pytest.approx(figure.usual, rel=1e-9)
        told = answer.told(figure, [one.setting for one in answer.inputs])
        assert told.inside
        assert told.low <= figure.usual <= told.high
    found = run.compare("grace_period", "status_quo", "net_result")
    assert change.usual == pytest.approx(found.mean, rel=1e-9)


def test_a_run_at_a_point_lies_within_the_band_mostly():
    """Four points that were not fitted to, two figures each."""
    _, answer = answered()
    inside = []
    for severity, months in ((0.4, 2), (1.3, 3), (1.7, 4), (0.8, 1)):
        run = point_run(severity, months)
        for figure, mean in zip(answer.figures, run, strict=True):
            told = answer.told(figure, [severity, months])
            inside.append(told.low <= mean <= told.high)
    assert sum(inside) >= 6


def point_run(severity: float, months: int) -> tuple[float, float]:
    """Change of the net result and credit loss, from a run of its own with that setting."""
    request = build_request(**SMALL)
    name = "downturn"
    scenario = request.scenarios[name].model_copy(update={"severity": severity})
    policy = request.policies["grace_period"].model_copy(update={"months": months})
    request = replace(
        request,
        scenarios={name: scenario},
        policies={**request.policies, "grace_period": policy},
        sections={},
    )
    run = run_experiment(request)
    (loss,) = [
        row.mean
        for row in run.summary
        if (row.policy, row.metric, row.month) == ("grace_period", "credit_loss", None)
    ]
    return run.compare("grace_period", "status_quo", "net_result").mean, loss


def test_parameters_build_the_book_anew_and_move_the_figure():
    settings = asked(
        policy="status_quo",
        severity=None,
        fields={},
        parameters={"finding_rate": (0.2, 0.6)},
        points=16,
        metrics=("credit_loss",),
    )
    run = stress_test(**{**SMALL, "policies": []}, sections={"emulate": settings})
    (answer,) = run.emulators
    (figure,) = answer.figures
    low, high = (answer.told(figure, [rate]).mean for rate in (0.22, 0.58))
    assert low > high  # who finds work sooner loses less


def test_an_emulator_is_kept_moves_no_other_figure_and_is_read_again():
    run, answer = answered()
    assert EmulatorAnswer.model_validate_json(answer.model_dump_json()) == answer
    assert '"coefficients"' in emulate_text(run.emulators)
    plain = stress_test(**SMALL)
    assert plain.emulators == ()
    assert repr(plain.summary) == repr(run.summary)
    assert np.array(answer.inverse).shape == (6, 6)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"policy": "grace_perio"}, "emulate.grace.policy"),
        ({"policy": "status_quo"}, "name another policy"),
        ({"severity": (0.0, 9.0)}, "severity"),
        ({"fields": {"month": (1, 2)}}, "did you mean months"),
        ({"parameters": {"finding_rate": (0.1, 3.0)}}, "finding_rate must be in"),
        ({"metrics": ("net_los",)}, "emulate.grace.metric"),
        ({"scenario": "baseline"}, "emulate.grace.scenario"),
        ({"points": 16, "fields": {"months": (1, 4), "awareness": (0.1, 0.9)}}, "at least 18"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_the_run(keys, said):
    with pytest.raises(UserError, match=said):
        stress_test(**SMALL, sections={"emulate": asked(**keys)})


def test_something_must_move_and_not_too_much():
    for keys in ({"severity": None, "fields": {}}, {"severity": (2.0, 1.0)}):
        with pytest.raises(ValueError, match=r"needs 1 to 6|rising"):
            asked(**keys)


@pytest.mark.slow
def test_the_band_holds_points_that_were_held_out():
    """100 splits of 128 points of a book of 500, half fitted, half held out; 95 % are promised."""
    book = QUICK.model_copy(update={"borrowers": 500})
    keys = {"fields": {"months": (1, 4), "take_up_if_need": (0.2, 1.0)}, "points": 64}
    sections = {"emulate": asked(**keys)}
    request = build_request(**{**SMALL, "book": book, "paths": 8, "sections": sections})
    (question,) = ask_emulators(request)
    question = replace(
        question, settings=question.settings.model_copy(update={"paths": 8, "points": 128})
    )
    simulated = simulate_request(request)
    runs = VariedRuns.of(request, simulated, ("downturn",), question.metrics, lambda n: None)
    points = Points(question, runs)
    shares = design_of(question, request.run.seed)
    values = np.array([points.figures(point) for point in shares])
    random, held = np.random.default_rng(1), []
    for _ in range(100):
        fitted, out = np.split(random.permutation(len(shares)), 2)
        for column in values.T:
            found = fit_emulator(shares[fitted], column[fitted])
            missed = np.abs(column[out] - found(shares[out]))
            held.append((missed <= found.half_band(shares[out]))[found.is_inside(shares[out])])
    coverage = np.concatenate(held).mean()
    print(f"held-out coverage {coverage:.3f}")
    assert 0.90 <= coverage <= 0.98
