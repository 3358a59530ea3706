"""One rule: what an interval says, who is first, and when a policy is recommended."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from simulator.results.decision import (
    LEAST_DRAWS,
    MOST_PATHS,
    Decision,
    Lack,
    Outcome,
    Verdict,
    decide,
    place,
    verdict,
)
from simulator.results.estimate import Estimate
from simulator.results.summary import SummaryRow
from simulator.settings import DecisionLimits, DecisionSettings

F8 = NDArray[np.float64]
NAN = float("nan")
A, B = Estimate(5.0, -1.0, 11.0), Estimate(4.0, 3.5, 4.5)
"""More by mean but not surely, and less but surely."""
OPENING = 10_000.0
PATHS = 40
PLAIN = np.tile([-1.0, 1.0], PATHS // 2)
"""Scatter of mean 0."""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (A, Verdict.UNCLEAR),
        (B, Verdict.BETTER),
        (B.times(-1.0), Verdict.WORSE),
        (Estimate(0.0, 0.0, 0.0), Verdict.SAME),
        (Estimate(5.0), Verdict.SINGLE),
    ],
)
def test_a_verdict_comes_from_the_interval(change: Estimate[float], told: Verdict) -> None:
    assert verdict(change) is told
    turned = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    assert verdict(change, -1) is turned.get(told, told)


def test_who_surely_gains_comes_before_who_may_gain_more() -> None:
    assert place(B) > place(A)
    assert place(Estimate(2.0)) > place(Estimate(1.0))
    assert place(B.times(2.0), -1) < place(B, -1)


def dataset_of(
    worths: dict[str, list[F8]],
    weights: tuple[float, ...] = (1.0,),
    limits: DecisionLimits | None = None,
    minimum: float = NAN,
) -> xr.Dataset:
    """A run whose policies are worth so much by scenario and path; ``ref`` is the current one."""
    n_scenarios = len(weights)
    n_paths = next(iter(worths.values()))[0].size
    level = 100.0 * np.arange(n_paths)
    value = np.stack(
        [np.array([level] * n_scenarios), *(level + np.array(w) for w in worths.values())], axis=1
    )
    settings = DecisionSettings(limits=limits or DecisionLimits())
    paths = ("scenario", "policy", "path")
    return xr.Dataset(
        {
            "value": (paths, value),
            "balance_at_opening": (
                (*paths, "bucket"),
                np.full((*value.shape, 1), OPENING),
            ),
            "minimum_coverage_ratio": ("provision", [minimum]),
        },
        coords={
            "scenario": [f"s{i}" for i in range(n_scenarios)],
            "policy": ["ref", *worths],
            "path": np.arange(n_paths),
            "provision": ["book"],
            "scenario_weight": ("scenario", np.array(weights)),
        },
        attrs={
            "reference": "ref",
            "draws_per_path": 1,
            "runoff_months": 12,
            "parameters": '{"capital_minimum": 0.1}',
            "decision": settings.model_dump_json(),
        },
    )


def row(metric: str, policy: str, low: float, high: float, scenario: str = "s0") -> SummaryRow:
    mean = 0.5 * (low + high)
    return SummaryRow(scenario, policy, metric, None, mean, low, high, NAN, NAN, NAN, "1")


def lacks(decision: Decision, policy: str) -> list[tuple[Lack, str | None, bool]]:
    case = decision.case(policy)
    assert case is not None
    return [(o.lack, o.scenario, o.by_evidence) for o in case.obstacles]


def test_a_policy_that_surely_gains_everywhere_is_recommended() -> None:
    worths = {"a": [5.0 + PLAIN, 1.0 + PLAIN], "b": [9.0 + PLAIN, -1.0 + 0.1 * PLAIN]}
    found = decide(dataset_of(worths, (0.5, 0.5)), [])
    assert found.outcome is Outcome.RECOMMENDED
    assert found.leading is not None
    assert (found.leading.policy, found.leading.worth.mean) == ("b", pytest.approx(4.0))
    assert found.opening == OPENING
    assert found.tied == ()


def test_more_by_mean_but_not_surely_gives_way_to_less_but_surely() -> None:
    worths = {"a": [5.0 + 20.0 * PLAIN], "b": [4.0 + PLAIN]}
    found = decide(dataset_of(worths), [])
    assert [case.policy for case in found.cases] == ["b", "a"]
    assert found.outcome is Outcome.RECOMMENDED
    assert found.tied == ("a",)


def test_a_loss_in_a_scenario_of_no_weight_bars_a_policy() -> None:
    limit = 0.001 * OPENING
    worths = {"a": [5.0 + PLAIN, np.full(PATHS, -1.1 * limit) + PLAIN]}
    found = decide(dataset_of(worths, (1.0, 0.0)), [])
    assert found.outcome is Outcome.NO_CLEAR_CASE
    assert lacks(found, "a") == [(Lack.SCENARIO_LOSS, "s1", False)]
    looser = dataset_of(worths, (1.0, 0.0), DecisionLimits(scenario_loss=0.01))
    assert decide(looser, []).outcome is Outcome.RECOMMENDED


def test_what_is_missing_is_evidence_or_value() -> None:
    worths = {"a": [0.2 + PLAIN], "b": [-0.2 + PLAIN]}
    found = decide(dataset_of(worths), [])
    assert found.outcome is Outcome.NO_CLEAR_CASE
    assert lacks(found, "a") == [(Lack.VALUE, None, True)]
    assert lacks(found, "b") == [(Lack.VALUE, None, True)]
    assert found.cases[1].obstacles[0].paths is None
    needed = found.cases[0].obstacles[0].paths
    assert needed is not None
    enough = {name: [np.tile(w, 10)[:needed]] for name, (w,) in worths.items()}
    more = decide(dataset_of(enough), [])
    assert more.outcome is Outcome.RECOMMENDED
    fewer = {name: [w[: 2 * int(0.2 * needed)]] for name, (w,) in enough.items()}
    assert decide(dataset_of(fewer), []).outcome is Outcome.NO_CLEAR_CASE
    lost = decide(dataset_of({"a": [-2.0 + PLAIN]}), [])
    assert lacks(lost, "a") == [(Lack.VALUE, None, False)]


def test_the_paths_that_are_named_clear_the_bound_about_four_times_in_five() -> None:
    scatter = np.random.default_rng(12).normal(size=100)
    scatter = (scatter - scatter.mean()) / scatter.std(ddof=1)
    (case,) = decide(dataset_of({"a": [0.15 + scatter]}), []).cases
    needed = case.obstacles[0].paths
    assert needed is not None
    random = np.random.default_rng(13)
    hits = 0
    for _ in range(400):
        worths = {"a": [random.normal(0.15, 1.0, needed)]}
        hits += decide(dataset_of(worths), []).outcome is Outcome.RECOMMENDED
    assert abs(hits / 400 - 0.8) <= 4.0 * (0.8 * 0.2 / 400) ** 0.5


def test_a_gain_too_small_for_any_run_names_no_number_of_paths() -> None:
    found = decide(dataset_of({"a": [1e-4 + PLAIN]}), [])
    assert found.cases[0].obstacles[0].paths is None
    assert PATHS * (2.0 / PATHS**0.5 / 1e-4) ** 2 > MOST_PATHS


@pytest.mark.parametrize("seed", range(5))
def test_fewer_paths_never_make_a_recommendation_easier(seed: int) -> None:
    """The same paths once and again: the bound rises with their number."""
    scatter = np.random.default_rng(seed).normal(0.4, 1.0, (3, 12))
    bounds = []
    for times in (1, 2, 4, 8):
        worths = {name: [np.tile(w, times)] for name, w in zip("abc", scatter, strict=True)}
        decision = decide(dataset_of(worths), [])
        bounds.append({case.policy: case.worth.ci_low for case in decision.cases})
    for fewer, more in pairwise(bounds):
        assert all(more[name] > fewer[name] for name in "abc")


def test_more_policies_beside_it_make_the_interval_of_one_wider() -> None:
    random = np.random.default_rng(3)
    one = {"a": [1.0 + random.normal(size=PATHS)]}
    others = {name: [random.normal(size=PATHS)] for name in "bcdefgh"}
    alone = decide(dataset_of(one), []).case("a")
    among = decide(dataset_of(one | others), []).case("a")
    assert alone is not None
    assert among is not None
    assert among.worth.mean == alone.worth.mean
    assert among.worth.ci_low < alone.worth.ci_low


CAPITAL = "lowest_capital_ratio"
COVERAGE = "lowest_booked_coverage_ratio_book"


@pytest.mark.parametrize(
    ("metric", "current", "level", "change", "barred"),
    [
        (CAPITAL, 0.12, (0.101, 0.103), (-0.02, -0.01), None),
        (CAPITAL, 0.12, (0.099, 0.103), (-0.02, -0.01), True),
        (CAPITAL, 0.12, (0.07, 0.09), (-0.05, -0.03), False),
        (CAPITAL, 0.1006, (0.0996, 0.0998), (-0.0009, -0.0009), False),
        (CAPITAL, 0.08, (0.07, 0.09), (-0.0009, 0.002), None),
        (CAPITAL, 0.08, (0.07, 0.09), (-0.0011, 0.002), True),
        (CAPITAL, 0.08, (0.06, 0.07), (-0.02, -0.01), False),
        (COVERAGE, 2.0, (1.51, 1.6), (-0.5, -0.4), None),
        (COVERAGE, 2.0, (1.3, 1.4), (-0.5, -0.4), False),
    ],
)
def test_a_ratio_below_its_limit_bars_unless_the_current_policy_is_there_too(
    metric: str,
    current: float,
    level: tuple[float, float],
    change: tuple[float, float],
    barred: bool | None,
) -> None:
    rows = [
        row(metric, "ref", current, current),
        row(metric, "a", *level),
        row(f"delta_{metric}", "a", *change),
    ]
    found = decide(dataset_of({"a": [5.0 + PLAIN]}, minimum=1.5), rows)
    lack = Lack.CAPITAL_RATIO if metric == CAPITAL else Lack.COVERAGE
    assert lacks(found, "a") == ([] if barred is None else [(lack, "s0", barred)])
    none = DecisionLimits(capital_ratio=0.0, coverage=0.0)
    free = decide(dataset_of({"a": [5.0 + PLAIN]}, limits=none, minimum=1.5), rows)
    assert free.outcome is Outcome.RECOMMENDED


@pytest.mark.parametrize(
    ("rise", "barred"), [((4.0, 9.0), None), ((4.0, 11.0), True), ((11.0, 20.0), False)]
)
def test_more_complaints_than_allowed_bar_a_policy(
    rise: tuple[float, float], barred: bool | None
) -> None:
    rows = [
        row("borrower_complaints", "ref", 90.0, 110.0),
        row("delta_borrower_complaints", "a", *rise),
    ]
    found = decide(dataset_of({"a": [5.0 + PLAIN]}), rows)
    assert lacks(found, "a") == ([] if barred is None else [(Lack.COMPLAINTS, "s0", barred)])


@pytest.mark.parametrize("base", [0.0, NAN])
def test_any_complaint_bars_a_policy_where_there_were_none(base: float) -> None:
    rows = [
        row("borrower_complaints", "ref", base, base),
        row("delta_borrower_complaints", "a", 900.0, 1100.0),
    ]
    found = decide(dataset_of({"a": [5.0 + PLAIN]}), rows)
    assert lacks(found, "a") == [(Lack.COMPLAINTS, "s0", False)]


def test_an_explicit_limit_of_coverage_holds_for_every_rule_book() -> None:
    rows = [
        row("lowest_coverage_ratio_book", "ref", 2.0, 2.0),
        row("lowest_coverage_ratio_book", "a", 0.2, 0.3),
    ]
    asked = DecisionLimits(coverage=1.5)
    found = decide(dataset_of({"a": [5.0 + PLAIN]}, limits=asked), rows)
    assert lacks(found, "a") == [(Lack.COVERAGE, "s0", False)]
    assert Lack.COVERAGE not in found.unchecked
    free = decide(dataset_of({"a": [5.0 + PLAIN]}), rows)
    assert set(free.unchecked) == {Lack.COVERAGE, Lack.COMPLAINTS}


@pytest.mark.parametrize("replicates", [1, 10])
def test_too_few_draws_of_the_economy_recommend_nothing(replicates: int) -> None:
    draws = LEAST_DRAWS - 1
    scatter = np.tile([-1.0, 1.0], draws)[:draws].repeat(replicates)
    dataset = dataset_of({"a": [50.0 + scatter]})
    dataset.attrs["draws_per_path"] = replicates
    found = decide(dataset, [])
    assert found.outcome is Outcome.NO_CLEAR_CASE
    assert lacks(found, "a") == [(Lack.DRAWS, None, True)]


def test_one_path_recommends_nothing() -> None:
    found = decide(dataset_of({"a": [np.array([5.0])]}), [])
    assert found.outcome is Outcome.NO_CLEAR_CASE
    assert lacks(found, "a")[0][0] is Lack.VALUE


def test_a_policy_that_changes_nothing_is_not_recommended() -> None:
    found = decide(dataset_of({"a": [np.zeros(PATHS)], "b": [np.zeros(PATHS)]}), [])
    assert found.outcome is Outcome.NO_CLEAR_CASE
    assert [lacks(found, name)[0] for name in "ab"] == [(Lack.VALUE, None, False)] * 2


def test_the_current_policy_alone_is_said_to_be_alone() -> None:
    dataset = dataset_of({"a": [PLAIN]}).isel(policy=[0])
    found = decide(dataset, [])
    assert (found.outcome, found.leading) == (Outcome.ALONE, None)


@pytest.mark.slow
def test_policies_without_effect_are_recommended_in_at_most_one_run_of_twenty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """35 policies, worths of mean 0 with common scatter: the family-wise error of the rule."""
    monkeypatch.setattr("simulator.results.intervals._SAMPLES", 2000)
    runs, random = 300, np.random.default_rng(20260101)
    loose = DecisionLimits(scenario_loss=1.0)
    for n_paths, common in ((30, 0.0), (30, 0.6), (100, 0.2)):
        hits = 0
        for _ in range(runs):
            shared = np.sqrt(common) * random.normal(size=n_paths)
            own = np.sqrt(1.0 - common) * random.normal(size=(35, n_paths))
            worths = {f"p{i}": [shared + w] for i, w in enumerate(own)}
            hits += decide(dataset_of(worths, limits=loose), []).outcome is Outcome.RECOMMENDED
        allowed = 0.05 + 2.0 * np.sqrt(0.05 * 0.95 / runs)
        assert hits / runs <= allowed, f"{n_paths} paths: {hits} of {runs}"


@pytest.mark.slow
def test_a_good_policy_among_34_without_effect_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.results.intervals._SAMPLES", 2000)
    random, found = np.random.default_rng(7), 0
    for _ in range(100):
        worths = {f"p{i}": [random.normal(size=60)] for i in range(34)}
        worths["good"] = [1.0 + random.normal(size=60)]
        decision = decide(dataset_of(worths), [])
        recommended = decision.outcome is Outcome.RECOMMENDED
        found += recommended and decision.cases[0].policy == "good"
    assert found >= 99
