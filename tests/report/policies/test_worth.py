"""The report of many policies: ranking, frontier, fates, who bears them, hardship, break-evens."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simulator.report.delinquency import overdue
from simulator.report.headline import findings
from simulator.report.kit import style
from simulator.report.kit.card import ALL_SCENARIOS, Axis
from simulator.report.kit.data import BEST_DRAWN, ReportData
from simulator.report.kit.label_placement import Box, place_labels, text_width
from simulator.report.kit.numbers import percent
from simulator.report.page import figure_cards
from simulator.report.policies import (
    break_evens,
    effects,
    frontier_words,
    group_figures,
    group_words,
    hardship,
    outcome_figures,
    outcome_words,
    ranking,
    relief,
    remarks,
)
from simulator.report.policies.frontier_figure import frontier_figure, frontier_scale
from simulator.vocabulary import Burden, Fate
from tests.report.test_report import (
    PAYLOADS,
    SCENARIOS,
    Outline,
    Run,
    assert_small,
    data_of,
    drawings,
    labels_of,
    make_run,
    rows_of,
    write,
)
from tests.results.test_ranking import MONEY, tournament


def make_tournament(
    n_policies: int = 20,
    scenarios: Sequence[str] = SCENARIOS,
    n_paths: int = 20,
    names: Sequence[str] = (),
) -> Run:
    """A run of many policies whose results also tell fates, burdens and money of the frontier."""
    told = tournament(scenarios, n_policies, n_paths, names)
    policies = [str(name) for name in told["policy"].values]
    run = make_run(scenarios, policies, n_paths, 12)
    dataset = run.dataset
    for name in MONEY:
        months = np.zeros(dataset["interest_paid"].shape)
        months[..., 0] = told[name].values[..., 0]
        dataset[name] = (dataset["interest_paid"].dims, months)
    others = told.drop_vars([*MONEY, "month"]).drop_dims("month", errors="ignore")
    dataset = dataset.assign_coords(others.coords).assign(others.data_vars)
    dataset.attrs |= {"runoff_months": 0, "luck_replicates": 1}
    return Run(dataset, rows_of(dataset), run.manifest)


@pytest.fixture(scope="module")
def many() -> Run:
    return make_tournament()


@pytest.fixture(scope="module")
def many_page(many: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(many, tmp_path_factory.mktemp("tournament") / "report.html")


def test_twenty_policies_make_a_small_page_with_every_section(many_page: str) -> None:
    assert_small(many_page)
    keys = [figure["id"] for figure in drawings(many_page)]
    assert keys[:4] == ["frontier", "fates", "bearing", "effects"]
    headings = "".join(Outline(many_page).text)
    for heading in ("Which policy is worth it", "What borrowers go through"):
        assert heading in headings


def test_older_results_leave_the_new_sections_out(tmp_path: Path) -> None:
    default_page = write(make_run(n_paths=4, n_months=3), tmp_path / "report.html")
    shown = "".join(Outline(default_page).text)
    assert "Which policy is worth it" not in shown
    assert "What borrowers go through" not in shown
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


@pytest.mark.parametrize("n_policies", [2, 7, 8])
def test_a_line_or_colour_each_is_kept_for_the_best_where_there_are_many(n_policies: int) -> None:
    data = data_of(make_tournament(n_policies, ("baseline",), 4))
    figure = overdue.overdue_fan(data, style.WIDE, 30)
    names = {trace.name for trace in figure.data if trace.name}
    caption = overdue.overdue_caption(data, 30)
    if n_policies <= 7:
        assert len(names) == n_policies
        assert "Drawn:" not in caption
        return
    assert data.overall is not None
    best = [s.policy for s in data.overall.standings[:BEST_DRAWN]]
    assert names == {data.policy_label(p) for p in ("status_quo", *best)}
    assert caption.endswith("Drawn: the 5 best of 7 by net; all are in the table.")
    named = {row[1] for row in overdue.overdue_table(data, (30,)).rows}
    assert len(named) == n_policies
    assert len(effects.effects_table(data).rows) == n_policies - 1
    colours = {style.series(data.policy_number(p)) for p in data.drawn_policies}
    assert len(colours) == len(data.drawn_policies)


def test_the_frontier_has_a_point_with_intervals_for_each_policy(many: Run) -> None:
    data = data_of(many)
    frontier = data.overall
    assert frontier is not None
    drawn = frontier_figure(data, style.WIDE, frontier).to_plotly_json()["data"]
    first = [trace for trace in drawn if trace["xaxis"] == "x"]
    points = {}
    for trace in first:
        for i, name in enumerate(trace.get("text", [])):
            points[name] = (trace, i)
    assert len(points) == 20  # with the reference
    divisor = frontier_scale(data, frontier).divisor
    for s in frontier.standings:
        trace, i = points[f"{s.rank} {data.policy_label(s.policy)}"]
        assert trace["x"][i] * divisor == pytest.approx(s.cost.mean)
        assert trace["y"][i] * divisor == pytest.approx(s.loss_avoided.mean)
        above = trace["error_y"]["array"][i] * divisor
        assert above == pytest.approx(s.loss_avoided.ci_high - s.loss_avoided.mean)
        hollow = trace["marker"]["color"] == style.PAPER[0]
        assert hollow == (s.dominated_by is not None)
    diagonal, steps = first[0], first[1]
    assert list(diagonal["x"]) == list(diagonal["y"])
    corners = list(zip(steps["x"], steps["y"], strict=True))
    for cost, avoided in frontier.efficient():
        assert (cost / divisor, avoided / divisor) in corners
    assert np.all(np.diff(steps["x"]) >= 0)
    assert np.all(np.diff(steps["y"]) >= 0)


def test_no_point_of_any_frontier_figure_is_lost_and_widths_share_their_traces(many: Run) -> None:
    data = data_of(many)
    for frontier in data.frontiers:
        drawn = [frontier_figure(data, frame, frontier) for frame in style.FRAMES.values()]
        first, *others = (figure.to_plotly_json() for figure in drawn)
        assert all(other["data"] == first["data"] for other in others)
        x, y = first["layout"]["xaxis"]["range"], first["layout"]["yaxis"]["range"]
        for trace in first["data"]:
            if trace["mode"] == "markers" and trace["xaxis"] == "x":
                assert all(x[0] < v < x[1] for v in trace["x"])
                assert all(y[0] < v < y[1] for v in trace["y"])
        labels = " ".join(a["text"] for a in first["layout"]["annotations"])
        for s in frontier.standings:
            assert re.search(rf"(?<!\d){s.rank}(?!\d)", labels)


def _box(point: tuple[float, float], spot: tuple[str, float, float, str]) -> Box:
    text, dx, dy, anchor = spot
    width = text_width(text)
    left = point[0] + dx - {"left": 0.0, "center": width / 2, "right": width}[anchor]
    return Box(left, point[1] + dy - 6.5, left + width, point[1] + dy + 6.5)


def test_labels_of_points_cover_neither_each_other_nor_the_points() -> None:
    draw = np.random.default_rng(3)
    frame = Box(0.0, 0.0, 420.0, 400.0)
    points = [(float(x), float(y)) for x, y in draw.uniform(60.0, 340.0, (20, 2))]
    texts = [(f"{i} a policy of some name", str(i)) for i in range(20)]
    spots = place_labels(points, texts, frame)
    for i, spot in enumerate(spots):
        for share in np.linspace(0.0, 1.0, 20) if spot.needs_leader else ():
            x, y = points[i][0] + share * spot.dx, points[i][1] + share * spot.dy
            others = [p for j, p in enumerate(points) if j != i]
            assert all(max(abs(x - a), abs(y - b)) > 4 for a, b in others)
    boxes = [_box(point, spot) for point, spot in zip(points, spots, strict=True)]
    assert sum(1 for spot in spots if len(spot.text) > 2) >= 12
    for i, box in enumerate(boxes):
        assert box.within(frame)
        assert not any(box.covers(other) for other in boxes[:i])
        assert not any(box.covers(Box(x - 6, y - 6, x + 6, y + 6)) for x, y in points)


def test_a_crowd_of_points_gets_short_labels() -> None:
    points = [(100.0 + 3 * i, 100.0) for i in range(12)]
    spots = place_labels(points, [("a rather long name", "n")] * 12, Box(0, 0, 240, 200))
    assert "n" in {spot.text for spot in spots}


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
    rows = {row.policy: row for row in shown[0].rows}
    assert len(rows) == 20
    for s in frontier.standings:
        row = rows[data.policy_label(s.policy)]
        assert row.rank == str(s.rank)
        assert row.cells[0].value == scale.text(s.net.mean, signed=True)
        assert row.cells[0].span == scale.span(s.net.ci_low, s.net.ci_high)
        assert row.cells[1].value == scale.text(s.loss_avoided.mean)
        assert row.cells[2].value == scale.text(s.cost.mean)
        expected = f"dominated by {data.policy_label(s.dominated_by)}" if s.dominated_by else ""
        assert row.note == expected
    order = [row.policy for row in shown[0].rows]
    above = sum(1 for s in frontier.standings if s.net.mean > 0)
    assert order.index("Status quo") == above


def _worth_of(nets: Sequence[float], costs: Sequence[float], spread: float) -> ReportData:
    """A tournament whose policies have these nets and costs, with noise of size ``spread``."""
    run = make_tournament(1 + len(nets), ("baseline",), 30)
    dataset = run.dataset.copy(deep=True)
    noise = np.random.default_rng(5).standard_normal(30)
    noise = spread * (noise - noise.mean())
    for name in ("programme_cost", "written_off"):
        dataset[name][:] = 0.0
    for i, (net, cost) in enumerate(zip(nets, costs, strict=True), start=1):
        dataset["programme_cost"][0, i, :, 0] = cost
        dataset["written_off"][0, i, :, 0] = -(net + cost) + noise
    return ReportData(dataset, run.rows, run.manifest)


@pytest.mark.parametrize(
    ("nets", "costs", "spread", "told"),
    [
        (
            (5e4, 1e4),
            (2e4, 1e3),
            1e3,
            "Policy number 1 is worth most, by a net CNY\u00a050.0\u202fk",
        ),
        (
            (5e4, 1e4),
            (2e4, 1e3),
            1e3,
            "it avoids CNY\u00a070.0\u202fk of losses and costs CNY\u00a020",
        ),
        ((5e4, 1e4), (-2e4, 1e3), 1e3, "earns CNY\u00a020.0\u202fk more before them"),
        ((5e4, 4.99e4), (0, 0), 1e4, "the interval of the second, Policy number 2, overlaps"),
        ((1e3, -5e4), (0, 0), 1e4, "no policy is shown to be worth its cost: the best estimate"),
        ((-2e4, -1e4), (0, 0), 1e3, "no policy pays for itself within 12 months: the least cost"),
        ((-2e4, -1e4), (0, 0), 1e3, "Policy number 2, nets \u2212CNY\u00a010.0\u202fk"),
        ((0, -1e4), (0, 0), 0.0, "no policy changes the result"),
    ],
)
def test_the_verdict_follows_the_ranking_and_its_intervals(
    nets: tuple[float, ...], costs: tuple[float, ...], spread: float, told: str
) -> None:
    data = _worth_of(nets, costs, spread)
    sentence = findings.headline(data).headline
    assert sentence.startswith("Under Baseline, ")
    assert told in sentence


def test_one_path_proves_nothing_in_the_ranking_either(tmp_path: Path) -> None:
    run = make_tournament(4, ("baseline", "downturn"), 1)
    data = data_of(run)
    finding = findings.headline(data)
    assert finding.headline.startswith("On one path, over the 2 scenarios by weight, ")
    assert "nan" not in finding.headline + "".join(finding.support)
    text = write(run, tmp_path / "report.html")
    assert not re.search(r"\bnan\b", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_the_support_counts_who_pays_and_who_is_dominated() -> None:
    data = _worth_of((5e4, -1e4, 0.0, 3e4), (0, 0, 0, 1e4), 1e3)
    assert findings.headline(data).support[0] == (
        "Of 4 policies 2 gain more than they cost, 1 costs more than it gains, 1 cannot be told"
        " from the reference; 3 are dominated: another choice costs no more and avoids no less."
    )


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
    before = outcome_words.fates_table(data_of(many))
    assert not [title for title in before.header if "later" in title]
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "lapsed", "policy": "policy_number_1"}] = 7.0
    dataset["fates"].loc[{"fate": "harmed_later", "policy": "policy_number_2"}] = 3.0
    after = outcome_words.fates_table(ReportData(dataset, many.rows, many.manifest))
    lapsed = next(i for i, title in enumerate(after.header) if "Saved, of them 90+ later" in title)
    assert after.header[lapsed - 1].startswith("Saved (")
    assert sum(row[lapsed].startswith("7.0") for row in after.rows) == 1 + len(SCENARIOS)
    late = next(i for i, title in enumerate(after.header) if "Harmed later" in title)
    assert after.header[late - 1].startswith("Harmed (")
    assert sum(row[late].startswith("3.0") for row in after.rows) == 1 + len(SCENARIOS)


def test_a_cost_of_a_borrower_saved_that_cannot_be_told_is_missing(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "harmed"}] = dataset["fates"].sel(fate="saved")
    told, blank = (
        frontier_words.frontier_table(ReportData(d, many.rows, many.manifest))
        for d in (many.dataset, dataset)
    )
    column = next(i for i, t in enumerate(told.header) if t.startswith("Cost per borrower saved"))
    assert any("CNY" in row[column] for row in told.rows)
    assert not any(re.search(r"\d|nan", row[column]) for row in blank.rows)


def test_who_bears_a_policy_is_a_rate_of_the_group_over_scenarios_by_weight(many: Run) -> None:
    data = data_of(many)
    policy = data.best_first[0]
    found = group_figures.group_rates(data, "region", policy)
    mean = many.dataset["fates_by_region"].sel(policy=policy, region="west").mean("scenario")
    saved, compared = (float(mean.sel(fate=name)) for name in ("saved", "compared"))
    at = found.names.index("west")
    assert found.rates[Fate.SAVED][at] == pytest.approx(1000 * saved / compared)
    assert found.margins[Fate.SAVED][at] == pytest.approx(
        2.093024 * 0.1 * found.rates[Fate.SAVED][at], rel=1e-5
    )  # t with 19 degrees of freedom, standard error a tenth of the mean
    figure = group_figures.bearing_figure(data, style.WIDE, policy, "region")
    bars = [t for t in figure.data if t.name == "saved"]
    np.testing.assert_allclose(bars[0].x, found.rates[Fate.SAVED], atol=1e-4)


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


def test_a_long_name_of_a_group_keeps_to_two_lines_of_its_own_row(many: Run) -> None:
    long = "a_rather_long_name_of_a_product_that_nobody_sells"
    data = data_of(Run(many.dataset.assign_coords(product=[long, "b"]), many.rows, many.manifest))
    for frame in style.FRAMES.values():
        drawn = group_figures.bearing_figure(data, frame, data.best_first[0], "product")
        axis = drawn.layout.yaxis
        (first, _) = axis.ticktext
        height = drawn.layout.height - drawn.layout.margin.t - drawn.layout.margin.b
        row_height = height / (axis.range[1] - axis.range[0])
        assert 1.3 * axis.tickfont.size * (1 + first.count("<br>")) <= row_height
        assert drawn.layout.margin.l < frame.width / 2


def test_a_group_without_borrowers_has_no_rate(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["fates_by_product"].loc[{"product": "credit_line"}] = 0.0
    data = ReportData(dataset, many.rows, many.manifest)
    rates = group_figures.group_rates(data, "product", data.best_first[0]).rates[Fate.SAVED]
    assert np.isnan(rates[1])
    assert ("n/a", "n/a") in {row[-2:] for row in group_words.bearing_table(data).rows}
    assert "nan" not in group_words.bearing_caption(data, data.best_first[0])


def test_a_gap_between_groups_is_told_only_where_intervals_are_apart(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    data = ReportData(dataset, many.rows, many.manifest)
    policy = data.best_first[0]
    assert "no difference between groups can be told" in group_words.bearing_caption(data, policy)
    dataset["fates_by_region"].loc[{"region": "west", "fate": "saved"}] *= 4.0
    data = ReportData(dataset, many.rows, many.manifest)
    assert re.search(r"saves [\d.]+ in region west and", group_words.bearing_caption(data, policy))


def test_hardship_is_claimed_only_where_it_is_told_from_zero(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["burdens"][:] = 100.0
    data = ReportData(dataset, many.rows, many.manifest)
    frontier = data.overall
    assert frontier is not None
    assert hardship.hardship_caption(data, frontier) == (
        "Over the 3 scenarios by weight, no policy is shown to lower the borrower-months overdue;"
        " no policy is shown to raise the complaints. All numbers are per 1,000 borrowers. Contacts"
        " are those about overdue or endangered loans; reminders before the due day are not"
        " counted."
    )
    assert hardship.hardship_table(data, [frontier]).rows[1][1:] == ("no difference",) * 3
    dataset["burdens"][:, 4, :, Burden.OVERDUE_MONTHS] = 75.0
    data = ReportData(dataset, many.rows, many.manifest)
    assert data.overall is not None
    caption = hardship.hardship_caption(data, data.overall)
    assert "Policy number 4 lowers the borrower-months overdue most, by 25.0" in caption
    assert "25.0\u202f%" in caption


def test_the_kicked_can_sentence_names_the_extremes(many: Run) -> None:
    data = data_of(many)
    assert data.overall is not None
    known = [s for s in data.overall.standings if not np.isnan(s.kicked_can_index.mean)]
    most = max(known, key=lambda s: s.kicked_can_index.mean)
    sentence = relief.kicked_can(data)
    assert percent(most.kicked_can_index.mean, 0) in sentence
    assert f"under {data.policy_label(most.policy)} at the most" in sentence
    assert sentence.endswith("policies with different lengths of relief do not compare.")
    row = next(
        row
        for row in ranking.rankings(data)[0].rows
        if row.policy == data.policy_label(most.policy)
    )
    (cell,) = (cell for cell in row.cells if cell.title == "Kicked can")
    returned, prevented = (float(text.replace(",", "")) for text in cell.span.split(" of "))
    assert returned / prevented == pytest.approx(most.kicked_can_index.mean, abs=0.5 / prevented)
    nothing = many.dataset.copy(deep=True)
    nothing["fates"].loc[{"fate": ["prevented", "returned"]}] = 0.0
    assert relief.kicked_can(ReportData(nothing, many.rows, many.manifest)) == ""


def test_break_evens_are_told_in_a_sentence_each(tmp_path: Path) -> None:
    few = make_tournament(4, ("baseline", "downturn"), 4)
    answers = {
        "policy": [f"policy_number_{i}" for i in (1, 2, 1, 3, 2)] + [PAYLOADS[0]],
        "field": ["take_up_if_no_need", "extension_months", *["false_proof"] * 3, "months"],
        "scenario": ["downturn"] * 6,
        "metric": ["net_result"] * 6,
        "verdict": [*["crosses"] * 3, "pays_throughout", "undecided", "never_pays"],
        "pays_side": ["below", "above", "below", "", "", ""],
        "value": [0.1234, 4.5, 0.3, np.nan, np.nan, np.nan],
        "ci_low": [0.1, np.nan, np.nan, np.nan, np.nan, np.nan],
        "ci_high": [0.2, np.nan, 0.42, np.nan, np.nan, np.nan],
        "low": [0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "high": [0.5, 12.0, 1.0, 1.0, 1.0, 60.0],
    }
    found = {f"break_even_{name}": ("break_even", values) for name, values in answers.items()}
    known = np.array([0.0, np.nan, 0.0, 1.0, -1.0, -1.0])
    gains = {"break_even_gain_ci_low": (("break_even", "break_even_point"), known[:, None])}
    run = Run(few.dataset.assign(found).assign(gains), few.rows, few.manifest)
    sentences = break_evens.break_evens(data_of(run))
    assert sentences[:5] == (
        "Under Downturn, Policy number 1 pays as long as \u201ctake up if no need\u201d stays below"
        " 0.123 (95 % interval 0.1 to 0.2).",
        "Under Downturn, Policy number 2 pays as long as \u201cextension months\u201d stays above"
        " 4.5 (too few paths for an interval).",
        "Under Downturn, Policy number 1 pays as long as \u201cfalse proof\u201d stays below"
        " 0.3 (95 % interval at or below 0 (end of the bracket) to 0.42).",
        "Under Downturn, Policy number 3 pays at any \u201cfalse proof\u201d from 0 to 1.",
        "Under Downturn, Policy number 2: too few paths to say whether it pays at"
        " \u201cfalse proof\u201d from 0 to 1.",
    )
    assert "does not pay at any \u201cmonths\u201d from 1 to 60" in sentences[5]
    text = write(run, tmp_path / "report.html")
    assert "When it stops paying" in "".join(Outline(text).text)
    assert PAYLOADS[0] not in text
    assert break_evens.break_evens(data_of(few)) == ()


def test_rates_of_text_and_tables_are_per_thousand_borrowers(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "compared"}] = 500.0
    for data, per in ((data_of(many), 1), (ReportData(dataset, many.rows, many.manifest), 2)):
        assert data.overall is not None
        best = data.overall.standings[0]
        row = ranking.rankings(data)[0].rows[0]
        cells = {cell.title: cell.value for cell in row.cells}
        for fate, title in ranking.COUNTED:
            shown = float(cells[title].replace(",", ""))
            assert shown == pytest.approx(per * best.fate(fate).mean, abs=0.5)
        (level, *_), (change, *_) = (
            (text.split(" ") for text in hardship.hardship_table(data, [data.overall]).rows[i][2:3])
            for i in (0, 1)
        )
        assert float(level[0].replace(",", "")) == pytest.approx(
            per * data.overall.reference_burdens["contacts"].mean, abs=0.06
        )
        assert change[0].startswith(("+", "\u2212"))


def test_free_riders_are_told_by_what_would_have_become_of_them(many: Run, many_page: str) -> None:
    shown = "".join(Outline(many_page).text)
    assert "without need" not in shown
    assert (
        "would not have been 30 days late without it" in findings.headline(data_of(many)).support[1]
    )


def test_too_early_to_tell_has_its_column_and_a_note_where_it_exceeds_the_saved(many: Run) -> None:
    dataset = many.dataset.copy(deep=True)
    dataset["fates"].loc[{"fate": "censored"}] = 0.0
    without = ReportData(dataset, many.rows, many.manifest)
    assert "Too early to tell" not in [t for t, _ in ranking.rankings(without)[0].titles]
    assert not [r for r in remarks.remarks(without) if r.startswith("Too early")]
    dataset = dataset.copy(deep=True)
    dataset["fates"].loc[{"policy": "policy_number_3", "fate": "saved"}] = 0.0
    dataset["fates"].loc[{"policy": "policy_number_3", "fate": "censored"}] = 9.0
    early = ReportData(dataset, many.rows, many.manifest)
    row = next(r for r in ranking.rankings(early)[0].rows if r.policy == "Policy number 3")
    assert {c.title: float(c.value) for c in row.cells[3:5]} == {
        "Saved": 0.0,
        "Too early to tell": 9.0,
    }
    (note,) = (r for r in remarks.remarks(early) if r.startswith("Too early"))
    assert ", under Policy number 3" in note
    assert "run.runoff_months=12 brings it" in note


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
    nobody = ReportData(dataset, many.rows, many.manifest)
    assert nobody.overall is not None
    assert outcome_words.lending_table(nobody, nobody.overall) is None


def test_a_policy_that_saves_people_and_money_earns_with_each_of_them() -> None:
    data = _worth_of((5e4, 1e4), (-2e4, 1e3), 1e3)
    data.dataset["fates"].loc[{"fate": "saved", "policy": "policy_number_1"}] = 10.0
    data.dataset["fates"].loc[{"fate": "harmed"}] = 0.0
    told = frontier_words.frontier_table(ReportData(data.dataset, (), data.manifest))
    column = next(i for i, t in enumerate(told.header) if t.startswith("Cost per borrower saved"))
    row = next(row for row in told.rows if row[1] == "Policy number 1")
    assert row[column] == "earns CNY\u00a02.00\u202fk per borrower saved"


def test_early_warning_tells_realised_precision_and_recall(many: Run) -> None:
    assert not [r for r in remarks.remarks(data_of(many)) if r.startswith("Early warning")]
    shape = many.dataset["written_off"]
    counts = {"warned": 40.0, "warned_rightly": 10.0, "warning_targets": 50.0}
    counts |= {"relief_granted": 20.0, "relief_no_need": 5.0}
    warning = (shape["policy"] == "policy_number_2") & (shape["month"] == 1)
    found = {name: xr.zeros_like(shape) + count * warning for name, count in counts.items()}
    data = ReportData(many.dataset.assign(found), many.rows, many.manifest)
    told = remarks.remarks(data)
    (warned,) = (r for r in told if r.startswith("Early warning"))
    assert "Policy number 2 precision 25\u202f%, recall 20\u202f% (10 of 40 calls)." in warned
    (idle,) = (r for r in told if r.startswith("Relief granted although cash was not short"))
    assert idle.endswith("25\u202f% under Policy number 2.")


def test_of_many_policies_only_the_reference_and_the_best_have_a_band() -> None:
    for n_policies, n_bands in ((3, 3), (4, 2), (9, 2)):
        data = data_of(make_tournament(n_policies, ("baseline",), 4))
        drawn = overdue.overdue_fan(data, style.WIDE, 30).data
        assert sum(1 for trace in drawn if trace.fill == "toself") == n_bands
        told = f"Bands: Status quo and {data.policy_label(data.best_first[0])}"
        assert (told in overdue.overdue_caption(data, 30)) == (n_bands < n_policies)
