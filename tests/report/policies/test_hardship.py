"""What borrowers go through: months overdue, contacts, complaints."""

from simulator.report.kit.table import PageTable
from simulator.report.policies import hardship
from simulator.vocabulary import Burden
from tests.report.stress_runs import Run, data_of


def test_hardship_is_claimed_only_where_it_is_told_from_zero(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["burdens"][:] = 100.0
    data = data_of(Run(dataset, many.rows, many.manifest))
    frontier = data.overall
    assert frontier is not None
    assert hardship.hardship_caption(data, frontier) == (
        "Over the 3 scenarios by weight, no policy significantly lowers the borrower-months"
        " overdue; no policy significantly raises the complaints. All numbers are per 1,000"
        " borrowers. Contacts are those about overdue or endangered loans, without reminders before"
        " the due day."
    )
    assert (
        PageTable(hardship.hardship_table(data, [frontier])).rows[1][1:] == ("no difference",) * 3
    )
    dataset["burdens"][:, 4, :, Burden.OVERDUE_MONTHS] = 75.0
    data = data_of(Run(dataset, many.rows, many.manifest))
    assert data.overall is not None
    caption = hardship.hardship_caption(data, data.overall)
    assert "Policy number 4 lowers the borrower-months overdue most, by 25.0" in caption
    assert "25.0\u202f%" in caption
