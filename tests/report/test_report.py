"""The report: one offline page made from results, whatever their shape and their names."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
import pytest
import xarray as xr

from simulator.report import about_the_run, page
from simulator.report.delinquency import causes, economy, overdue, roll_rates
from simulator.report.headline import findings, headline_table, key_figures
from simulator.report.kit import fans, page_shell, style
from simulator.report.kit.data import ReportData
from simulator.report.kit.numbers import money_scale, percent, points_scale
from simulator.report.kit.setting_words import value_words
from simulator.report.kit.statistics import Stat
from simulator.report.kit.text import clean
from simulator.report.policies import effects
from simulator.report.policies.policy_settings import policy_parts
from simulator.settings import ReportSettings
from simulator.validation import UserError
from simulator.vocabulary import (
    BUCKETS,
    DPD_FIRST_BUCKETS,
    DPD_THRESHOLDS,
    ROLL_DESTINATIONS,
)
from tests.report.page_outline import Outline, drawings

SCENARIOS = ("baseline", "downturn", "epidemic")
POLICIES = ("status_quo", "grace_period", "stricter_approval")
CAUSES = ("job_loss", "illness", "disaster", "epidemic_closure", "pay_cut", "revenue_loss")
CAUSES += ("platform_cutoff", "overspending", "forgot", "wont_pay", "at_opening")
PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)',
    "' autofocus onfocus='alert(5)",
    "<b>bold</b><a href='https://example.org/x'>click</a>",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "&lt;svg onload=alert(6)&gt;",
    "</title></style><svg/onload=alert(7)>\u2028\u2029\u202e",
)


class Row(NamedTuple):
    """A row of summary.csv."""

    scenario: str
    policy: str
    metric: str
    month: int | None
    mean: float
    ci_low: float
    ci_high: float
    p05: float
    p50: float
    p95: float
    unit: str


class Run(NamedTuple):
    """What a report is made from."""

    dataset: xr.Dataset
    rows: list[Row]
    manifest: dict[str, object]


def _row(place: tuple[str, str, str], values: np.ndarray, unit: str) -> Row:
    """Mean, normal interval and quantiles over paths."""
    mean = float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
    low, middle, high = (float(q) for q in np.quantile(values, (0.05, 0.5, 0.95)))
    return Row(
        *place, None, mean, mean - 1.96 * error, mean + 1.96 * error, low, middle, high, unit
    )


def rows_of(dataset: xr.Dataset) -> list[Row]:
    """Whole-horizon rows and paired differences, computed here and not by the product."""
    rate = dataset["overdue_rate"]
    wealth = {
        "peak_overdue_rate_30": (rate.sel(dpd=30).max("month"), "1"),
        "peak_overdue_rate_90": (rate.sel(dpd=90).max("month"), "1"),
        "peak_overdue_rate_before_relief_90": (1.1 * rate.sel(dpd=90).max("month"), "1"),
        "net_loss": (dataset["written_off"].sum("month"), "CNY"),
        "net_result": (
            (dataset["interest_paid"] - dataset["written_off"]).sum("month"),
            "CNY",
        ),
    }
    reference = dataset.attrs["reference"]
    rows = []
    for metric, (values, unit) in wealth.items():
        for s in dataset["scenario"].values:
            base = values.sel(scenario=s, policy=reference).values
            for p in dataset["policy"].values:
                found = values.sel(scenario=s, policy=p).values
                rows.append(_row((str(s), str(p), metric), found, unit))
                if p != reference:
                    rows.append(_row((str(s), str(p), f"delta_{metric}"), found - base, unit))
    return rows


def make_run(
    scenarios: Sequence[str] = SCENARIOS,
    policies: Sequence[str] = POLICIES,
    n_paths: int = 100,
    n_months: int = 24,
) -> Run:
    """A run by the contract of results.nc, with stress that grows from scenario to scenario."""
    generator = np.random.default_rng(7)
    shape = (len(scenarios), len(policies), n_paths, n_months)
    month = np.arange(1, n_months + 1)
    hump = np.exp(-(((month - 14) / 7.0) ** 2))
    stress = 1.0 + 0.6 * np.arange(len(scenarios))
    relief = 1.0 - 0.08 * np.arange(len(policies))
    luck = np.exp(0.12 * generator.standard_normal((len(scenarios), 1, n_paths, 1)))
    level = (0.05 + 0.04 * hump * stress[:, None, None, None]) * relief[:, None, None] * luck
    noise = np.exp(0.02 * generator.standard_normal(shape))
    late = np.broadcast_to(level * noise, shape)[..., None] * 0.62 ** np.arange(7)
    shares = np.concatenate([1.0 - late.sum(-1, keepdims=True), late], axis=-1)
    book = 4.0e8 * (1.0 + 0.004 * month)
    balance = shares * book[:, None]
    overdue = np.stack([shares[..., first:].sum(-1) for first in DPD_FIRST_BUCKETS], axis=-1)
    economy = np.broadcast_to(0.052 + 0.02 * hump * stress[:, None, None, None] * luck, shape)
    roll = np.zeros((len(scenarios), len(policies), n_months, 8, 11))
    for bucket in range(7):
        roll[..., bucket, 0] = 0.9 * 0.5**bucket
        roll[..., bucket, bucket + 1] = 1.0 - 0.9 * 0.5**bucket - 0.01
        roll[..., bucket, 8] = 0.01
    mix = generator.dirichlet(np.arange(len(CAUSES), 0, -1.0), (len(scenarios), 1, n_months))
    cells = ("scenario", "policy")
    paths = (*cells, "path", "month")
    dataset = xr.Dataset(
        {
            "balance": ((*paths, "bucket"), balance),
            "overdue_rate": ((*paths, "dpd"), overdue),
            "written_off": (paths, 0.03 * overdue[..., 3] * book),
            "interest_paid": (paths, 0.012 * shares[..., 0] * book),
            "unemployment_rate": (paths, economy + 0.001 * generator.standard_normal(shape)),
            "macro_unemployment_rate": (paths, economy),
            "roll_balance": ((*cells, "month", "from_bucket", "to_bucket"), roll),
            "overdue_by_cause": (
                (*cells, "month", "cause"),
                mix * overdue[..., 0].mean(axis=2)[..., None],
            ),
        },
        coords={
            "scenario": list(scenarios),
            "policy": list(policies),
            "path": np.arange(n_paths),
            "month": month,
            "date": ("month", np.datetime64("2026-01") + np.arange(n_months)),
            "bucket": list(BUCKETS),
            "dpd": list(DPD_THRESHOLDS),
            "cause": list(CAUSES),
            "from_bucket": list(BUCKETS),
            "to_bucket": list(ROLL_DESTINATIONS),
        },
        attrs={"reference": policies[0], "currency": "CNY", "schema_version": "1.0"},
    )
    return Run(dataset, rows_of(dataset), make_manifest(scenarios, policies))


def make_manifest(scenarios: Sequence[str], policies: Sequence[str]) -> dict[str, object]:
    """A manifest as the results layer writes it."""
    return {
        "scenarios": {
            s: {
                "label": s.capitalize(),
                "narrative": f"The {s} story: demand falls for a year and incomes stop growing.",
                "source": "assumption",
                "weight": 0.5,
                "warnings": ["Unemployment leaves the range of the history."],
            }
            for s in scenarios
        },
        "policies": list(policies),
        "reference": policies[0],
        "configuration": {"policy": {p: {"kind": p, "months": 3} for p in policies}},
        "overrides": ["run=smoke", "run.paths=100"],
        "seed": 20260101,
        "random_numbers": "philox4x32-10/1",
        "packages": {"numpy": "2.4.0", "xarray": "2026.9.0"},
        "book": {"opening_borrowers": 10000, "imputed_columns": ["savings"], "notes": []},
        "run_seconds": 12.5,
        "live_borrower_months_per_second": 9.1e6,
        "checks": [
            {
                "name": "money_identity",
                "meaning": "closing balance equals opening and flows",
                "value": 1.2e-13,
                "tolerance": 1e-9,
                "passed": True,
            }
        ],
        "checks_passed": True,
    }


def write(run: Run, path: Path, title: str = "Stress test") -> str:
    """The report of ``run`` as text."""
    page.write_report(run.dataset, run.rows, run.manifest, ReportSettings(title=title), path)
    return path.read_text(encoding="utf-8")


def data_of(run: Run) -> ReportData:
    """The results as the report reads them."""
    return ReportData(run.dataset, run.rows, run.manifest)


@pytest.fixture(scope="module")
def default_run() -> Run:
    return make_run()


@pytest.fixture(scope="module")
def default_page(default_run: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(default_run, tmp_path_factory.mktemp("report") / "report.html")


def assert_small(text: str) -> None:
    """The page and its figures keep within their bounds."""
    assert len(text.encode()) < 8_000_000
    found = drawings(text)
    assert len(found) <= 15
    for figure in found:
        for choice in (figure, *figure.get("others", [])):
            for trace in choice["data"]:
                assert len(trace["x"]) <= 3000


@pytest.mark.parametrize(
    ("scenarios", "policies", "n_paths", "n_months"),
    [
        (("baseline",), ("status_quo",), 1, 1),
        (("baseline",), ("status_quo",), 5, 6),
        (("baseline",), POLICIES, 1, 24),
        (SCENARIOS, ("status_quo",), 20, 24),
        (SCENARIOS, POLICIES, 100, 24),
        (tuple(f"s{i}" for i in range(5)), tuple(f"p{i}" for i in range(8)), 2, 600),
    ],
)
def test_every_shape_of_run_gives_a_small_page_with_bounded_figures(
    tmp_path: Path,
    scenarios: tuple[str, ...],
    policies: tuple[str, ...],
    n_paths: int,
    n_months: int,
) -> None:
    run = make_run(scenarios, policies, n_paths, n_months)
    text = write(run, tmp_path / "report.html")
    assert_small(text)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_book_without_balance_is_told_plainly(tmp_path: Path) -> None:
    run = make_run(("baseline",), POLICIES[:2], 4, 3)
    dataset = run.dataset.copy(deep=True)
    for name in ("overdue_rate", "overdue_by_cause"):
        dataset[name][:] = np.nan
    for name in ("roll_balance", "written_off", "interest_paid"):
        dataset[name][:] = 0.0
    rows = [row._replace(mean=np.nan) for row in run.rows if "rate" in row.metric]
    text = write(Run(dataset, rows, run.manifest), tmp_path / "report.html")
    shown = "".join(Outline(text).text)
    assert "No balance to be 30 days overdue." in shown
    assert not re.search(r"\bnan\b", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_plotly_stands_once_and_nothing_is_loaded(default_page: str) -> None:
    assert len(re.findall(r"plotly\.js v\d", default_page)) == 1
    outline = Outline(default_page)
    loading = {"src", "srcset", "href", "data", "action", "formaction", "poster", "background"}
    assert [v for v in outline.values if v[1] in loading] == []
    assert not {tag for tag, _ in outline.tags} & {"link", "iframe", "object", "embed", "base"}
    css = re.findall(r"<style[^>]*>(.*?)</style>", default_page, re.S)
    assert not any("url(" in sheet or "@import" in sheet for sheet in css)


def test_the_security_policy_allows_exactly_the_inline_parts(default_page: str) -> None:
    policies = [
        v for tag, name, v in Outline(default_page).values if tag == "meta" and "default-src" in v
    ]
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert "unsafe" not in policies[0]
    assert "http" not in policies[0]
    inline = re.findall(r"<script>(.*?)</script>", default_page, re.S)
    inline += re.findall(r"<style[^>]*>(.*?)</style>", default_page, re.S)
    assert len(inline) == 3
    for part in inline:
        assert page_shell.content_hash(part) in policies[0]
    assert policies[0].count("sha256-") == 3


def test_names_stay_text(tmp_path: Path) -> None:
    plain = make_run(("aa", "bb", "cc", "dd"), ("ref", "p1", "p2", "p3", "p4", "p5"), 4, 3)
    expected = Outline(write(plain, tmp_path / "plain.html", "Title"))
    run = make_run(PAYLOADS[:4], PAYLOADS[4:], 4, 3)
    run.dataset.attrs["currency"] = PAYLOADS[0]
    everything = " ".join(PAYLOADS)
    for payload, entry in zip(PAYLOADS, run.manifest["scenarios"].values(), strict=False):
        entry |= {"label": payload, "narrative": everything, "source": everything}
        entry["warnings"] = [everything]
    run.manifest["overrides"] = list(PAYLOADS)
    run.manifest["random_numbers"] = everything
    text = write(run, tmp_path / "report.html", PAYLOADS[-1] + PAYLOADS[1])
    assert Outline(text).tags == expected.tags
    assert not any(c in text for c in "\u2028\u2029\u202e")
    for figure in drawings(text):
        assert not any("<" in label for label in labels_of(figure))


def labels_of(figure: dict[str, object]) -> list[str]:
    """Everything that a figure shows as text, line breaks of the page's own taken out."""
    shown: list[str] = []
    for choice in (figure, *figure.get("others", [])):
        for trace in choice["data"]:
            shown += [trace["name"]] if "name" in trace else []
            shown += [v for v in trace.get("text", []) if isinstance(v, str)]
        for layout in choice.get("layouts", {}).values():
            shown += [label["text"] for label in layout["annotations"]]
            axes = [v for k, v in layout.items() if "axis" in k]
            shown += [v["title"]["text"] for v in axes if "title" in v]
            shown += [text for v in axes for text in v.get("ticktext", ())]
    return [text.replace("<br>", " ") for text in shown]


def test_names_in_figures_lose_their_markup_meaning() -> None:
    assert style.plotly_text("<a href='x'>&amp;") == "&lt;a href='x'&gt;&amp;amp;"
    assert clean("a\u202eb\n\tc\x00d\u2028e", 80) == "ab c d e"


def _all_figures(data: ReportData, frame: style.Frame) -> dict[str, go.Figure]:
    return {
        "30": overdue.overdue_fan(data, frame, 30),
        "90": overdue.overdue_fan(data, frame, 90),
        "effects": effects.policy_effects(data, frame),
        "rolls": roll_rates.roll_rates(data, frame, data.reference),
        "causes": causes.overdue_by_cause(data, frame, data.reference),
        "unemployment": economy.unemployment(data, frame),
    }


@pytest.mark.parametrize("frame", style.FRAMES.values())
def test_every_figure_names_its_units(default_run: Run, frame: style.Frame) -> None:
    for name, figure in _all_figures(data_of(default_run), frame).items():
        layout = figure.to_plotly_json()["layout"]
        axes = {k: v for k, v in layout.items() if re.match(r"[xy]axis", k)}
        titles = [v["title"]["text"] for v in axes.values() if "title" in v]
        assert any(re.search(r"%|\(pp\)|CNY", t) for t in titles), name
        if name in ("30", "90", "causes", "unemployment"):
            assert fans.MONTH_TITLE in titles
        if name == "effects":
            assert {"Change (pp)", "Change (CNY M)"} <= set(titles)


def test_every_width_draws_the_same_traces_on_the_same_axes(default_run: Run) -> None:
    data = data_of(default_run)
    first, *others = (_all_figures(data, frame) for frame in style.FRAMES.values())
    for name, figure in first.items():
        for other in others:
            assert other[name].to_plotly_json()["data"] == figure.to_plotly_json()["data"]


def test_fan_lines_are_quantiles_over_paths(default_run: Run) -> None:
    figure = overdue.overdue_fan(data_of(default_run), style.WIDE, 90)
    line = next(t for t in figure.data if t.name == "Grace period")
    paths = default_run.dataset["overdue_rate"].sel(
        scenario="baseline", policy="grace_period", dpd=90
    )
    expected = 100.0 * np.quantile(paths.transpose("path", "month").values, (0.05, 0.5, 0.95), 0)
    np.testing.assert_allclose(line.y, expected[1], atol=5.1e-4)
    np.testing.assert_allclose(np.array(line.customdata), expected[[0, 2]].T, atol=5.1e-4)


def test_roll_rates_are_rolled_balance_over_opening_balance(default_run: Run) -> None:
    figure = roll_rates.roll_rates(data_of(default_run), style.WIDE, "status_quo")
    rolled = default_run.dataset["roll_balance"].sel(scenario="baseline", policy="status_quo")
    total = rolled.sum("month").values
    expected = 100.0 * total[1] / total[1].sum()
    np.testing.assert_allclose(figure.data[0].z[1], expected[:9], atol=5.1e-3)
    assert len(figure.data[0].z) == 7  # nothing ever opened in M7


def test_the_finding_states_the_numbers_of_the_summary(default_run: Run) -> None:
    rows = {(r.scenario, r.policy, r.metric): r for r in default_run.rows}
    losses = {s: rows[s, "status_quo", "net_loss"].mean for s in SCENARIOS}
    worst = max(losses, key=lambda s: losses[s])
    best = max(POLICIES[1:], key=lambda p: rows[worst, p, "delta_net_result"].mean)
    row = rows[worst, best, "delta_net_result"]
    scale = money_scale("CNY", (row.mean, row.ci_low, row.ci_high))
    peak = rows[worst, best, "delta_peak_overdue_rate_90"]
    points = points_scale((peak.mean, peak.ci_low, peak.ci_high))
    sentence = findings.headline(data_of(default_run)).headline
    assert sentence == (
        f"Under {worst.capitalize()}, Stricter approval raises the net result by"
        f" {scale.full(row.mean)} (95 % interval {scale.span(row.ci_low, row.ci_high)}) and"
        f" lowers the peak 90+ rate by {points.full(-peak.mean)}"
        f" ({points.span(-peak.ci_high, -peak.ci_low)})."
    )
    assert best == "stricter_approval"


def _with_delta(run: Run, **interval: tuple[float, float, float]) -> ReportData:
    """``run`` with (mean, low, high) of delta_net_result replaced for every policy named."""
    rows = []
    for row in run.rows:
        if row.metric == "delta_net_result" and row.policy in interval:
            mean, low, high = interval[row.policy]
            row = row._replace(mean=mean, ci_low=low, ci_high=high)
        rows.append(row)
    return ReportData(run.dataset, rows, run.manifest)


def test_an_interval_over_zero_is_never_told_as_an_effect(default_run: Run) -> None:
    unclear = (1.0e5, -1.0e5, 3.0e5)
    data = _with_delta(default_run, grace_period=unclear, stricter_approval=unclear)
    sentence = findings.headline(data).headline
    assert "no policy is shown to improve the net result" in sentence
    assert "has no distinguishable effect on the net result" in sentence
    assert "raises the net result" not in sentence


def test_a_costly_policy_is_told_as_a_cost(default_run: Run) -> None:
    costly, worse = (-1.0e5, -2.0e5, -0.5e5), (-3.0e5, -4.0e5, -2.0e5)
    data = _with_delta(default_run, grace_period=costly, stricter_approval=worse)
    sentence = findings.headline(data).headline
    assert "no policy pays for itself within 24 months: the least costly, Grace period" in sentence
    assert "lowers the net result by CNY\u00a0100" in sentence


def test_no_difference_at_all_is_told_as_such(default_run: Run) -> None:
    zero = (0.0, 0.0, 0.0)
    data = _with_delta(default_run, grace_period=zero, stricter_approval=zero)
    found = findings.headline(data)
    assert "leaves the net result where it is" in found.headline
    assert "net result no difference in 3" in " ".join(found.support)
    assert "distinguishable" not in found.headline
    results = [
        row.cells[-1] for _, rows in headline_table.headline_table(data).groups for row in rows
    ]
    assert {(c.difference, c.interval, c.verdict) for c in results if c.difference} == {
        ("no difference", "", "same")
    }
    assert effects.effects_table(data).rows[0][-1] == "no difference"
    assert "6 are exactly zero" in effects.effects_caption(data)


def test_a_mean_of_zero_with_an_interval_is_not_distinguishable(default_run: Run) -> None:
    data = _with_delta(default_run, grace_period=(0.0, -1e5, 1e5), stricter_approval=(0, -1e5, 1e5))
    assert "has no distinguishable effect on the net result" in findings.headline(data).headline


def _with_runoff(run: Run) -> ReportData:
    """``run`` with 12 run-off months in which every gain of a policy turns into its opposite."""
    later = [
        row._replace(
            metric=row.metric.replace("net_", "lifetime_net_"),
            mean=-row.mean,
            ci_low=-row.ci_high,
            ci_high=-row.ci_low,
        )
        if row.metric.startswith("delta_net_")
        else row._replace(metric=f"lifetime_{row.metric}")
        for row in run.rows
        if "net_" in row.metric
    ]
    dataset = run.dataset.assign_attrs(runoff_months=12)
    return ReportData(dataset, [*run.rows, *later], run.manifest)


def test_losses_put_off_into_the_runoff_turn_the_finding(default_run: Run) -> None:
    without, data = data_of(default_run), _with_runoff(default_run)
    assert "raises the net result by" in findings.headline(without).headline
    sentence = findings.headline(data).headline
    assert "no policy pays for itself within 24 months and 12 of run-off" in sentence
    assert "lowers the net result with run-off by" in sentence
    titles = [title for title, _ in headline_table.headline_table(data).titles]
    assert titles[2:] == ["Net loss with run-off", "Net result with run-off"]
    assert headline_table.headline_table(data).groups[0][1][1].cells[-1].verdict == "worse"
    drawn = effects.policy_effects(data, style.WIDE).to_plotly_json()["layout"]["annotations"]
    assert "Net result with run-off" in " ".join(a["text"] for a in drawn)
    assert "Change of net result with run-off" in [f.label for f in key_figures.key_figures(data)]


def test_the_finding_itself_says_what_a_run_without_runoff_leaves_out(default_run: Run) -> None:
    support = " ".join(findings.headline(data_of(default_run)).support)
    assert "flatters a policy that puts payments off; run.runoff_months=18" in support
    assert "flatters" not in " ".join(findings.headline(_with_runoff(default_run)).support)


def test_the_limits_say_which_months_the_money_covers(default_run: Run) -> None:
    without = " ".join(about_the_run.limits(data_of(default_run)))
    assert "run.runoff_months=18 brings them in" in without
    runoff = " ".join(about_the_run.limits(_with_runoff(default_run)))
    assert "24 months of the run and 12 months of run-off" in runoff
    assert "runoff_months=12" not in runoff


def test_a_smaller_closing_balance_is_told_beside_the_rates(default_run: Run) -> None:
    def at(policy: str, metric: str, month: int, mean: float) -> Row:
        return Row("epidemic", policy, metric, month, mean, *(np.nan,) * 5, "CNY")

    rows = [
        *default_run.rows,
        at("status_quo", "balance", 1, 1.0),
        at("grace_period", "delta_balance", 1, -0.9),
        at("status_quo", "balance", 24, 4.0e8),
        at("grace_period", "delta_balance", 24, -0.19e8),
        at("stricter_approval", "delta_balance", 24, -1.2e8),
    ]
    data = ReportData(default_run.dataset, rows, default_run.manifest)
    (told,) = (s for s in findings.headline(data).support if "smaller balance" in s)
    assert "Stricter approval (30\u202f% less)" in told
    assert "Grace period" not in told


def test_one_path_is_said_to_prove_nothing() -> None:
    data = data_of(make_run(n_paths=1))
    finding = findings.headline(data)
    assert finding.headline.startswith("On one path, under")
    assert "cannot tell effect from luck" in finding.support[-1]
    assert "nan" not in finding.headline


def test_paths_of_one_draw_of_the_economy_have_no_interval() -> None:
    run = make_run(n_paths=8)
    rows = [row._replace(ci_low=np.nan, ci_high=np.nan) for row in run.rows]
    dataset = run.dataset.assign_coords(macro_draw=("path", np.zeros(8, dtype=int)))
    finding = findings.headline(ReportData(dataset, rows, run.manifest))
    assert finding.headline.startswith("On one draw of the economy, under")


def test_the_reference_alone_is_told_beside_the_mildest_scenario() -> None:
    run = make_run(policies=("status_quo",))
    data = data_of(run)
    sentence = findings.headline(data).headline
    stat = data.stat("epidemic", "status_quo", "peak_overdue_rate_30")
    assert stat is not None
    assert sentence.startswith("Under Epidemic, the 30+ overdue rate peaks at")
    assert percent(stat.mean) in sentence
    assert "above Baseline" in sentence


def test_key_figures_and_table_repeat_the_summary(default_run: Run, default_page: str) -> None:
    text = " ".join("".join(Outline(default_page).text).split())
    rows = {(r.scenario, r.policy, r.metric): r for r in default_run.rows}
    for scenario in SCENARIOS:
        for policy in POLICIES:
            row = rows[scenario, policy, "peak_overdue_rate_30"]
            assert f"{100 * row.mean:.1f}" in text
    data = data_of(default_run)
    for figure in key_figures.key_figures(data):
        assert " ".join(figure.value.split()) in text


def test_a_sign_needs_an_interval_off_zero() -> None:
    assert Stat(1.0, 0.2, 1.8, None, None).sign == 1
    assert Stat(-1.0, -1.8, -0.2, None, None).sign == -1
    assert Stat(1.0, -0.2, 2.2, None, None).sign == 0
    assert Stat(1.0, None, None, None, None).sign == 0


def test_labels_beside_lines_keep_apart_and_in_order() -> None:
    moved = style.spread([1.0, 1.01, 5.0, 1.02], 0.5)
    assert np.argsort(moved).tolist() == np.argsort([1.0, 1.01, 5.0, 1.02]).tolist()
    assert np.diff(sorted(moved)).min() >= 0.5 - 1e-9
    assert moved[2] == 5.0
    assert np.mean([moved[0], moved[1], moved[3]]) == pytest.approx(1.01)


def test_the_page_survives_its_way_through_the_files(default_run: Run, tmp_path: Path) -> None:
    before = write(default_run, tmp_path / "a.html")
    default_run.dataset.to_netcdf(tmp_path / "results.nc", engine="netcdf4")
    manifest = json.loads(json.dumps(default_run.manifest))
    dataset = xr.load_dataset(tmp_path / "results.nc", engine="netcdf4")
    assert write(Run(dataset, default_run.rows, manifest), tmp_path / "b.html") == before


def test_an_unwritable_place_is_named_and_nothing_is_left(default_run: Run, tmp_path: Path) -> None:
    target = tmp_path / "absent" / "report.html"
    with pytest.raises(UserError, match=re.escape(str(target))):
        write(default_run, target)
    taken = tmp_path / "report.html"
    taken.mkdir()
    with pytest.raises(UserError, match=r"report\.html"):
        write(default_run, taken)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html"]


def _re_aged(run: Run, before: tuple[float, float, float]) -> ReportData:
    """``run`` with a clear fall of peak rates for every policy, and ``before`` before relief."""
    rows = [r for r in run.rows if "before_relief" not in r.metric and "peak" not in r.metric]
    for row in run.rows:
        if row.metric == "delta_peak_overdue_rate_90":
            for dpd in (30, 90):
                fall = row._replace(mean=-0.01, ci_low=-0.012, ci_high=-0.008)
                names = (f"delta_peak_overdue_rate{part}_{dpd}" for part in ("", "_before_relief"))
                rows.append(fall._replace(metric=next(names)))
                mean, low, high = before
                old = fall._replace(mean=mean, ci_low=low, ci_high=high)
                rows.append(old._replace(metric=next(names)))
    return ReportData(run.dataset, rows, run.manifest)


def test_a_rate_that_only_re_ageing_lowers_is_no_improvement(default_run: Run) -> None:
    data = _re_aged(default_run, (0.004, 0.002, 0.006))
    finding = findings.headline(data)
    told = " ".join((finding.headline, *finding.support))
    assert "lowers the peak 90+ rate" not in told
    assert "raises the peak 90+ rate with re-planned loans at their days past due" in told
    (_, rows) = headline_table.headline_table(data).groups[0]
    assert {row.cells[0].verdict for row in rows[1:]} == {"reaged"}
    caption = overdue.overdue_caption(data, 30)
    assert "peaks lowest" not in caption
    assert "Left out, as the rate before relief is not shown to fall: Grace period" in caption
    assert "Re-aged: under Grace period, Stricter approval" in effects.effects_caption(data)
    assert "before relief +0.40 (0.20 to 0.60)" in effects.effects_table(data).rows[0][2]


def test_a_rate_that_falls_before_relief_too_is_an_improvement(default_run: Run) -> None:
    data = _re_aged(default_run, (-0.009, -0.011, -0.007))
    assert "lowers the peak 90+ rate" in findings.headline(data).headline
    (_, rows) = headline_table.headline_table(data).groups[0]
    assert {row.cells[0].verdict for row in rows[1:]} == {"better"}
    assert "Left out" not in overdue.overdue_caption(data, 30)
    assert "Re-aged" not in effects.effects_caption(data)


def test_nested_settings_read_as_words() -> None:
    rules = [
        {"stage": "human_call", "first_bucket": 1, "last_bucket": 3, "risk_bands": ["A", "B"]},
        {"stage": "ai_call", "first_bucket": 0, "last_bucket": 0, "risk_bands": []},
    ]
    assert value_words([rules[0] | {"intensity": 0.5}, rules[1] | {"effort": 0.6}]) == (
        "human call, buckets 1\u20133, bands A and B: \u00d70.5; ai call, bucket 0: +0.6"
    )
    assert value_words([{"months": 3, "share": 0.25}, "x", None]) == "months 3, share 0.25; x; none"


def test_members_of_a_combination_stand_with_all_their_fields() -> None:
    members = {
        "care": {"kind": "care_programme", "months": 2},
        "smart_reminders": {"kind": "prevention", "due_reminder": 1.0},
    }
    parts = policy_parts("both", {"kind": "combination", "members": members})
    assert [part.title for part in parts] == [
        "care (care programme)",
        "smart reminders (prevention)",
    ]
    care, reminders = (dict(part.settings) for part in parts)
    assert care["months"] == "2"
    assert {"awareness", "false proof", "monthly budget share"} <= set(care)
    assert reminders["due reminder effect"]
    recorded = policy_parts("old", {"kind": "gone", "months": 3, "regions": []})
    assert [part.settings for part in recorded] == [(("months", "3"),)]


def test_tables_grow_in_full_and_a_printed_head_stays_with_its_rows(default_page: str) -> None:
    (css,) = re.findall(r'<style id="plotly.js-style-global">(.*?)</style>', default_page, re.S)
    (scroll,) = re.findall(r"^\.scroll \{(.*?)\}", css, re.M)
    assert "height" not in scroll
    assert "thead { display: table-header-group; break-inside: avoid; break-after: avoid; }" in css
