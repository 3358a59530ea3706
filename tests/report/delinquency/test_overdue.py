"""The overdue rate over the months: quantiles over paths, and which policies are drawn."""

import numpy as np
import pytest

from simulator.report.delinquency import overdue
from simulator.report.kit import style
from simulator.report.kit.data import BEST_DRAWN
from simulator.report.policies import effects
from tests.report.stress_runs import Run, data_of
from tests.report.tournament_runs import make_tournament


def test_fan_lines_are_quantiles_over_paths(default_run: Run) -> None:
    figure = overdue.overdue_fan(data_of(default_run), style.WIDE, 90)
    line = next(t for t in figure.data if t.name == "Grace period")
    paths = default_run.dataset["overdue_rate"].sel(
        scenario="baseline", policy="grace_period", dpd=90
    )
    expected = 100.0 * np.quantile(paths.transpose("path", "month").values, (0.05, 0.5, 0.95), 0)
    np.testing.assert_allclose(line.y, expected[1], atol=5.1e-4)
    np.testing.assert_allclose(np.array(line.customdata), expected[[0, 2]].T, atol=5.1e-4)


@pytest.mark.parametrize("n_policies", [2, 7, 8])
def test_a_line_or_colour_each_is_kept_for_the_best_where_there_are_many(n_policies: int) -> None:
    data = data_of(make_tournament(n_policies, ("baseline",), 4))
    figure = overdue.overdue_fan(data, style.WIDE, 30)
    names = {trace.name for trace in figure.data if trace.name}
    caption = overdue.overdue_caption(data, 30)
    if n_policies <= 7:
        assert len(names) == n_policies
        assert "Shown:" not in caption
        return
    assert data.overall is not None
    best = [s.policy for s in data.overall.standings[:BEST_DRAWN]]
    assert names == {data.policy_label(p) for p in ("status_quo", *best)}
    assert caption.endswith("Shown: the 5 best of 7; all are in the table.")
    named = {row[1] for row in overdue.overdue_table(data, (30,)).rows}
    assert len(named) == n_policies
    assert len(effects.effects_table(data).rows) == n_policies - 1
    colours = {style.series(data.policy_number(p)) for p in data.drawn_policies}
    assert len(colours) == len(data.drawn_policies)


def test_of_many_policies_only_the_reference_and_the_best_have_a_band() -> None:
    for n_policies, n_bands in ((3, 3), (4, 2), (9, 2)):
        data = data_of(make_tournament(n_policies, ("baseline",), 4))
        drawn = overdue.overdue_fan(data, style.WIDE, 30).data
        assert sum(1 for trace in drawn if trace.fill == "toself") == n_bands
        told = f"Bands: Current policy and {data.policy_label(data.best_first[0])}"
        assert (told in overdue.overdue_caption(data, 30)) == (n_bands < n_policies)
