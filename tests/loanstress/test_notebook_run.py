"""A run in a notebook: it prints as a table, answers in frames, draws figures by name."""

import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

import loanstress
import simulator
from loanstress.shown import html_table, text_table
from simulator.report.kit.data import ReportData
from simulator.report.page import all_cards
from simulator.results.run import REPORT
from simulator.results.statistics_view import STATISTICS
from simulator.settings import Assumption, AssumptionsSettings
from tests.loanstress.conftest import SMALL


def test_a_run_prints_a_row_for_each_scenario_and_policy_and_the_verdict(run):
    lines = repr(run).splitlines()
    assert lines[0].startswith("3 paths of 4 months and ")
    rows = [re.split(r"  +", line.strip()) for line in lines[3:11]]
    assert [row[0] for row in rows] == [
        *("Baseline", "grace_period", "half"),
        *("Downturn", "grace_period", "half"),
        *("All, by weight", "half"),
    ]
    assert rows[0][1] == "status_quo"
    assert rows[0][-1] == "reference"
    assert lines[-1] == simulator.verdict(run.finished)
    assert len(repr(run)) < 3000


def test_the_numbers_of_the_table_are_those_of_the_summary(run):
    whole = run.summary[run.summary.month.isna()].set_index(["scenario", "policy", "metric"])[
        "mean"
    ]
    line = next(line for line in repr(run).splitlines() if "status_quo" in line)
    peak = float(re.search(r"([\d.]+)\s%", line).group(1))
    assert peak == pytest.approx(
        100 * whole["baseline", "status_quo", "peak_overdue_rate_30"], abs=0.051
    )


def test_a_run_prints_in_its_language_and_as_harmless_html(run):
    dataset = run.finished.dataset.assign_attrs({REPORT: '{"language": "zh"}'})
    chinese = simulator.Run(dataset, run.finished.summary)
    assert "基准" in text_table(chinese)
    assert "95% 置信区间" in text_table(chinese)
    page = run._repr_html_()
    assert page.count("<tr>") == 1 + 8
    names = dataset["scenario"].values.astype("<U40")
    names[0] = "<script>alert(1)</script>"
    evil = simulator.Run(run.finished.dataset.assign_coords(scenario=names))
    assert "<script" not in html_table(evil)


def test_a_run_in_chinese_speaks_it_on_every_face_with_the_same_numbers(run, capsys):
    chinese = loanstress.stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", {"kind": "grace_period", "name": "half", "deferred_share": 0.5}],
        history_borrowers=4,
        provision=["cas22"],
        language="zh",
        **{**SMALL, "progress": True},
    )
    told = capsys.readouterr().err
    assert "模拟" in told
    assert "simulating" not in told
    assert "情景" in repr(chinese)
    assert chinese.verdict() == run.verdict("zh")
    assert "逾期" in chinese.plot.overdue().layout.yaxis.title.text
    pd.testing.assert_frame_equal(chinese.summary, run.summary)
    with pytest.raises(loanstress.UserError, match="language must be one of en, zh; got fr"):
        loanstress.stress_test(language="fr")


def test_warnings_of_a_run_in_chinese_are_chinese():
    with pytest.warns(UserWarning, match="参数") as heard:
        loanstress.stress_test(
            scenarios=["baseline", "severe_downturn"],
            policies=[],
            parameters="us_cards",
            language="zh",
            **SMALL,
        )
    assert not any("was fitted to" in str(warning.message) for warning in heard)


def test_a_stored_run_is_of_the_same_type_with_the_same_answers(run, folder):
    stored = loanstress.load(folder)
    assert type(stored) is type(run)
    assert repr(stored) == repr(run)
    pd.testing.assert_frame_equal(stored.summary, run.summary)
    pd.testing.assert_frame_equal(stored.ranking(), run.ranking())
    pd.testing.assert_frame_equal(stored.history, run.history)
    assert stored.settings == run.settings


def test_the_summary_has_the_rows_of_the_file(run, folder):
    file = pd.read_csv(folder / "summary.csv", keep_default_na=False, na_values=[""])
    found = run.summary
    assert list(found.columns) == list(file.columns)
    assert len(found) == len(file)
    assert found["month"].dtype == "Int64"
    np.testing.assert_array_equal(found["mean"].to_numpy(), file["mean"].to_numpy())


def test_a_ranking_has_a_row_for_each_policy_and_no_objects(run):
    ranking = run.ranking()
    assert list(ranking["rank"]) == [1, 2]
    assert set(ranking["policy"]) == {"grace_period", "half"}
    first = run.finished.ranking()[0]
    assert ranking.loc[0, "worth"] == first.worth.mean
    assert ranking.loc[0, "worth_ci_high"] == first.worth.ci_high
    saved = next(kind for kind in first.fates)
    assert ranking.loc[0, f"fates_{saved}"] == first.fates[saved].mean
    assert not any(isinstance(cell, dict) for cell in ranking.to_numpy().ravel())
    with pytest.raises(loanstress.UserError, match="scenario must be one of"):
        run.ranking("no_such_scenario")


def test_a_ranking_of_the_current_policy_alone_is_an_empty_frame_with_columns():
    alone = loanstress.stress_test(scenarios=["baseline"], policies=[], **SMALL)
    assert alone.ranking().empty
    assert "rank" in alone.ranking().columns
    assert "status_quo" in repr(alone)
    with pytest.raises(loanstress.UserError, match="no policy beside the current one"):
        alone.plot.frontier()
    with pytest.raises(loanstress.UserError, match="the run kept none; history_borrowers=N"):
        _ = alone.history


def test_a_comparison_is_path_by_path_and_agrees_with_the_summary(run):
    found = run.compare("half", "status_quo").set_index(["metric", "scenario"])
    whole = run.summary[run.summary.month.isna()].set_index(["policy", "metric", "scenario"])
    for metric in ("net_loss", "peak_overdue_rate_30", "value"):
        for scenario in run.scenarios:
            row = whole.loc[("half", f"delta_{metric}", scenario)]
            mine = found.loc[(metric, scenario)]
            for column in ("mean", "ci_low", "ci_high", "p05", "p50", "p95"):
                assert mine[column] == pytest.approx(row[column], rel=1e-12), (metric, column)
    one = run.compare("half", "grace_period", "net_loss", "all")
    assert len(one) == 1
    assert one.loc[0, "unit"] == "CNY"
    single = run.finished.compare("half", "grace_period", "net_loss")
    assert one.loc[0, "mean"] == single.mean
    for names, rule in (
        (("half", "no"), "policy must be one of"),
        (("half", "half", "no"), "metric must be one of"),
        (("half", "half", None, "no"), "scenario must be one of"),
    ):
        with pytest.raises(loanstress.UserError, match=rule):
            run.compare(*names)


def test_a_history_tells_days_past_due(run):
    history = run.history
    assert set(history["borrower_id"].groupby([history.scenario, history.policy]).nunique()) == {4}
    open_loans = history[history.status == "open"]
    assert ((open_loans.dpd > 0) == (open_loans.n_unpaid > 0)).all()
    late = open_loans[open_loans.n_unpaid > 0]
    assert ((30 * late.n_unpaid - late.dpd).between(1, 30)).all()


def test_the_view_has_one_dimension_for_statistics(run):
    view, paths = run.to_xarray(), run.to_xarray(paths=True)
    assert list(view["statistic"].values) == list(STATISTICS)
    assert "path" not in view.dims
    rate = view["overdue_rate"]
    assert rate.dims[-1] == "statistic"
    mean = paths["overdue_rate"].mean("path").transpose(*rate.dims[:-1])
    np.testing.assert_allclose(rate.sel(statistic="mean"), mean, rtol=1e-12)
    low = paths["overdue_rate"].quantile(0.05, "path").transpose(*rate.dims[:-1])
    np.testing.assert_allclose(rate.sel(statistic="p05"), low, rtol=1e-12)
    se = paths["overdue_rate"].std("path", ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(rate.sel(statistic="se"), se.transpose(*rate.dims[:-1]), atol=1e-12)
    assert rate.attrs["units"] == "1"
    for name in ("roll_rate", "balance_by_segment"):
        assert f"{name}_se" not in view
        np.testing.assert_array_equal(view[name].sel(statistic="mean"), paths[name])
        np.testing.assert_array_equal(view[name].sel(statistic="p95"), paths[f"{name}_p95"])


def test_every_figure_of_the_report_is_drawn_by_its_name(run):
    cards = all_cards(ReportData(run.finished))
    names = {card.key.replace("-", "_") for card in cards}
    assert names <= set(dir(run.plot))
    for name in names:
        assert isinstance(getattr(run.plot, name)(), go.Figure), name
        assert name in repr(run.plot)
    other = run.plot.rolls(policy="half").to_json()
    assert other != run.plot.rolls(policy="status_quo").to_json()
    assert run.plot.overdue(dpd=90).to_json() != run.plot.overdue(dpd=30).to_json()
    assert run.plot.frontier("downturn").layout.width == 1040
    assert run.plot.frontier(width="narrow").layout.width == 348


def test_a_figure_or_choice_that_is_not_there_is_told_with_those_that_are(run):
    with pytest.raises(AttributeError, match="has no figure no_such; it has frontier, fates"):
        run.plot.no_such()
    with pytest.raises(loanstress.UserError, match="no figure for metric=overdue_rate_31"):
        run.plot.overdue(dpd=31)
    with pytest.raises(loanstress.UserError, match="width must be one of"):
        run.plot.overdue(width="huge")
    with pytest.raises(loanstress.UserError, match="the run tried no assumptions"):
        run.plot.tornado()


def test_a_tornado_draws_the_worths_that_were_tried():
    tried = {
        "finding_rate": Assumption(values={"finding_rate": (0.05, 0.1, 0.3)}, source="a test"),
        "p_forget_mean": Assumption(values={"p_forget_mean": (0.01, 0.03, 0.2)}, source="a test"),
    }
    small = AssumptionsSettings(borrowers=100, paths=2, tried=tried)
    run = loanstress.stress_test(
        scenarios=["downturn"], policies=["grace_period"], assumptions=small, **SMALL
    )
    bars = run.plot.tornado().data[0]
    ends = np.array(bars.base), np.array(bars.base) + np.array(bars.x)
    worth = run.decision.leading.worth.mean
    change = run.finished.dataset["assumption_change"].sel(assumption_place="all").values[:, :, 0]
    wanted = worth + np.pad(change[np.isfinite(change).all(axis=1)], ((0, 0), (0, 1)))
    unit = next(u for u in (1.0, 1e3, 1e6) if np.abs(ends).max() * u >= 0.99 * np.abs(wanted).max())
    np.testing.assert_allclose(np.sort(ends[0]) * unit, np.sort(wanted.min(axis=1)))
    np.testing.assert_allclose(np.sort(ends[1]) * unit, np.sort(wanted.max(axis=1)))


def test_parameters_and_checks_are_frames(run):
    assert run.parameters["p_forget_mean"] == run.finished.parameters["p_forget_mean"]
    assert run.checks["passed"].all()
    assert "money_identity" in set(run.checks["name"])
    assert run.causes.empty
    assert run.underwriting.empty


def test_a_report_is_the_page_of_the_command_in_either_language(run, folder, tmp_path):
    page = run.report(tmp_path / "x.html")
    assert page.read_text(encoding="utf-8").count("<figure") > 5
    chinese = run.report(tmp_path / "zh.html", language="zh").read_text(encoding="utf-8")
    assert 'lang="zh' in chinese
    stored = loanstress.load(folder).report(tmp_path / "stored.html")
    written = (folder / "report.html").read_text(encoding="utf-8")
    assert stored.read_text(encoding="utf-8") == written
    with pytest.raises(loanstress.UserError, match="must name a file that ends with"):
        run.report(tmp_path / "x.pdf")
