"""The frontier of losses avoided over costs, and the cost of a borrower saved."""

import re

import numpy as np
import pytest

from simulator.report.kit import style
from simulator.report.kit.table import PageTable
from simulator.report.policies import frontier_words
from simulator.report.policies.frontier_figure import frontier_figure, frontier_scale
from tests.report.stress_runs import Run, data_of
from tests.report.tournament_runs import worth_of as _worth_of


def test_the_frontier_has_a_point_with_intervals_for_each_policy(many: Run) -> None:
    data = data_of(many)
    frontier = data.overall
    assert frontier is not None
    drawn = frontier_figure(data, style.WIDE, frontier).to_plotly_json()["data"]
    first = [trace for trace in drawn if trace["xaxis"] == "x"]
    points = {}
    for trace in first:
        for i, name in enumerate(trace.get("text", [])):
            points[name] = (trace, i)
    assert len(points) == 20  # with the reference
    divisor = frontier_scale(data, frontier).divisor
    for s in frontier.standings:
        trace, i = points[f"{s.rank} {data.policy_label(s.policy)}"]
        assert trace["x"][i] * divisor == pytest.approx(s.cost.mean)
        assert trace["y"][i] * divisor == pytest.approx(s.loss_avoided.mean)
        above = trace["error_y"]["array"][i] * divisor
        assert above == pytest.approx(s.loss_avoided.ci_high - s.loss_avoided.mean)
        hollow = trace["marker"]["color"] == style.PAPER[0]
        assert hollow == (s.dominated_by is not None)
    diagonal, steps = first[0], first[1]
    assert list(diagonal["x"]) == list(diagonal["y"])
    corners = list(zip(steps["x"], steps["y"], strict=True))
    for cost, avoided in frontier.efficient():
        assert (cost / divisor, avoided / divisor) in corners
    assert np.all(np.diff(steps["x"]) >= 0)
    assert np.all(np.diff(steps["y"]) >= 0)


def test_no_point_of_any_frontier_figure_is_lost_and_widths_share_their_traces(many: Run) -> None:
    data = data_of(many)
    for frontier in data.frontiers:
        drawn = [frontier_figure(data, frame, frontier) for frame in style.FRAMES.values()]
        first, *others = (figure.to_plotly_json() for figure in drawn)
        assert all(other["data"] == first["data"] for other in others)
        x, y = first["layout"]["xaxis"]["range"], first["layout"]["yaxis"]["range"]
        for trace in first["data"]:
            if trace["mode"] == "markers" and trace["xaxis"] == "x":
                assert all(x[0] < v < x[1] for v in trace["x"])
                assert all(y[0] < v < y[1] for v in trace["y"])
        labels = " ".join(a["text"] for a in first["layout"]["annotations"])
        for s in frontier.standings:
            assert re.search(rf"(?<!\d){s.rank}(?!\d)", labels)


def test_a_cost_of_a_borrower_saved_that_cannot_be_told_is_missing(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "harmed"}] = dataset["fates"].sel(fate="saved")
    told, blank = (
        PageTable(frontier_words.frontier_table(data_of(Run(d, many.rows, many.manifest))))
        for d in (many.dataset, dataset)
    )
    column = next(i for i, t in enumerate(told.header) if t.startswith("Cost per borrower saved"))
    assert any("CNY" in row[column] for row in told.rows)
    assert not any(re.search(r"\d|nan", row[column]) for row in blank.rows)


def test_a_policy_that_saves_people_and_money_earns_with_each_of_them() -> None:
    data = _worth_of((5e4, 1e4), (-2e4, 1e3), 1e3)
    data.dataset["fates"].loc[{"fate": "saved", "policy": "policy_number_1"}] = 10.0
    data.dataset["fates"].loc[{"fate": "harmed"}] = 0.0
    table = frontier_words.frontier_table(data_of(Run(data.dataset, (), data.manifest)))
    told = PageTable(table)
    column = next(i for i, t in enumerate(told.header) if t.startswith("Cost per borrower saved"))
    row = next(row for row in told.rows if row[1] == "Policy number 1")
    assert row[column] == "earns CNY\u00a02.00\u202fk per borrower saved"
