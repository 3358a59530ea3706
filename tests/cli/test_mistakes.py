"""Every mistake gets one clear answer, and trouble while running its own exit code."""

import pytest

from simulator.cli.run import main
from tests.cli.small_runs import SMALL

pytestmark = pytest.mark.usefixtures("elsewhere")
MISTAKES = {
    "unknown option": (["--foo"], ["--foo", "options are", "--multirun"]),
    "two modes": (["-m", "--cfg", "job"], ["only one of"]),
    "no value": (["run.paths"], ["run.paths", "KEY=VALUE"]),
    "other letters": (
        ["book.path=/x/\u8d37\u6b3e.csv"],
        ["cannot be read", "inner quotes", "book.path='\"/x/\u8d37\u6b3e.csv\"'"],
    ),
    "other letters in a key": (["\u8d37=3"], ["arguments are KEY=VALUE"]),
    "other letters in inner quotes": (
        ["book=tape", 'book.path="/x/\u8d37\u6b3e.csv"'],
        ["book.path must be a file; got /x/\u8d37\u6b3e.csv"],
    ),
    "unknown group": (["runs.paths=3"], ["one of", "got runs", "did you mean run?"]),
    "unknown key": (["run.pathz=3"], ["key of run", "got pathz", "did you mean paths?"]),
    "unknown book key": (["book.borowers=3"], ["key of book", "did you mean borrowers?"]),
    "unknown scenario": (
        ["scenario=[baseline,downtrun]"],
        ["scenario must be one of", "epidemic", "got downtrun", "did you mean downturn?"],
    ),
    "unknown policy": (
        ["policy=[grace_perod]"],
        ["policy must be one of", "got grace_perod", "did you mean grace_period?"],
    ),
    "unknown policy in a key": (
        ["policy.grace_perod.months=3"],
        ["policy.grace_perod.months", "did you mean grace_period?"],
    ),
    "unknown policy key": (
        ["policy.grace_period.month=3"],
        ["policy.grace_period.month", "months"],
    ),
    "unknown book": (["book=cn_onlin"], ["book must be one of", "did you mean cn_online?"]),
    "unknown run": (["run=smok"], ["run must be one of default, smoke", "got smok"]),
    "unknown experiment": (["experiment=fed"], ["experiment must be one of", "got fed"]),
    "unknown parameter": (["parameters.findingrate=1"], ["did you mean finding_rate?"]),
    "unknown scenario key": (["scenario.downturn.seed=3"], ["scenario.downturn", "got seed"]),
    "unknown hydra key": (["hydra.verbose=true"], ["hydra.run.dir", "got hydra.verbose"]),
    "policy not chosen": (
        ["policy=[grace_period]", "policy.stricter_approval.kind=x"],
        ["stricter_approval is not a choice of the run", "policy=[grace_period,stricter_approval]"],
    ),
    "no scenario": (["scenario=[]"], ["scenario must name at least one", "baseline"]),
    "scenario twice": (["scenario=[downturn,downturn]"], ["duplicate downturn"]),
    "group removed": (["~scenario"], ["scenario cannot be removed"]),
    "two books": (["book=[cn_online,tape]"], ["book takes one name"]),
    "path as a choice": (["scenario=../baseline"], ["scenario must be one of"]),
    "wrong type": (["run.paths=abc"], ["run.paths", "integer", "got abc"]),
    "truth for number": (["run.paths=true"], ["run.paths", "number", "got True"]),
    "fraction for integer": (["run.months=1.5"], ["run.months", "integer", "got 1.5"]),
    "too small": (["run.months=0"], ["run.months must be in [1, 600]; got 0"]),
    "too large": (["run.months=601"], ["run.months", "600", "got 601"]),
    "not a number": (["run.paths=nan"], ["run.paths", "finite", "got nan"]),
    "parameter not a number": (["parameters.finding_rate=nan"], ["finding_rate", "[0.01, 0.95]"]),
    "parameter out of range": (["parameters.finding_rate=2"], ["[0.01, 0.95]", "got 2"]),
    "policy out of range": (["policy.grace_period.months=0"], ["policy.grace_period.months", "0"]),
    "scenario out of range": (
        ["scenario.downturn.weight=2"],
        ["scenario.downturn.weight", "got 2"],
    ),
    "cross rule": (["run.draws_per_path=7"], ["run.draws_per_path must divide run.paths"]),
    "tape without path": (["book=tape"], ["book.path"]),
    "missing file": (["book=tape", "book.path=nowhere.csv"], ["book.path", "got nowhere.csv"]),
    "sweep without -m": (["run.paths=1,2"], ["--multirun"]),
    "list without brackets": (["policy=status_quo,grace_period"], ["[status_quo,grace_period]"]),
    "config dir missing": (["--config-dir", "nowhere"], ["folders", "got nowhere"]),
    "config dir without groups": (["--config-dir", "."], ["must hold one of the folders", "book"]),
    "unknown break-even": (
        ["break_even=[moral_hazrd]"],
        ["break_even must be one of", "did you mean moral_hazard?"],
    ),
    "unknown break-even key": (
        ["break_even.take_up.hi=1"],
        ["key of break_even.take_up", "got hi"],
    ),
    "break-even not chosen": (
        ["break_even.take_up.high=1"],
        ["take_up is not a choice of the run", "break_even=[take_up]"],
    ),
    "break-even of a policy not chosen": (
        ["policy=[stricter_approval]", "break_even=[moral_hazard]"],
        ["break_even.moral_hazard.policy", "(stricter_approval)", "got grace_period"],
    ),
    "break-even of an unknown field": (
        ["break_even=[take_up]", "break_even.take_up.field=take_up_if_no_ned"],
        ["break_even.take_up.field", "did you mean take_up_if_no_need?"],
    ),
    "break-even outside of the range": (
        ["break_even=[moral_hazard]", "break_even.moral_hazard.high=5"],
        ["break_even.moral_hazard.high must be a number in [0.25, 4]; got 5"],
    ),
    "unknown rule book": (
        ["provision=[cas2]"],
        ["provision must be one of cas22, cecl, china_minimum, ifrs9; got cas2", "mean cas22?"],
    ),
    "unknown key of a rule book": (
        ["provision.cas22.cure_month=3"],
        ["provision.cas22.cure_month is not a known key", "did you mean cure_months?"],
    ),
    "rule books that disagree": (
        ["provision=[cas22,cecl]", "provision.cecl.default_dpd=60"],
        ["provision: standards of one run must have the same default_dpd; got 90 in cas22, 60"],
    ),
    "weight of a scenario that is not run": (
        ["scenario=[downturn]", "provision.cas22.scenario_weights={baseline: 1}"],
        ["cas22.scenario_weights must name scenarios of the run (downturn); got baseline"],
    ),
    "several at once": (
        ["run.months=0", "parameters.finding_rate=2", "scenario.downturn.weight=-1"],
        ["run.months", "parameters.finding_rate", "scenario.downturn.weight"],
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_gets_one_clear_answer_and_leaves_nothing(case, capsys, tmp_path):
    arguments, fragments = MISTAKES[case]
    assert main(arguments) == 2
    shown = capsys.readouterr()
    for fragment in fragments:
        assert fragment in shown.err
    assert shown.err.startswith("error: ")
    assert "Traceback" not in shown.err
    assert len(shown.err.splitlines()) <= 4
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["taken", "taken/below"])
def test_an_unusable_output_folder_is_one_line(folder, capsys, tmp_path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    for arguments in ([f"hydra.run.dir={folder}"], ["-m", f"hydra.sweep.dir={folder}"]):
        assert main(arguments) == 2
        message = capsys.readouterr().err
        assert "output folder" in message
        assert "taken" in message
        assert len(message.splitlines()) == 1


def _failing(error):
    def run(*_):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "fragment"),
    [
        (RuntimeError("boom"), 1, "please report"),
        (MemoryError(), 2, "not enough memory"),
        (OSError(28, "No space left on device", "results.nc"), 2, "No space left on device"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=["defect", "memory", "disk", "interruption"],
)
def test_trouble_while_running_has_its_own_exit_code(error, code, fragment, capsys, monkeypatch):
    monkeypatch.setattr("simulator.experiment.run_experiment", _failing(error))
    assert main([*SMALL, "hydra.run.dir=out"]) == code
    message = capsys.readouterr().err
    assert fragment in message
    assert "Traceback" not in message


def test_the_traceback_of_a_defect_is_shown_on_request(capsys, monkeypatch):
    monkeypatch.setattr("simulator.experiment.run_experiment", _failing(RuntimeError("boom")))
    monkeypatch.setenv("LOANSTRESS_DEBUG", "1")
    assert main([*SMALL, "hydra.run.dir=out"]) == 1
    assert "Traceback" in capsys.readouterr().err
