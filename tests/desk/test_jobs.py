"""Runs of the desk: one at a time, stopped at once, gone on with, compared; nothing is lost."""

import json
import os
import shlex
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simulator.block_names import BLOCKS
from simulator.desk.jobs import Jobs
from simulator.desk.records import LOG, UNSEEN, Record, now, write_record
from simulator.desk.runs import row
from simulator.results.files import FILE_NAMES
from simulator.results.run_folder import CONFIGURATION, NEXT
from tests.desk.conftest import OpenDesk, closed, opened

LONG = {
    "book": "cn_online",
    "scenarios": {"baseline": 1},
    "policies": {"grace_period": {"months": 6}},
    "size": "full",
    "trials": False,
    "settings": {"run.paths": 2_000, "run.months": 12, "book.borrowers": 300},
}
"""Makes its first block soon and its last one late."""
SHORT = LONG | {"settings": {"run.paths": 400, "run.months": 6, "book.borrowers": 200}}
ENDS_WITHIN = 2.0
"""Seconds that are promised on two free cores; tests allow twice as much on shared ones."""


def _started(desk: OpenDesk, asked: object) -> str:
    answer = desk.call("POST", "/api/runs", asked)
    assert answer.status == 201, answer.body
    return str(answer.content["id"])


def _with_blocks(desk: OpenDesk, name: str) -> None:
    desk.wait_for(lambda state: state["job"] and desk.run(name)["blocks"] >= 2)


def _act(desk: OpenDesk, name: str, action: str) -> int:
    return desk.call("POST", f"/api/runs/{name}/{action}", {}).status


def final_names(folder: Path) -> set[str]:
    return {name for name in FILE_NAMES if (folder / name).exists()}


@pytest.mark.slow  # the page's test of a reload does the same by clicks
def test_a_run_is_cancelled_goes_on_and_is_discarded(own, record_property):
    name = _started(own, LONG)
    folder = own.folder / name
    _with_blocks(own, name)
    began = time.monotonic()
    assert _act(own, name, "cancel") == 200
    own.wait_until_idle()
    seconds = time.monotonic() - began
    record_property("seconds_to_cancel", seconds)
    assert seconds < 2 * ENDS_WITHIN
    assert final_names(folder) == set()
    stopped = own.run(name)
    assert (stopped["state"], stopped["can_go_on"], stopped["files"]) == ("stopped", True, [])
    kept = stopped["blocks"]
    assert kept >= 2
    assert _act(own, name, "continue") == 200
    own.wait_for(lambda state: own.run(name)["blocks"] > kept)
    assert _act(own, name, "cancel") == 200
    own.wait_until_idle()
    assert own.run(name)["command"] == stopped["command"]
    assert _act(own, name, "discard") == 200
    assert not folder.exists(), sorted(folder.rglob("*"))


def test_nothing_stays_of_a_discarded_run_that_was_killed(tmp_path):
    jobs, folder = Jobs(tmp_path), tmp_path / "killed"
    (folder / NEXT / CONFIGURATION).mkdir(parents=True)
    (folder / BLOCKS).mkdir()
    for name in (f"{BLOCKS}/a.block", f"{NEXT}/.results.nc.1.tmp", ".manifest.json.1.tmp", LOG):
        (folder / name).touch()
    record = Record(kind="run", title="", arguments=("book=cn_online",), started=now())
    write_record(folder, record.model_copy(update={"code": -9}))
    owner = {"host": socket.gethostname(), "pid": os.getpid(), "start": "", "locked": True}
    (folder / ".owner.json").write_text(json.dumps(owner), "utf-8")
    jobs.discard(folder)
    assert not folder.exists(), sorted(folder.rglob("*"))


def _state(folder: Path, record: Record) -> object:
    write_record(folder, record)
    return row(folder, None)["state"]


def test_a_run_that_ended_well_while_no_desk_was_open_is_done(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    began = now()
    record = Record(kind="run", title="", arguments=(), started=began, began=began, code=UNSEEN)
    assert _state(folder, record) == "stopped"
    (folder / "manifest.json").write_text("{}", "utf-8")
    os.utime(folder / "manifest.json", (time.time() + 9, time.time() + 9))
    assert _state(folder, record) == "done"
    assert _state(folder, record.model_copy(update={"cancelled": True})) == "stopped"


@pytest.mark.slow
def test_a_run_that_went_on_ends_and_is_compared_with_another(own):
    first = _started(own, SHORT)
    own.wait_for(lambda state: state["job"] is None or own.run(first)["blocks"] >= 2)
    _act(own, first, "cancel")
    own.wait_until_idle()
    assert own.run(first)["state"] == "stopped"
    assert _act(own, first, "continue") == 200
    own.wait_until_idle()
    assert own.run(first)["state"] == "done"
    manifest = json.loads((own.folder / first / "manifest.json").read_text("utf-8"))
    assert manifest["blocks_reused"] >= 2
    second = _started(own, LONG | {"size": "quick", "settings": {}})
    own.wait_until_idle()
    answer = own.call("POST", "/api/comparisons", {"runs": [first, second]})
    assert answer.status == 201
    own.wait_until_idle()
    compared = own.run(answer.content["id"])
    assert (compared["state"], compared["files"]) == ("done", ["comparison.html"])


def test_a_run_shows_its_command_and_how_long_one_like_it_took(own):
    command = own.call("POST", "/api/command", LONG).content["command"]
    earlier, record = own.folder / "earlier", now()
    earlier.mkdir(parents=True)
    took = Record(
        kind="run",
        title="",
        arguments=tuple(shlex.split(command)[1:]),
        started=record,
        began=record,
        seconds=77.0,
        code=0,
    )
    write_record(earlier, took)
    name = _started(own, LONG)
    job = own.state()["job"]
    shown, asked = shlex.split(job["command"]), shlex.split(command)
    assert shown == [*asked, f"hydra.run.dir={own.folder / name}"]
    assert job["usual"] == 77.0
    assert 0.0 <= job["seconds"] < 30.0
    _act(own, name, "cancel")
    own.wait_until_idle()


def test_a_first_start_says_what_compiles_and_is_cancelled_as_fast(tmp_path, record_property):
    """The compiler hears no signal; what it has compiled is kept, the rest begins again."""
    desk = opened(tmp_path / "runs", NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    try:
        name = _started(desk, LONG)
        compiling = "compiling kernels"
        desk.wait_for(lambda s: compiling in ((s["job"]["progress"] or {}).get("label") or ""))
        began = time.monotonic()
        assert _act(desk, name, "cancel") == 200
        desk.wait_until_idle()
        seconds = time.monotonic() - began
        record_property("seconds_to_cancel_compiling", seconds)
        assert seconds < 2 * ENDS_WITHIN
        assert desk.run(name)["state"] == "stopped"
        assert _act(desk, name, "discard") == 200
        assert not (desk.folder / name).exists()
    finally:
        closed(desk)


def test_twenty_presses_start_one_run(own):
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: own.call("POST", "/api/runs", LONG).status, range(20)))
    assert sorted(found) == [201] + 19 * [409]
    (run,) = own.state()["runs"]
    assert _act(own, run["id"], "continue") == 409
    assert _act(own, run["id"], "discard") == 409
    _act(own, run["id"], "cancel")
    own.wait_until_idle()


@pytest.mark.slow
def test_the_command_that_is_shown_is_the_one_that_runs(own):
    name = _started(own, LONG)
    shown = own.state()["job"]["command"].split()
    asked = own.call("POST", "/api/command", LONG).content["command"].split()
    assert shown[: len(asked)] == asked
    assert shown[len(asked) :] == [f"hydra.run.dir={own.folder / name}"]
    _with_blocks(own, name)
    noted = json.loads((own.folder / name / BLOCKS / "command.json").read_text("utf-8"))
    assert set(noted["arguments"]) == {word.strip("'") for word in shown[1:]}
    _act(own, name, "cancel")
    own.wait_until_idle()


@pytest.mark.slow
def test_a_desk_that_closes_ends_its_run_and_the_next_one_goes_on(own):
    name = _started(own, LONG)
    _with_blocks(own, name)
    assert closed(own) == 143
    following = opened(own.folder)
    try:
        found = following.run(name)
        assert (found["state"], found["can_go_on"]) == ("stopped", True)
        assert following.state()["job"] is None
    finally:
        closed(following)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_run_outlives_a_desk_that_was_killed_and_the_next_desk_stops_it(own):
    name = _started(own, LONG)
    _with_blocks(own, name)
    os.kill(own.process.pid, signal.SIGKILL)
    own.process.wait()
    following = opened(own.folder)
    try:
        assert following.state()["job"]["id"] == name
        assert following.call("POST", "/api/runs", SHORT).status == 409
        assert _act(following, name, "cancel") == 200
        following.wait_until_idle()
        assert following.run(name)["state"] == "stopped"
    finally:
        closed(following)


def test_a_run_that_is_refused_says_why_and_can_be_removed(own):
    name = _started(own, LONG | {"settings": {"run.paths": 1_000_000, "run.months": 600}})
    own.wait_until_idle()
    found = own.run(name)
    assert (found["state"], found["blocks"]) == ("failed", 0)
    assert "memory" in found["trouble"]
    assert "error: " in (own.folder / name / LOG).read_text("utf-8")
    assert _act(own, name, "discard") == 200
    assert not (own.folder / name).exists()


def test_discard_leaves_what_is_whole_and_what_is_a_users(own):
    folder = own.folder / "mine"
    (folder / BLOCKS).mkdir(parents=True)
    for name in ("manifest.json", "notes.txt"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / BLOCKS / "a.block").write_bytes(b"x")
    assert _act(own, "mine", "discard") == 422  # the blocks of a run of the command line
    record = Record(kind="run", title="mine", arguments=(), started="now", code=143)
    write_record(folder, record)
    assert _act(own, "mine", "discard") == 200
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "notes.txt"]
