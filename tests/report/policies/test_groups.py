"""Which groups of borrowers bear a policy."""

import re

import numpy as np
import pytest

from simulator.report.kit import style
from simulator.report.kit.table import PageTable
from simulator.report.policies import group_figures, group_words
from simulator.vocabulary import Fate
from tests.report.stress_runs import Run, data_of


def test_who_bears_a_policy_is_a_rate_of_the_group_over_scenarios_by_weight(many: Run) -> None:
    data = data_of(many)
    policy = data.best_first[0]
    found = group_figures.group_rates(data, "region", policy)
    mean = many.dataset["fates_by_region"].sel(policy=policy, region="west").mean("scenario")
    saved, compared = (float(mean.sel(fate=name)) for name in ("saved", "compared"))
    at = found.names.index("west")
    assert found.rates[Fate.SAVED][at] == pytest.approx(1000 * saved / compared)
    assert found.margins[Fate.SAVED][at] == pytest.approx(
        2.093024 * 0.1 * found.rates[Fate.SAVED][at], rel=1e-5
    )  # t with 19 degrees of freedom, standard error a tenth of the mean
    figure = group_figures.bearing_figure(data, style.WIDE, policy, "region")
    bars = [t for t in figure.data if t.name == "saved"]
    np.testing.assert_allclose(bars[0].x, found.rates[Fate.SAVED], atol=1e-4)


def test_a_long_name_of_a_group_keeps_to_two_lines_of_its_own_row(many: Run) -> None:
    long = "a_rather_long_name_of_a_product_that_nobody_sells"
    data = data_of(Run(many.dataset.assign_coords(product=[long, "b"]), many.rows, many.manifest))
    for frame in style.FRAMES.values():
        drawn = group_figures.bearing_figure(data, frame, data.best_first[0], "product")
        axis = drawn.layout.yaxis
        (first, _) = axis.ticktext
        height = drawn.layout.height - drawn.layout.margin.t - drawn.layout.margin.b
        row_height = height / (axis.range[1] - axis.range[0])
        assert 1.3 * axis.tickfont.size * (1 + first.count("<br>")) <= row_height
        assert drawn.layout.margin.l < frame.width / 2


def test_a_group_without_borrowers_has_no_rate(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["fates_by_product"].loc[{"product": "credit_line"}] = 0.0
    data = data_of(Run(dataset, many.rows, many.manifest))
    rates = group_figures.group_rates(data, "product", data.best_first[0]).rates[Fate.SAVED]
    assert np.isnan(rates[1])
    assert ("n/a", "n/a") in {row[-2:] for row in PageTable(group_words.bearing_table(data)).rows}
    assert "nan" not in group_words.bearing_caption(data, data.best_first[0])


def test_a_gap_between_groups_is_told_only_where_intervals_are_apart(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    data = data_of(Run(dataset, many.rows, many.manifest))
    policy = data.best_first[0]
    assert "no difference between groups is significant" in group_words.bearing_caption(
        data, policy
    )
    dataset["fates_by_region"].loc[{"region": "west", "fate": "saved"}] *= 4.0
    data = data_of(Run(dataset, many.rows, many.manifest))
    assert re.search(r"saves [\d.]+ in region west and", group_words.bearing_caption(data, policy))
