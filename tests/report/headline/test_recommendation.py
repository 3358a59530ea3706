"""The recommendation among many policies: the ranking's verdict, its doubts and its support."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulator.notebook import stress_test
from simulator.report import about_the_run
from simulator.report.headline import findings, recommendation
from simulator.report.kit.data import ReportData
from simulator.results.estimate import Estimate
from tests.report.page_outline import Outline
from tests.report.stress_runs import Run, data_of, write
from tests.report.tournament_runs import make_tournament
from tests.report.tournament_runs import worth_of as _worth_of


@pytest.mark.parametrize(
    ("nets", "costs", "spread", "told"),
    [
        (
            (5e4, 1e4),
            (2e4, 1e3),
            1e3,
            "Policy number 1 is worth most, by a net CNY\u00a050.0\u202fk",
        ),
        (
            (5e4, 1e4),
            (2e4, 1e3),
            1e3,
            "it avoids CNY\u00a070.0\u202fk of losses and costs CNY\u00a020",
        ),
        ((5e4, 1e4), (-2e4, 1e3), 1e3, "earns CNY\u00a020.0\u202fk more before them"),
        (
            (5e4, 5e4),
            (0, 0),
            1e4,
            "on the same paths Policy number 2 is not distinguishable from it",
        ),
        ((1e3, -5e4), (0, 0), 1e4, "no policy is shown to be worth its cost: the best estimate"),
        ((-2e4, -1e4), (0, 0), 1e3, "no policy pays for itself within 12 months: the least cost"),
        ((-2e4, -1e4), (0, 0), 1e3, "Policy number 2, nets \u2212CNY\u00a010.0\u202fk"),
        ((0, -1e4), (0, 0), 0.0, "no policy changes the result"),
    ],
)
def test_the_verdict_follows_the_ranking_and_its_intervals(
    nets: tuple[float, ...], costs: tuple[float, ...], spread: float, told: str
) -> None:
    data = _worth_of(nets, costs, spread)
    sentence = findings.headline(data).headline
    assert sentence.startswith("Under Baseline, ")
    assert told in sentence


def test_one_path_proves_nothing_in_the_ranking_either(tmp_path: Path) -> None:
    run = make_tournament(4, ("baseline", "downturn"), 1)
    data = data_of(run)
    finding = findings.headline(data)
    assert finding.headline.startswith("On one path, over the 2 scenarios by weight, ")
    assert "nan" not in finding.headline + "".join(finding.support)
    text = write(run, tmp_path / "report.html")
    assert not re.search(r"\bnan\b", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_the_support_counts_who_pays_and_who_is_dominated() -> None:
    data = _worth_of((5e4, -1e4, 0.0, 3e4), (0, 0, 0, 1e4), 1e3)
    assert findings.headline(data).support[0] == (
        "Of 4 policies 2 gain more than they cost, 1 costs more than it gains, 1 cannot be told"
        " from the reference; 3 are dominated: another choice costs no more and avoids no less."
    )


def test_free_riders_are_told_by_what_would_have_become_of_them(many: Run, many_page: str) -> None:
    shown = "".join(Outline(many_page).text)
    assert "without need" not in shown
    assert (
        "would not have been 30 days late without it" in findings.headline(data_of(many)).support[1]
    )


def test_a_value_that_does_not_bear_out_the_headline_is_told(tmp_path: Path) -> None:
    outcome = stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period"],
        paths=4,
        months=6,
        runoff_months=6,
        borrowers=150,
        output=tmp_path,
    )
    dataset = outcome.dataset.copy()
    luck = np.array([-1.0, 1.0, -2.0, 2.0]) * 1.0e6
    paths = dataset["value"].transpose("scenario", "policy", "path").copy()
    paths[:, 1] = paths.values[:, 0] + luck
    dataset["value"] = paths
    data = ReportData(dataset, outcome.summary, outcome.manifest)
    frontier = data.overall
    assert frontier is not None
    best = frontier.standings[0]
    for net, told in ((Estimate(5.0, 4.0, 6.0), True), (Estimate(5.0, -4.0, 6.0), False)):
        shown = replace(frontier, standings=(replace(best, net=net),))
        assert bool(recommendation.value_doubts(data, shown)) is told
    paths[:, 1] = paths.values[:, 0] - np.array([2.0, 2.1, 1.9, 2.0]) * 1.0e6
    dataset["value"] = paths
    data = ReportData(dataset, outcome.summary, outcome.manifest)
    shown = replace(frontier, standings=(replace(best, net=Estimate(5.0, 4.0, 6.0)),))
    rival = recommendation.value_doubts(data, shown)[-1]
    assert "By value Status quo is worth more than Grace period, by CNY\u00a02.00\u202fM" in rival
    sentence = findings.measures_sentence(data)
    assert "the 12\u202f% a year that owners ask" in sentence
    assert "cost of funding (5\u202f% a year) after tax" in sentence
    weights = [card.weight for card in about_the_run.scenario_cards(data)]
    assert weights == ["50 % of its own, 71 % in this run", "20 % of its own, 29 % in this run"]
