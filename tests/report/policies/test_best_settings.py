"""Best settings in words: warnings, bounds and the fresh seed are told, in both languages."""

import pytest

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.kit.table import PageTable
from simulator.report.policies.best_settings import best_settings, search_sentence
from simulator.results.search import (
    EndReached,
    FoundBound,
    FoundSetting,
    SearchAnswer,
    SearchedField,
    SearchRound,
    search_text,
)
from tests.report.stress_runs import Run, data_of


def setting(months: float, gain: float, *, kept: bool = True) -> FoundSetting:
    bound = FoundBound(
        metric="delta_peak_overdue_rate_90", unit="1", at_most=0.0, at_least=None,
        scenario="downturn", mean=-0.002, end=-0.001 if kept else 0.001, kept=kept,
    )  # fmt: skip
    return FoundSetting(
        settings={"months": months}, gain=gain, gain_ci=(gain - 1e5, gain + 1e5),
        over_own=gain - 1e6, over_own_ci=None, bounds=(bound,), keeps=kept,
    )  # fmt: skip


def answer(*, kept: bool = True, allowed: bool = True) -> SearchAnswer:
    own, best = setting(3.0, 1e6), setting(6.0, 3e6, kept=kept)
    return SearchAnswer(
        name="grace_terms", policy="grace_period", maximise="value", unit="CNY", scenario=None,
        fields=(SearchedField(field="months", low=1, high=6, least=1, most=60, setting=3,
                              whole=True),),
        own=own, finalists=(best, own), best=best if kept else None, pareto=(best, own),
        at_ends=(EndReached(field="months", value=6.0, end="highest", allowed=allowed),)
        if kept else (),
        stays_first=0.75 if kept else None, draws=8 if kept else 0,
        rounds=(SearchRound(settings=33, paths=8), SearchRound(settings=17, paths=16)),
        seed=1, confirm_seed=7920, confirm_paths=100,
        command="python -m simulator policy.grace_period.months=6" if kept else None,
    )  # fmt: skip


def data_with(run: Run, found: SearchAnswer) -> ReportData:
    dataset = run.dataset.assign_attrs(search=search_text((found,)))
    return data_of(run._replace(dataset=dataset))


def test_the_best_setting_is_told_with_its_warning_and_draws(default_run: Run) -> None:
    found = answer()
    said = search_sentence(data_with(default_run, found), found)
    assert "months 6" in said
    assert "on 100 paths of another seed" in said
    assert "Warning: the optimum lies on a bound of the search, months 6" in said
    assert "75\u202f% of 8 draws" in said


def test_an_end_of_what_is_allowed_is_told_otherwise(default_run: Run) -> None:
    found = answer(allowed=False)
    said = search_sentence(data_with(default_run, found), found)
    assert "end of what months may be (6)" in said


def test_without_a_setting_that_keeps_every_bound_none_is_called_best(default_run: Run) -> None:
    found = answer(kept=False)
    (block,) = best_settings(data_with(default_run, found))
    assert "none of the finalists keeps every bound" in block.sentence
    assert block.command == ""


def test_finalists_stand_beside_the_policys_own_setting(default_run: Run) -> None:
    (block,) = best_settings(data_with(default_run, answer()))
    rows = PageTable(block.finalists).rows
    assert [row[0] for row in rows] == ["6", "3", "3"]
    assert rows[-1][1] == "as in the run"
    assert all(row[-1] == "yes" for row in rows)
    assert any("33 \u00d7 8" in sentence for sentence in block.further)
    assert any("by its interval" in sentence for sentence in block.further)
    assert block.pareto is not None


@pytest.mark.parametrize("kept", [True, False])
def test_in_chinese_nothing_stays_english(default_run: Run, kept: bool) -> None:
    found = answer(kept=kept)
    with speaking("zh"):
        data = data_with(default_run, found)
        (block,) = best_settings(data)
        text = " ".join((block.sentence, *block.further))
    for word in ("Best", "setting", "paths", "bound", "Warning", "seed"):
        assert word not in text


def test_replaced_answers_are_read_again(default_run: Run) -> None:
    found = answer()
    data = data_with(default_run, found)
    assert data.run.searches == (found,)


def test_what_intervals_do_not_show_is_said(default_run: Run) -> None:
    found = answer()
    said = search_sentence(data_with(default_run, found), found)
    assert "not shown to be better than the current policy" not in said
    assert "It is not shown to be better than the policy's own setting." in said
    assert found.best is not None
    losing = found.best.model_copy(update={"gain": -1e6, "gain_ci": (-2e6, 1e5)})
    worse = found.model_copy(update={"best": losing, "finalists": (losing, found.own)})
    said = search_sentence(data_with(default_run, worse), worse)
    assert "It is not shown to be better than the current policy." in said
