"""The first screen: every number on it, computed again from results.nc with numpy alone."""

import re
from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from simulator.cli.terminal.closing import closing_table
from simulator.conclusion import ExperimentOutcome
from simulator.notebook import stress_test
from simulator.report import about_the_run, workbook
from simulator.report.headline import findings, key_figures
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.kit.spreadsheet import Number
from simulator.results.decision import surely_best
from simulator.results.ranking import frontiers
from simulator.results.summary import summarise
from simulator.settings import BreakEvenSettings, LanguageCode

F8 = NDArray[np.float64]
PATHS = 12
T_975 = 2.2009851600916384
"""97.5 % quantile of Student's t with 11 degrees of freedom: 12 paths, a draw each."""
UNITS = {
    "bn": 1e9,
    "M": 1e6,
    "k": 1e3,
    "亿": 1e8,
    "万": 1e4,
    "%": 0.01,
    "pp": 0.01,
    "个百分点": 0.01,
}
MONEY = r"(?P<sign>[+\u2212]?)(?:CNY\s)?(?P<amount>\d[\d,]*(?:\.\d+)?)"
NUMBER = re.compile(rf"{MONEY}(?:\s?(?P<unit>(?:bn|M|k|%|pp)(?!\w)|亿|万|个百分点))?")
NOT_NUMBERS = re.compile(r"(?<![\d.])95\s?%|90\+|30\+|90天|30天|CAS 22")
"""Words that hold digits."""


@pytest.fixture(scope="module")
def outcome() -> ExperimentOutcome:
    asked = BreakEvenSettings(
        policy="grace_period", field="interest_charged_share", scenario="downturn", low=0, high=1
    )
    return stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", "stricter_approval", "education"],
        paths=PATHS,
        months=9,
        runoff_months=8,
        borrowers=300,
        seed=20260106,
        provision=["cas22"],
        break_even=[asked],
    )


def _read(text: str) -> list[tuple[float, float]]:
    """Each number of a text with half of its last digit; in brackets the unit before goes on."""
    found, last, plain = [], 1.0, NOT_NUMBERS.sub("", text)
    for match in NUMBER.finditer(plain):
        before = plain[: match.start()]
        inside = max(before.rfind("("), before.rfind("（")) > max(
            before.rfind(")"), before.rfind("）")
        )
        unit = UNITS.get(match["unit"] or "", last if inside else 1.0)
        last = unit
        amount = match["amount"].replace(",", "")
        value = float(amount) * unit * (-1.0 if match["sign"] == "\u2212" else 1.0)
        found.append((value, 0.5 * unit * 10.0 ** -len(amount.partition(".")[2])))
    return found


def _assert_told(text: str, expected: Sequence[float]) -> None:
    """``text`` holds the expected numbers, each as exactly as it is written, and no other."""
    left = list(expected)
    for value, half in _read(text):
        match = next((e for e in left if abs(value - e) <= 1.001 * half), None)
        assert match is not None, f"{value} of {text!r} is none of {left}"
        left.remove(match)
    assert not left, f"{left} missing in {text!r}"


def _estimate(values: F8) -> list[float]:
    """Mean over paths and both ends of its interval."""
    margin = T_975 * values.std(ddof=1) / np.sqrt(len(values))
    return [float(values.mean()), float(values.mean() - margin), float(values.mean() + margin)]


class Again:
    """The numbers of a run once more; arrays are (scenario, policy, path)."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset
        self.policies = [str(p) for p in dataset["policy"].values]
        self.weights = dataset["scenario_weight"].values
        self.loss = sum(
            sign * self.total(name)
            for sign, name in (
                (1, "written_off"),
                (1, "sold"),
                (-1, "recovered"),
                (-1, "sale_price"),
            )
        )
        change = self.total("allowance_90_change") - self.total("recoverable_change")
        self.credit_loss = self.loss + change
        earned = ("interest_accrued", "penalty_accrued", "fees_accrued")
        spent = ("forgiven", "funding_cost", "collection_cost", "relief_handling_cost")
        spent += ("underwriting_cost", "acquisition_cost", "programme_cost")
        self.before_losses = sum(map(self.total, earned)) - sum(map(self.total, spent))
        self.worst = int(self.loss[:, 0].mean(axis=1).argmax())
        net = self.before_losses - self.credit_loss
        self.net = net - net[:, :1]
        value = dataset["value"].values
        self.value = value - value[:, :1]

    def total(self, name: str) -> F8:
        monthly = self.dataset[name].transpose(..., "month").values
        return np.asarray(monthly.sum(axis=-1) + self.dataset[f"runoff_{name}"].values)

    def weighted(self, values: F8) -> F8:
        """(policy, path)"""
        return np.tensordot(self.weights, values, axes=(0, 0))

    def order(self) -> list[int]:
        """Policies but the reference, the best first by net over scenarios."""
        means = self.weighted(self.net).mean(axis=1)
        return sorted(range(1, len(means)), key=lambda i: -means[i])

    def split(self, i: int) -> list[float]:
        """Size of the losses avoided and of the cost."""
        found = [
            self.weighted(v - v[:, :1])[i].mean() for v in (self.credit_loss, self.before_losses)
        ]
        return [abs(float(v)) for v in found]

    def harm(self, i: int) -> list[float]:
        """Saved, harmed and of how many, where more are harmed."""
        fates = self.weighted(self.dataset["fates"].values).mean(axis=1)
        names = [str(f) for f in self.dataset["fate"].values]
        saved, harmed = (fates[i, names.index(f)] for f in ("saved", "harmed"))
        per = 1000.0 / fates[0, names.index("compared")]
        return [saved * per, harmed * per, 1000.0] if harmed > saved else []

    def doubts(self, i: int) -> list[float]:
        """Values whose interval is not above zero, over all scenarios and in the worst."""
        places = [_estimate(self.weighted(self.value)[i]), _estimate(self.value[self.worst, i])]
        said = [v for place in places if place[1] <= 0.0 for v in place]
        return [float(len(self.value)), *said] if places[0][1] <= 0.0 else said

    def break_even(self) -> list[float]:
        """The value and its interval; ends of the bracket where it has none inside."""
        names = ("value", "ci_low", "ci_high", "low", "high")
        found = {n: float(self.dataset[f"break_even_{n}"].values[0]) for n in names}
        low, high = (
            found[limit] if np.isnan(found[end]) else found[end]
            for end, limit in (("ci_low", "low"), ("ci_high", "high"))
        )
        return [found["value"], low, high]


@pytest.mark.parametrize("code", get_args(LanguageCode))
def test_every_number_of_the_first_screen_follows_from_the_results(
    outcome: ExperimentOutcome, code: LanguageCode
) -> None:
    again = Again(outcome.dataset)
    best, *losers = again.order()
    peaks = {d: outcome.dataset["overdue_rate"].sel(dpd=d).max("month").values for d in (30, 90)}
    with speaking(code):
        data = ReportData(outcome.dataset, outcome.summary, outcome.manifest)
        finding, figures = findings.headline(data), key_figures.key_figures(data)
        recommendation = findings.recommendation(data)
        labels = [data.policy_label(p) for p in again.policies]
    assert again.policies[best] == "grace_period"
    assert str(outcome.dataset["break_even_verdict"].values[0]) == "crosses"
    net = _estimate(again.weighted(again.net)[best])
    assert net[1] > 0.0
    change = _estimate(peaks[90][again.worst, best] - peaks[90][again.worst, 0])
    told = [2.0, *net, *again.split(best)]
    shown = change if change[1] < 0.0 < change[2] else [abs(v) for v in change]
    _assert_told(finding.headline, [*told, *shown, *again.break_even()])
    assert len(finding.support) <= findings.MOST_SENTENCES

    place = {"scenario": again.worst, "policy": 0, "provision": 0, "month": -1}
    allowance, spread = (
        outcome.dataset[name].isel(place).values for name in ("allowance", "allowance_spread")
    )
    mean, low, high = _estimate(spread)
    expected = [
        _estimate(peaks[30][again.worst, 0]),
        _estimate(peaks[90][again.worst, 0]),
        _estimate(again.loss[again.worst, 0]),
        [float(v) for v in allowance.mean() + np.array([0.0, low - mean, high - mean])],
        _estimate(again.net[again.worst, best]),
    ]
    for figure, numbers in zip(figures, expected, strict=True):
        _assert_told(f"{figure.value} ({figure.interval})", numbers)
    _assert_told(figures[3].note, [9.0])

    assert recommendation is not None
    assert labels[best] in recommendation.title
    _assert_told(recommendation.lead, [*told, *again.harm(best), *again.doubts(best)])
    assert [name for name, _ in recommendation.others] == [labels[i] for i in (*losers, 0)]
    for i, (_, why) in zip(losers, recommendation.others, strict=False):
        loss = _estimate(-again.weighted(again.net)[i])
        assert loss[1] > 0.0
        _assert_told(why, [*loss, *again.split(i), *again.harm(i)])
    _assert_told(recommendation.others[-1][1], net)


def _changed(outcome: ExperimentOutcome, costs: dict[str, float]) -> ReportData:
    """The run with so much more programme cost for each policy on every path."""
    dataset = outcome.dataset.copy(deep=True)
    for policy, cost in costs.items():
        dataset["programme_cost"].loc[{"policy": policy, "month": 1}] += cost
    return ReportData(dataset, outcome.summary, outcome.manifest)


def test_where_no_policy_pays_the_reference_is_recommended(outcome: ExperimentOutcome) -> None:
    found = findings.recommendation(_changed(outcome, {"grace_period": 1e6}))
    assert found is not None
    assert found.title == "Recommended: keep Status quo"
    whys = dict(found.others)
    assert list(whys) == ["Education", "Stricter approval", "Grace period"]
    assert whys["Grace period"].startswith("loses CNY\u00a09")
    assert "harms more than it saves" in whys["Grace period"]


def test_a_second_policy_that_may_be_as_good_is_told_so(outcome: ExperimentOutcome) -> None:
    data = _changed(outcome, {"education": -2e4})
    found = findings.recommendation(data)
    assert found is not None
    assert found.title == "Recommended: Grace period"
    assert dict(found.others)["Education"].startswith("nets +CNY\u00a013.6\u202fk (95 % interval")
    told = "less than the best on the same paths, not distinguishable from zero"
    assert told in dict(found.others)["Education"]
    told = "on the same paths Education is not distinguishable from it"
    assert told in findings.headline(data).headline


def test_four_faces_give_one_answer_where_the_largest_mean_is_not_sure(
    outcome: ExperimentOutcome, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gains more by mean, but not surely; B gains less, and surely: B."""
    dataset = outcome.dataset.copy(deep=True)
    luck = np.where(np.arange(PATHS) % 2 == 0, 1e5, -1e5)
    cost = dataset["programme_cost"]
    cost.loc[{"policy": "grace_period", "month": 1}] += luck - luck.mean()
    cost.loc[{"policy": "education", "month": 1}] -= 2e4
    rows = summarise(dataset)
    data = ReportData(dataset, rows, outcome.manifest)
    overall, *by_scenario = frontiers(dataset)
    for frontier in (overall, *by_scenario):
        nets = {standing.policy: standing.net for standing in frontier.standings}
        assert nets["grace_period"].mean > nets["education"].mean > 0.0
        assert surely_best(nets) == frontier.standings[0].policy == "education"
    found = findings.recommendation(data)
    assert found is not None
    assert found.title == "Recommended: Education"
    assert "Education is worth most" in findings.headline(data).headline
    closing_table(rows)
    shown = capsys.readouterr().out
    for scenario in ("baseline", "downturn"):
        assert f"{scenario}: education, net result" in shown
    ranking = workbook._ranking(data)
    best = [row for row in ranking.rows if row[2] == Number(1.0)]
    assert len(best) == 3
    assert all("Education" in row for row in best)


def test_the_limits_are_told_in_chinese_throughout(outcome: ExperimentOutcome) -> None:
    data = ReportData(outcome.dataset, outcome.summary, outcome.manifest)
    english = about_the_run.limits(data)
    with speaking("zh"):
        chinese = about_the_run.limits(data)
    assert len(chinese) == len(english)
    for sentence in chinese:
        assert sentence.endswith("。")
        assert not re.search(r"[a-z]+ [a-z]+", sentence)
