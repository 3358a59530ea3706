"""The key figures repeat the summary."""

from simulator.report.headline import key_figures
from simulator.report.kit.numbers import money_scale
from tests.report.money_runs import row_of as _stat
from tests.report.page_outline import Outline
from tests.report.stress_runs import POLICIES, SCENARIOS, Run, data_of


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
