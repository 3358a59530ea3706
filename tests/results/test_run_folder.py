"""A folder of results: one process at a time; the old results or the new, never a mix."""

import json
import multiprocessing
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from simulator.results import holding, run_folder
from simulator.results.files import MANIFEST_NAME, RESULTS_NAME, SUMMARY_NAME
from simulator.results.holding import held
from simulator.results.run_folder import (
    CONFIGURATION,
    NEXT,
    check_whole,
    commit,
    finish,
    is_unfinished,
    new_folder,
    replacing,
    sha256_of,
)
from simulator.validation import UserError


def _fill(folder: Path, word: str, extra: str = "") -> None:
    """Whole results in ``.next`` of ``folder``."""
    following = folder / NEXT
    following.mkdir()
    names = [RESULTS_NAME, SUMMARY_NAME, *([extra] if extra else [])]
    for name in names:
        (following / name).write_text(f"{name} {word}", encoding="utf-8")
    (following / CONFIGURATION).mkdir()
    (following / CONFIGURATION / "config.yaml").write_text(word, encoding="utf-8")
    hashes = {name: sha256_of(following / name) for name in names}
    text = json.dumps({"word": word, "outputs_sha256": hashes})
    (following / MANIFEST_NAME).write_text(text, encoding="utf-8")


def _words(folder: Path) -> set[str]:
    """Which run each file of ``folder`` is of."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".next" not in path.parts]
    texts = [path.read_text(encoding="utf-8") for path in files]
    return {word for word in ("old", "new") if any(word in text for text in texts)}


def test_results_take_the_place_of_earlier_ones(tmp_path: Path) -> None:
    _fill(tmp_path, "old", "causes.csv")
    commit(tmp_path)
    _fill(tmp_path, "new")
    assert _words(tmp_path) == {"old"}
    commit(tmp_path)
    assert _words(tmp_path) == {"new"}
    assert not (tmp_path / "causes.csv").exists()
    assert not (tmp_path / ".next").exists()
    check_whole(tmp_path, (RESULTS_NAME, SUMMARY_NAME))


def test_files_of_the_user_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    _fill(tmp_path, "new")
    commit(tmp_path)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


class _Killed(BaseException):
    """The process ends here."""


@contextmanager
def _killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every change of the file system before the ``step``-th happens, none from there on."""
    done = 0
    with monkeypatch.context() as patch:
        for owner, name in (
            (Path, "unlink"),
            (Path, "replace"),
            (run_folder.shutil, "rmtree"),
        ):
            real = getattr(owner, name)

            def counted(*args: object, _real: object = real, **more: object) -> object:
                nonlocal done
                if done == step:
                    raise _Killed
                done += 1
                return _real(*args, **more)  # type: ignore[operator]

            patch.setattr(owner, name, counted)
        yield


@pytest.mark.parametrize("step", range(16))
def test_killed_at_any_step_it_is_the_old_or_the_new_or_says_how_to_finish(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(tmp_path, "old", "causes.csv")
    commit(tmp_path)
    _fill(tmp_path, "new")
    ended = False
    with _killed_at(step, monkeypatch):
        try:
            commit(tmp_path)
            ended = True
        except _Killed:
            pass
    if is_unfinished(tmp_path):
        with pytest.raises(UserError, match="loanstress finish"):
            check_whole(tmp_path, (RESULTS_NAME,))
        assert finish(tmp_path)
    check_whole(tmp_path, (RESULTS_NAME, SUMMARY_NAME))
    words = _words(tmp_path)
    assert words == {"new"} or (words == {"old"} and not ended)
    assert finish(tmp_path) is (words == {"old"})
    assert _words(tmp_path) == {"new"}


def test_a_file_that_is_another_runs_is_refused(tmp_path: Path) -> None:
    _fill(tmp_path, "new")
    commit(tmp_path)
    (tmp_path / SUMMARY_NAME).write_text("edited", encoding="utf-8")
    check_whole(tmp_path, (RESULTS_NAME,))
    with pytest.raises(UserError, match=r"summary\.csv is not the one"):
        check_whole(tmp_path, (RESULTS_NAME, SUMMARY_NAME))


def _hold(folder: Path, holding: object, leave: object) -> None:
    with held(folder):
        holding.set()  # type: ignore[attr-defined]
        leave.wait(30)  # type: ignore[attr-defined]


def test_a_second_process_is_refused_with_the_owner(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    holding, leave = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_hold, args=(tmp_path, holding, leave))
    other.start()
    assert holding.wait(60)
    with (
        pytest.raises(UserError, match=f"in use by process {other.pid} on"),
        replacing(tmp_path),
    ):
        pass
    leave.set()
    other.join()
    with held(tmp_path):
        assert (tmp_path / ".owner.json").is_file()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_owner_leaves_the_folder_free(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    holding, leave = spawn.Event(), spawn.Event()
    other = spawn.Process(target=_hold, args=(tmp_path, holding, leave))
    other.start()
    assert holding.wait(60)
    other.kill()
    other.join()
    with held(tmp_path):
        pass


@pytest.mark.parametrize("host", ["another", None])
def test_an_owner_on_another_machine_is_never_taken_for_gone(
    host: str | None, tmp_path: Path
) -> None:
    owner = tmp_path / ".owner.json"
    content = {"host": host, "pid": 7, "start": "1999-01-01T00:00:00+00:00"}
    owner.write_text(json.dumps(content if host else {}), encoding="utf-8")
    with pytest.raises(UserError, match="if that process has ended: rm"), held(tmp_path):
        pass
    owner.unlink()
    with held(tmp_path):
        pass


def test_without_locks_a_file_stands_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(FileLock, "acquire", no_locks)
    with held(tmp_path):
        told = json.loads((tmp_path / ".owner.json").read_text(encoding="utf-8"))
        assert (told["host"], told["pid"]) == (socket.gethostname(), os.getpid())
        with pytest.raises(UserError, match="in use by process"), held(tmp_path):
            pass
        assert (tmp_path / ".owner.json").exists()
    assert not (tmp_path / ".owner.json").exists()


def test_new_folders_never_collide(tmp_path: Path) -> None:
    found = [new_folder(tmp_path, "2026-11-30_07-00-00").name for _ in range(3)]
    assert found == ["2026-11-30_07-00-00", "2026-11-30_07-00-00_2", "2026-11-30_07-00-00_3"]


def test_of_two_that_have_a_lock_each_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "_owner_in", lambda _: None)
    with held(tmp_path):
        monkeypatch.setattr(holding, "_locked", lambda *_: None)
        with pytest.raises(UserError, match="in use by process"), held(tmp_path):
            pass


def test_a_lock_whose_file_goes_as_it_is_taken_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire, ends = FileLock.acquire, [tmp_path / ".lock"]

    def behind_one_that_ends(self: FileLock, timeout: float) -> object:
        found = acquire(self, timeout)
        if ends:
            ends.pop().unlink()
        return found

    monkeypatch.setattr(FileLock, "acquire", behind_one_that_ends)
    with held(tmp_path), pytest.raises(Timeout):
        FileLock(tmp_path / ".lock", fallback_to_soft=False).acquire(0)
    assert list(tmp_path.iterdir()) == []


def _hold_often(folder: Path) -> None:
    """Hold ``folder`` many times; the exit code is 1 where another process held it then."""
    for _ in range(1_000):
        with suppress(UserError), held(folder):
            (folder / "mine").open("x").close()
            (folder / "mine").unlink()


def test_of_many_processes_one_holds_a_folder(tmp_path: Path) -> None:
    many = [multiprocessing.Process(target=_hold_often, args=(tmp_path,)) for _ in range(4)]
    for process in many:
        process.start()
    for process in many:
        process.join()
    assert [process.exitcode for process in many] == [0, 0, 0, 0]


def test_a_number_that_another_process_has_now_holds_nothing(tmp_path: Path) -> None:
    content = {"host": socket.gethostname(), "pid": 1, "start": "", "locked": True}
    (tmp_path / ".owner.json").write_text(json.dumps(content), encoding="utf-8")
    with held(tmp_path):
        pass


def test_what_is_not_whole_goes_and_the_earlier_results_stay(tmp_path: Path) -> None:
    _fill(tmp_path, "old")
    commit(tmp_path)
    with suppress(_Killed), replacing(tmp_path) as following:
        (following / RESULTS_NAME).write_text("new", encoding="utf-8")
        raise _Killed
    assert _words(tmp_path) == {"old"}
    assert not (tmp_path / NEXT).exists()
    check_whole(tmp_path, (RESULTS_NAME, SUMMARY_NAME))


def test_an_interrupted_exchange_is_ended_before_a_repeat_begins(tmp_path: Path) -> None:
    _fill(tmp_path, "old")
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path):
        raise KeyboardInterrupt
    check_whole(tmp_path, (RESULTS_NAME,))
    assert _words(tmp_path) == {"old"}


def test_unfinished_files_of_a_killed_process_go_and_those_of_the_user_stay(tmp_path: Path) -> None:
    for name in (".results.nc.99999.tmp", ".report.html.x1.tmp", "notes.tmp", ".own.1.tmp"):
        (tmp_path / name).touch()
    with replacing(tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"notes.tmp", ".own.1.tmp"}


@pytest.mark.parametrize("name", [NEXT, CONFIGURATION])
def test_nothing_is_written_behind_a_link(name: str, tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "run"
    elsewhere.mkdir()
    folder.mkdir()
    (elsewhere / "mine").touch()
    (folder / name).symlink_to(elsewhere)
    with replacing(folder):
        _refill(folder)
        commit(folder)
    assert [path.name for path in elsewhere.iterdir()] == ["mine"]
    assert (folder / CONFIGURATION / "config.yaml").is_file()


def _refill(folder: Path) -> None:
    (folder / NEXT).rmdir()
    _fill(folder, "new")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    _fill(tmp_path, "new")
    commit(tmp_path)
    (tmp_path / RESULTS_NAME).unlink()
    with pytest.raises(UserError, match=r"results\.nc is missing"):
        check_whole(tmp_path, (RESULTS_NAME,))


def test_a_damaged_file_is_not_put_in_place_in_silence(tmp_path: Path) -> None:
    _fill(tmp_path, "new")
    (tmp_path / NEXT / RESULTS_NAME).write_text("damaged", encoding="utf-8")
    with pytest.raises(UserError, match=r"results\.nc is not the one"):
        finish(tmp_path)


def test_pictures_of_the_earlier_results_go_and_the_users_own_stay(tmp_path: Path) -> None:
    _fill(tmp_path, "old")
    commit(tmp_path)
    names = ["figures/losses.png", "figures/mine.png", "notes.svg"]
    (tmp_path / "figures").mkdir()
    for name in names:
        (tmp_path / name).touch()
    manifest = tmp_path / MANIFEST_NAME
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["outputs_sha256"] |= {names[0]: "", "../notes.svg": "", "figures/../notes.svg": ""}
    manifest.write_text(json.dumps(content), encoding="utf-8")
    _fill(tmp_path, "new")
    commit(tmp_path)
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["mine.png"]
    assert (tmp_path / "notes.svg").exists()
