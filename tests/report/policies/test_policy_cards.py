"""The chapter on policies: its sections, figures and lists, for few policies and for many."""

import re
from pathlib import Path

from simulator.report.kit import style
from simulator.report.kit.card import ALL_SCENARIOS, Axis
from simulator.report.kit.data import BEST_DRAWN
from simulator.report.page import figure_cards
from tests.report.page_outline import Outline, assert_small, drawings, labels_of
from tests.report.stress_runs import PAYLOADS, SCENARIOS, Run, data_of, make_run, write
from tests.report.tournament_runs import make_tournament


def test_twenty_policies_make_a_small_page_with_every_section(many_page: str) -> None:
    assert_small(many_page)
    keys = [figure["id"] for figure in drawings(many_page)]
    assert keys[:4] == ["frontier", "fates", "bearing", "effects"]
    headings = "".join(Outline(many_page).text)
    for heading in ("Policy ranking", "Burden on borrowers"):
        assert heading in headings


def test_older_results_leave_the_new_sections_out(tmp_path: Path) -> None:
    default_page = write(make_run(n_paths=4, n_months=3), tmp_path / "report.html")
    shown = "".join(Outline(default_page).text)
    assert "Policy ranking" not in shown
    assert "Burden on borrowers" not in shown
    assert "When it stops paying" not in shown
    assert drawings(default_page)[0]["id"] == "effects"


def test_a_figure_says_what_each_of_its_drawings_shows(many_page: str) -> None:
    found = {figure["id"]: figure for figure in drawings(many_page)}
    n_shown = {key: len(set(figure["shows"])) for key, figure in found.items()}
    assert n_shown["frontier"] == n_shown["fates"] == 4
    assert n_shown["bearing"] == BEST_DRAWN * 4
    for figure in found.values():
        assert len(figure["shows"]) == len(figure["at"]) == 1 + len(figure.get("others", []))


def test_the_page_has_one_list_for_scenarios_and_one_for_policies(many_page: str) -> None:
    n_options = {
        axis: block.count("<option ")
        for axis, block in re.findall(
            r'<select id="choose-([a-z]+)"[^>]*>(.*?)</select>', many_page, re.S
        )
    }
    assert n_options == {"scenario": 4, "policy": 1 + BEST_DRAWN, "metric": 4, "segment": 4}


def test_names_of_policies_and_groups_stay_text_in_the_ranking(tmp_path: Path) -> None:
    plain = make_tournament(5, ("aa",), 4)
    expected = Outline(write(plain, tmp_path / "plain.html", "Title"))
    told = make_tournament(5, PAYLOADS[:1], 4, PAYLOADS[3:])
    regions = [*PAYLOADS[:2], *PAYLOADS[3:5]]
    dataset = told.dataset.assign_coords(region=regions, product=list(PAYLOADS[5:7]))
    text = write(Run(dataset, told.rows, told.manifest), tmp_path / "report.html")
    assert Outline(text).tags == expected.tags
    for figure in drawings(text):
        assert not any("<" in label for label in labels_of(figure))


def test_drawings_say_which_scenario_policy_and_groups_they_show(many: Run) -> None:
    data = data_of(many)
    cards = {card.key: card for card in figure_cards(data)}
    for key in ("frontier", "fates"):
        shown = [choice.at[Axis.SCENARIO] for choice in cards[key].choices]
        assert shown == [ALL_SCENARIOS, *SCENARIOS]
    shown_groups = [
        (choice.at[Axis.POLICY], choice.at[Axis.SEGMENT]) for choice in cards["bearing"].choices
    ]
    dims = ("income_decile", "age_band", "region", "product")
    best = data.best_first[:BEST_DRAWN]
    assert shown_groups == [(policy, dim) for policy in best for dim in dims]


def test_points_of_fates_and_groups_name_rows_of_their_table(many: Run) -> None:
    data = data_of(many)
    for card in figure_cards(data)[:3]:
        rows = [set(row[: card.table.n_names]) for row in card.table.rows]
        for choice in (card.choices[0], card.choices[-1]):
            named = [trace.meta["row"] for trace in choice.draw(style.WIDE).data if trace.meta]
            assert named
            assert all(any(set(names) <= row for row in rows) for names in named)
