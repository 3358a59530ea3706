"""Reverse stress of small runs: the limit is met by simulation, and the scenario can be run."""

import json
from functools import cache

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from simulator import UserError, stress_test
from simulator.cli.app import main
from simulator.results.reverse import stored_reverse
from simulator.results.run import Run
from simulator.settings import ReverseQuestions, ReverseSettings

SMALL = {
    "borrowers": 800,
    "paths": 20,
    "months": 9,
    "runoff_months": 0,
    "provision": (),
    "book_draws": 0,
    "scenarios": ["downturn"],
    "policies": [],
}


def question(**keys) -> ReverseQuestions:
    keys = {"metric": "credit_loss", "paths": 20, **keys}
    return ReverseQuestions({"asked": ReverseSettings(**keys)})


@cache
def answered(**keys):
    run = stress_test(**SMALL, sections={"reverse": question(**keys)})
    (answer,) = run.reverse
    return run, answer


def test_the_simulated_figure_lies_within_a_hundredth_of_the_limit():
    run, answer = answered(times_scenario=1.4)
    usual = next(r.mean for r in run.summary if r.metric == "credit_loss" and r.month is None)
    assert answer.outcome == "reached"
    assert answer.limit == pytest.approx(1.4 * answer.usual)
    assert answer.usual == pytest.approx(usual, rel=1e-12)
    assert answer.reached == pytest.approx(answer.limit, rel=0.01)


def test_shares_add_up_and_have_intervals():
    _, answer = answered(times_scenario=1.4)
    assert sum(answer.contributions.values()) == pytest.approx(1.0, abs=1e-12)
    for cause, share in answer.contributions.items():
        low, high = answer.contributions_ci[cause]
        assert low - 0.02 <= share <= high + 0.02
    low, high = answer.distance_ci
    assert low < answer.distance < high
    assert sum(s.score**2 for s in answer.scores) == pytest.approx(answer.distance**2)


def test_wider_causes_come_nearer_and_the_loss_rises_with_distance():
    _, answer = answered(times_scenario=1.4)
    assert answer.double_spread.distance < answer.distance < answer.half_spread.distance
    values = [one.value for one in answer.at_distance]
    assert values == sorted(values)


def test_nothing_else_of_the_run_moves_and_it_reads_back(tmp_path):
    run, answer = answered(times_scenario=1.4)
    plain = stress_test(**SMALL)
    assert plain.reverse == ()
    assert repr(plain.summary) == repr(run.summary)
    assert stored_reverse(run.dataset) == (answer,)


def test_beyond_the_furthest_it_says_so_and_five_deviations_have_no_probability():
    _, answer = answered(times_scenario=50.0, factors=("willingness",), furthest=5.5)
    assert answer.outcome == "beyond"
    assert answer.distance == pytest.approx(5.5)
    assert answer.reached < answer.limit
    assert answer.likelihood is None
    assert answer.likelihood_words == "beyond 5 sd"


def test_a_limit_that_the_middle_is_past_is_told():
    _, answer = answered(times_scenario=0.5)
    assert answer.outcome == "already"
    assert answer.distance == 0.0
    assert answer.scenario_file is None


def test_less_may_be_worse():
    run, answer = answered(metric="net_result", limit=0.0)
    usual = next(r.mean for r in run.summary if r.metric == "net_result" and r.month is None)
    assert usual > 0.0
    assert answer.outcome in ("reached", "beyond")
    assert answer.reached < answer.usual
    if answer.outcome == "reached":
        assert answer.reached == pytest.approx(0.0, abs=0.01 * answer.usual)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("reverse") / "out"
    words = [
        "run=smoke", "book.borrowers=800", "run.paths=20", "run.months=9", "run.runoff_months=0",
        "provision=[]", "run.book_draws=0", "scenario=[downturn]", "policy=[status_quo]",
        "assumptions=null", "reverse=[half_more_loss]", "reverse.half_more_loss.paths=20",
        "reverse.half_more_loss.times_scenario=1.4",
    ]  # fmt: skip
    assert main(["run", *words, f"hydra.run.dir={place}"]) == 0
    return place, words


def test_the_command_leaves_answers_and_a_scenario_that_meets_the_limit_when_it_is_run(
    folder, tmp_path
):
    place, words = folder
    (answer,) = json.loads((place / "reverse.json").read_text())
    assert {"name", "metric", "limit", "reached", "distance", "contributions"} <= set(answer)
    file = place / answer["scenario_file"]
    settings = yaml.safe_load(file.read_text())
    assert (place / "reverse" / "_macro" / settings["table"]).is_file()
    again = [w for w in words if not w.startswith(("scenario", "reverse"))]
    command = ["run", "--config-dir", str(place / "reverse"), *again]
    command += [f"scenario=[{file.stem}]", f"hydra.run.dir={tmp_path / 'again'}"]
    assert main(command) == 0
    run = Run.read(tmp_path / "again")
    found = next(r.mean for r in run.summary if r.metric == "credit_loss" and r.month is None)
    assert found == pytest.approx(answer["reached"], rel=1e-9)
    assert found == pytest.approx(answer["limit"], rel=0.01)


def test_the_page_and_the_manifest_name_what_was_found(folder):
    place, _ = folder
    page = (place / "report.html").read_text()
    assert "Reverse stress and loss drivers" in page
    assert "standard deviations" in page
    hashes = json.loads((place / "manifest.json").read_text())["outputs_sha256"]
    assert "reverse.json" in hashes
    assert "reverse/scenario/reverse_half_more_loss.yaml" in hashes


def test_an_earlier_answer_goes_with_its_run(folder):
    place, words = folder
    plain = [w for w in words if not w.startswith("reverse")]
    other = place.parent / "other"
    assert main(["run", *words, f"hydra.run.dir={other}"]) == 0
    assert (other / "reverse").is_dir()
    assert main(["run", *plain, f"hydra.run.dir={other}"]) == 0
    assert not (other / "reverse").exists()
    assert not (other / "reverse.json").exists()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"metric": "credit_los"}, "did you mean credit_loss"),
        ({"metric": "lowest_capital_ratio"}, "needs a provisioning standard"),
        ({"metric": "lifetime_credit_loss"}, "needs run.runoff_months"),
        ({"scenario": "epidemic"}, "asked.scenario"),
        ({"policy": "grace_period"}, "asked.policy"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_the_run(keys, said):
    with pytest.raises(UserError, match=said):
        stress_test(**SMALL, sections={"reverse": question(times_scenario=2.0, **keys)})


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"limit": 1.0, "times_scenario": 2.0},
        {"limit": 1.0, "factors": ()},
        {"limit": 1.0, "factors": ("economy", "economy")},
        {"limit": 1.0, "factors": ("economy",), "spread": {"epidemic": 0.1}},
        {"limit": 1.0, "spread": {"epidemic": 1.0}},
        {"limit": 1.0, "timing": {"economy": (1, 2)}},
    ],
)
def test_settings_that_contradict_each_other_are_refused(keys):
    with pytest.raises(ValidationError):
        ReverseSettings(**keys)


def test_too_few_paths_are_refused():
    with pytest.raises(UserError, match=r"run\.paths of at least"):
        stress_test(**{**SMALL, "paths": 4}, sections={"reverse": question(times_scenario=2.0)})


def test_worst_paths_are_told_from_any_run_with_enough_of_them():
    run, _ = answered(times_scenario=1.4)
    rows = {row.feature: row for row in run.worst_tenth}
    assert set(rows) >= {"unemployment_rate", "income_growth", "share_of_work"}
    few = stress_test(**{**SMALL, "paths": 10})
    assert few.worst_tenth == ()
    shares = [row for name, row in rows.items() if name.startswith("share_of_")]
    assert sum(row.usual for row in shares) <= 1.0 + 1e-9
    assert all(np.isfinite(row.distance) for row in shares if row.usual > 0.0)


@pytest.mark.slow
def test_two_seeds_point_the_same_way():
    found = []
    for seed in (1, 2):
        larger = {**SMALL, "borrowers": 4000, "paths": 60, "months": 24, "runoff_months": 12}
        asked = question(metric=None, times_scenario=1.5, paths=40)
        (answer,) = stress_test(**larger, seed=seed, sections={"reverse": asked}).reverse
        assert answer.reached == pytest.approx(answer.limit, rel=0.01)
        found.append(np.array([score.score for score in answer.scores]))
    first, other = found
    assert first @ other / np.linalg.norm(first) / np.linalg.norm(other) > 0.95
