"""The distribution of losses over paths."""

import numpy as np
import pytest

from simulator.report.kit import style
from simulator.report.profit.loss_figure import Losses, loss_figure, round_ticks
from tests.report.money_runs import WORST
from tests.report.money_runs import row_of as _stat
from tests.report.stress_runs import Run


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


@pytest.mark.parametrize(
    ("top", "ticks"),
    [(55.0, [0, 20, 40]), (35.0, [0, 10, 20, 30]), (7.3, [0, 2, 4, 6]), (0.5, [0, 0.2, 0.4])],
)
def test_ticks_are_round(top: float, ticks: list[float]) -> None:
    assert round_ticks(top) == ticks
