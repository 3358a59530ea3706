"""Names in figures are text only, and labels beside lines keep apart."""

import numpy as np
import pytest

from simulator.report.kit import style
from simulator.report.kit.text import clean


def test_names_in_figures_lose_their_markup_meaning() -> None:
    assert style.plotly_text("<a href='x'>&amp;") == "&lt;a href='x'&gt;&amp;amp;"
    assert clean("a\u202eb\n\tc\x00d\u2028e", 80) == "ab c d e"


def test_labels_beside_lines_keep_apart_and_in_order() -> None:
    moved = style.spread([1.0, 1.01, 5.0, 1.02], 0.5)
    assert np.argsort(moved).tolist() == np.argsort([1.0, 1.01, 5.0, 1.02]).tolist()
    assert np.diff(sorted(moved)).min() >= 0.5 - 1e-9
    assert moved[2] == 5.0
    assert np.mean([moved[0], moved[1], moved[3]]) == pytest.approx(1.01)
