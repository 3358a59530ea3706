"""The call of a notebook: names, frames, objects, dicts and functions; the command's numbers."""

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import loanstress
import simulator
from loanstress.inputs import book_of, policies_of, scenarios_of
from simulator.cli.run import main
from simulator.policies import GracePeriod
from simulator.settings import BookSettings
from simulator.shipped import read_shipped, shipped_tables
from simulator.vocabulary import Hardship
from tests import ROOT
from tests.loanstress.conftest import SMALL

TAPE, MAPPING = ROOT / "examples" / "loans_cn.csv", ROOT / "examples" / "loans_cn.yaml"
WORDS = ["run.paths=3", "run.months=4", "assumptions=null", "report.enabled=false"]


def _same(run, folder) -> None:
    """The run has the numbers of the command's in ``folder``, to the bit."""
    stored = simulator.load(folder).dataset
    for name, variable in stored.data_vars.items():
        assert variable.identical(run.to_xarray(paths=True)[name]), name


def test_importing_the_package_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, time; began = time.perf_counter(); import loanstress\n"
        "print(time.perf_counter() - began); print(*sys.modules)"
    )
    times = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        seconds, modules = done.stdout.splitlines()
        times.append(float(seconds))
        heavy = {"pandas", "xarray", "plotly", "numba", "numpy", "pyarrow", "hydra", "pydantic"}
        assert not heavy & set(modules.split())
    assert min(times) < 0.1


def test_public_names_exist_and_say_what_they_are():
    for name in loanstress.__all__:
        assert getattr(loanstress, name).__doc__, name
    assert set(loanstress.__all__) <= set(dir(loanstress))
    assert loanstress.__version__ == simulator.__version__
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = loanstress.no_such_name


def test_a_mistake_is_a_value_error_of_one_type():
    assert issubclass(loanstress.UserError, ValueError)
    assert loanstress.UserError is simulator.UserError
    with pytest.raises(ValueError, match="policy must be one of"):
        loanstress.stress_test(policies=["no_such_policy"], **SMALL)


@pytest.mark.parametrize("base", ["cn_online_lender", "default"])
def test_names_and_changed_parameters_give_the_commands_numbers(tmp_path, base):
    run = loanstress.stress_test(
        scenarios=["downturn"],
        policies=["care_programme"],
        parameters={"p_forget_mean": 0.2},
        base=base,
        seed=9,
        runoff_months=0,
        start_month="2027-03",
        threads=1,
        **{**SMALL, "book_draws": 10},
    )
    words = ["scenario=[downturn]", "policy=[care_programme]", "book.borrowers=150", *WORDS]
    words += [f"parameters={base}", "parameters.p_forget_mean=0.2", "run.seed=9"]
    words += ["run.runoff_months=0", "run.start_month=2027-03", f"hydra.run.dir={tmp_path}"]
    assert main(words) == 0
    _same(run, tmp_path)
    assert str(run.to_xarray()["date"].values[0])[:7] == "2027-03"


def test_a_frame_of_loans_gives_the_numbers_of_its_file(tmp_path):
    frame = pd.read_csv(TAPE, encoding="gb18030")
    own = loanstress.Book.from_frame(frame, mapping=str(MAPPING))
    run = loanstress.stress_test(own, ["baseline"], ["grace_period"], paths=3, months=4,
                                 progress=False)  # fmt: skip
    words = ["book=tape", f"book.path={TAPE}", f"book.mapping={MAPPING}", *WORDS]
    words += ["scenario=[baseline]", "policy=[grace_period]", f"hydra.run.dir={tmp_path}"]
    assert main(words) == 0
    _same(run, tmp_path)


@pytest.mark.parametrize("index", ["column", "period", "date"])
def test_a_frame_of_quarters_gives_the_numbers_of_its_table(index):
    table = pd.read_csv(shipped_tables() / "downturn.csv")
    numbers = table.drop(columns="quarter")
    frame = {
        "column": table,
        "period": numbers.set_axis(pd.period_range("2026Q1", periods=len(table), freq="Q")),
        "date": numbers.set_axis(pd.date_range("2026-03-31", periods=len(table), freq="QE")),
    }[index]
    shipped = read_shipped("scenario", "downturn")
    keys = {key: shipped[key] for key in ("label", "narrative", "weight", "opening", "frequency")}
    own = loanstress.Scenario.from_frame(frame, name="own_downturn", **keys)
    run = loanstress.stress_test(scenarios=["downturn", own], policies=[], **SMALL)
    assert run.scenarios == ("downturn", "own_downturn")
    balance = run.to_xarray(paths=True)["balance"]
    assert np.array_equal(balance.sel(scenario="own_downturn"), balance.sel(scenario="downturn"))


def test_objects_dicts_and_functions_are_policies():
    def spare_victims(window):
        """Nobody calls victims of illness."""
        yield window.edit("intensity_human_call", 0.0, hardships=(Hardship.ILLNESS,))

    run = loanstress.stress_test(
        scenarios=["baseline"],
        policies=[
            GracePeriod(months=2),
            {"kind": "grace_period", "name": "as_a_dict", "months": 2},
            spare_victims,
        ],
        **SMALL,
    )
    assert run.policies == ("status_quo", "grace_period", "as_a_dict", "spare_victims")
    balance = run.to_xarray(paths=True)["balance"]
    same = balance.sel(policy="grace_period").values, balance.sel(policy="as_a_dict").values
    assert np.array_equal(*same)
    code = run.manifest["policy_code"]["spare_victims"]
    assert code["source"].endswith("<locals>.spare_victims")
    assert code["sha256"]


@pytest.mark.parametrize(
    ("read", "value", "rule"),
    [
        (book_of, "no_such_book", "book must be one of cn_online"),
        (book_of, 3, "book must be a name, the path of a tape"),
        (policies_of, "grace_period", "policies must be a list"),
        (policies_of, [GracePeriod], r"must be objects, GracePeriod\(\.\.\.\)"),
        (policies_of, ["a", "a"], "policies: duplicate a"),
        (policies_of, [{"kind": "no_such_kind"}], r"policy\.no_such_kind\.kind must be one of"),
        (policies_of, [{"kind": "grace_period", "months": 0}], r"months must be in \[1, 60\]"),
        (policies_of, [lambda window: ()], "policies: a name must be lower-case"),
        (policies_of, {"a": 3}, "policy a must be a shipped name, an object, a dict"),
        (scenarios_of, [pd.DataFrame({"a": [1]})], "a frame needs a name"),
        (scenarios_of, {"a": 3}, "scenario a must be a shipped name or a loanstress.Scenario"),
    ],
)
def test_what_cannot_be_taken_is_told_in_one_line(read, value, rule):
    with pytest.raises(loanstress.UserError, match=rule) as found:
        read(value)
    assert "\n" not in str(found.value)


def test_frames_that_hold_nothing_or_no_cells_are_refused():
    with pytest.raises(loanstress.UserError, match="at least one row"):
        loanstress.Book.from_frame(pd.DataFrame({"loan_id": []}))
    with pytest.raises(loanstress.UserError, match=r"one kind of cells.*column loan_id"):
        loanstress.Book.from_frame(pd.DataFrame({"loan_id": [1, {"a": 2}]}))
    with pytest.raises(loanstress.UserError, match=r"the index holds a \.\.\. and has no name"):
        loanstress.Book.from_frame(pd.DataFrame({"dpd": [0, 30]}, index=["a", "b"]))
    with pytest.raises(loanstress.UserError, match="must be a pandas DataFrame; got list"):
        loanstress.Scenario.from_frame([1])
    with pytest.raises(loanstress.UserError, match="no_such_key is not a known key"):
        loanstress.Book.from_file("loans.csv", no_such_key=1)


def test_columns_may_be_of_any_kind_that_pandas_has():
    loans = pd.read_csv(TAPE, encoding="gb18030")
    kinds = {
        "categories": loans.astype({"产品名称": "category"}),
        "nullable": loans.convert_dtypes(),
        "arrow": loans.convert_dtypes(dtype_backend="pyarrow"),
        "index": loans.set_index("合同编号"),
        "shuffled": loans.sample(frac=1.0, random_state=1),
    }
    keys = {"mapping": str(MAPPING)}

    def balance(frame):
        own = loanstress.Book.from_frame(frame, **keys)
        run = loanstress.stress_test(own, ["baseline"], [], paths=2, months=2, progress=False)
        return run.to_xarray(paths=True)["balance"].values

    wanted = balance(loans)
    for kind, frame in kinds.items():
        np.testing.assert_array_equal(balance(frame), wanted, err_msg=kind)


def test_a_kept_frame_can_be_read_by_its_owner_alone():
    path = loanstress.Book.from_frame(pd.DataFrame({"loan_id": [1]})).settings.path
    assert isinstance(path, str)
    if os.name == "posix":
        assert Path(path).parent.stat().st_mode & 0o077 == 0
    assert book_of(pd.DataFrame({"loan_id": [1]})) == BookSettings.model_validate(
        loanstress.Book.from_file(path).settings.model_dump()
    )


def test_a_call_says_how_far_it_is_unless_it_is_told_not_to(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loanstress.stress_test(scenarios=["baseline"], policies=[], **{**SMALL, "progress": True})
    told = capsys.readouterr().err
    assert "simulating paths: 3/3 after" in told
    loanstress.stress_test(scenarios=["baseline"], policies=[], **SMALL)
    assert capsys.readouterr() == ("", "")


def test_a_step_that_takes_long_is_told_every_few_seconds(capsys, monkeypatch):
    from simulator.cli.terminal import progress

    monkeypatch.setattr(progress, "_TELL_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(progress, "_LINE_EVERY_SECONDS", 0.02)
    lines = progress.LineProgress()
    lines.start(1, "compiling kernels (once per version, one to three minutes)")
    time.sleep(0.2)
    lines.finish()
    told = capsys.readouterr().err.splitlines()
    assert len(told) >= 3
    assert all("0/1 after" in line for line in told[1:])
    time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_a_report_is_written_and_its_name_is_checked_before_the_run(tmp_path):
    page = tmp_path / "page.html"
    loanstress.stress_test(scenarios=["baseline"], policies=[], report=page, **SMALL)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    refused = {tmp_path / "page.txt": "ends with .html", tmp_path / "no" / "x.html": "must exist"}
    for bad, rule in refused.items():
        began = time.perf_counter()
        with pytest.raises(loanstress.UserError, match=rule):
            loanstress.stress_test(report=bad)
        assert time.perf_counter() - began < 2.0


def test_a_run_whose_report_fails_reaches_its_user(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("no room")

    monkeypatch.setattr("simulator.report.kit.atomic_file.os.fsync", broken)
    with pytest.warns(RuntimeWarning, match="the report was not written"):
        run = loanstress.stress_test(
            scenarios=["baseline"], policies=[], report=tmp_path / "x.html", **SMALL
        )
    assert len(run.summary)
    assert not list(tmp_path.iterdir())


def test_a_limit_of_memory_refuses_what_does_not_fit_and_changes_no_number():
    small = {**SMALL, "scenarios": ["baseline"], "policies": [], "provision": []}
    with pytest.raises(loanstress.UserError, match=r"run\.most_memory=1MB leaves"):
        loanstress.stress_test(most_memory="1MB", **small)
    plain = loanstress.stress_test(**small)
    limited = loanstress.stress_test(most_memory="20GB", **small)
    pd.testing.assert_frame_equal(limited.summary, plain.summary)


def test_two_runs_that_are_held_are_told_apart_by_their_parts():
    small = {**SMALL, "scenarios": ["baseline"], "policies": [], "provision": []}
    before = loanstress.stress_test(**small)
    after = loanstress.stress_test(parameters={"finding_rate": 0.1}, **small)
    frame = after.explain_against(before, paths=3, progress=False)
    assert list(frame.group[1:-1]) == ["parameters"]
    assert set(frame.against) == {"earlier run"}
    for run, amount in ((before, frame.amount.iloc[0]), (after, frame.amount.iloc[-1])):
        rows = run.summary[run.summary.month.isna()].set_index("metric")
        assert amount == pytest.approx(rows.loc[frame.metric[0], "mean"], rel=1e-9)
    assert frame.amount[:-1].sum() == pytest.approx(frame.amount.iloc[-1], rel=1e-12)
    other = loanstress.stress_test(**{**small, "scenarios": ["downturn"]})
    with pytest.raises(loanstress.UserError, match="none of the scenarios"):
        after.explain_against(other, progress=False)
