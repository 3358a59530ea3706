"""Searches on the engine: finalists of a fresh seed alone, bounds by intervals, ends told."""

from functools import cache

import numpy as np
import pytest

from simulator import UserError, stress_test
from simulator.catalogue import parameters_from
from simulator.explain.search_draws import Figures, stays_first
from simulator.explain.search_figures import BoundCells
from simulator.results.search import search_text
from simulator.settings import (
    Assumption,
    AssumptionsSettings,
    SearchQuestions,
    SearchSettings,
)
from tests.explain.quick_book import QUICK

SMALL = {
    "book": QUICK,
    "paths": 8,
    "months": 6,
    "runoff_months": 0,
    "provision": (),
    "book_draws": 0,
    "scenarios": ["baseline", "downturn"],
    "policies": ["grace_period"],
}
ASKED = {
    "policy": "grace_period",
    "fields": {"months": (1, 4), "take_up_if_no_need": (0.0, 0.5)},
    "points": 16,
    "paths": 4,
    "confirm_paths": 10,
    "parameter_draws": 2,
}


def asked(**keys) -> SearchQuestions:
    return SearchQuestions({"grace": SearchSettings(**{**ASKED, **keys})})


@cache
def answered(bound: float | None = None):
    keys = {} if bound is None else {"subject_to": {"delta_relief_granted": {"at_most": bound}}}
    run = stress_test(**SMALL, sections={"search": asked(**keys)})
    (answer,) = run.searches
    return run, answer


def test_figures_are_those_of_a_run_with_the_fresh_seed():
    _, answer = answered()
    assert answer.best == answer.finalists[0]
    assert answer.confirm_seed != answer.seed
    own = stress_test(**{**SMALL, "paths": 10, "seed": answer.confirm_seed})
    found = own.compare("grace_period", "status_quo", "net_result")
    assert answer.own.gain == pytest.approx(found.mean, rel=1e-9)
    gains = [one.gain for one in answer.finalists]
    assert gains == sorted(gains, reverse=True)
    assert all(one.gain_ci[0] <= one.gain <= one.gain_ci[1] for one in answer.finalists)
    assert answer.own.over_own == 0.0


def test_whole_fields_are_whole_and_looks_halve():
    _, answer = answered()
    for one in answer.finalists:
        assert one.settings["months"] == round(one.settings["months"])
        assert 0.0 <= one.settings["take_up_if_no_need"] <= 0.5
    sizes = [r.settings for r in answer.rounds]
    assert sizes[0] == 17
    assert sizes[-1] > len(answer.finalists) == 3
    assert max(r.paths for r in answer.rounds) <= 8


def test_an_optimum_on_a_bound_is_told():
    """Who takes relief without need earns the lender nothing here: the search ends at an end."""
    _, answer = answered()
    best = answer.best.settings
    reached = {end.field: end for end in answer.at_ends}
    for one in answer.fields:
        share = (best[one.field] - one.low) / (one.high - one.low)
        assert (one.field in reached) == (share <= 0.02 or share >= 0.98)
    assert reached


def test_bounds_are_kept_by_the_end_of_the_interval():
    _, free = answered()
    _, answer = answered(30.0)
    for one in (*answer.finalists, answer.own):
        (bound,) = one.bounds
        assert bound.end >= bound.mean
        assert bound.kept == (bound.end <= 30.0) == one.keeps
    assert all(not one.bounds for one in free.finalists)
    gains = [one.gain for one in answer.pareto]
    grants = [one.bounds[0].end for one in answer.pareto]
    assert gains == sorted(gains, reverse=True)
    assert grants == sorted(grants, reverse=True)  # less gain only for fewer grants


def test_what_is_asked_is_kept_and_read_again():
    run, answer = answered()
    assert '"confirm_seed"' in search_text(run.searches)
    assert answer.stays_first is None  # the run lists no assumption
    plain = stress_test(**SMALL)
    assert plain.searches == ()
    assert repr(plain.summary) == repr(run.summary)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"policy": "status_quo"}, "search.grace.policy must be one of grace_period"),
        ({"fields": ["month"]}, "did you mean months"),
        ({"fields": {"months": (0, 4)}}, r"search.grace.fields.months must be a whole number in"),
        ({"maximise": "credit_loss"}, "more is better"),
        ({"maximise": "value"}, "run.runoff_months"),
        ({"subject_to": {"net_los": {"at_most": 1.0}}}, "search.grace.subject_to"),
        ({"scenario": "epidemic"}, "search.grace.scenario"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_the_run(keys, said):
    with pytest.raises(UserError, match=said):
        stress_test(**SMALL, sections={"search": asked(**keys)})


def test_a_bound_has_one_side_and_ends_rise():
    for keys in (
        {"subject_to": {"net_loss": {}}},
        {"subject_to": {"net_loss": {"at_most": 1.0, "at_least": 0.0}}},
        {"fields": {"months": (4, 1)}},
    ):
        with pytest.raises(ValueError, match=r"at_most|rising"):
            asked(**keys)
    assert asked(fields=["months"]).root["grace"].fields == {"months": None}
    assert np.isfinite(asked().root["grace"].points)


def test_the_finalists_are_compared_under_draws_of_the_assumptions_tried():
    """A range without width leaves the run's own parameters, and the best stays first."""
    own = parameters_from({})["finding_rate"]
    listed = AssumptionsSettings(
        tried={
            "finding_rate": Assumption(
                values={"finding_rate": (own, own, own)}, source="assumption: a test"
            )
        }
    )
    sections = {"search": asked(parameter_draws=3), "assumptions": listed}
    run = stress_test(**SMALL, sections=sections)
    (answer,) = run.searches
    assert answer.draws == 3
    assert answer.stays_first == 1.0


def figures(gains: list[float], ends: list[float], opening: float, unit: str = "CNY") -> Figures:
    """Two settings and one bound, at most 10, in one scenario; the current policy's is 0."""
    column = np.array([[0.0], *([end] for end in ends)])
    return Figures(
        np.array(gains), [BoundCells("net_loss", unit, 1.0, 10.0, column, column)], opening
    )


def test_a_draw_is_judged_by_what_it_changes_gains_and_bounds_alike():
    """The told book is ten times the small one: what a draw changes there counts ten times."""
    told = figures([5.0, 4.0], [8.0, 3.0], 100.0)
    base = figures([90.0, 7.0], [50.0, 50.0], 10.0)
    assert stays_first(told, base, base)
    for gains, ends, first in (
        ([90.05, 7.1], [50.1, 50.0], True),
        ([90.05, 7.2], [50.1, 50.0], False),  # the other gains more
        ([90.05, 7.1], [50.3, 50.0], False),  # 8 + 3 is beyond the bound
        ([90.05, 7.2], [50.1, 50.8], True),  # the one that gains more breaks it
    ):
        assert stays_first(told, base, figures(gains, ends, 10.0)) is first
    rates = (
        figures([5.0, 4.0], [8.0, 3.0], 100.0, "1"),
        figures([90.0, 7.0], [50.0, 50.0], 10.0, "1"),
        figures([90.0, 7.0], [51.0, 50.0], 10.0, "1"),
    )
    assert stays_first(*rates)  # a rate does not grow with the book: 8 + 1 keeps the bound


def test_bounds_hold_in_every_scenario_whichever_the_gain_is_of():
    bound = {"delta_relief_granted": {"at_most": 30.0}}
    usual = parameters_from({})["finding_rate"]
    values = {"finding_rate": (usual, usual, usual)}
    listed = AssumptionsSettings(
        tried={"finding_rate": Assumption(values=values, source="assumption: a test")}
    )
    keys = {"subject_to": bound, "scenario": "baseline"}
    run = stress_test(**SMALL, sections={"search": asked(**keys), "assumptions": listed})
    (answer,) = run.searches
    assert answer.scenario == "baseline"
    assert {b.scenario for one in answer.finalists for b in one.bounds} >= {"downturn"}
    assert (answer.stays_first == 1.0) == (answer.best is not None)  # nothing moves
    own = stress_test(**{**SMALL, "paths": 10, "seed": answer.confirm_seed})
    found = own.compare("grace_period", "status_quo", "net_result", "baseline")
    assert answer.own.gain == pytest.approx(found.mean, rel=1e-9)
