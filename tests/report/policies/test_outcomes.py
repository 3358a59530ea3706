"""What became of borrowers: saved, delayed, harmed, hastened, refused."""

import numpy as np
import pytest

from simulator.report.kit import style
from simulator.report.kit.table import PageTable
from simulator.report.policies import outcome_figures, outcome_words
from simulator.vocabulary import Fate
from tests.report.page_outline import Outline
from tests.report.stress_runs import SCENARIOS, Run, data_of


def test_the_fates_are_drawn_per_thousand_of_the_reference_borrowers(many: Run) -> None:
    data = data_of(many)
    frontier = data.frontiers[1]
    drawn = outcome_figures.fates_figure(data, style.WIDE, frontier).to_plotly_json()["data"]
    bars = {trace["name"]: trace for trace in drawn}
    fates = many.dataset["fates"].sel(scenario="baseline").mean("path")
    for name, fate, side in (("saved", Fate.SAVED, 1), ("harmed", Fate.HARMED, -1)):
        for i, s in enumerate(frontier.standings):
            expected = float(fates.sel(policy=s.policy, fate=fate.name.lower()))
            assert bars[name]["x"][i] == pytest.approx(side * expected, abs=1e-4)  # of 1,000
    saved, delayed = bars["saved"], bars["delayed"]
    np.testing.assert_allclose(delayed["base"], saved["x"], atol=1e-3)
    np.testing.assert_allclose(bars["hastened"]["base"], bars["harmed"]["x"], atol=1e-3)


def test_late_outcomes_stand_in_the_table_of_fates_only_where_there_are_any(many: Run) -> None:
    before = PageTable(outcome_words.fates_table(data_of(many)))
    assert not [title for title in before.header if "later" in title]
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "lapsed", "policy": "policy_number_1"}] = 7.0
    dataset["fates"].loc[{"fate": "harmed_later", "policy": "policy_number_2"}] = 3.0
    table = outcome_words.fates_table(data_of(Run(dataset, many.rows, many.manifest)))
    after = PageTable(table)
    lapsed = next(i for i, title in enumerate(after.header) if "Saved, of them 90+ later" in title)
    assert after.header[lapsed - 1].startswith("Saved (")
    assert sum(row[lapsed].startswith("7.0") for row in after.rows) == 1 + len(SCENARIOS)
    late = next(i for i, title in enumerate(after.header) if "Harmed later" in title)
    assert after.header[late - 1].startswith("Harmed (")
    assert sum(row[late].startswith("3.0") for row in after.rows) == 1 + len(SCENARIOS)


def test_no_loan_is_told_for_good_and_bad_borrowers_without_calling_them_refused(
    many: Run, many_page: str
) -> None:
    data = data_of(many)
    assert data.overall is not None
    table = outcome_words.lending_table(data, data.overall)
    assert table is not None
    stricter = {s.policy for s in data.overall.standings if s.fate(Fate.REFUSED_GOOD).mean > 0}
    assert {row[0] for row in table.rows} == {data.policy_label(p) for p in stricter}
    assert "No loan here: would have paid" in "".join(Outline(many_page).text)
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "refused_good"}] = 0.0
    nobody = data_of(Run(dataset, many.rows, many.manifest))
    assert nobody.overall is not None
    assert outcome_words.lending_table(nobody, nobody.overall) is None
