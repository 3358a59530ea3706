"""The ranking of policies by net value."""

import pytest

from simulator.report.kit.numbers import money_scale
from simulator.report.kit.table import PageTable
from simulator.report.policies import hardship, ranking
from simulator.report.policies.frontier_figure import frontier_scale
from tests.report.stress_runs import Run, data_of


def test_the_ranking_repeats_the_frontier_and_names_who_dominates(many: Run) -> None:
    data = data_of(many)
    frontier = data.overall
    assert frontier is not None
    shown = ranking.rankings(data)
    assert [r.place for r in shown] == [
        "Over the 3 scenarios by weight",
        "Under Baseline",
        "Under Downturn",
        "Under Epidemic",
    ]
    scale = frontier_scale(data, frontier)
    judged = PageTable(shown[0].table).judged
    rows = {row.names[1]: row for row in judged}
    assert len(rows) == 20
    for s in frontier.standings:
        row = rows[data.policy_label(s.policy)]
        assert row.names[0] == str(s.rank)
        ranked = [v for standing in frontier.standings for v in standing.worth.ends]
        worth = money_scale(data.currency, ranked, digits=4)
        assert row.cells[0].value == worth.text(s.worth.mean, signed=True)
        assert row.cells[0].span == worth.span(s.worth.ci_low, s.worth.ci_high)
        assert row.cells[1].value == scale.text(s.net.mean, signed=True)
        assert row.cells[2].value == scale.text(s.loss_avoided.mean)
        assert row.cells[3].value == scale.text(s.cost.mean)
        expected = f"dominated by {data.policy_label(s.dominated_by)}" if s.dominated_by else ""
        assert row.names[2] == expected
    order = [row.names[1] for row in judged]
    above = sum(1 for s in frontier.standings if s.worth.mean > 0)
    assert order.index("Current policy") == above


def test_rates_of_text_and_tables_are_per_thousand_borrowers(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "compared"}] = 500.0
    for data, per in ((data_of(many), 1), (data_of(Run(dataset, many.rows, many.manifest)), 2)):
        assert data.overall is not None
        best = data.overall.standings[0]
        row = PageTable(ranking.rankings(data)[0].table).judged[0]
        cells = {cell.title.partition(",")[0]: cell.value for cell in row.cells}
        for fate, title in ranking.COUNTED:
            shown = float(cells[title].replace(",", ""))
            assert shown == pytest.approx(per * best.fate(fate).mean, abs=0.5)
        table = hardship.hardship_table(data, [data.overall])
        (level, *_), (change, *_) = (
            (text.split(" ") for text in PageTable(table).rows[i][2:3]) for i in (0, 1)
        )
        assert float(level[0].replace(",", "")) == pytest.approx(
            per * data.overall.reference_burdens["contacts"].mean, abs=0.06
        )
        assert change[0].startswith(("+", "\u2212"))
