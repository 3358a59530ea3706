"""The table of policies by value, capital and allowance."""

from simulator.report.kit.table import PageTable
from simulator.report.profit.value_table import value_table
from simulator.report.provisions.allowance_words import allowance_sentence
from simulator.report.provisions.rule_books import Provisions, provisions_of
from tests.report.money_runs import row_of as _stat
from tests.report.stress_runs import POLICIES, Run, data_of


def _with(run: Run, metric: str, **policies: tuple[float, float, float]) -> Run:
    """``run`` with (mean, low, high) of ``metric`` replaced for every policy named."""
    rows = []
    for row in run.rows:
        if row.metric == metric and row.policy in policies:
            mean, low, high = policies[row.policy]
            row = row._replace(mean=mean, ci_low=low, ci_high=high)
        rows.append(row)
    return run._replace(rows=rows)


def test_the_table_of_policies_repeats_the_summary(books: Provisions, money_run: Run) -> None:
    table = PageTable(value_table(books, "epidemic").table)
    values = {p: _stat(money_run, "delta_value", ("epidemic", p)).mean for p in POLICIES[1:]}
    order = sorted(values, key=lambda p: -values[p])
    assert [row.names[1] for row in table.judged] == [
        *(p.replace("_", " ").capitalize() for p in order),
        "Current policy",
    ]
    assert [row.names[0] for row in table.judged] == ["1", "2", "\u2013"]
    best = table.judged[0]
    assert best.cells[0].value == f"+{values[order[0]] / 1e6:.2f}"
    assert best.cells[0].verdict == "better"
    change = _stat(money_run, "delta_allowance_cas22", ("epidemic", order[0]))
    assert best.cells[5].value == f"\u2212{-change.mean / 1e6:.2f}"
    assert best.cells[5].verdict == "better"
    late = _stat(money_run, "impaired_ratio_cas22", ("epidemic", order[0]))
    assert best.cells[6].value == f"{100 * late.mean:.2f}"
    assert [title for title, _ in table.titles[3:]] == [
        "Lowest capital ratio",
        "Paths below 10.5\u202f%",
        "Allowance",
        "Stage 3 share",
    ]
    breach = _stat(money_run, "ever_breach_capital", ("epidemic", order[0]))
    assert best.cells[4].value == f"{100 * breach.mean:.0f}"


def test_a_value_over_zero_is_never_told_as_an_effect(money_run: Run) -> None:
    unclear = dict.fromkeys(POLICIES[1:], (100000.0, -100000.0, 300000.0))
    run = _with(money_run, "delta_value", **unclear)
    run = _with(run, "delta_allowance_cas22", **unclear)
    data = data_of(run)
    found = provisions_of(data)
    assert found is not None
    for row in PageTable(value_table(found, "epidemic").table).judged[:2]:
        assert (row.cells[0].verdict, row.cells[5].verdict) == ("unclear", "unclear")
    assert "has no significant effect on the required allowance" in allowance_sentence(found)
