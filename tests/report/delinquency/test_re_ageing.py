"""Overdue rates that fall only because relief re-ages loans."""

from simulator.report.delinquency import overdue
from simulator.report.headline import headline_table
from simulator.report.headline.committee_tables import against_current
from simulator.report.headline.support import further
from simulator.report.headline.verdict import verdict
from simulator.report.kit.data import ReportData
from simulator.report.kit.table import PageTable
from simulator.report.policies import effects
from tests.report.stress_runs import Run, data_of


def _re_aged(run: Run, before: tuple[float, float, float]) -> ReportData:
    """``run`` with a clear fall of peak rates for every policy, and ``before`` before relief."""
    rows = [
        r
        for r in run.rows
        if "before_relief" not in r.metric and "peak_overdue_rate" not in r.metric
    ]
    for row in run.rows:
        if row.metric == "delta_peak_overdue_rate_90":
            for dpd in (30, 90):
                fall = row._replace(mean=-0.01, ci_low=-0.012, ci_high=-0.008)
                names = (f"delta_peak_overdue_rate{part}_{dpd}" for part in ("", "_before_relief"))
                rows.append(fall._replace(metric=next(names)))
                mean, low, high = before
                old = fall._replace(mean=mean, ci_low=low, ci_high=high)
                rows.append(old._replace(metric=next(names)))
    return data_of(Run(run.dataset, rows, run.manifest))


def test_a_rate_that_only_re_ageing_lowers_is_no_improvement(default_run: Run) -> None:
    data = _re_aged(default_run, (0.004, 0.002, 0.006))
    assert "peak 90+ amount" not in verdict(data)
    table = against_current(data)
    assert table is not None
    judged = PageTable(table.table).judged
    assert {row.cells[1].verdict for row in judged} == {"reaged"}
    assert not further(data)
    (_, rows) = PageTable(headline_table.headline_table(data)).groups[0]
    assert {row.cells[1].verdict for row in rows[1:]} == {"reaged"}
    caption = overdue.overdue_caption(data, 30)
    assert "peaks lowest" not in caption
    assert "Left out, without a significant fall of the rate before relief: Grace period" in caption
    assert "Re-aged: under Grace period, Stricter approval" in effects.effects_caption(data)
    assert "before relief +0.40 (0.20 to 0.60)" in PageTable(effects.effects_table(data)).rows[0][2]


def test_a_rate_that_falls_before_relief_too_is_an_improvement(default_run: Run) -> None:
    data = _re_aged(default_run, (-0.009, -0.011, -0.007))
    assert "lowers the peak 90+ amount" in verdict(data)
    (_, rows) = PageTable(headline_table.headline_table(data)).groups[0]
    assert {row.cells[1].verdict for row in rows[1:]} == {"better"}
    assert "Left out" not in overdue.overdue_caption(data, 30)
    assert "Re-aged" not in effects.effects_caption(data)
