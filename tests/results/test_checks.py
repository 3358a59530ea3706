"""Checks pass on tallies that obey the identities and catch every broken sum."""

import numpy as np
import pytest

from simulator.results.checks import money_identity_error, run_checks
from simulator.score_words import ScorePower
from simulator.vocabulary import Burden, Cause, Count, Fate, Flow
from tests.results.outputs import output_of, random_tallies, zero_tallies


def test_every_check_passes_on_tallies_that_obey_the_identities() -> None:
    results = run_checks(output_of({"status_quo": random_tallies(20, 4, 5)}, months=5))
    assert [c.name for c in results if not c.passed] == []


@pytest.mark.parametrize(
    ("field", "where", "broken"),
    [
        ("flows", (2, 3, Flow.FORGIVEN), "money_identity"),
        ("counts", (2, 3, Count.OPENING_BALANCE), "continuity"),
        ("balance", (2, 3, 0), "buckets"),
        ("roll", (2, 3, 1, 8), "rolls"),
        ("cause_balance", (2, 3, Cause.ILLNESS), "causes"),
        ("by_age", (2, 3, 1, 0), "cuts"),
        ("fates", (2, 0, Fate.RETURNED, 0), "fates"),
        ("fates", (2, 0, Fate.DELAYED, 0), "reference_fates"),
        ("fates", (2, 4, Fate.COMPARED, 1), "fate_cuts"),
        ("burdens", (2, 0, Burden.CONTACTS), "fate_cuts"),
    ],
)
def test_a_broken_sum_is_caught_by_its_check(field: str, where: tuple, broken: str) -> None:
    tallies = random_tallies(21, 4, 5)
    getattr(tallies, field)[where] += 1e-3
    output = output_of({"status_quo": tallies}, months=5)
    assert broken in {c.name for c in run_checks(output) if not c.passed}


def test_destinations_may_lack_what_a_new_plan_forgave_and_no_more() -> None:
    tallies = random_tallies(29, 2, 3)
    tallies.flows[0, 2, Flow.FORGIVEN] += 5.0
    tallies.flows[0, 2, Flow.DISBURSED] += 5.0
    tallies.roll[0, 2, 0, 0] -= 5.0
    output = output_of({"status_quo": tallies}, months=3)
    assert [c.name for c in run_checks(output) if not c.passed] == []
    tallies.roll[0, 2, 0, 0] -= 1.01 * tallies.flows[0, 2, Flow.FORGIVEN]
    assert [c.name for c in run_checks(output) if not c.passed] == ["rolls"]


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_negative_and_missing_tallies_are_caught(bad: float) -> None:
    tallies = random_tallies(22, 2, 2)
    tallies.loans[0, 1, 0] = bad
    results = {c.name: c for c in run_checks(output_of({"status_quo": tallies}, months=2))}
    assert not results["no_negatives"].passed


def test_a_score_that_misleads_is_no_negative_tally() -> None:
    tallies = random_tallies(22, 2, 2)
    tallies.score_power[0, 0, ScorePower.GINI] = -0.3
    results = {c.name: c for c in run_checks(output_of({"status_quo": tallies}, months=2))}
    assert results["no_negatives"].passed
    tallies.score_power[0, 0, ScorePower.GINI] = np.nan
    results = {c.name: c for c in run_checks(output_of({"status_quo": tallies}, months=2))}
    assert not results["no_negatives"].passed


def test_identity_error_is_relative_to_the_money_moved() -> None:
    tallies = zero_tallies(1, 1)
    tallies.flows[0, 1, Flow.DISBURSED] = 200.0
    tallies.counts[0, 1, Count.CLOSING_BALANCE] = 199.0
    assert money_identity_error(tallies) == pytest.approx(1 / 200)
