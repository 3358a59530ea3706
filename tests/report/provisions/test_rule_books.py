"""Rule books by their labels and with their settings."""

import json

from simulator.report import about_the_run
from simulator.report.provisions.rule_books import provisions_of
from simulator.shipped import read_shipped
from tests.report.money_runs import BOOKS
from tests.report.stress_runs import Run, data_of, make_run


def test_rule_books_stand_with_their_settings(money_run: Run) -> None:
    manifest = json.loads(json.dumps(money_run.manifest))
    settings = read_shipped("provision", "china_minimum")
    manifest["configuration"]["provision"]["china_minimum"] = settings
    cards = about_the_run.rule_book_cards(data_of(money_run._replace(manifest=manifest)))
    assert [card.label for card in cards] == [f"Book {book}" for book in BOOKS]
    found = dict(cards[2].parts[0].settings)
    assert found["Classes of credit cards"] == (
        "0 to 0 normal; 1 to 90 special mention; 91 to 120 substandard; 121 to 180 doubtful;"
        " 181 or more loss (days past due)"
    )
    assert found["Minima"] == "coverage 150\u202f%, provisions over loans 2.5\u202f%"
    assert about_the_run.rule_book_cards(data_of(make_run())) == []


def test_labels_are_cut_at_a_comma_only_where_that_is_clear(money_run: Run) -> None:
    def labels(*full: str) -> list[str]:
        dataset = money_run.dataset.assign_coords(provision_label=("provision", list(full)))
        found = provisions_of(data_of(money_run._replace(dataset=dataset)))
        assert found is not None
        return [found.label(book) for book in BOOKS]

    assert labels("CAS 22, three stages", "CECL, lifetime", "Own") == ["CAS 22", "CECL", "Own"]
    same = ("CAS 22, mild", "CAS 22, hard", "Own")
    assert labels(*same) == list(same)
