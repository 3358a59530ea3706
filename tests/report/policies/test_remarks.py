"""Remarks below the ranking: outcomes too early to tell, early warning, relief without need."""

import xarray as xr

from simulator.report.kit.table import PageTable
from simulator.report.policies import ranking, remarks
from tests.report.stress_runs import Run, data_of


def test_too_early_to_tell_has_its_column_and_a_note_where_it_exceeds_the_saved(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "censored"}] = 0.0
    without = data_of(Run(dataset, many.rows, many.manifest))
    assert "Follow-up too short" not in [
        title for title, _ in PageTable(ranking.rankings(without)[0].table).titles
    ]
    assert not [r for r in remarks.remarks(without) if r.startswith("Follow-up too short")]
    dataset = dataset.copy(deep=True)
    dataset["fates"].loc[{"policy": "policy_number_3", "fate": "saved"}] = 0.0
    dataset["fates"].loc[{"policy": "policy_number_3", "fate": "censored"}] = 9.0
    early = data_of(Run(dataset, many.rows, many.manifest))
    row = next(
        r
        for r in PageTable(ranking.rankings(early)[0].table).judged
        if r.names[1] == "Policy number 3"
    )
    assert {c.title.partition(",")[0]: float(c.value) for c in row.cells[4:6]} == {
        "Saved": 0.0,
        "Follow-up too short": 9.0,
    }
    (note,) = (r for r in remarks.remarks(early) if r.startswith("Follow-up too short"))
    assert "under Policy number 3 more borrowers" in note
    assert "set run.runoff_months=12." in note


def test_early_warning_tells_realised_precision_and_recall(many: Run) -> None:
    assert not [r for r in remarks.remarks(data_of(many)) if r.startswith("Early warning")]
    shape = many.dataset["written_off"]
    counts = {"warned": 40.0, "warned_rightly": 10.0, "warning_targets": 50.0}
    counts |= {"relief_granted": 20.0, "relief_no_need": 5.0}
    warning = (shape["policy"] == "policy_number_2") & (shape["month"] == 1)
    found = {name: xr.zeros_like(shape) + count * warning for name, count in counts.items()}
    data = data_of(Run(many.dataset.assign(found), many.rows, many.manifest))
    told = remarks.remarks(data)
    (warned,) = (r for r in told if r.startswith("Early warning"))
    assert "Policy number 2 precision 25\u202f%, recall 20\u202f% (10 of 40 calls)." in warned
    (idle,) = (r for r in told if r.startswith("Relief granted although cash was not short"))
    assert idle.endswith("25\u202f% under Policy number 2.")
