"""What a run needs is told before its first path, and what does not fit is refused."""

import re
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from simulator import free_memory as memory
from simulator import needs
from simulator.free_memory import bytes_of, free_memory, taken_memory
from simulator.needs import Beside, Needs, Place, check_needs, duration, size
from simulator.progress import Silent
from simulator.request import ExperimentRequest
from simulator.settings import BookSettings, Precision, RunSettings, ScenarioSettings
from simulator.shipped import read_shipped, shipped_tables
from simulator.simulating import simulate_request, without_limit
from simulator.validation import UserError

NEEDS = Needs(
    memory=5e9,
    by_path=1e6,
    standards=1e9,
    least_disk=2e8,
    disk=4e8,
    seconds=90.0,
    lean=1e9,
    lean_by_path=1e5,
)


class Told(Silent):
    """What a run tells."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, text: str) -> None:
        self.lines.append(text)


def request(paths: int = 4000, draws: int = 1) -> ExperimentRequest:
    return ExperimentRequest(
        book=BookSettings(borrowers=50, donors=200, burn_in_months=6),
        book_name="small",
        scenarios={"baseline": ScenarioSettings(**read_shipped("scenario", "baseline"))},
        policies={},
        run=RunSettings(paths=paths, months=3, threads=1, draws_per_path=draws),
        table_folders=(shipped_tables(),),
    )


def _with_free(monkeypatch: pytest.MonkeyPatch, memory: float | None, disk: float = 1e12) -> None:
    monkeypatch.setattr(needs, "free_memory", lambda: memory)
    monkeypatch.setattr(needs, "_free_disk", lambda _: disk)


def test_what_is_needed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_free(monkeypatch, 1e11)
    told = Told()
    check_needs(request(), NEEDS, Path("out"), told)
    assert told.lines == ["about 5 GB of memory, 400 MB on disk and 90 s of simulation"]


def test_what_explanations_take_is_told_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_free(monkeypatch, 1e11)
    told = Told()
    beside = (("to explain causes", 150.0), ("to search grace", 20.0))
    check_needs(request(), replace(NEEDS, beside=beside), Path("out"), told)
    assert told.lines[1:] == [
        "about 2.5 min more to explain causes",
        "about 20 s more to search grace",
    ]


def test_what_explanations_hold_and_take_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Needs] = []
    counted = needs.needs_of

    def noted(*given: object) -> Needs:
        found.append(counted(*given))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr("simulator.simulating.needs_of", noted)
    asked = request(paths=2)
    simulate_request(asked)
    many = Beside("to search", paths=4_000.0, held=2_000.0)
    simulate_request(asked, None, None, (many, many._replace(borrowers=25, settling=1e6)))
    plain, more = found
    assert plain.beside == ()
    assert more.seconds == plain.seconds
    assert more.memory > plain.memory
    (_, first), (_, second) = more.beside
    assert first == pytest.approx(plain.seconds * 4_000 / (2 + asked.run.further_paths))
    assert second == pytest.approx(first / 2 + 1e6 / needs.SPEED)


def test_a_run_that_does_not_fit_is_refused_with_what_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _with_free(monkeypatch, 3e9)
    with pytest.raises(UserError) as caught:
        check_needs(request(draws=40), NEEDS, None, Told())
    assert str(caught.value) == (
        "run: 4,000 paths, 1 policy and 1 scenario need about 5 GB of memory, and there are 3 GB"
        " that are free: run.paths=2000 fits; a policy takes 4 GB, a scenario 4 GB, all provision"
        " standards 1 GB; with a folder for its files it fits"
    )


def test_what_does_not_fit_stays_in_blocks_where_there_is_a_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _with_free(monkeypatch, 3e9)
    told = Told()
    place = check_needs(request(), NEEDS, Path("out"), told)
    assert place == Place(in_blocks=True, room=needs.MOST_ROOM)
    assert told.lines[1] == (
        "sums of all paths together would take 5 GB: they stay in the blocks and are read again"
        " for the results"
    )
    _with_free(monkeypatch, 1.1e9)
    assert check_needs(request(), NEEDS, Path("out"), told).room == needs.LEAST_ROOM
    _with_free(monkeypatch, 0.8e9)
    with pytest.raises(
        UserError, match=r"about 1\.1 GB .* 800 MB that are free: run\.paths=1300 f"
    ):
        check_needs(request(), NEEDS, Path("out"), told)
    _with_free(monkeypatch, 1e11)
    assert check_needs(request(), NEEDS, Path("out"), told) == Place()


def test_a_limit_of_ones_own_counts_what_the_process_has(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_free(monkeypatch, 1e11)
    monkeypatch.setattr(needs, "taken_memory", lambda: int(5e8))
    asked = request()
    limited = asked.run.model_copy(update={"most_memory": "4GB"})
    assert check_needs(replace(asked, run=limited), NEEDS, Path("out"), Told()).in_blocks
    limited = asked.run.model_copy(update={"most_memory": "900 MB"})
    with pytest.raises(UserError, match=r"400 MB that run\.most_memory=900 MB leaves"):
        check_needs(replace(asked, run=limited), NEEDS, Path("out"), Told())
    limited = asked.run.model_copy(update={"most_memory": "500MB"})
    with pytest.raises(UserError, match=r"leaves; a larger run\.most_memory allows more; fewer"):
        check_needs(replace(asked, run=limited), NEEDS, Path("out"), Told())
    limited = asked.run.model_copy(update={"most_memory": "5.6GB"})
    assert not check_needs(replace(asked, run=limited), NEEDS, Path("out"), Told()).in_blocks


@pytest.mark.parametrize("text", [4, 4.5, "4", "GB", "-1GB", "4 TB", "4gb", "1e3MB", "1234567GB"])
def test_a_limit_must_be_a_size(text: object) -> None:
    with pytest.raises(ValueError, match="must be a size such as 4GB or 500MB"):
        RunSettings(most_memory=text)


def test_sizes_are_decimal_or_binary() -> None:
    sizes = [bytes_of(text) for text in ("4GB", "500 MB", "1.5GiB", "0.25MiB")]
    assert sizes == [4 * 10**9, 5 * 10**8, 3 << 29, 1 << 18]


def test_what_the_process_has_is_told() -> None:
    before = taken_memory()
    held = bytearray(100 << 20)
    held[:: 4 << 10] = b"1" * len(held[:: 4 << 10])
    assert before + (80 << 20) < taken_memory() < before + (200 << 20)
    assert len(held) > 0


def test_where_no_path_fits_the_book_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_free(monkeypatch, 1e8)
    with pytest.raises(UserError, match=r"fewer borrowers \(book\.borrowers\) and run\.threads=1"):
        check_needs(request(), NEEDS, None, Told())


def test_a_tight_memory_and_a_small_disk_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_free(monkeypatch, 6e9, 3e8)
    told = Told()
    check_needs(request(), NEEDS, Path("out"), told)
    assert told.lines[1:] == [
        "warning: memory is tight: about 5 GB of 6 GB that are free",
        "warning: the disk may be too small: about 400 MB are needed, and 300 MB are free",
    ]


def test_a_disk_that_is_surely_too_small_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_free(monkeypatch, None, 1e8)
    with pytest.raises(UserError, match="out: the results need about 400 MB on disk, and 100 MB"):
        check_needs(request(), NEEDS, Path("out"), Told())


def test_the_paths_that_are_named_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    big = request(paths=1_000_000)
    monkeypatch.setattr(needs, "free_memory", lambda: 400 << 20)
    with pytest.raises(UserError) as caught:
        simulate_request(big)
    (paths,) = map(int, re.findall(r"run\.paths=(\d+) fits", str(caught.value)))
    assert 100 < paths < 100_000
    monkeypatch.setattr("simulator.simulating.simulate", _reached)
    with pytest.raises(ZeroDivisionError):
        simulate_request(request(paths=paths))
    with pytest.raises(UserError, match="fits"):
        simulate_request(request(paths=int(1.2 * paths)))


def test_of_a_run_with_a_precision_the_most_paths_must_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_free(monkeypatch, 1e9)
    asked = request(paths=2)
    run = asked.run.model_copy(
        update={"precision": {"net_loss": Precision(relative=0.1)}, "most_paths": 1_000_000}
    )
    with pytest.raises(UserError, match=r"1,000,000 paths, .* run\.most_paths=\d+ fits"):
        simulate_request(replace(asked, run=run))


def _reached(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def test_sums_are_counted_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Needs] = []

    def noted(_: object, needed: Needs, *__: object) -> Place:
        found.append(needed)
        return Place()

    monkeypatch.setattr("simulator.simulating.check_needs", noted)
    small, more = (simulate_request(request(paths=paths)) for paths in (2, 6))
    held = [
        sum(part.nbytes for t in done.output.tallies.values() for part in t if part.base is None)
        for done in (small, more)
    ]
    share = 1.0 + needs.RESULTS_SHARE
    assert found[1].memory - found[0].memory == pytest.approx(share * (held[1] - held[0]))
    assert found[0].by_path == pytest.approx(share * (held[1] - held[0]) / 4)


# --- the machine --------------------------------------------------------------------------


def test_the_least_of_machine_groups_and_limits_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, groups = tmp_path / "process", tmp_path / "groups"
    inner = groups / "a" / "b"
    inner.mkdir(parents=True)
    process.mkdir()
    (process / "cgroup").write_text("0::/a/b\n", encoding="utf-8")
    (process / "status").write_text("VmSize:\t     1024 kB\n", encoding="utf-8")
    files = {"memory.max": "max", "memory.current": "900", "memory.stat": "inactive_file 300\n"}
    for folder, limit in ((inner, "max"), (inner.parent, "1000")):
        for name, text in (files | {"memory.max": limit}).items():
            (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(memory, "_PROCESS", process)
    monkeypatch.setattr(memory, "_GROUPS", groups)
    assert free_memory() == 1000 - 900 + 300
    (inner.parent / "memory.max").write_text("max", encoding="utf-8")
    monkeypatch.setattr(resource, "getrlimit", lambda _: ((1 << 20) + 77, 0))
    assert free_memory() == 77


def test_version_one_of_groups_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "memory" / "job"
    folder.mkdir(parents=True)
    (tmp_path / "cgroup").write_text("5:cpu,memory:/job\n", encoding="utf-8")
    (folder / "memory.limit_in_bytes").write_text("1000", encoding="utf-8")
    (folder / "memory.usage_in_bytes").write_text("400", encoding="utf-8")
    monkeypatch.setattr(memory, "_PROCESS", tmp_path)
    monkeypatch.setattr(memory, "_GROUPS", tmp_path)
    assert free_memory() == 600


def test_where_nothing_is_known_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_of_machine", lambda: iter(()))
    monkeypatch.setattr(memory, "_of_groups", lambda: iter(()))
    monkeypatch.setattr(memory, "_of_limits", lambda: iter(()))
    assert free_memory() is None
    check_needs(request(), replace(NEEDS, memory=1e18), None, Told())


def test_sizes_and_times_have_two_figures() -> None:
    sizes = [size(x) for x in (3.0, 1.234e6, 987e6, 1.26e9, 123e9, 1.26e13)]
    assert sizes == ["less than 1 MB", "1 MB", "990 MB", "1.3 GB", "120 GB", "13000 GB"]
    assert [duration(x) for x in (0.1, 34.4, 119.0, 130.0, 9000.0)] == [
        "1 s",
        "34 s",
        "120 s",
        "2.2 min",
        "2.5 h",
    ]


def test_small_runs_beside_a_run_have_no_limit_of_their_own() -> None:
    asked = request(paths=2)
    limited = replace(asked, run=asked.run.model_copy(update={"most_memory": "400GB"}))
    assert simulate_request(limited).output.run.most_memory is None
    assert without_limit(limited).run == asked.run


def test_a_scenario_may_not_have_the_name_of_all() -> None:
    asked = request(paths=2)
    named = replace(asked, scenarios={"all": asked.scenarios["baseline"]})
    with pytest.raises(UserError, match=r"scenario\.all: this name is that of all scenarios"):
        simulate_request(named)
