"""Losses that a policy puts off past the last month, with and without run-off."""

from simulator.report import about_the_run
from simulator.report.headline import headline_table
from simulator.report.headline.first_screen import first_screen
from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.table import PageTable
from simulator.report.policies import effects
from tests.report.stress_runs import Run, data_of


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
    return data_of(Run(dataset, [*run.rows, *later], run.manifest))


def test_losses_put_off_into_the_runoff_are_in_the_amounts(default_run: Run) -> None:
    data = _with_runoff(default_run)
    table = PageTable(headline_table.headline_table(data))
    assert [title for title, _ in table.titles][4::2] == ["Net loss with run-off", "Value"]
    assert table.groups[0][1][1].cells[-3].verdict == "worse"
    drawn = effects.policy_effects(data, style.WIDE).to_plotly_json()["layout"]["annotations"]
    assert "Net loss with run-off" in " ".join(a["text"] for a in drawn)


def test_the_finding_itself_says_what_a_run_without_runoff_leaves_out(default_run: Run) -> None:
    support = " ".join(first_screen(data_of(default_run)).support)
    assert "favours a policy that defers payments; set run.runoff_months=18" in support
    assert "flatters" not in " ".join(first_screen(_with_runoff(default_run)).support)


def test_the_limits_say_which_months_the_money_covers(default_run: Run) -> None:
    without = " ".join(about_the_run.limits(data_of(default_run)))
    assert "set run.runoff_months=18 to include them" in without
    runoff = " ".join(about_the_run.limits(_with_runoff(default_run)))
    assert "24 months of the run and 12 months of run-off" in runoff
    assert "runoff_months=12" not in runoff
