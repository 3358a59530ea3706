"""The page's section on money: allowances, losses over paths, profit, capital and value."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from simulator.report.kit import style
from simulator.report.kit.card import Axis
from simulator.report.kit.language import speaking
from simulator.report.kit.table import PageTable
from simulator.report.profit.profit_cards import profit_section
from simulator.settings import LanguageCode
from tests.report.money_runs import BOOKS, LINES, WORST, make_money_run
from tests.report.page_outline import Outline, assert_small, drawings, labels_of
from tests.report.stress_runs import PAYLOADS, POLICIES, SCENARIOS, Run, data_of, make_run, write


@pytest.mark.parametrize(
    ("scenarios", "policies", "n_paths", "n_months", "rule_books"),
    [
        (("baseline",), ("status_quo",), 1, 1, ("cecl",)),
        (("baseline",), POLICIES, 1, 24, BOOKS),
        (SCENARIOS, ("status_quo",), 20, 12, BOOKS[:1]),
        (tuple(f"s{i}" for i in range(3)), tuple(f"p{i}" for i in range(8)), 2, 30, BOOKS[:2]),
    ],
)
def test_every_shape_of_run_gives_a_small_page_with_money(
    tmp_path: Path,
    scenarios: tuple[str, ...],
    policies: tuple[str, ...],
    n_paths: int,
    n_months: int,
    rule_books: tuple[str, ...],
) -> None:
    run = make_money_run(scenarios, policies, n_paths, n_months, rule_books)
    text = write(run, tmp_path / "report.html")
    assert_small(text)
    ids = [figure["id"] for figure in drawings(text)]
    assert ids[-4:] == ["allowance-roll", "coverage", "losses", "profit"]
    assert not re.search(r"\bnan\b", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_every_drawing_of_money_says_what_it_shows_and_names_rows_of_its_table(
    money_run: Run,
) -> None:
    data = data_of(money_run)
    section = profit_section(data)
    assert section is not None
    axes = {"allowance-roll": {Axis.SCENARIO, Axis.POLICY}, "losses": {Axis.POLICY}}
    axes |= {"coverage": {Axis.SCENARIO, Axis.POLICY}, "profit": {Axis.SCENARIO}}
    for card in section.cards:
        assert {axis for choice in card.choices for axis in choice.at} == axes[card.key]
        assert len({tuple(choice.at.items()) for choice in card.choices}) == len(card.choices)
        assert set(card.choices[0].at.values()) <= set(WORST)
        rows = [set(row[: card.table.n_names]) for row in card.table.rows]
        named = [trace.meta["row"] for trace in card.choices[0].draw(style.WIDE).data if trace.meta]
        assert named
        assert all(any(set(names) <= row for row in rows) for names in named)


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_money_is_told_in_the_language_of_the_page(money_run: Run, spoken: LanguageCode) -> None:
    with speaking(spoken):
        section = profit_section(data_of(money_run))
        assert section is not None
        said = [
            section.title,
            section.caption,
            *(title for title, _ in PageTable(section.tables[0].table).titles),
        ]
        for card in section.cards:
            said += [
                card.title,
                *PageTable(card.table).header,
                *(name for _, name in card.legend),
            ]
    chinese = [bool(re.search("[\u4e00-\u9fff]", text)) for text in said]
    assert all(chinese) if spoken == "zh" else not any(chinese)


def test_names_of_rule_books_and_grades_stay_text(tmp_path: Path) -> None:
    def page_of(names: Sequence[str]) -> str:
        lines = (*LINES[:7], *names[5:7], LINES[-1])
        run = make_money_run(("aa", "bb"), ("ref", "p1"), 4, 3, names[:2], names[2:5], lines)
        provision = run.manifest["configuration"]["provision"]
        for name, entry in provision.items():
            entry |= {name: {name: [name]}, "source": " ".join(names)}
        labels = ("provision", list(names[5:7]))
        dataset = run.dataset.assign_coords(provision_label=labels)
        return write(run._replace(dataset=dataset), tmp_path / "report.html")

    expected = Outline(page_of(("b1", "b2", "g1", "g2", "g3", "l1", "l2")))
    text = page_of(PAYLOADS[:7])
    assert Outline(text).tags == expected.tags
    assert not any(c in text for c in "\u2028\u2029\u202e")
    for figure in drawings(text):
        assert not any("<" in label for label in labels_of(figure))


def test_without_rule_books_only_losses_are_told(money_run: Run, tmp_path: Path) -> None:
    without = money_run.dataset.drop_dims(["provision", "grade", "line"])
    text = write(money_run._replace(dataset=without), tmp_path / "report.html")
    ids = [figure["id"] for figure in drawings(text)]
    assert "losses" in ids
    assert not {"allowance-roll", "coverage", "profit"} & set(ids)
    assert "Loss distribution</h2>" in text
    assert "Allowance needed" not in text


def test_results_of_an_older_version_have_no_section_on_money(tmp_path: Path) -> None:
    assert profit_section(data_of(make_run())) is None
