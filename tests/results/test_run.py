"""A run in the hand: a stored one answers as the fresh one does, from its folder alone."""

import warnings
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import xarray as xr

import simulator
from simulator import load, stress_test
from simulator.report.report_files import report_pages
from simulator.results.income_statement import Statement
from simulator.results.run import Run
from simulator.settings import BookSettings, ExplainSettings
from simulator.validation import UserError
from tests.cli.small_runs import changed

SMALL = {"paths": 4, "months": 8, "borrowers": 200}
ANSWERS = sorted(
    name
    for name, item in vars(Run).items()
    if not name.startswith("_") and isinstance(item, property | cached_property)
)
TAPE = """\
loan_id,borrower_id,product,annual_rate,term_months,remaining_months,principal,\
original_principal,due_day,dpd,monthly_income
1001,1,cash_loan,0.18,12,7,6100,10000,5,0,8200
1002,2,cash_loan,0.24,6,3,1550,3000,18,12,4100
1003,2,credit_line,0.16,600,600,2400,6000,25,0,4100
1004,3,cash_loan,0.18,12,7,-50,10000,5,0,8200
"""


def _everything(folder: Path) -> Run:
    explain = ExplainSettings(causes=True, underwriting=True, paths=2)
    return stress_test(
        scenarios=["downturn", "baseline"],
        break_even=["moral_hazard"],
        sections={"explain": explain},
        history_borrowers=5,
        output=folder,
        **SMALL,
    )


def _of_a_tape(folder: Path) -> Run:
    """Its tape is gone when the run is asked again, and one row was left out."""
    tape = folder.parent / "tape.csv"
    tape.write_text(TAPE, encoding="utf-8")
    settings = {"kind": "tape", "path": str(tape), "rejected": "drop", "rejected_share": 0.5}
    book = BookSettings.model_validate(settings)
    run = stress_test(book, ["baseline"], ["grace_period"], paths=3, months=4, output=folder)
    tape.unlink()
    return run


def _bare(folder: Path) -> Run:
    """No run-off, so no value; no standard, so no profit; one policy, so no ranking."""
    bare = {"runoff_months": 0, "provision": [], "policies": [], "scenarios": ["baseline"]}
    return stress_test(output=folder, **bare, **SMALL)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=[_everything, _of_a_tape, _bare])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Run]:
    """The same run, fresh and stored."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of a small run; they are among the answers
        fresh = request.param(folder)
    return fresh, load(folder)


def _same(one: object, other: object) -> None:
    if isinstance(one, xr.Dataset) and isinstance(other, xr.Dataset):
        xr.testing.assert_identical(one, other.drop_encoding())
    elif isinstance(one, Statement) and isinstance(other, Statement):
        for name in Statement.__slots__:
            np.testing.assert_equal(getattr(one, name), getattr(other, name), err_msg=name)
    elif isinstance(one, pa.Table) and isinstance(other, pa.Table):
        assert one.schema.equals(other.schema)
        assert repr(one.to_pylist()) == repr(other.to_pylist())
    else:
        assert repr(one) == repr(other)


@pytest.mark.parametrize("name", ["dataset", *ANSWERS])
def test_a_stored_run_answers_as_the_fresh_one(name: str, pair: tuple[Run, Run]) -> None:
    fresh, stored = pair
    _same(getattr(fresh, name), getattr(stored, name))


def test_questions_with_arguments_have_equal_answers(pair: tuple[Run, Run]) -> None:
    fresh, stored = pair
    assert repr(fresh) == repr(stored)
    assert simulator.verdict(fresh) == simulator.verdict(stored)
    assert simulator.verdict(fresh, "zh") == simulator.verdict(stored, "zh")
    for scenario in (None, *fresh.scenarios):
        assert repr(fresh.ranking(scenario)) == repr(stored.ranking(scenario))
        places = [(policy, fresh.reference, "", scenario) for policy in fresh.policies]
        assert repr([fresh.compare(*place) for place in places]) == repr(
            [stored.compare(*place) for place in places]
        )


def test_a_stored_run_gives_the_pages_that_the_fresh_one_wrote(pair: tuple[Run, Run]) -> None:
    _, stored = pair
    assert stored.folder is not None
    pages = report_pages(stored, stored.report_settings)
    assert {"report.html", "tables.xlsx"} <= set(pages)
    for name, page in pages.items():
        content = page.encode() if isinstance(page, str) else page
        assert (stored.folder / name).read_bytes() == content, name


def test_what_a_run_was_not_asked_for_is_empty_and_the_rest_is_there(pair: tuple[Run, Run]) -> None:
    for run in pair:
        bare, asked = len(run.policies) == 1, len(run.scenarios) == 2
        assert (run.income_statement is None) == (run.ranking() == ()) == bare
        found = (run.break_evens, run.causes, run.underwriting, run.history)
        assert [bool(item) for item in found] == [asked] * 4
        assert run.loss_distribution
        assert 0.0 < run.parameters["tax_rate"] < 1.0
        assert run.failed_checks == ()
        assert run.inputs["drawn_book_sha256"]


def test_a_run_prints_in_four_lines(pair: tuple[Run, Run]) -> None:
    size, scenarios, policies, found = repr(pair[1]).split("\n  ")
    assert size.startswith(f"Run of {len(pair[1].scenarios)} scenarios x ")
    assert scenarios == f"scenarios: {', '.join(pair[1].scenarios)}"
    assert policies == f"policies: {', '.join(pair[1].policies)}"
    assert found.startswith(pair[1].decision.outcome.value)


def test_differences_turn_round_and_add_up(pair: tuple[Run, Run]) -> None:
    run = pair[1]
    first, last = run.policies[0], run.policies[-1]
    weights = run.dataset["scenario_weight"].values
    alone = [run.compare(first, last, "net_loss", s).mean for s in run.scenarios]
    assert run.compare(first, last, "net_loss").mean == pytest.approx(float(weights @ alone))
    assert run.compare(last, first, "net_loss").mean == pytest.approx(-float(weights @ alone))
    for case in run.decision.cases:
        worth = run.compare(case.policy, run.reference)
        assert worth.mean == pytest.approx(case.worth.mean, abs=1e-6)


def test_a_name_that_is_not_there_is_answered_with_those_that_are(pair: tuple[Run, Run]) -> None:
    run = pair[1]
    with pytest.raises(UserError, match=r"policy must be one of .*; got nobody"):
        run.compare("nobody", run.reference)
    with pytest.raises(UserError, match=r"scenario must be one of .*; got calm"):
        run.ranking("calm")
    with pytest.raises(UserError, match=r"metric must be one of .*; got worth"):
        run.compare(run.reference, run.reference, "worth")
    with pytest.raises(UserError, match="language must be one of en, zh; got de"):
        simulator.verdict(run, "de")  # type: ignore[arg-type]


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A folder with results.nc of a small run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _bare(tmp_path / "run")
    return tmp_path / "run"


def test_a_folder_that_is_no_run_is_one_line(stored: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"empty/results\.nc: is missing"):
        load(tmp_path / "empty")

    def older(dataset: xr.Dataset) -> xr.Dataset:
        kept = {name: value for name, value in dataset.attrs.items() if name != "manifest"}
        return dataset.drop_attrs(deep=False).assign_attrs(kept)

    with pytest.raises(UserError, match=r"results\.nc: holds no manifest, so an older version"):
        load(changed(stored, tmp_path / "older", older))
    (tmp_path / "cut").mkdir()
    whole = (stored / "results.nc").read_bytes()
    (tmp_path / "cut" / "results.nc").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cut/results\.nc: cannot be read as netCDF"):
        load(tmp_path / "cut")


def test_what_an_edited_file_lacks_is_one_line_when_it_is_asked_for(
    stored: Path, tmp_path: Path
) -> None:
    run = load(changed(stored, tmp_path / "less", lambda d: d.drop_vars("burdens")))
    for ask in (lambda: run.summary, lambda: run.decision, lambda: repr(run)):
        with pytest.raises(UserError, match=r"results\.nc: is not as a run writes it"):
            ask()
    told = lambda d: d.assign_attrs(manifest='{"checks": [{"name": "x"}]}')  # noqa: E731
    with pytest.raises(UserError, match=r"results\.nc: is not as a run writes it"):
        assert load(changed(stored, tmp_path / "checks", told)).failed_checks


def test_a_history_that_is_gone_or_damaged_is_one_line(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = stress_test(
            **SMALL, scenarios=["baseline"], policies=[], history_borrowers=2, output=tmp_path
        )
    assert run.history is not None
    (tmp_path / "history.parquet").write_bytes(b"PAR1 not a history")
    with pytest.raises(UserError, match=r"history\.parquet is not the one that manifest"):
        assert load(tmp_path).history
    (tmp_path / "history.parquet").unlink()
    with pytest.raises(UserError, match=r"history\.parquet is missing"):
        assert load(tmp_path).history


def test_old_names_still_work_and_say_so() -> None:
    with pytest.warns(FutureWarning, match="simulator.read_results is now load"):
        assert simulator.read_results is load
    with pytest.warns(FutureWarning, match="simulator.ExperimentOutcome is now Run"):
        assert simulator.ExperimentOutcome is Run
