"""The first screen: every number on it, computed again from results.nc with numpy alone."""

import re
from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from simulator.cli.terminal.closing import closing_table
from simulator.notebook import stress_test
from simulator.report import about_the_run, workbook
from simulator.report.headline.first_screen import first_screen
from simulator.report.headline.verdict import MOST_EFFECTS, MOST_WORDS, verdict
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.kit.table import PageTable
from simulator.results.decision import Lack, Outcome
from simulator.results.ranking import frontiers
from simulator.results.run import Run
from simulator.results.summary import summarise
from simulator.settings import DecisionLimits, DecisionSettings, LanguageCode
from tests.report.stress_runs import Run as Parts
from tests.report.stress_runs import data_of

F8 = NDArray[np.float64]
PATHS = 30
T_975 = 2.045229642132703
"""97.5 % quantile of Student's t with 29 degrees of freedom: 30 paths, a draw each."""
UNITS = {
    "bn": 1e9,
    "M": 1e6,
    "k": 1e3,
    "亿": 1e8,
    "万": 1e4,
    "元": 1.0,
    "%": 0.01,
    "pp": 0.01,
    "个百分点": 0.01,
}
MONEY = r"(?P<sign>[+\u2212]?)(?:CNY\s)?(?P<amount>\d[\d,]*(?:\.\d+)?)"
NUMBER = re.compile(rf"{MONEY}(?:\s?(?P<unit>(?:bn|M|k|%|pp)(?!\w)|亿|万|元|个百分点))?")
NOT_NUMBERS = re.compile(r"(?<![\d.])95\s?%|90\+|30\+|90天|30天|CAS 22|2026-01|run\.paths=")
"""Words that hold digits."""
OPENING = "opening"


@pytest.fixture(scope="module")
def outcome() -> Run:
    return stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", "stricter_approval", "education"],
        paths=PATHS,
        months=9,
        runoff_months=8,
        borrowers=300,
        seed=20260106,
        provision=["cas22", "china_minimum"],
        adjust=False,  # so that the numbers follow from paths by hand
        book_draws=0,
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


def _assert_told(text: str, expected: Sequence[float], slack: float = 0.0) -> None:
    """``text`` holds the expected numbers, each as exactly as it is written, and no other.

    ``slack``: how far a number may be off beside, where it comes from random draws.
    """
    left = list(expected)
    for value, half in _read(text):
        match = next((e for e in left if abs(value - e) <= 1.001 * half + slack), None)
        assert match is not None, f"{value} of {text!r} is none of {left}"
        left.remove(match)
    assert not left, f"{left} missing in {text!r}"


def _interval(values: F8, width: float = T_975) -> list[float]:
    """Mean over paths and both ends of its interval."""
    margin = width * values.std(ddof=1) / np.sqrt(len(values))
    return [float(values.mean()), float(values.mean() - margin), float(values.mean() + margin)]


def _largest_t(values: F8) -> float:
    """95 % quantile of the largest |t| of columns (paths, k): whole samples drawn again."""
    random, (n, k) = np.random.default_rng(99), values.shape
    factor = np.linalg.cholesky(np.corrcoef(values, rowvar=False) + 1e-12 * np.eye(k))
    drawn = random.standard_normal((60_000, n, k)) @ factor.T
    t = drawn.mean(axis=1) / (drawn.std(axis=1, ddof=1) / np.sqrt(n))
    return float(np.quantile(np.abs(t).max(axis=1), 0.95))


class Again:
    """The numbers of a run once more; arrays are (scenario, policy, path)."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset
        self.policies = [str(p) for p in dataset["policy"].values]
        self.weights = dataset["scenario_weight"].values
        self.loss = (
            self.total("written_off")
            + self.total("sold")
            - self.total("recovered")
            - self.total("sale_price")
        )
        self.worst = int(self.loss[:, 0].mean(axis=1).argmax())
        value = dataset["value_spread"].values  # whose scatter the interval comes from
        self.value = value - value[:, :1]
        self.overall = np.tensordot(self.weights, self.value, axes=(0, 0))
        self.width = _largest_t(self.overall[1:].T)
        self.opening = float(dataset["balance_at_opening"].values.sum(axis=-1)[:, 0].mean())

    def total(self, name: str) -> F8:
        monthly = self.dataset[name].transpose(..., "month").values
        return np.asarray(monthly.sum(axis=-1) + self.dataset[f"runoff_{name}"].values)

    def worth(self, i: int) -> list[float]:
        """Mean and simultaneous interval of a policy's weighted worth."""
        return _interval(self.overall[i], self.width)

    def order(self) -> list[int]:
        """Policies but the reference: those that surely gain first, then by mean."""
        found = {i: self.worth(i) for i in range(1, len(self.policies))}
        return sorted(found, key=lambda i: (found[i][1] > 0.0, found[i][0]), reverse=True)

    def monthly(self, name: str) -> F8:
        return np.asarray(self.dataset[name].transpose(..., "month").values)

    def overdue(self) -> F8:
        """Balance 90 or more days past due by month."""
        rate = self.dataset["overdue_rate"].sel(dpd=90).transpose(..., "month").values
        return np.nan_to_num(rate) * self.monthly("closing_balance")

    def statement(self) -> dict[str, F8]:
        """Net income and equity by month, as the dataset holds them."""
        return {name: self.monthly(name) for name in ("net_income", "equity", "capital_ratio")}

    def levels(self, s: int) -> list[float]:
        """A row of the table of levels, of the current policy."""
        years = 9 / 12
        dataset, own = self.dataset, (s, 0)
        mean_balance = self.monthly("opening_balance")[own].mean(axis=-1)
        lost = sum(
            sign * self.monthly(name)[own].sum(axis=-1)
            for sign, name in (
                (1, "written_off"),
                (1, "sold"),
                (-1, "recovered"),
                (-1, "sale_price"),
            )
        )
        impaired = dataset["impaired_balance"].sel(provision="china_minimum")
        impaired = impaired.transpose("scenario", "policy", "path", "month").values[own]
        booked = dataset["allowance"].sel(provision="cas22")
        booked = booked.transpose("scenario", "policy", "path", "month").values[own]
        charge = dataset["provision_charge"].sel(provision="cas22")
        charge = charge.transpose("scenario", "policy", "path", "month").values[own].sum(axis=-1)
        income = self.statement()["net_income"][own]
        equity = self.statement()["equity"][own]
        paid = self.monthly("payout")[own]
        before = equity - income + paid
        cover = np.divide(booked, impaired, out=np.full(booked.shape, np.nan), where=impaired > 0)
        return [
            dataset["overdue_rate"].sel(dpd=90).max("month").values[own].mean() / 0.01,
            np.nanmax(impaired / self.monthly("closing_balance")[own], axis=-1).mean() / 0.01,
            (lost / mean_balance).mean() / years / 0.01,
            charge.mean(),
            np.nanmin(cover, axis=-1).mean() / 0.01,
            self.statement()["capital_ratio"][own].min(axis=-1).mean() / 0.01,
            (income.sum(axis=-1) / mean_balance).mean() / years / 0.01,
            income.sum(axis=-1).mean() / years / before.mean(axis=-1).mean() / 0.01,
        ]

    def changes(self, i: int) -> list[float]:
        """A row of the table of policies, in the adverse scenario; the value's ends last."""
        s = self.worst
        balance = self.monthly("closing_balance")[s]
        overdue = self.overdue()[s].max(axis=-1)
        allowance = self.dataset["allowance"].sel(provision="cas22")
        allowance = allowance.transpose("scenario", "policy", "path", "month").values[s]
        capital = self.statement()["capital_ratio"][s].min(axis=-1)
        income = self.statement()["net_income"][s].sum(axis=-1)
        roa = income / self.monthly("opening_balance")[s].mean(axis=-1) / (9 / 12)
        return [
            100.0 * (balance[i].mean() / balance[0].mean() - 1.0),
            (overdue[i] - overdue[0]).mean(),
            (self.total("written_off")[s, i] - self.total("written_off")[s, 0]).mean(),
            (allowance[i].max(axis=-1) - allowance[0].max(axis=-1)).mean(),
            100.0 * (capital[i] - capital[0]).mean(),
            100.0 * (roa[i] - roa[0]).mean(),
            *_interval(self.value[s, i]),
        ]


def _scaled(header: str) -> float:
    """What a number under a heading is a multiple of: money has its step there."""
    step = re.search(r"(?:CNY (bn|M|k))|(亿|万)元", header)
    return UNITS[step[1] or step[2]] if step else 1.0


def _assert_cell(text: str, header: str, expected: float) -> None:
    ((value, half),) = _read(text)
    factor = _scaled(header)
    assert abs(value * factor - expected) <= 1.001 * half * factor, (header, text, expected)


@pytest.mark.parametrize("code", get_args(LanguageCode))
def test_every_number_of_the_first_screen_follows_from_the_results(
    outcome: Run, code: LanguageCode
) -> None:
    again = Again(outcome.dataset)
    best, *_ = again.order()
    with speaking(code):
        data = ReportData(outcome)
        screen = first_screen(data)
        labels = [data.policy_label(p) for p in again.policies]
    decision = outcome.decision
    assert decision.leading is not None
    assert decision.leading.policy == again.policies[best]

    # The verdict: worth over the book and in money, the first obstacle, effects that are sure.
    worth = again.worth(best)
    told = [worth[0] / again.opening, *worth, 2.0]
    assert worth[0] < 0.0  # so that no obstacle is told
    harms = [abs(c) for c, better in _sure_effects(again, best) if c * better < 0.0]
    harms = harms[:MOST_EFFECTS]
    if harms:
        told += [*harms, 0.01 * again.changes(best)[0]]
    lead = screen.verdict
    _assert_told(lead, told, 0.01 * (worth[2] - worth[0]))
    assert labels[best] in lead
    assert code != "en" or len(lead.split()) <= MOST_WORDS

    # Both tables.
    levels = PageTable(screen.levels)
    for s, row in enumerate(levels.rows):
        for text, header, expected in zip(row[1:], levels.header[1:], again.levels(s), strict=True):
            _assert_cell(text, header, expected)
    assert screen.against is not None
    against = PageTable(screen.against.table)
    assert [row.names[1] for row in against.judged] == [labels[i] for i in again.order()]
    for i, line in zip(again.order(), against.judged, strict=True):
        *expected, low, high = again.changes(i)
        for cell, (_, unit), number in zip(line.cells, against.titles, expected, strict=True):
            if cell.verdict == "same":
                assert number == 0.0
            else:
                _assert_cell(cell.value, unit, number)
        if line.cells[-1].span:
            unit = against.titles[-1][1]
            ends = re.split(r" to | 至 ", line.cells[-1].span)
            for text, number in zip(ends, (low, high), strict=True):
                _assert_cell(text, unit, number)

    # The subtitle, and the peaks of the mean path.
    mean_paths = outcome.dataset["overdue_rate"].sel(dpd=90, policy="status_quo").mean("path")
    _assert_told(screen.peaks_note, [float(p) for p in mean_paths.max("month")])
    _assert_told(screen.subtitle[0], [again.opening])


def _sure_effects(again: Again, i: int) -> list[tuple[float, int]]:
    """Effects in the adverse scenario whose interval leaves out zero, with the better sign."""
    s = again.worst
    written = again.total("written_off")[s]
    overdue = again.overdue()[s].max(axis=-1)
    allowance = again.dataset["allowance"].sel(provision="cas22")
    spread = again.dataset["allowance_spread"].sel(provision="cas22")
    allowance, spread = (
        v.transpose("scenario", "policy", "path", "month").values[s].max(axis=-1)
        for v in (allowance, spread)
    )
    capital = again.statement()["capital_ratio"][s].min(axis=-1)
    found = []
    for level, wide, better in (
        (written, written, -1),
        (overdue, overdue, -1),
        (allowance, spread, -1),
        (capital, None, 1),
    ):
        change = level[i] - level[0]
        mean = float(change.mean())
        if wide is None:
            row = next(
                r
                for r in summarise(again.dataset)
                if (r.scenario, r.policy, r.metric)
                == (
                    str(again.dataset["scenario"].values[s]),
                    again.policies[i],
                    "delta_lowest_capital_ratio",
                )
            )
            half = 0.5 * (row.ci_high - row.ci_low)
        else:
            scatter = _interval(wide[i] - wide[0])
            half = scatter[2] - scatter[0]
        if abs(mean) > half:
            found.append((mean, better))
    return found


def _planted(outcome: Run, worths: dict[str, F8]) -> tuple[xr.Dataset, ReportData]:
    """The run with policies worth so much, by path, more than the current one everywhere."""
    dataset = outcome.dataset.copy(deep=True)
    current = dataset["value"].sel(policy="status_quo")
    for policy, worth in worths.items():
        own = (current + xr.DataArray(worth, dims="path")).transpose("scenario", "path")
        dataset["value"].loc[{"policy": policy}] = own.values
    dataset["value_spread"] = dataset["value"]
    return dataset, data_of(Parts(dataset, summarise(dataset), outcome.manifest))


SCATTER = np.where(np.arange(PATHS) % 2 == 0, 1.0, -1.0)


def test_a_policy_that_gains_everywhere_is_recommended(outcome: Run) -> None:
    dataset, _ = _planted(outcome, {"education": 2e4 + 1e3 * SCATTER})
    limits = DecisionLimits(complaints=0.0)
    dataset.attrs["decision"] = DecisionSettings(limits=limits).model_dump_json()
    strict = data_of(Parts(dataset, summarise(dataset), outcome.manifest))
    assert strict.decision.outcome is Outcome.NO_CLEAR_CASE
    assert {o.lack for o in strict.decision.cases[0].obstacles} == {Lack.COMPLAINTS}
    limits = DecisionLimits(complaints=100.0)
    dataset.attrs["decision"] = DecisionSettings(limits=limits).model_dump_json()
    found = data_of(Parts(dataset, summarise(dataset), outcome.manifest))
    assert found.decision.outcome is Outcome.RECOMMENDED
    assert verdict(found).startswith("Recommended: Education, worth +")
    assert "Pilot Education" in " ".join(first_screen(found).next_steps)


def test_four_faces_give_one_answer_where_the_largest_mean_is_not_sure(
    outcome: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gains more by mean, but not surely; B gains less, and surely: B leads everywhere."""
    dataset, data = _planted(
        outcome,
        {
            "grace_period": 5e4 + 2e5 * SCATTER,
            "education": 4e4 + 1e3 * SCATTER,
            "stricter_approval": np.zeros(PATHS),
        },
    )
    rows = summarise(dataset)
    overall, *by_scenario = frontiers(dataset)
    for frontier in (overall, *by_scenario):
        worths = {standing.policy: standing.worth for standing in frontier.standings}
        assert worths["grace_period"].mean > worths["education"].mean > 0.0
        assert frontier.standings[0].policy == "education"
    assert data.decision.leading is not None
    assert data.decision.leading.policy == "education"
    assert data.decision.tied == ("grace_period",)
    told = verdict(data)
    assert "Education" in told
    assert "Grace period" not in told
    closing_table(rows, told)
    shown = capsys.readouterr().out
    assert " ".join(told.split()) in " ".join(shown.split())
    best = [line for line in shown.splitlines() if line.strip().endswith("better")]
    assert len(best) == 2
    assert all("education" in line for line in best)
    ranking = workbook._ranking(data)
    first = [row for row in ranking.rows if row[2] == 1]
    assert len(first) == 3
    assert all("Education" in row for row in first)


def test_the_limits_are_told_in_chinese_throughout(outcome: Run) -> None:
    data = ReportData(outcome)
    english = about_the_run.limits(data)
    with speaking("zh"):
        chinese = about_the_run.limits(data)
    assert len(chinese) == len(english)
    for sentence in chinese:
        assert sentence.endswith("。")
        assert not re.search(r"[a-z]+ [a-z]+", sentence)
