"""The report's section on money: allowances, losses over paths, profit, capital and value."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simulator.catalogue import parameters_from
from simulator.notebook import stress_test
from simulator.report import about_the_run
from simulator.report.headline import findings, key_figures, recommendation
from simulator.report.kit import style
from simulator.report.kit.card import Axis
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.kit.numbers import Scale, money_scale
from simulator.report.page import figure_cards
from simulator.report.profit.bridge_figure import Bridge, bridge_figure
from simulator.report.profit.bridge_words import bridge_caption, bridge_table
from simulator.report.profit.loss_figure import Losses, loss_figure, round_ticks
from simulator.report.profit.loss_words import loss_caption
from simulator.report.profit.profit_cards import money_section
from simulator.report.profit.value_table import value_table
from simulator.report.provisions.allowance_figures import (
    coverage_figure,
    line_word,
    used_lines,
    waterfall_figure,
)
from simulator.report.provisions.allowance_words import (
    allowance_sentence,
    coverage_caption,
    fan_caption,
    waterfall_caption,
    waterfall_table,
)
from simulator.report.provisions.rule_books import Provisions, provisions_of
from simulator.results.profit import COST_LINES
from simulator.results.ranking import Estimate
from simulator.results.summary import SummaryRow
from simulator.settings import LanguageCode
from simulator.shipped import read_shipped
from tests.report.test_report import (
    PAYLOADS,
    POLICIES,
    SCENARIOS,
    Outline,
    Row,
    Run,
    assert_small,
    data_of,
    drawings,
    labels_of,
    make_run,
    write,
)

BOOKS = ("cas22", "cecl", "china_minimum")
GRADES = {
    "cas22": ("stage_1", "stage_2", "stage_3"),
    "cecl": ("lifetime",),
    "china_minimum": ("normal", "special_mention", "substandard", "doubtful", "loss"),
}
KINDS = {"cecl": "lifetime"}
MINIMA = {"coverage_ratio": 1.5, "provisions_over_loans": 0.025}
COVERED = {
    "cas22": (0.006, 0.09, 0.7),
    "cecl": (0.045,),
    "china_minimum": (0.01, 0.02, 0.25, 0.5, 1.0),
}
LINES = ("opening", "new", "transfer_in", "transfer_out", "remeasurement", "repaid")
LINES += ("written_off", "sold", "overlay", "closing")


def _over_paths(values: np.ndarray, spread: np.ndarray | None = None) -> tuple[float, ...]:
    """Mean, normal interval and quantiles of one number a path; the error is that of ``spread``."""
    mean = float(values.mean())
    scatter = values if spread is None else spread
    error = float(scatter.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else np.nan
    low, middle, high = (float(q) for q in np.quantile(values, (0.05, 0.5, 0.95)))
    return mean, mean - 1.96 * error, mean + 1.96 * error, low, middle, high


def _grade_shares(run: Run, books: Sequence[str], grades: Sequence[str]) -> np.ndarray:
    """Share of the balance in each grade, (scenario, policy, book, path, month, grade)."""
    late = run.dataset["overdue_rate"].transpose("scenario", "policy", "path", "month", "dpd")
    thirty, ninety = late.sel(dpd=30).values, late.sel(dpd=90).values
    out = np.zeros((*late.shape[:2], len(books), *late.shape[2:4], len(grades)))
    for b, book in enumerate(books):
        own = GRADES.get(book, ("stage_1", "stage_2", "stage_3"))
        split = {1: (1.0,), 3: (1.0, 0.0, 0.0), 5: (1.0, 0.0, 0.0, 0.0, 0.0)}[len(own)]
        parts = [np.full(thirty.shape, share) for share in split]
        if len(own) > 1:
            parts[0], parts[1] = 1.0 - thirty, thirty - ninety
            for part in range(2, len(own)):
                parts[part] = ninety / (len(own) - 2)
        for part, grade in zip(parts, own, strict=True):
            out[:, :, b, :, :, list(grades).index(grade)] = part
    return out


def make_money_run(
    scenarios: Sequence[str] = SCENARIOS,
    policies: Sequence[str] = POLICIES,
    n_paths: int = 100,
    n_months: int = 24,
    books: Sequence[str] = BOOKS,
    grade_names: Sequence[str] | None = None,
    lines: Sequence[str] = LINES,
) -> Run:
    """A run by the contract of results.nc with rule books, numbers made here."""
    run = make_run(scenarios, policies, n_paths, n_months)
    known = list(dict.fromkeys(g for b in books for g in GRADES.get(b, GRADES["cas22"])))
    shares = _grade_shares(run, books, known)
    old = run.dataset
    closing = old["balance"].sum("bucket").transpose("scenario", "policy", "path", "month")
    covered = np.zeros((len(books), len(known)))
    impaired = np.zeros((len(books), len(known)))
    for b, book in enumerate(books):
        own = GRADES.get(book, GRADES["cas22"])
        for grade, share in zip(own, COVERED.get(book, COVERED["cas22"]), strict=True):
            covered[b, known.index(grade)] = share
            impaired[b, known.index(grade)] = float(own.index(grade) > 1 or len(own) == 1)
    balance = shares * closing.values[:, :, None, :, :, None]
    held = balance * covered[:, None, None, :]
    paths = ("scenario", "policy", "provision", "path", "month")
    means = ("scenario", "policy", "provision", "month", "grade")
    allowance = held.sum(axis=-1)
    change = np.diff(allowance, axis=-1, prepend=0.97 * allowance[..., :1])
    lost = 0.3 * np.maximum(change, 0.0) + 1.0e5
    luck = np.random.default_rng(11).normal(0.0, 2.0e5, allowance.shape[:4])
    influence = (luck - luck.mean(axis=3, keepdims=True))[..., None] * np.ones(n_months)
    roll = np.zeros((*held.shape[:3], n_months, len(lines), len(known)))
    mean = held.mean(axis=3)
    before = np.concatenate([0.97 * mean[..., :1, :], mean[..., :-1, :]], axis=-2)
    roll[..., 0, :], roll[..., -1, :] = before, mean
    roll[..., 1, :] = 0.02 * mean
    for b, book in enumerate(books):
        own = [known.index(grade) for grade in GRADES.get(book, GRADES["cas22"])]
        for better, worse in pairwise(own):
            moved = 0.1 * mean[:, :, b, :, better]
            roll[:, :, b, :, 3, better] -= moved
            roll[:, :, b, :, 2, worse] += moved
    roll[..., 5, :], roll[..., 6, :] = -0.01 * mean, -0.004 * mean
    roll[..., 4, :] = mean - before - roll[..., 1:-1, :].sum(axis=-2)
    flows = _flows(old, closing)
    dataset = old.assign(
        closing_balance=closing,
        allowance=(paths, allowance),
        allowance_spread=(paths, allowance + influence),
        allowance_at_opening=(paths[:-1], 0.97 * allowance[..., 0]),
        allowance_spread_at_opening=(paths[:-1], 0.97 * allowance[..., 0]),
        impaired_balance=(paths, (balance * impaired[:, None, None, :]).sum(axis=-1)),
        provision_charge=(paths, change + lost),
        allowance_by_grade=(means, mean),
        balance_by_grade=(means, balance.mean(axis=3)),
        roll_forward=((*means[:4], "line", "grade"), roll),
        balance_at_opening=old["balance"].isel(month=0, drop=True),
        **{f"minimum_{name}": ("provision", [v] * len(books)) for name, v in MINIMA.items()},
        **flows,
    ).assign_coords(
        provision=list(books),
        provision_label=("provision", [f"Book {book}" for book in books]),
        grade=list(grade_names or known),
        line=list(lines),
    )
    dataset.attrs |= {
        "parameters": json.dumps(parameters_from({})),
        "luck_replicates": 1,
        "runoff_months": 0,
        "accounting_book": books[0],
    }
    manifest = run.manifest | {
        "configuration": run.manifest["configuration"]
        | {"provision": {b: {"kind": KINDS.get(b, "staged"), "minima": MINIMA} for b in books}}
    }
    return Run(dataset, [*run.rows, *money_rows(dataset)], manifest)


def _flows(old: xr.Dataset, closing: xr.DataArray) -> dict[str, xr.DataArray]:
    """Income, cost and loss by path and month, made from the balance and the write-offs."""
    shares = {
        "interest_accrued": 0.012,
        "penalty_accrued": 0.0005,
        "fees_accrued": 0.0001,
        "forgiven": 0.0002,
        "funding_cost": 0.003,
        "operating_cost": 0.0015,
        "collection_cost": 0.0008,
        "relief_handling_cost": 0.0001,
        "underwriting_cost": 0.0002,
        "programme_cost": 0.0,
        "sold": 0.0,
        "sale_price": 0.0,
        "allowance_90_change": 0.0002,
        "recoverable_change": 0.0,
    }
    flows = {name: share * closing for name, share in shares.items()}
    recovered = 0.1 * old["written_off"]
    return flows | {"opening_balance": closing, "recovered": recovered}


def money_rows(dataset: xr.Dataset) -> list[Row]:
    """Rows of summary.csv on money, computed here and not by the product."""
    found: dict[str, tuple[np.ndarray, int | None]] = {}
    last = int(dataset["month"].values[-1])
    order = ("scenario", "policy", "path", "month")
    lost = dataset["written_off"] - dataset["recovered"] + dataset["allowance_90_change"]
    loss = lost.transpose(*order).sum("month").values
    of_balance = loss / dataset["balance_at_opening"].sum("bucket").values
    found["expected_loss_of_balance"] = (of_balance, None)
    income = dataset["interest_accrued"] + dataset["penalty_accrued"] + dataset["fees_accrued"]
    income = income - dataset["forgiven"] - sum(dataset[name] for name in COST_LINES)
    net = 0.75 * (income - dataset["provision_charge"].isel(provision=0)).transpose(*order)
    found["net_income"] = (net.sum("month").values, None)
    found["return_on_equity"] = (net.sum("month").values / 5.0e7, None)
    found["lowest_capital_ratio"] = (0.1 + net.min("month").values / 1.0e8, None)
    found["ever_breach_capital"] = ((net.min("month").values < 0.0).astype(float), None)
    found["net_present_value"] = (1.1 * net.sum("month").values, None)
    for book in dataset["provision"].values:
        own = dataset.sel(provision=book)
        allowance = own["allowance"].transpose(*order)
        booked = dataset["allowance"].isel(provision=0)
        found[f"allowance_{book}"] = (allowance.isel(month=-1).values, last)
        impaired = (own["impaired_balance"] / dataset["closing_balance"]).transpose(*order)
        found[f"impaired_ratio_{book}"] = (impaired.isel(month=-1).values, last)
        for name, below in (
            ("coverage", own["impaired_balance"]),
            ("provisions", dataset["closing_balance"]),
        ):
            minimum = MINIMA["coverage_ratio" if name == "coverage" else "provisions_over_loans"]
            low = (booked / below).transpose(*order).min("month").values < minimum
            found[f"ever_breach_{name}_{book}"] = (low.astype(float), None)
    rows = []
    scenarios, policies = (list(dataset[dim].values) for dim in ("scenario", "policy"))
    at = policies.index(dataset.attrs["reference"])
    for metric, (values, month) in found.items():
        for s, scenario in enumerate(scenarios):
            for p, policy in enumerate(policies):
                place = (str(scenario), str(policy))
                rows.append(Row(*place, metric, month, *_over_paths(values[s, p]), ""))
                if p != at:
                    change = _over_paths(values[s, p] - values[s, at])
                    rows.append(Row(*place, f"delta_{metric}", month, *change, ""))
    return rows + _tail_rows(of_balance, scenarios, policies)


def _tail_rows(loss: np.ndarray, scenarios: list[str], policies: list[str]) -> list[Row]:
    """Quantile and mean of the worst at 95 %; what 99 % and 99.9 % need; whose luck."""
    rows, empty = [], (np.nan,) * 3
    for s, scenario in enumerate(scenarios):
        for p, policy in enumerate(policies):
            place, values = (str(scenario), str(policy)), loss[s, p]
            risk = float(np.quantile(values, 0.95))
            worst = float(values[values >= risk].mean())
            for name, at in (("var", risk), ("es", worst)):
                interval = (at, 0.9 * at, 1.2 * at)
                rows.append(Row(*place, f"loss_{name}_95_of_balance", None, *interval, *empty, "1"))
            for label, paths in (("99", 1000.0), ("999", 10000.0)):
                needed = (paths, np.nan, np.nan, *empty)
                rows.append(Row(*place, f"paths_needed_loss_var_{label}", None, *needed, "paths"))
            luck = (0.8, 0.7, 0.9, *empty)
            rows.append(Row(*place, "loss_share_economy", None, *luck, "1"))
    return rows


@pytest.fixture(scope="module")
def money_run() -> Run:
    return make_money_run()


@pytest.fixture(scope="module")
def books(money_run: Run) -> Provisions:
    found = provisions_of(data_of(money_run))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found_losses(money_run: Run) -> Losses:
    return Losses(data_of(money_run))


@pytest.fixture(scope="module")
def bridge(money_run: Run) -> Bridge:
    return Bridge(data_of(money_run))


WORST = ("epidemic", "status_quo")


def _stat(run: Run, metric: str, place: tuple[str, str] = WORST) -> Row:
    return next(r for r in run.rows if (r.scenario, r.policy, r.metric) == (*place, metric))


def _with(run: Run, metric: str, **policies: tuple[float, float, float]) -> Run:
    """``run`` with (mean, low, high) of ``metric`` replaced for every policy named."""
    rows = []
    for row in run.rows:
        if row.metric == metric and row.policy in policies:
            mean, low, high = policies[row.policy]
            row = row._replace(mean=mean, ci_low=low, ci_high=high)
        rows.append(row)
    return run._replace(rows=rows)


# The page


@pytest.mark.parametrize(
    ("scenarios", "policies", "n_paths", "n_months", "rule_books"),
    [
        (("baseline",), ("status_quo",), 1, 1, ("cecl",)),
        (("baseline",), POLICIES, 1, 24, BOOKS),
        (SCENARIOS, ("status_quo",), 20, 12, BOOKS[:1]),
        (tuple(f"s{i}" for i in range(3)), tuple(f"p{i}" for i in range(8)), 2, 30, BOOKS[:2]),
    ],
)
def test_every_shape_of_run_gives_a_small_page_with_money(
    tmp_path: Path,
    scenarios: tuple[str, ...],
    policies: tuple[str, ...],
    n_paths: int,
    n_months: int,
    rule_books: tuple[str, ...],
) -> None:
    run = make_money_run(scenarios, policies, n_paths, n_months, rule_books)
    text = write(run, tmp_path / "report.html")
    assert_small(text)
    ids = [figure["id"] for figure in drawings(text)]
    assert ids[-4:] == ["allowance-roll", "coverage", "losses", "profit"]
    assert not re.search(r"\bnan\b", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_every_drawing_of_money_says_what_it_shows_and_names_rows_of_its_table(
    money_run: Run,
) -> None:
    data = data_of(money_run)
    section = money_section(data)
    assert section is not None
    axes = {"allowance-roll": {Axis.SCENARIO, Axis.POLICY}, "losses": {Axis.POLICY}}
    axes |= {"coverage": {Axis.SCENARIO, Axis.POLICY}, "profit": {Axis.SCENARIO}}
    for card in section.cards:
        assert {axis for choice in card.choices for axis in choice.at} == axes[card.key]
        assert len({tuple(choice.at.items()) for choice in card.choices}) == len(card.choices)
        assert set(card.choices[0].at.values()) <= set(WORST)
        rows = [set(row[: card.table.n_names]) for row in card.table.rows]
        named = [trace.meta["row"] for trace in card.choices[0].draw(style.WIDE).data if trace.meta]
        assert named
        assert all(any(set(names) <= row for row in rows) for names in named)


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_money_is_told_in_the_language_of_the_page(money_run: Run, spoken: LanguageCode) -> None:
    with speaking(spoken):
        section = money_section(data_of(money_run))
        assert section is not None
        said = [section.title, section.caption, *(title for title, _ in section.tables[0].titles)]
        for card in section.cards:
            said += [
                card.title,
                *card.table.header,
                *(name for _, name in card.legend),
            ]
    chinese = [bool(re.search("[\u4e00-\u9fff]", text)) for text in said]
    assert all(chinese) if spoken == "zh" else not any(chinese)


def test_names_of_rule_books_and_grades_stay_text(tmp_path: Path) -> None:
    def page_of(names: Sequence[str]) -> str:
        lines = (*LINES[:7], *names[5:7], LINES[-1])
        run = make_money_run(("aa", "bb"), ("ref", "p1"), 4, 3, names[:2], names[2:5], lines)
        provision = run.manifest["configuration"]["provision"]
        for name, entry in provision.items():
            entry |= {name: {name: [name]}, "source": " ".join(names)}
        labels = ("provision", list(names[5:7]))
        dataset = run.dataset.assign_coords(provision_label=labels)
        return write(run._replace(dataset=dataset), tmp_path / "report.html")

    expected = Outline(page_of(("b1", "b2", "g1", "g2", "g3", "l1", "l2")))
    text = page_of(PAYLOADS[:7])
    assert Outline(text).tags == expected.tags
    assert not any(c in text for c in "\u2028\u2029\u202e")
    for figure in drawings(text):
        assert not any("<" in label for label in labels_of(figure))


def test_without_rule_books_only_losses_are_told(money_run: Run, tmp_path: Path) -> None:
    without = money_run.dataset.drop_dims(["provision", "grade", "line"])
    text = write(money_run._replace(dataset=without), tmp_path / "report.html")
    ids = [figure["id"] for figure in drawings(text)]
    assert "losses" in ids
    assert not {"allowance-roll", "coverage", "profit"} & set(ids)
    assert "Losses over paths</h2>" in text
    assert "Allowance needed" not in text


def test_results_of_an_older_version_have_no_section_on_money(tmp_path: Path) -> None:
    assert money_section(data_of(make_run())) is None


# Allowances


def test_the_waterfall_runs_from_the_opening_to_the_closing_allowance(books: Provisions) -> None:
    data = books.data
    figure = waterfall_figure(books, style.WIDE, WORST)
    roll = data.dataset["roll_forward"].sel(
        provision="cas22", scenario=WORST[0], policy=WORST[1], grade=list(GRADES["cas22"])
    )
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert len(bars) == 4  # all and three stages
    divisor = 1.0e6
    lines = list(bars[0].text)
    for trace, part in zip(bars, (roll.sum("grade"), *roll.transpose("grade", ...)), strict=True):
        x, base = np.array(trace.x), np.array(trace.base)
        opening = float(part.sel(line="opening").isel(month=0)) / divisor
        closing = float(part.sel(line="closing").isel(month=-1)) / divisor
        assert x[lines.index("Opening")] == pytest.approx(opening, rel=1e-4)
        assert x[-1] == pytest.approx(closing, rel=1e-4)
        assert base[-2] + x[-2] == pytest.approx(closing, rel=1e-3)
        whole = trace is bars[0]  # between grades nothing leaves the whole
        moved = 0.0 if whole else float(part.sel(line="transfer_out").sum("month")) / divisor
        assert x[lines.index("Moved out")] == pytest.approx(moved, rel=1e-4, abs=1e-9)


def test_unused_lines_are_left_out(books: Provisions) -> None:
    assert "sold" not in used_lines(books)
    assert "overlay" not in used_lines(books)
    assert line_word(used_lines(books)[0]) == "Opening"
    assert len(waterfall_table(books).rows) == len(books.data.places) * len(used_lines(books))


def test_the_caption_states_both_ends_and_the_cliff(books: Provisions) -> None:
    data = books.data
    own = data.dataset.sel(provision="cas22", scenario=WORST[0], policy=WORST[1])
    roll = own["roll_forward"].sum("grade").sel(line=["opening", "closing"])
    first = float(roll.sel(line="opening").isel(month=0))
    last = float(roll.sel(line="closing").isel(month=-1))
    text = waterfall_caption(books)
    assert text.startswith("Under Epidemic and Status quo the allowance (Book cas22) rises from")
    ends = (f"CNY\u00a0{end / 1e6:.2f}\u202fM" for end in (first, last))
    assert f"{' to '.join(ends)} in 24 months" in text
    totals = {
        grade: float(own["allowance_by_grade"].sel(grade=grade).sum())
        / float(own["balance_by_grade"].sel(grade=grade).sum())
        for grade in ("stage_1", "stage_2")
    }
    multiple = totals["stage_2"] / totals["stage_1"]
    assert multiple == pytest.approx(15.0)
    assert f"needs {multiple:.1f} times its allowance" in text
    assert "stage 1 is covered with 0.60\u202f%, in stage 2 with 9.0\u202f%" in text


def test_one_grade_has_no_cliff() -> None:
    found = provisions_of(data_of(make_money_run(n_paths=3, n_months=4, books=("cecl",))))
    assert found is not None
    assert "no loan's allowance jumps by moving" in waterfall_caption(found)
    figure = waterfall_figure(found, style.NARROW, WORST)
    assert len([trace for trace in figure.data if trace.type == "bar"]) == 1


def test_fan_lines_are_quantiles_of_allowance_over_balance(books: Provisions) -> None:
    figure = coverage_figure(books, style.WIDE, ("baseline", "grace_period"))
    line = next(t for t in figure.data if t.name == "Book china_minimum")
    own = books.data.dataset.sel(scenario="baseline", policy="grace_period")
    paths = own["allowance"].sel(provision="china_minimum") / own["closing_balance"]
    expected = 100.0 * np.quantile(paths.transpose("path", "month").values, (0.05, 0.5, 0.95), 0)
    np.testing.assert_allclose(line.y, expected[1], atol=5.1e-4)
    np.testing.assert_allclose(np.array(line.customdata), expected[[0, 2]].T, atol=5.1e-4)
    assert "minimum 2.5\u202f%" in [a.text for a in figure.layout.annotations]


def test_the_fan_caption_states_the_peak_of_the_median(books: Provisions) -> None:
    own = books.data.dataset.sel(scenario=WORST[0], policy=WORST[1])
    for book in BOOKS:
        share = own["allowance"].sel(provision=book) / own["closing_balance"]
        median = share.transpose("path", "month").median("path").values
        at = int(median.argmax())
        told = f"Book {book} {100 * median[at]:.2f}\u202f% in month {at + 1}"
        assert told in fan_caption(books)


def test_coverage_dots_are_medians_of_the_lowest_month(books: Provisions) -> None:
    figure = coverage_figure(books, style.WIDE, WORST)
    own = books.data.dataset.sel(scenario=WORST[0], policy=WORST[1], provision="cas22")
    dots = [t for t in figure.data if t.name == "Book cas22, Epidemic"]
    for dot, below in zip(dots, ("impaired_balance", "closing_balance"), strict=True):
        ratio = (own["allowance"] / own[below]).transpose("path", "month").values
        expected = 100.0 * np.median(ratio.min(axis=1))
        assert dot.x[0] == pytest.approx(expected, abs=1e-3)
        assert float(dot.customdata[0]) == pytest.approx(expected, abs=0.051)


def test_the_probability_of_a_breach_is_that_of_the_summary(
    books: Provisions, money_run: Run
) -> None:
    row = _stat(money_run, "ever_breach_provisions_cas22")
    text = coverage_caption(books)
    assert 0.0 < row.mean < 1.0
    low, high = (f"{100 * v:.0f}" for v in (max(0.0, row.ci_low), min(1.0, row.ci_high)))
    assert (
        f"with probability {100 * row.mean:.0f}\u202f% (95 % interval {low} to {high}\u202f%)"
        " for provisions over loans as Book cas22 asks (at least 2.5\u202f%)"
    ) in text
    assert "on every path for coverage as Book cas22 asks (at least 150\u202f%)" in text
    shown = [t.text[0] for t in coverage_figure(books, style.WIDE, WORST).data if t.mode == "text"]
    assert f"  breach {100 * row.mean:.0f}\u202f%" in shown


def test_minima_are_held_against_the_allowance_of_the_accounting_book(books: Provisions) -> None:
    own = books.data.dataset.sel(scenario=WORST[0], policy=WORST[1])
    booked, late = own["allowance"].sel(provision="cas22"), own["impaired_balance"]
    lowest = (booked / late.sel(provision="china_minimum")).min("month").median("path")
    figure = coverage_figure(books, style.WIDE, WORST)
    dot = next(t for t in figure.data if t.name == "Book china_minimum, Epidemic")
    assert float(dot.customdata[0]) == pytest.approx(100.0 * float(lowest), abs=0.051)
    assert "the accounting book's, Book cas22" in coverage_caption(books)


def test_no_grade_runs_below_zero_on_its_way(books: Provisions) -> None:
    for place in books.data.places:
        figure = waterfall_figure(books, style.WIDE, place)
        for trace in (t for t in figure.data if t.type == "bar"):
            reached = np.array(trace.base) + np.array(trace.x)
            assert min(*trace.base, *reached) > -1e-4


@pytest.mark.parametrize(
    ("top", "ticks"),
    [(55.0, [0, 20, 40]), (35.0, [0, 10, 20, 30]), (7.3, [0, 2, 4, 6]), (0.5, [0, 0.2, 0.4])],
)
def test_ticks_are_round(top: float, ticks: list[float]) -> None:
    assert round_ticks(top) == ticks


def test_a_rule_book_without_minima_has_no_breach(money_run: Run) -> None:
    nothing = ("provision", [np.nan] * len(BOOKS))
    dataset = money_run.dataset.assign({f"minimum_{ratio}": nothing for ratio in MINIMA})
    found = provisions_of(data_of(money_run._replace(dataset=dataset)))
    assert found is not None
    assert coverage_caption(found).startswith("None of the rule books sets a minimum.")
    shown = [t.text[0] for t in coverage_figure(found, style.WIDE, WORST).data if t.mode == "text"]
    assert set(shown) == {""}


# Losses over paths


def test_the_distribution_holds_every_path_and_the_lines_stand_at_the_figures(
    found_losses: Losses, money_run: Run
) -> None:
    figure = loss_figure(found_losses, style.WIDE, WORST[1])
    bars = [t for t in figure.data if t.type == "bar"]
    assert [sum(t.y) for t in bars] == pytest.approx([100.0] * 3, abs=0.05)
    panel = bars[2]
    scatter = [t for t in figure.data if t.type == "scatter" and t.xaxis == panel.xaxis]
    lines = [t for t in scatter if t.mode == "lines"]
    names = ("expected_loss", "loss_var_95", "loss_es_95")
    expected = [100.0 * _stat(money_run, f"{name}_of_balance").mean for name in names]
    assert [line.x[0] for line in lines] == pytest.approx(expected, rel=1e-4)
    mean = np.dot(panel.x, panel.y) / 100.0
    assert mean == pytest.approx(expected[0], abs=panel.width)


def test_the_loss_caption_says_what_the_paths_cannot_carry(found_losses: Losses) -> None:
    text = loss_caption(found_losses)
    assert "at 99 % needs 1,000 paths, at 99.9 % needs 10,000 paths; this run has 100." in text
    dataset = found_losses.data.dataset.sel(scenario="epidemic", policy="status_quo")
    lost = dataset["written_off"] - dataset["recovered"] + dataset["allowance_90_change"]
    share = lost.sum("month") / dataset["balance_at_opening"].sum("bucket")
    assert f"loans made in the run included, is {100 * float(share.mean()):.2f}\u202f%" in text
    assert f"lose no more than {100 * float(share.quantile(0.95)):.2f}\u202f%" in text
    assert "Luck of the economy makes 80\u202f% of the variance of losses" in text
    assert "70 to 90\u202f%" in text


def test_paths_that_all_differ_in_the_economy_cannot_split_luck(money_run: Run) -> None:
    rows = [row for row in money_run.rows if row.metric != "loss_share_economy"]
    text = loss_caption(Losses(data_of(money_run._replace(rows=rows))))
    assert "run.luck_replicates=2 tells them" in text


# Profit, capital and value


def test_the_bridge_adds_up_to_net_income(bridge: Bridge) -> None:
    for policy in POLICIES:
        change = policy != "status_quo"
        *parts, net = (
            bridge.stat("epidemic", policy, line, change=change).mean for line in bridge.names
        )
        assert sum(parts) == pytest.approx(net, rel=1e-9)
    assert "Programmes" not in bridge.names  # nothing was paid for any
    figure = bridge_figure(bridge, style.WIDE, "epidemic")
    own = next(t for t in figure.data if t.type == "bar")
    assert own.base[-2] + own.x[-2] == pytest.approx(own.x[-1], rel=1e-3)


def test_a_change_of_profit_is_paired_by_path(bridge: Bridge) -> None:
    charge = bridge.data.dataset["provision_charge"].sel(scenario="epidemic", provision="cas22")
    change = -(charge.sel(policy="grace_period") - charge.sel(policy="status_quo")).sum("month")
    spread = bridge.data.dataset["allowance_spread"] - bridge.data.dataset["allowance"]
    spread = spread.sel(scenario="epidemic", provision="cas22").isel(month=-1, drop=True)
    spread = change - (spread.sel(policy="grace_period") - spread.sel(policy="status_quo"))
    stat = bridge.stat("epidemic", "grace_period", "Provision charge", change=True)
    assert stat.mean == pytest.approx(float(change.mean()))
    error = float(spread.std(ddof=1)) / np.sqrt(change.size)  # rates are estimated too
    assert stat.ci_high is not None
    assert stat.ci_high - stat.mean == pytest.approx(1.984217 * error, rel=1e-5)  # t, 99 dof


def test_the_bridge_caption_names_the_best_policy_and_why(bridge: Bridge) -> None:
    text = bridge_caption(bridge)
    net = bridge.stat("epidemic", "status_quo", "Net income")
    assert f"Status quo earns CNY\u00a0{net.mean / 1e6:.1f}\u202fM (95 % interval" in text
    best = max(
        POLICIES[1:],
        key=lambda p: bridge.stat("epidemic", p, "Net income", change=True).mean,
    )
    assert best == "stricter_approval"
    assert "Stricter approval raises it most, by +CNY" in text
    assert "mostly by \u201cprovision charge\u201d" in text


def test_a_net_income_around_zero_is_neither_earned_nor_lost() -> None:
    run = make_money_run(n_paths=40)
    charge = run.dataset["provision_charge"].copy()
    net = Bridge(data_of(run)).stat("epidemic", "status_quo", "Net income").mean
    luck = np.random.default_rng(4).normal(0.0, 4.0e7, (40, 1)) / 24
    charge[:] = charge.values + (net / 0.75 / 24 + luck)
    rows = [
        Row(*WORST, "break_even_price", None, 0.14, 0.13, 0.15, *(np.nan,) * 3, "1/year"),
        Row(*WORST, "income_rate", None, 0.125, 0.12, 0.13, *(np.nan,) * 3, "1/year"),
    ]
    dataset = run.dataset.assign(provision_charge=charge)
    text = bridge_caption(Bridge(data_of(Run(dataset, [*run.rows, *rows], run.manifest))))
    assert "after tax in 24 months, not distinguishable from zero: income of" in text
    told = "an income of 14.0\u202f% (95 % interval 13.0 to 15.0) of balance a year; it has 12.5"
    assert f"It breaks even before tax at {told}" in text


def test_profit_that_cannot_be_told_from_zero_is_said_so() -> None:
    run = make_money_run(n_paths=40)
    charge = run.dataset["provision_charge"].copy()
    luck = np.random.default_rng(3).normal(0.0, 3.0e6, (3, 2, 3, 40, 24))
    charge[:, 1:] = charge[:, :1].values + luck
    dataset = run.dataset.assign(provision_charge=charge)
    text = bridge_caption(Bridge(data_of(run._replace(dataset=dataset))))
    assert "No policy is shown to raise it" in text
    assert "is not distinguishable from zero" in text


def test_the_table_of_policies_repeats_the_summary(books: Provisions, money_run: Run) -> None:
    table = value_table(books, "epidemic")
    values = {
        p: _stat(money_run, "delta_net_present_value", ("epidemic", p)).mean for p in POLICIES[1:]
    }
    order = sorted(values, key=lambda p: -values[p])
    assert [row.policy for row in table.rows] == [
        *(p.replace("_", " ").capitalize() for p in order),
        "Status quo",
    ]
    assert [row.rank for row in table.rows] == ["1", "2", "\u2013"]
    best = table.rows[0]
    assert best.cells[0].value == f"+{values[order[0]] / 1e6:.2f}"
    assert best.cells[0].verdict == "better"
    change = _stat(money_run, "delta_allowance_cas22", ("epidemic", order[0]))
    assert best.cells[5].value == f"\u2212{-change.mean / 1e6:.2f}"
    assert best.cells[5].verdict == "better"
    late = _stat(money_run, "impaired_ratio_cas22", ("epidemic", order[0]))
    assert best.cells[6].value == f"{100 * late.mean:.2f}"
    assert [title for title, _ in table.titles[3:]] == [
        "Lowest capital ratio",
        "Paths below 10.5\u202f%",
        "Allowance",
        "Stage 3 share",
    ]
    breach = _stat(money_run, "ever_breach_capital", ("epidemic", order[0]))
    assert best.cells[4].value == f"{100 * breach.mean:.0f}"


def test_a_value_over_zero_is_never_told_as_an_effect(money_run: Run) -> None:
    unclear = dict.fromkeys(POLICIES[1:], (100000.0, -100000.0, 300000.0))
    run = _with(money_run, "delta_net_present_value", **unclear)
    run = _with(run, "delta_allowance_cas22", **unclear)
    data = data_of(run)
    found = provisions_of(data)
    assert found is not None
    for row in value_table(found, "epidemic").rows[:2]:
        assert (row.cells[0].verdict, row.cells[5].verdict) == ("unclear", "unclear")
    assert "has no distinguishable effect on the allowance needed" in allowance_sentence(found)


def test_the_first_screen_shows_the_allowance_needed_among_five_figures(money_run: Run) -> None:
    figures = {f.label: f for f in key_figures.key_figures(data_of(money_run))}
    needed = _stat(money_run, "allowance_cas22")
    shown = figures["Allowance needed"]
    scale = money_scale("CNY", (needed.mean, needed.ci_low, needed.ci_high))
    assert shown.value == scale.full(needed.mean)
    assert shown.interval == scale.span(needed.ci_low, needed.ci_high)
    assert shown.note.startswith("Status quo, Book cas22, month 24; loss rates weighted over")
    assert len(figures) == 5
    assert "Net result" not in figures


def test_rule_books_stand_with_their_settings(money_run: Run) -> None:
    manifest = json.loads(json.dumps(money_run.manifest))
    settings = read_shipped("provision", "china_minimum")
    manifest["configuration"]["provision"]["china_minimum"] = settings
    cards = about_the_run.rule_book_cards(data_of(money_run._replace(manifest=manifest)))
    assert [card.label for card in cards] == [f"Book {book}" for book in BOOKS]
    found = dict(cards[2].parts[0].settings)
    assert found["Classes of credit cards"] == (
        "0 to 0 normal; 1 to 90 special mention; 91 to 120 substandard; 121 to 180 doubtful;"
        " 181 or more loss (days past due)"
    )
    assert found["Minima"] == "coverage 150\u202f%, provisions over loans 2.5\u202f%"
    assert about_the_run.rule_book_cards(data_of(make_run())) == []


def test_labels_are_cut_at_a_comma_only_where_that_is_clear(money_run: Run) -> None:
    def labels(*full: str) -> list[str]:
        dataset = money_run.dataset.assign_coords(provision_label=("provision", list(full)))
        found = provisions_of(data_of(money_run._replace(dataset=dataset)))
        assert found is not None
        return [found.label(book) for book in BOOKS]

    assert labels("CAS 22, three stages", "CECL, lifetime", "Own") == ["CAS 22", "CECL", "Own"]
    same = ("CAS 22, mild", "CAS 22, hard", "Own")
    assert labels(*same) == list(same)


def test_a_real_run_closes_its_allowance_and_its_profit(tmp_path: Path) -> None:
    outcome = stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period"],
        paths=4,
        months=6,
        runoff_months=6,
        borrowers=150,
        output=tmp_path,
    )
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert_small(text)
    data = ReportData(outcome.dataset, outcome.summary, outcome.manifest)
    found = provisions_of(data)
    assert found is not None
    assert [found.label(book) for book in found.books] == ["CAS 22", "CECL", "China"]
    assert found.minimum("cecl", "coverage_ratio") is None
    for place in data.places:
        roll = found.roll(place)
        closing = roll.total("closing")
        assert roll.values[:-1].sum() == pytest.approx(closing, rel=1e-9)
        needed = found.needed(place)
        assert needed is not None
        assert needed.mean == pytest.approx(closing, rel=1e-9)
    book = Bridge(data)
    _assert_bridge_agrees(book)
    for scenario in data.scenarios:
        net = _mean(outcome.summary, scenario, "net_income")
        assert book.stat(scenario, "status_quo", "Net income").mean == pytest.approx(net)
        loss = _mean(outcome.summary, scenario, "expected_loss_of_balance")
        assert Losses(data).of((scenario, "status_quo")).mean() == pytest.approx(loss)
    assert figure_cards(data)[0].key == "frontier"


def _assert_bridge_agrees(book: Bridge) -> None:
    """Figure, table and caption have the intervals of summary.csv."""
    data, known = book.data, {"Provision charge": "provision_charge_cas22", "Tax": "tax"}
    for line, metric in {**known, "Net income": "net_income"}.items():
        if line not in book.names:
            continue
        sign = 1.0 if line == "Net income" else -1.0
        for scenario in data.scenarios:
            for policy in data.policies:
                change = policy != data.reference
                row = data.stat(scenario, policy, f"delta_{metric}" if change else metric)
                assert row is not None
                stat = book.stat(scenario, policy, line, change=change)
                ends = sorted(sign * end for end in (row.ci_low or 0.0, row.ci_high or 0.0))
                shown = (stat.mean, stat.ci_low, stat.ci_high)
                assert shown == pytest.approx((sign * row.mean, *ends), rel=1e-6, abs=1e-3)
    worst, policy = data.worst_scenario(), data.alternatives[0]
    row = data.stat(worst, policy, "delta_net_income")
    assert row is not None
    assert row.ci_low is not None
    assert row.ci_high is not None
    margin = row.ci_high - row.mean
    scale = book.scales(worst)[1]
    figure = bridge_figure(book, style.WIDE, worst)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert bars[1].error_x.array[-1] == pytest.approx(margin / scale.divisor, rel=1e-3, abs=1e-5)
    assert scale_of(book, worst, policy).span(row.ci_low, row.ci_high) in _table_row(book, worst)
    span = money_scale(data.currency, row.values()).span(row.ci_low, row.ci_high)
    assert span in bridge_caption(book)


def scale_of(book: Bridge, scenario: str, policy: str) -> Scale:
    """The unit of a policy's row in the table."""
    stats = book.stats(scenario, policy)
    return money_scale(book.data.currency, [v for stat in stats for v in stat.values()])


def _table_row(book: Bridge, scenario: str) -> str:
    """Net income of the first policy in the table."""
    place = (book.data.scenario_label(scenario), book.data.policy_label(book.data.alternatives[0]))
    return next(row[-1] for row in bridge_table(book).rows if row[:2] == place)


def _mean(rows: Sequence[SummaryRow], scenario: str, metric: str) -> float:
    """Mean of the whole horizon under the reference."""
    (found,) = (
        row.mean
        for row in rows
        if (row.scenario, row.policy, row.metric) == (scenario, "status_quo", metric)
        and row.month is None
    )
    return found


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
    paths = dataset["net_present_value"].transpose("scenario", "policy", "path").copy()
    paths[:, 1] = paths.values[:, 0] + luck
    dataset["net_present_value"] = paths
    data = ReportData(dataset, outcome.summary, outcome.manifest)
    frontier = data.overall
    assert frontier is not None
    best = frontier.standings[0]
    for net, told in ((Estimate(5.0, 4.0, 6.0), True), (Estimate(5.0, -4.0, 6.0), False)):
        shown = replace(frontier, standings=(replace(best, net=net),))
        assert bool(recommendation.value_doubts(data, shown)) is told
    sentence = findings.measures_sentence(data)
    assert "discounted at 8\u202f% a year" in sentence
    assert "funded at 5\u202f% a year" in sentence
    weights = [card.weight for card in about_the_run.scenario_cards(data)]
    assert weights == ["50 % of its own, 71 % in this run", "20 % of its own, 29 % in this run"]
