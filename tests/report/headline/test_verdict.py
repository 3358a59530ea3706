"""The verdict in words: what each outcome of the decision says, and how long it may be."""

import numpy as np
import pytest

from simulator.report.headline.next_steps import next_steps
from simulator.report.headline.support import further, support
from simulator.report.headline.tornado import tornado
from simulator.report.headline.verdict import MOST_WORDS, verdict
from simulator.report.kit.data import ReportData
from simulator.results.assumptions import EVERYWHERE, Trial, Tried, with_tried
from simulator.results.summary import SummaryRow
from tests.report.stress_runs import Run, data_of, make_run
from tests.report.tournament_runs import make_tournament
from tests.report.tournament_runs import worth_of as _worth_of

OPENING = 4.0e8 * 1.004
"""Opening balance of the runs that are made here."""


def words_of(text: str) -> int:
    return len(text.split())


@pytest.mark.parametrize(
    ("nets", "spread", "told"),
    [
        (
            (5e6, 1e6),
            1e4,
            "Recommended: Policy number 1, worth +1.25\u202f% of the book (+CNY\u00a05",
        ),
        ((1e3, -5e6), 1e5, "No clear case for Policy number 1: worth 0.00\u202f% of the book"),
        ((1e3, -5e6), 1e5, "under Baseline, not significant ("),
        ((-2e6, -1e6), 1e4, "No clear case: none is shown to beat the current policy"),
        ((-2e6, -1e6), 1e4, "best estimate: Policy number 2, \u22120.25\u202f% of the book"),
        ((0, 0), 0.0, "No clear case: no policy changes the value under Baseline."),
    ],
)
def test_the_verdict_follows_the_decision(
    nets: tuple[float, ...], spread: float, told: str
) -> None:
    sentence = verdict(_worth_of(nets, (0.0,) * len(nets), spread))
    assert told in sentence
    assert words_of(sentence) <= MOST_WORDS
    assert "nan" not in sentence


def test_paths_that_would_tell_are_named() -> None:
    sentence = verdict(_worth_of((3e4, -5e6), (0, 0), 1e5))
    assert "not significant (about " in sentence
    assert "paths needed)" in sentence


def _losing(run: Run, scenario: int, loss: float) -> ReportData:
    """``run`` in which the first policy surely gains, but loses so much in one scenario."""
    dataset = run.dataset.copy(deep=True)
    value = dataset["value"].values
    scatter = np.random.default_rng(1).normal(0.0, 1e4, value.shape[2])
    value[:, 1] = value[:, 0] + 2e7 + scatter
    value[scenario, 1] = value[scenario, 0] - loss + scatter
    value[:, 2] = value[:, 0]
    rows = [
        row._replace(mean=-loss, ci_low=-loss, ci_high=-loss)
        if (row.policy, row.metric) == ("grace_period", "delta_value")
        else row
        for row in run.rows
    ]
    return data_of(Run(dataset, rows, run.manifest))


def test_a_scenario_in_which_a_policy_loses_is_named_with_its_limit(default_run: Run) -> None:
    data = _losing(default_run, 1, 4e6)
    sentence = verdict(data)
    assert sentence.startswith("No clear case for Grace period: worth +2.99\u202f% of")
    assert "but under Downturn it loses 1.00\u202f% of the book (limit 0.10\u202f%)." in sentence
    assert words_of(sentence) <= MOST_WORDS


def test_effects_in_the_adverse_scenario_are_told_where_significant(default_run: Run) -> None:
    sentence = verdict(data_of(default_run))
    assert "Under Epidemic it lowers write-offs by CNY" in sentence
    assert "and lowers the peak 90+ amount by CNY" in sentence
    assert words_of(sentence) <= MOST_WORDS


def test_one_path_recommends_nothing() -> None:
    sentence = verdict(data_of(make_run(n_paths=1)))
    assert sentence.startswith("No clear case: one draw of the economy has no interval. On one")
    assert "nan" not in sentence
    many = verdict(data_of(make_tournament(4, ("baseline", "downturn"), 1)))
    assert "On one path, over the 2 scenarios by weight, the best estimate is" in many


def test_a_run_without_value_recommends_nothing_and_says_why(default_run: Run) -> None:
    run = make_tournament(4)
    data = data_of(Run(run.dataset.drop_vars("value"), run.rows, run.manifest))
    sentence = verdict(data)
    assert sentence.startswith(
        "No recommendation: without a run-off the value of a policy is not known"
    )
    assert "By net result the best over the 3 scenarios by weight is" in sentence
    assert data.measure() == ("net_result", "Net result")


def test_the_current_policy_alone_is_told_by_levels(money_run: Run) -> None:
    run = make_run(policies=("status_quo",))
    sentence = verdict(data_of(run))
    assert sentence.startswith("Under Epidemic, the 30+ overdue rate peaks at")
    assert "the net loss is CNY" in sentence
    assert support(data_of(run)) == further(data_of(run)) == ()


def test_a_policy_of_the_same_value_is_named_as_tied() -> None:
    data = _worth_of((5e6, 5e6), (0, 0), 1e5)
    assert support(data)[1] == "Not distinguishable from it on the same paths: Policy number 2."


def test_what_is_said_below_the_ranking_counts_and_says_why_not() -> None:
    data = _worth_of((5e6, -1e6, 0.0, 3e6), (0, 0, 0, 1e6), 1e4)
    told = further(data)
    assert told[0] == "Value, of 4 policies: 2 raise it, 1 lowers it, 1 not significantly."
    assert (
        "In the accounts, before operating cost, tax and capital, Policy number 1 nets" in told[1]
    )
    assert "Not Policy number 2: it gains no value; under Baseline it loses 0.25" in " ".join(told)
    assert "Not Policy number 3: its value does not rise significantly" in " ".join(told)
    assert "Not Policy number 4" not in " ".join(told)


@pytest.mark.parametrize(("change", "told"), [(0.3e8, "+8 %"), (-0.3e8, "\u22128 %"), (0.1e8, "")])
def test_another_average_balance_is_told_in_both_directions(
    default_run: Run, change: float, told: str
) -> None:
    from simulator.report.headline.caveats import balances_differ

    def at(policy: str, metric: str, month: int, mean: float) -> SummaryRow:
        return SummaryRow("epidemic", policy, metric, month, mean, *(np.nan,) * 5, "CNY")

    rows = [*default_run.rows]
    for month in (1, 2):
        rows.append(at("status_quo", "balance", month, 4.0e8))
        rows.append(at("grace_period", "delta_balance", month, change))
    said = balances_differ(data_of(Run(default_run.dataset, rows, default_run.manifest)))
    assert (f"Grace period ({told})" in " ".join(said)) is bool(told)
    assert bool(said) is bool(told)


def _tried(changes: dict[str, tuple[float, float]]) -> ReportData:
    """A run whose first policy surely gains, with assumptions tried on it."""
    data = _worth_of((5e6, 1e6), (0.0, 0.0), 1e4)
    trials = tuple(
        Trial(name, "assumption", {name: (0.5, 1.0, 2.0)}, "half to double: assumption")
        for name in changes
    )
    change = np.array(list(changes.values()))[:, :, None, None] * np.ones((1, 1, 1, 2))
    leading = data.decision.cases[0].policy
    places = (EVERYWHERE, "baseline")
    tried = Tried(trials, (leading,), places, change, np.full(change.shape, 1e5))
    run = with_tried(data.dataset, tried)
    return data_of(Run(run, [], data.manifest))


def test_the_tornado_draws_each_assumption_from_low_to_high_the_widest_first() -> None:
    data = _tried(
        {"finding_rate": (-6e6, 1e6), "p_refuse_monthly": (1e6, -1e6), "bad_faith_share": (1e4, 0)}
    )
    found = tornado(data)
    assert found is not None
    assert found.title.startswith(
        "Assumptions that reverse the result: value of Policy number 1 under Baseline"
    )
    assert [row.kind for row in found.rows] == ["turns", "", "noise"]
    assert found.rows[0].ends == "\u22121.00 / +6.00"
    assert "stops paying at about 0.583" in found.rows[0].detail
    widths = [row.width for row in found.rows]
    assert widths == sorted(widths, reverse=True)
    assert found.zero is not None
    assert found.zero < found.base
    assert found.rows[0].x < found.zero
    assert "1 of 3 tried do not differ from noise (grey)" in found.note
    assert "Under 1 of 3 that move it the gain is not shown to stay." in found.note
    assert verdict(data).startswith("Recommended: Policy number 1")
    assert "it still gains under 2 of 3 assumptions tried." in verdict(data)
    steps = " ".join(next_steps(data))
    assert "Measure first the assumptions that reverse the sign: probability that an" in steps


def test_more_than_half_overturned_is_told_and_recommends_nothing() -> None:
    data = _tried({"finding_rate": (-6e6, 1e6), "p_refuse_monthly": (1e6, -9e6)})
    sentence = verdict(data)
    assert sentence.startswith("Depends on assumptions, no recommendation: Policy number 1, worth")
    assert "is not shown to gain under 2 of 2 assumptions tried." in sentence
    assert words_of(sentence) <= MOST_WORDS


def test_a_run_in_which_nothing_was_tried_has_no_tornado(default_run: Run) -> None:
    assert tornado(data_of(default_run)) is None
