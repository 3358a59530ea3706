"""Relief that only puts a default off."""

import numpy as np
import pytest

from simulator.report.kit.numbers import percent
from simulator.report.kit.table import PageTable
from simulator.report.policies import ranking, relief
from tests.report.stress_runs import Run, data_of


def test_the_kicked_can_sentence_names_the_extremes(many: Run) -> None:
    data = data_of(many)
    assert data.overall is not None
    known = [s for s in data.overall.standings if not np.isnan(s.kicked_can_index.mean)]
    most = max(known, key=lambda s: s.kicked_can_index.mean)
    sentence = relief.kicked_can(data)
    assert percent(most.kicked_can_index.mean, 0) in sentence
    assert f"under {data.policy_label(most.policy)} at the most" in sentence
    assert sentence.endswith("Not comparable between policies with different lengths of relief.")
    row = next(
        row
        for row in PageTable(ranking.rankings(data)[0].table).judged
        if row.names[1] == data.policy_label(most.policy)
    )
    (cell,) = (cell for cell in row.cells if cell.title.startswith("Re-default after relief"))
    returned, prevented = (float(text.replace(",", "")) for text in cell.beside.split(" of "))
    assert returned / prevented == pytest.approx(most.kicked_can_index.mean, abs=0.5 / prevented)
    nothing = many.dataset.copy(deep=True)
    nothing["fates"].loc[{"fate": ["prevented", "returned"]}] = 0.0
    assert relief.kicked_can(data_of(Run(nothing, many.rows, many.manifest))) == ""
