"""Dask: the bits of threads, whoever is killed; nothing that is whole is made twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import on_dask as on_dask_benchmark
from simulator.block_names import blocks_in
from simulator.engine import BlockStore, Simulation
from simulator.engine.on_dask import DaskRunner, Tasks, _is_loopback, check_engine
from simulator.engine.units import Unit
from simulator.engine_settings import EngineSettings
from simulator.simulating import runner_of
from simulator.validation import UserError
from tests.cli.repeats import REPOSITORY, Repeats
from tests.cli.small_runs import assert_same_bytes
from tests.conftest import assert_same_simulations
from tests.engine.test_blocks import counts, outcome

psutil = pytest.importorskip("psutil")
distributed = pytest.importorskip("distributed")

OWN = EngineSettings(kind="dask", workers=2)
MANY = {"paths": 40, "path_batch": 2}
BLOCKS = 2 * 20
pytestmark = pytest.mark.filterwarnings("ignore")
"""Dask warns of ports, of workers that went and of data that is sent, not of results."""


def on_dask(
    folder: Path, told: Callable[[int], None] = lambda n: None, own: EngineSettings = OWN
) -> tuple[Simulation, BlockStore]:
    return outcome(folder, advance=told, runner=DaskRunner(own), **MANY)


def _workers() -> list[int]:
    """Worker processes of the cluster that this process runs."""
    found = psutil.Process().children(recursive=True)
    return [p.pid for p in found if "spawn_main" in " ".join(p.cmdline())]


def test_an_own_cluster_has_the_bits_of_threads_and_takes_what_is_whole(tmp_path):
    plain, _ = outcome(tmp_path, **MANY)
    whole, damaged, *others = sorted(tmp_path.glob("*.block"))
    for file in others:
        file.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    told: list[int] = []
    found, store = on_dask(tmp_path, told.append)
    assert whole.exists()
    assert counts(store) == (1, BLOCKS - 1)
    assert sum(told) == 2 * 2 * 40
    assert_same_simulations(plain, found)
    again, store = outcome(tmp_path, **MANY)
    assert counts(store) == (BLOCKS, 0)
    assert_same_simulations(plain, again)


def _with_killed_workers(folder: Path, kills: int) -> None:
    """A run during which ``kills`` workers are killed, spread over its blocks."""
    receipts = [0]
    killed: list[int] = []
    moments = {round((k + 0.5) * BLOCKS / kills) for k in range(kills)}

    def told(_: int) -> None:
        receipts[0] += 1
        if receipts[0] in moments:
            (pid, *_) = [pid for pid in _workers() if pid not in killed] or [0]
            if pid:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    found, store = on_dask(folder, told)
    assert len(killed) >= kills - 1, "a worker may not be back yet when the next is to go"
    # A task that is given again finds the block of a worker that died after it had written it.
    assert BLOCKS <= store.made + store.reused <= BLOCKS + kills
    assert store.made <= BLOCKS
    assert len(list(folder.glob("*.block"))) == BLOCKS
    assert_same_simulations(outcome(None, **MANY)[0], found)


def test_a_run_survives_five_killed_workers(tmp_path):
    _with_killed_workers(tmp_path, 5)


@pytest.mark.slow
def test_a_run_survives_ten_killed_workers_five_times(tmp_path):
    for turn in range(5):
        _with_killed_workers(tmp_path / str(turn), 10)


# --- order and counts ---------------------------------------------------------------------------


class Alone:
    """In place of a cluster of three threads: tasks end when they are looked at, oldest first."""

    status = "running"

    def __init__(self) -> None:
        self.given: list[int] = []
        self.most = 0
        self.lost = {5, 9}
        """Paths whose first task is lost."""
        self._out: list[Task] = []

    def nthreads(self) -> dict[str, int]:
        return {"a": 2, "b": 1}

    def submit(self, work: Callable[..., object], *given: object, **_: object) -> "Task":
        if len(given) == 1:
            return Task(self, "finished", given[0])
        unit = given[1]
        assert isinstance(unit, Unit)
        self.given.append(unit.first)
        found = Task(self, "pending", work(*given))
        self._out.append(found)
        self.most = max(self.most, len(self._out))
        if unit.first in self.lost:
            self.lost.remove(unit.first)
            found.end_as = "lost"
        return found

    def end_one(self, task: "Task") -> None:
        if self._out and self._out[0] is task:
            self._out.pop(0)
            task.now = task.end_as


class Task:
    def __init__(self, client: Alone, now: str, answer: object) -> None:
        self.now, self.end_as, self._client, self._answer = now, "finished", client, answer

    @property
    def status(self) -> str:
        found = self.now
        self._client.end_one(self)
        return found

    def result(self) -> object:
        return self._answer


def test_units_are_given_in_order_few_at_a_time_and_again_where_one_is_lost(monkeypatch):
    monkeypatch.setattr(on_dask_benchmark, "SECONDS", 0.0)
    client, kept, told = Alone(), on_dask_benchmark.Counted(), list[int]()
    units = [Unit("asleep", at, at + 1, ("a", "b")) for at in range(20)]
    Tasks(client, kept, Path(), told.append, on_dask_benchmark.sleeping).run(units)
    assert client.most == 2 * 3
    assert sorted(client.given) == sorted([*range(20), 5, 9])
    assert list(dict.fromkeys(client.given)) == list(range(20))
    assert sorted(map(int, kept.receipts)) == list(range(20))
    assert told == [2] * 20


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0, 7])
@pytest.mark.parametrize("batch", [1, 3, 10])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("engine", ["local", "dask"])
def test_no_variable_differs_by_how_it_is_run(engine, threads, batch, kept, tmp_path):
    """24 combinations of engine, threads, batch and what is there already."""
    plain, _ = outcome(None, **MANY)
    outcome(tmp_path, **MANY)
    for file in sorted(tmp_path.glob("*.block"))[kept:]:
        file.unlink()
    own = EngineSettings(kind="dask", workers=threads)
    found, store = outcome(
        tmp_path,
        runner=DaskRunner(own) if engine == "dask" else None,
        **{**MANY, "threads": threads, "path_batch": batch},
    )
    assert store.reused == kept
    assert_same_simulations(plain, found)


# --- a scheduler of its own --------------------------------------------------------------------


@contextmanager
def _scheduler() -> Iterator[tuple[EngineSettings, list[subprocess.Popen[str]]]]:
    """A scheduler and a worker, each a process, on this machine alone."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        found = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(found)
        return found

    scheduler = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    assert scheduler.stderr is not None
    address = ""
    while not address:
        line = scheduler.stderr.readline()
        assert line, "the scheduler ended"
        address = next((word for word in line.split() if word.startswith("tcp://")), "")
    start("dask_worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
    try:
        yield EngineSettings(kind="dask", scheduler=address), started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _with_killed_schedulers(folder: Path, kills: int) -> None:
    """Each time the scheduler is killed after some blocks; a later run takes them."""
    made = 0
    for _ in range(kills):
        with _scheduler() as (own, (scheduler, *_)):
            before = len(list(folder.glob("*.block")))
            left = [2 * before + 3]  # of those that are taken each policy is told

            def told(_: int, left: list[int] = left, scheduler=scheduler) -> None:
                left[0] -= 1
                if left[0] == 0:
                    scheduler.kill()

            with pytest.raises(UserError, match=r"the cluster was lost .* are kept"):
                on_dask(folder, told, own)
            made = len(list(folder.glob("*.block")))
            assert made >= before + 2
    found, store = outcome(folder, **MANY)
    assert counts(store) == (made, BLOCKS - made)
    assert_same_simulations(outcome(None, **MANY)[0], found)


def test_a_run_goes_on_after_five_killed_schedulers(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.engine.on_dask._PATIENCE", 3.0)
    _with_killed_schedulers(tmp_path / "blocks", 5)


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(5))
def test_a_run_goes_on_after_ten_killed_schedulers(turn, tmp_path):
    _with_killed_schedulers(tmp_path / "blocks", 10)


# --- the client --------------------------------------------------------------------------------

SMALL = (
    *("run=smoke", "run.paths=24", "run.months=3", "book.borrowers=400", "run.threads=2"),
    *("scenario=[baseline,downturn]", "policy=[grace_period]", "report.enabled=false"),
    *("assumptions=null", "provision=[]", "book.donors=500", "book.burn_in_months=12"),
)


def _with_killed_clients(folder: Path, kills: int) -> None:
    """Runs on a cluster of their own, killed at spread moments; threads go on each time."""
    import shutil

    import xarray as xr

    place = f"hydra.run.dir={folder}"
    repeats = Repeats(SMALL, place)
    plain = xr.load_dataset(folder / "results.nc", engine="netcdf4")
    shutil.rmtree(folder)
    whole = repeats.run(place, "engine=dask", "engine.workers=2")
    found = xr.load_dataset(folder / "results.nc", engine="netcdf4")
    assert_same_bytes(found, plain)
    for kill in range(kills):
        shutil.rmtree(folder)
        repeats.run(
            place, "engine=dask", "engine.workers=2", after=whole * (kill + 1.0) / (kills + 1.0)
        )
        left = blocks_in(folder)
        repeats.run(place)
        found = xr.load_dataset(folder / "results.nc", engine="netcdf4")
        assert_same_bytes(found, plain)
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        assert manifest["blocks_reused"] == left
    repeats.end()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_a_run_goes_on_after_its_client_was_killed_five_times(tmp_path):
    _with_killed_clients(tmp_path / "out", 5)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_a_run_goes_on_after_fifty_killed_clients(tmp_path):
    _with_killed_clients(tmp_path / "out", 50)


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("tcp://127.0.0.1:8786", True),
        ("tcp://[::1]:8786", True),
        ("tcp://localhost:1", True),
        ("tcp://10.0.0.7:8786", False),
        ("tcp://node7:8786", False),
        ("tcp://127.0.0.1.example.org:1", False),
    ],
)
def test_only_this_machine_is_spoken_to_in_the_clear(address, is_own, tmp_path):
    assert _is_loopback(address) == is_own
    if not is_own:
        own = EngineSettings(kind="dask", scheduler=address)
        with pytest.raises(UserError, match=r"in the clear.*engine.tls_ca_file"):
            on_dask(tmp_path, own=own)


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ({"kind": "local", "workers": 3}, "are read with engine=dask only"),
        ({"kind": "dask", "tls_key": "a.pem"}, "go together"),
        ({"kind": "dask", "scheduler": "foo://127.0.0.1:9"}, "scheduler"),
        ({"kind": "dask", "scheduler": "127.0.0.1"}, "scheduler"),
    ],
)
def test_keys_that_nothing_reads_or_that_lack_others(keys, error):
    with pytest.raises(ValueError, match=error):
        EngineSettings(**keys)


def test_without_a_folder_there_is_no_place_for_blocks():
    class Asked:
        def section(self, *_: object) -> EngineSettings:
            return OWN

    with pytest.raises(UserError, match="engine=dask needs an output folder"):
        runner_of(Asked(), None)


def test_a_certificate_that_is_missing_is_named():
    files = {"tls_ca_file": "none.pem", "tls_cert": "none.pem", "tls_key": "none.pem"}
    own = EngineSettings(kind="dask", scheduler="tls://node7:8786", **files)
    with pytest.raises(UserError, match=r"engine.tls_ca_file must be a file; got none.pem"):
        check_engine(own)


def test_without_dask_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.engine.on_dask.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'loanstress\[dask\]'"):
        on_dask(tmp_path)
