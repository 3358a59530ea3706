"""Paths until a figure is known well enough: the steps, when they end, and what is said."""

import re
from functools import cache

import numpy as np
import pytest

from simulator.notebook import stress_test
from simulator.planning import first_look, most_paths, plan_lines
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.kit.precision_words import precision_lines
from simulator.results.intervals import over_paths
from simulator.results.precision import (
    Reached,
    book_floor,
    informative,
    is_enough,
    look,
    next_paths,
    would_do,
)
from simulator.results.run import Run
from simulator.results.sampling import LEAST_DRAWS, Draws
from simulator.settings import Precision, RunSettings
from simulator.validation import UserError


def figure(half: float, wanted: float = 1.0, informative_draws: int = 50) -> Reached:
    return Reached("calm", "status_quo", "net_loss", 10.0, half, wanted, informative_draws)


@pytest.mark.parametrize(
    ("half", "paths", "expected"),
    [
        (1.01, 100, 125),  # at least a quarter more
        (1.2, 100, 159),  # 1.1 * 1.2^2
        (3.0, 100, 200),  # at most twice
        (3.0, 4_000, 5_000),  # at most the most
    ],
)
def test_steps_follow_the_last_look(half: float, paths: int, expected: int) -> None:
    assert next_paths([figure(0.5), figure(half)], paths, 5_000, 1) == expected


def test_steps_are_whole_draws_of_the_economy() -> None:
    assert next_paths([figure(1.01)], 100, 5_000, 4) == 128
    run = RunSettings(paths=10, draws_per_path=4 - 2, precision={"net_loss": 0.1}, most_paths=77)
    assert first_look(run).paths == 50
    assert most_paths(run) == 76
    assert first_look(RunSettings(paths=7)).paths == most_paths(RunSettings(paths=7)) == 7


def test_all_figures_must_reach_it_by_enough_draws() -> None:
    assert is_enough([figure(0.9), figure(1.0)])
    assert not is_enough([figure(0.9), figure(1.1)])
    assert not is_enough([figure(0.9, informative_draws=LEAST_DRAWS - 1)])
    assert is_enough([figure(0.0, informative_draws=0)]), "a constant needs no paths"
    assert is_enough([figure(5.0, wanted=float("nan"))]), "a change that may be none is not judged"
    # Too few draws ask for more paths though the interval is narrow.
    assert next_paths([figure(0.1, informative_draws=3)], 100, 5_000, 1) == 125


def test_draws_that_differ_from_the_most_common_value_tell_something() -> None:
    assert informative(np.array([0.0, 0.0, 0.0, 2.0, 3.0])) == 2
    assert informative(np.arange(40.0)) == 40
    assert informative(np.full(40, 7.0)) == 0


def test_what_would_do_grows_with_the_square() -> None:
    assert would_do(figure(3.0), 5_000) == 45_000
    assert would_do(figure(1.55), 5_000) == 13_000  # two figures, rounded up
    assert would_do(figure(0.9), 5_000) == 0
    assert would_do(figure(0.5, informative_draws=10), 100) == 300


def test_a_precision_is_a_share_or_absolute() -> None:
    assert Precision.model_validate(0.02).of(-200.0) == pytest.approx(4.0)
    assert Precision.model_validate({"absolute": 3.0}).of(-200.0) == 3.0
    for bad in (0.0, -1.0, 1.5, {"absolute": 0}, {}, {"absolute": 1.0, "relative": 0.1}):
        with pytest.raises(ValueError, match=r"precision|Input|must be"):
            RunSettings.model_validate({"precision": {"net_loss": bad}})
    with pytest.raises(
        ValueError, match=r"run\.most_paths must be at least run\.paths; got 60 and 70"
    ):
        RunSettings(paths=70, most_paths=60, precision={"net_loss": 0.1})


def small(**changes: object) -> Run:
    settings: dict[str, object] = {
        "scenarios": ["downturn"],
        "policies": ["grace_period"],
        "provision": ("cas22",),
        "paths": 10,
        "months": 4,
        "runoff_months": 4,
        "borrowers": 120,
        "book_draws": 0,
    }
    return stress_test(**{**settings, **changes})  # type: ignore[arg-type]


@cache
def stopped() -> Run:
    return small(precision={"interest_accrued": 0.004, "net_loss": {"absolute": 20_000.0}})


def test_a_stopped_run_is_a_plain_run_of_as_many_paths() -> None:
    run = stopped()
    n_paths = run.dataset.sizes["path"]
    assert n_paths > 62, "more than one look"
    plain = small(paths=n_paths)
    assert set(run.dataset.variables) == set(plain.dataset.variables)
    for name, variable in plain.dataset.variables.items():
        np.testing.assert_array_equal(run.dataset[name].values, variable.values, err_msg=str(name))
    np.testing.assert_equal(run.summary, plain.summary)


def test_it_stops_at_the_first_look_that_is_good_enough() -> None:
    run = stopped()
    asked = {name: Precision.model_validate(v) for name, v in _asked(run).items()}
    assert is_enough(look(run.dataset, asked))
    figures = run.precision["figures"]
    assert {item["metric"]: item["reached"] for item in figures} == {
        "interest_accrued": True,
        "net_loss": True,
    }
    row = next(
        r
        for r in run.summary
        if r[:3] == ("downturn", figures[0]["policy"], "interest_accrued") and r.month is None
    )
    assert figures[0]["half"] == pytest.approx(row.ci_high - row.mean)
    again = small(precision={"interest_accrued": 0.004, "net_loss": {"absolute": 20_000.0}})
    assert again.dataset.sizes == run.dataset.sizes


def _asked(run: Run) -> dict[str, object]:
    return {"interest_accrued": 0.004, "net_loss": {"absolute": 20_000.0}}


def test_the_most_paths_end_it_and_what_would_do_is_told() -> None:
    run = small(precision={"net_loss": 0.01, "delta_value": 0.5}, most_paths=80)
    assert run.dataset.sizes["path"] == 80
    lines = list(precision_lines(ReportData(run)))
    pattern = r"net_loss: not reached: ±\d+\s% at 80 paths, ±1.0\s% asked; about [\d,]+ would do \("
    assert any(re.match(pattern, line) for line in lines)
    assert any(line.startswith("delta_value: not judged: ") for line in lines)
    with speaking("zh"):
        assert all("not" not in line for line in precision_lines(ReportData(run)))


def test_what_was_reached_is_told_with_the_paths() -> None:
    (line, *_) = precision_lines(ReportData(stopped()))
    n_paths = stopped().dataset.sizes["path"]
    assert line.startswith("interest_accrued: ±0.")
    assert f" with {n_paths} paths (" in line


def test_the_book_sets_a_floor_that_paths_cannot_lower() -> None:
    run = small(book_draws=6, precision={"lifetime_interest_accrued": 0.004}, most_paths=70)
    (item,) = run.precision["figures"]
    found = Reached("downturn", item["policy"], item["metric"], item["mean"], 0.0, 1.0, 50)
    assert item["half_left_by_the_book"] == pytest.approx(book_floor(run.summary, found))
    assert item["half_left_by_the_book"] > item["wanted"]
    assert "more borrowers narrow it" in next(precision_lines(ReportData(run)))


def test_an_unknown_figure_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"run\.precision must be one of .*net_loss.*; got net_los"):
        small(precision={"net_los": 0.1})


def test_the_plan_is_told_before_the_first_path() -> None:
    run = RunSettings(paths=20, precision={"net_loss": 0.02, "value": {"absolute": 5.0}})
    assert plan_lines(first_look(run)) == [
        "precision asked: net_loss ±2 %, value ±5; first look after 50 paths, at most 5,000"
    ]
    assert plan_lines(RunSettings()) == []


def test_intervals_hold_what_they_say_where_a_run_ends_by_itself() -> None:
    """Figures with a deviation of a fifth, looked at until they are within 2 %."""
    repetitions, covered, sizes = 500, 0, []
    for seed in range(repetitions):
        values = np.random.default_rng(seed).normal(10.0, 2.0, 5_000)
        paths = 50
        while True:
            found = over_paths(values[:paths], Draws(1)).at()
            mean, half = found.mean, found.ci_high - found.mean
            seen = Reached("calm", "status_quo", "net_loss", mean, half, 0.02 * mean, paths)
            if is_enough([seen]):
                break
            paths = next_paths([seen], paths, 5_000, 1)
        covered += abs(mean - 10.0) <= half
        sizes.append(paths)
    error = np.sqrt(0.95 * 0.05 / repetitions)
    assert 0.94 - 4.0 * error <= covered / repetitions <= 0.95 + 4.0 * error
    # Half width 1.97 * 2 / sqrt(n) = .2 takes 388 paths; steps go some past it.
    assert 388 <= np.median(sizes) <= 1.25 * 1.1 * 388
