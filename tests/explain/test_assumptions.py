"""Assumptions tried after a run: pairing, ranges, policies' numbers, pairs, and the verdict."""

import csv
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
import xarray as xr

from simulator import build_policy, stress_test
from simulator.catalogue import parameters_from, parameters_hash
from simulator.explain.assumption_list import OF_POLICY, SECTION
from simulator.explain.assumptions import (
    Worths,
    _against,
    _varied,
    _worst_pair,
    all_worths,
    list_warnings,
    trials_of,
    worths,
)
from simulator.progress import Silent
from simulator.request import ExperimentRequest
from simulator.results.assumptions import (
    EVERYWHERE,
    PAIR,
    Bar,
    Trial,
    Tried,
    assumptions_text,
    bars,
    moving,
    with_tried,
)
from simulator.results.decision import Outcome, decide
from simulator.results.run import Run
from simulator.settings import Assumption, AssumptionsSettings
from simulator.shipped import read_shipped, shipped_tables
from simulator.validation import UserError
from tests.conftest import run_settings
from tests.results.test_decision import PATHS, PLAIN, dataset_of

SOURCE = "half to double: assumption"


def one(name: str, low: float, base: float, high: float) -> Assumption:
    return Assumption(values={name: (low, base, high)}, source=SOURCE)


LISTED = AssumptionsSettings(
    borrowers=150,
    paths=4,
    tried={
        "finding_rate": one("finding_rate", 0.145, 0.29, 0.58),
        "nothing": one("finding_rate", 0.29, 0.29, 0.29),
        "refusal": one(f"{OF_POLICY}refusal_after_relief", 0.5, 1.0, 2.0),
    },
)


@pytest.fixture(scope="module")
def outcome() -> Run:
    return stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", "education"],
        paths=4,
        months=6,
        runoff_months=14,
        borrowers=200,
        provision=["cas22"],
        assumptions=LISTED,
    )


def test_an_end_like_the_run_itself_changes_nothing_at_all(outcome: Run) -> None:
    change = outcome.dataset["assumption_change"]
    assert (change.sel(assumption="nothing") == 0.0).all()
    assert (change.sel(assumption="finding_rate") != 0.0).any()
    assert list(change["assumption_place"].values) == [EVERYWHERE, "baseline", "downturn"]
    assert set(change["assumption_policy"].values) == {"grace_period", "education"}


def test_the_weighted_change_is_the_sum_by_weight(outcome: Run) -> None:
    change = outcome.dataset["assumption_change"]
    weights = outcome.dataset["scenario_weight"]
    by_place = change.sel(assumption_place=list(weights["scenario"].values)).values
    expected = by_place @ weights.values
    np.testing.assert_allclose(change.sel(assumption_place=EVERYWHERE).values, expected, rtol=1e-9)


def test_a_policys_own_number_moves_only_policies_that_have_it(outcome: Run) -> None:
    change = outcome.dataset["assumption_change"].sel(assumption="refusal")
    other = change.sel(assumption_policy="education")
    assert np.abs(other).max() < 1e-6 * outcome.decision.opening  # by the pooled outlook alone
    assert np.abs(change.sel(assumption_policy="grace_period")).max() > 0.0


def test_more_assumptions_change_no_other_number(outcome: Run) -> None:
    plain = stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", "education"],
        paths=4,
        months=6,
        runoff_months=14,
        borrowers=200,
        provision=["cas22"],
    ).dataset
    for name, variable in plain.data_vars.items():
        assert variable.identical(outcome.dataset[name]), name


def _request(**parameters: float) -> ExperimentRequest:
    from simulator.settings import BookSettings, ScenarioSettings

    return ExperimentRequest(
        book=BookSettings(borrowers=120, donors=500),
        book_name="small",
        scenarios={"baseline": ScenarioSettings(**read_shipped("scenario", "baseline"))},
        policies={
            "status_quo": build_policy("status_quo", read_shipped("policy", "status_quo")),
            "grace": build_policy("grace", {"kind": "grace_period"}),
        },
        table_folders=(shipped_tables(),),
        run=run_settings(paths=2, months=4, runoff_months=12),
        parameters=parameters_from(parameters),
    )


def test_the_observed_opening_stays_as_it_is() -> None:
    request = _request()
    base, other = worths(request, {}), worths(request, {"p_refuse_monthly": 0.01})
    assert other.opening == base.opening
    assert (other.worth != base.worth).any()


def test_made_for_other_values_the_same_relative_range_is_tried() -> None:
    settings = AssumptionsSettings(
        parameters_sha256=parameters_hash(parameters_from({})),
        tried={"a": one("finding_rate", 0.145, 0.29, 0.58)},
    )
    (own,) = trials_of(_request(), settings)
    assert own.values["finding_rate"] == (0.145, 0.29, 0.58)
    (moved,) = trials_of(_request(finding_rate=0.58), settings)
    assert moved.values["finding_rate"] == pytest.approx((0.29, 0.58, 0.95))


def test_a_list_for_other_parameters_is_told_with_the_one_that_fits() -> None:
    tried = Tried((), (), (), np.zeros((0, 1, 1)), np.zeros((0, 1, 1)))
    (unknown,) = list_warnings(_stamped(parameters_from({"finding_rate": 0.3})), tried)
    assert unknown.endswith("loanstress screen makes a list for them")
    fitted = parameters_from(read_shipped("parameters", "lending_club"))
    (known,) = list_warnings(_stamped(fitted), tried)
    assert known.endswith("assumptions=lending_club was made for them")
    assert list_warnings(_stamped(parameters_from({})), tried) == ()


def _stamped(parameters: dict[str, float]) -> ExperimentRequest:
    """A request with a list that was made for the catalogue's own values."""
    made = AssumptionsSettings(
        parameters_sha256=parameters_hash(parameters_from({})),
        tried={"a": one("finding_rate", 0.145, 0.29, 0.58)},
    )
    return replace(_request(), sections={SECTION: made}, parameters=parameters)


def test_members_of_a_combination_move_too_and_stay_in_range() -> None:
    both = build_policy(
        "both",
        {
            "kind": "combination",
            "members": {
                "grace": {"kind": "grace_period", "refusal_after_relief": 3.0},
                "teach": {"kind": "education", "share_reached": 0.4},
            },
        },
    )
    found = _varied("both", both, {"refusal_after_relief": 2.0, "share_reached": 0.5})
    assert found.members["grace"]["refusal_after_relief"] == 4.0  # type: ignore[attr-defined]
    assert found.members["teach"]["share_reached"] == 0.2  # type: ignore[attr-defined]


def test_the_worst_pair_takes_the_two_most_harmful_ends() -> None:
    trials = tuple(Trial(n, "assumption", {n: (1.0, 2.0, 3.0)}, SOURCE) for n in "abc")
    change = np.array([[-5.0, 9.0], [-1.0, -7.0], [-6.0, 1.0]])
    pair = _worst_pair(trials, change, np.ones((3, 2)))
    assert pair is not None
    assert pair.name == "b + c"
    assert {name: values[0] for name, values in pair.values.items()} == {"b": 3.0, "c": 1.0}
    assert _worst_pair(trials, change, np.full((3, 2), 9.0)) is None


def _with(dataset: xr.Dataset, changes: dict[str, tuple[float, float]], se: float) -> xr.Dataset:
    trials = tuple(Trial(n, "assumption", {n: (1.0, 2.0, 4.0)}, SOURCE) for n in changes)
    change = np.array(list(changes.values()))[:, :, None, None]
    dataset.attrs["currency"] = "CNY"
    tried = Tried(trials, ("a",), (EVERYWHERE,), change, np.full(change.shape, se))
    return with_tried(dataset, tried)


@pytest.mark.parametrize(
    ("changes", "se", "outcome", "turning"),
    [
        ({"x": (-9.0, 1.0), "y": (1.0, 1.0)}, 0.1, Outcome.RECOMMENDED, ("x",)),
        ({"x": (-9.0, 1.0), "y": (1.0, -6.0)}, 0.1, Outcome.DEPENDS, ("x", "y")),
        ({"x": (-9.0, 1.0), "y": (1.0, -2.0)}, 9.0, Outcome.DEPENDS, ("x", "y")),
        ({"x": (-4.0, 1.0), "y": (1.0, -4.0)}, 0.1, Outcome.RECOMMENDED, ()),
        ({"x": (np.nan, 1.0), "y": (1.0, np.nan)}, 0.1, Outcome.DEPENDS, ("x", "y")),
    ],
)
def test_more_than_half_overturned_depends_on_assumptions(
    changes: dict[str, tuple[float, float]], se: float, outcome: Outcome, turning: tuple[str, ...]
) -> None:
    found = decide(_with(dataset_of({"a": [5.0 + PLAIN]}), changes, se), [])
    assert (found.outcome, found.tried, found.overturned_by) == (outcome, 2, turning)


def test_assumptions_that_move_nothing_do_not_count() -> None:
    changes = {"x": (-9.0, 1.0), "y": (1.0, 1e-9), "z": (0.0, 0.0), "u": (1e-4, 0.0)}
    changes |= {"y": (0.0, -8.0)}
    found = decide(_with(dataset_of({"a": [5.0 + PLAIN]}), changes, 1e-6), [])
    assert (found.outcome, found.tried) == (Outcome.DEPENDS, 2)


def test_fewer_trial_paths_never_make_a_recommendation_easier() -> None:
    changes = {"x": (-2.0, 1.0), "y": (1.0, -2.0), "z": (1.0, 1.0)}
    told = [
        decide(_with(dataset_of({"a": [5.0 + PLAIN]}), changes, se), []).outcome
        for se in (0.1, 1.0, 2.0, 20.0)
    ]
    first = told.index(Outcome.DEPENDS)
    assert told == [Outcome.RECOMMENDED] * first + [Outcome.DEPENDS] * (4 - first)
    assert 0 < first < 4


def test_a_policy_that_holds_comes_before_a_better_one_that_does_not() -> None:
    dataset = dataset_of({"a": [5.0 + PLAIN], "b": [4.9 + PLAIN]})
    dataset.attrs["currency"] = "CNY"
    trial = Trial("x", "assumption", {"x": (1.0, 2.0, 4.0)}, SOURCE)
    change = np.array([[[[-9.0], [-0.1]], [[1.0], [0.1]]]])
    tried = Tried((trial,), ("a", "b"), (EVERYWHERE,), change, np.full(change.shape, 0.01))
    found = decide(with_tried(dataset, tried), [])
    assert found.outcome is Outcome.RECOMMENDED
    assert found.cases[0].policy == "b"
    alone = Tried((trial,), ("a",), (EVERYWHERE,), change[:, :, :1], np.full((1, 2, 1, 1), 0.01))
    assert decide(with_tried(dataset, alone), []).outcome is Outcome.DEPENDS


def test_a_policy_without_a_sure_gain_has_nothing_to_overturn() -> None:
    found = decide(_with(dataset_of({"a": [0.1 + PLAIN]}), {"x": (-9.0, 9.0)}, 1.0), [])
    assert (found.tried, found.overturned_by) == (1, ())
    assert PLAIN.size == PATHS


def test_the_sign_turns_on_a_straight_line_between_base_and_end() -> None:
    bar = Bar("x", "assumption", "x", (1.0, 2.0, 4.0), 3.0, -2.0, 2.0, -2.1, noise=False)
    assert bar.turning == pytest.approx(3.0)
    assert bar.width == 5.0
    grey = Bar("x", "assumption", "x", (1.0, 2.0, 4.0), 3.0, -2.0, 2.0, -9.0, noise=True)
    assert grey.turning is None
    assert bar.overturns
    pair = Bar("x", PAIR, "x", (1.0, 2.0, 4.0), -3.0, np.nan, 2.0, np.nan, noise=False)
    assert moving((bar, grey, pair)) == (bar, grey)


def test_assumptions_csv_holds_every_parameter_end_and_policy(outcome: Run) -> None:
    found = bars(outcome.dataset, "grace_period", EVERYWHERE, 0.0)
    assert {bar.name for bar in found} >= {"finding_rate", "nothing", "refusal"}
    trials = tuple(Trial(n, "assumption", i.values, SOURCE) for n, i in LISTED.tried.items())
    tried = Tried(trials, ("p",), ("all",), np.ones((3, 2, 1, 1)), np.ones((3, 2, 1, 1)))
    rows = list(csv.DictReader(StringIO(assumptions_text(tried, parameters_from({})))))
    assert [row["assumption"] for row in rows] == list(LISTED.tried)
    assert rows[0]["low"] == "0.145"
    assert rows[0]["default"] == f"{parameters_from({})['finding_rate']:.10g}"
    assert rows[2]["parameter"] == "policy.refusal_after_relief"


@pytest.mark.parametrize("parameter", ["no_such", "policy.no_such"])
def test_a_list_that_names_what_does_not_exist_is_refused_before_the_run(parameter: str) -> None:
    listed = AssumptionsSettings(tried={"x": one(parameter, 0.5, 1.0, 2.0)})
    with pytest.raises(UserError, match=r"assumptions\.tried\.x\.values: key must be one of"):
        stress_test(assumptions=listed)


def test_a_trial_that_a_rule_forbids_is_not_known_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbidden(request: ExperimentRequest, changes: dict[str, float]) -> Worths:
        if changes.get("finding_rate") == 0.58:
            raise UserError("no")
        return worths(request, changes)

    monkeypatch.setattr("simulator.explain.assumptions.worths", forbidden)
    found = all_worths(_request(), [{}, {"finding_rate": 0.58}, {"finding_rate": 0.2}], Silent())
    assert [each is None for each in found] == [False, True, False]
    change, se = _against(found[0], found[1], 100.0)
    assert np.isnan([change, se]).all()


def test_each_of_the_worst_pair_keeps_its_own_end_where_a_fit_moves_both() -> None:
    both = (
        Trial("a", "fitted", {"a": (1.0, 2.0, 3.0), "b": (1.9, 2.0, 2.1)}, SOURCE),
        Trial("b", "fitted", {"b": (1.0, 2.0, 3.0), "a": (1.9, 2.0, 2.1)}, SOURCE),
    )
    pair = _worst_pair(both, np.array([[-5.0, 1.0], [1.0, -4.0]]), np.ones((2, 2)))
    assert pair is not None
    assert (pair.values["a"][0], pair.values["b"][0]) == (1.0, 3.0)
