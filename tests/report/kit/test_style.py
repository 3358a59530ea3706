"""Names in figures are text only, and labels beside lines keep apart."""

import numpy as np
import plotly.graph_objects as go
import pytest

from simulator.report.fit.page import figure_cards as cards_of_a_fit
from simulator.report.kit import style
from simulator.report.kit.text import clean
from simulator.report.page import all_cards
from tests.report.fit.test_fit_page import make_report
from tests.report.stress_runs import data_of


def test_names_in_figures_lose_their_markup_meaning() -> None:
    assert style.plotly_text("<a href='x'>&amp;") == "&lt;a href='x'&gt;&amp;amp;"
    assert clean("a\u202eb\n\tc\x00d\u2028e", 80) == "ab c d e"


def test_labels_beside_lines_keep_apart_and_in_order() -> None:
    moved = style.spread([1.0, 1.01, 5.0, 1.02], 0.5)
    assert np.argsort(moved).tolist() == np.argsort([1.0, 1.01, 5.0, 1.02]).tolist()
    assert np.diff(sorted(moved)).min() >= 0.5 - 1e-9
    assert moved[2] == 5.0
    assert np.mean([moved[0], moved[1], moved[3]]) == pytest.approx(1.01)


@pytest.mark.parametrize("kind", ["default_run", "money_run", "many", "fit"])
def test_plotly_knows_every_word_of_every_figure(kind: str, request: pytest.FixtureRequest) -> None:
    """Pages are made without plotly's own check of each figure."""
    if kind == "fit":
        cards = cards_of_a_fit(make_report())
    else:
        cards = all_cards(data_of(request.getfixturevalue(kind)))
    for card in cards:
        for choice in card.choices:
            go.Figure(choice.draw(style.NARROW).to_plotly_json())
