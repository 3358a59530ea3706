"""A run that is stopped says why, fails, and leaves no half-written file under its final name."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import simulator
from simulator.cli.app import main as command
from simulator.cli.run import main
from simulator.report.kit.atomic_file import write_atomically
from simulator.results.files import FILE_NAMES
from simulator.results.store import write_files

SMALL = (
    "run=smoke",
    "book.borrowers=100",
    "book.donors=500",
    "book.burn_in_months=12",
    "run.months=3",
    "run.threads=1",
    "scenario=[baseline]",
    "policy=[grace_period]",
    "hydra.run.dir=out",
)
REPOSITORY = Path(simulator.__file__).parent.parent

MOMENTS = {
    "while reading the book": "import simulator.simulating as m; name = 'build_book'",
    "while simulating": "import simulator.simulating as m; name = 'simulate'",
    "while writing": "import simulator.results.store as m; name = '_sync'",
}
PROGRAM = """\
    import signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has none
    {moment}
    real = getattr(m, name)

    def stay(*given, **named):
        found = real(*given, **named)
        print("HERE", flush=True)
        time.sleep(60)
        return found

    setattr(m, name, stay)
    from simulator.cli.run import main
    sys.exit(main(sys.argv[1:]))
"""


def _stopped(moment: str, number: signal.Signals, cwd: Path) -> tuple[int, str]:
    """Exit code and stderr of a run that gets the signal ``number`` at ``moment``."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM).format(moment=MOMENTS[moment]), *SMALL],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "HERE\n"
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
        return process.returncode, told


def _left(folder: Path) -> set[str]:
    """Names of the files of a run's folder, whole or not."""
    return {path.name for path in folder.iterdir() if path.is_file()} if folder.exists() else set()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("number", "code", "cause"),
    [(signal.SIGINT, 130, "interrupted; "), (signal.SIGTERM, 143, "ended by SIGTERM; ")],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_a_signal_ends_a_run_with_one_line_and_without_files(moment, number, code, cause, tmp_path):
    found, told = _stopped(moment, number, tmp_path)
    assert found == code, told
    assert "Traceback" not in told
    what = "an unfinished run leaves no results"
    if moment != "while reading the book":
        what = "2 blocks of paths are kept: run.resume=out goes on"
    assert told.splitlines()[-1] == f"{cause}{what}"
    assert _left(tmp_path / "out") == set()


def test_the_next_run_cleans_up_after_a_killed_one(tmp_path, monkeypatch, capsys):
    found, _ = _stopped("while writing", signal.SIGKILL, tmp_path)
    assert found == -signal.SIGKILL
    left = _left(tmp_path / "out")
    assert left
    assert not left & set(FILE_NAMES)
    monkeypatch.chdir(tmp_path)
    assert main(list(SMALL)) == 0, capsys.readouterr().err
    after = _left(tmp_path / "out")
    assert {"results.nc", "summary.csv", "manifest.json", "report.html"} <= after
    assert after <= set(FILE_NAMES)


def test_an_interrupted_repeat_leaves_the_earlier_results(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(list(SMALL)) == 0
    before = _contents(tmp_path / "out")
    monkeypatch.setattr("simulator.simulating.build_book", _interrupt)
    assert main([*SMALL, "run.seed=7"]) == 130
    assert _contents(tmp_path / "out") == before
    assert capsys.readouterr().err.endswith("an unfinished run leaves no results\n")


def _contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_interrupted_page_leaves_data_that_finish_puts_in_place(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulator.report.report_files.report_pages", _interrupt)
    assert main(list(SMALL)) == 130
    told = capsys.readouterr().err
    assert told.endswith("the data are whole: loanstress finish out puts them in place\n")
    assert command(["report", "out"]) == 2
    assert "loanstress finish out" in capsys.readouterr().err
    assert command(["finish", "out"]) == 0
    assert _left(tmp_path / "out") == {"results.nc", "summary.csv", "manifest.json"}
    assert command(["finish", "out"]) == 0
    assert "nothing to put in place" in capsys.readouterr().out
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert command(["report", "out"]) == 0
    assert "report.html" in _left(tmp_path / "out")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_an_interruption_between_any_two_files_leaves_none_unfinished(after, tmp_path, monkeypatch):
    done = 0
    rename = Path.replace

    def replace(path: Path, target: Path) -> Path:
        nonlocal done
        if done == after:
            raise KeyboardInterrupt
        done += 1
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    names = ("a", "b", "c", "d")
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {name: lambda path: path.touch() for name in names})
    assert {path.name for path in tmp_path.iterdir()} == set(names[:after])


def test_a_stopped_sweep_leaves_no_table_of_an_earlier_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "sweep.csv").write_text("earlier", encoding="utf-8")
    monkeypatch.setattr("simulator.simulating.build_book", _interrupt)
    arguments = [word for word in SMALL if not word.startswith("hydra")]
    assert main([*arguments, "-m", "run.seed=1,2", "hydra.sweep.dir=sweep"]) == 130
    assert _left(tmp_path / "sweep") - {"multirun.yaml"} == set()


def test_the_handler_of_a_host_program_stays(monkeypatch):
    def own(*_: object) -> None:
        """Another program's."""

    before = signal.signal(signal.SIGTERM, own)
    try:
        assert main(["--version"]) == 0
        assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
    assert main(["--version"]) == 0
    assert signal.getsignal(signal.SIGTERM) is before


# --- disks --------------------------------------------------------------------------------


def _mount(*words: str) -> None:
    try:
        done = subprocess.run(
            ["mount", *words], capture_output=True, text=True, timeout=20, check=False
        )
    except OSError as error:
        pytest.skip(f"a disk for this test cannot be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"a disk for this test cannot be mounted here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=20)


@pytest.mark.parametrize("free", [0, 32, 128, 400], ids=lambda free: f"{free} KiB free")
def test_a_full_disk_is_one_line_and_leaves_nothing(
    free, small_disk, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with (small_disk / "other").open("wb") as file:
        file.write(bytes(1024 * (1024 - free)) or b"")
    began = time.perf_counter()
    assert main([*SMALL[:-1], "hydra.run.dir=disk/out"]) == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    errors = [line for line in told.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "disk/out" in errors[0] or "hydra.run.dir" in errors[0]
    whys = ("No space left on device", "is the disk full?", "less than 1 MB are free")
    assert any(why in errors[0] for why in whys)
    assert _left(small_disk / "out") == set()
    assert time.perf_counter() - began < 60


def test_a_disk_that_cannot_be_written_is_one_line(small_disk, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (small_disk / "out").mkdir()
    _mount("-o", "remount,ro", str(small_disk))
    for arguments in (["hydra.run.dir=disk/out"], ["-m", "hydra.sweep.dir=disk/out"]):
        assert main([*SMALL[:-1], *arguments]) == 2
        told = capsys.readouterr().err
        assert len(told.splitlines()) == 1
        assert "output folder" in told
        assert "disk/out" in told
        assert "Read-only file system" in told
    assert list((small_disk / "out").iterdir()) == []


def test_a_disk_that_turns_read_only_while_simulating_is_one_line(
    small_disk, tmp_path, monkeypatch, capsys
):
    import simulator.simulating as simulating

    simulate = simulating.simulate

    def then_read_only(*given: object, **named: object) -> object:
        found = simulate(*given, **named)
        _mount("-o", "remount,ro", str(small_disk))
        return found

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(simulating, "simulate", then_read_only)
    assert main([*SMALL[:-1], "hydra.run.dir=disk/out"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "cannot be written: " in errors[0]
    assert _left(small_disk / "out") == set()


def test_a_page_whose_making_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.report.kit.atomic_file.os.fsync", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "report.html", "<p>")
    assert list(tmp_path.iterdir()) == []
