"""Every figure of the report: its units, and the same traces at every width."""

import re

import plotly.graph_objects as go
import pytest

from simulator.report.delinquency import causes, economy, overdue, roll_rates
from simulator.report.kit import fans, style
from simulator.report.kit.data import ReportData
from simulator.report.policies import effects
from tests.report.stress_runs import Run, data_of


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
