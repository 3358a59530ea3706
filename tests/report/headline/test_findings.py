"""The finding: what the first sentences claim, and what their intervals allow."""

import numpy as np

from simulator.report.headline import findings, headline_table
from simulator.report.kit.data import ReportData
from simulator.report.kit.numbers import money_scale, percent, points_scale
from simulator.report.policies import effects
from simulator.results.summary import SummaryRow
from tests.report.stress_runs import POLICIES, SCENARIOS, Run, data_of, make_run


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


def test_a_smaller_closing_balance_is_told_beside_the_rates(default_run: Run) -> None:
    def at(policy: str, metric: str, month: int, mean: float) -> SummaryRow:
        return SummaryRow("epidemic", policy, metric, month, mean, *(np.nan,) * 5, "CNY")

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
