"""Compiled kernels are kept once, are checked before they run, and never stop a run."""

import errno
import os
import pickle
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import simulator
from simulator.kernels import cache
from simulator.kernels.jit import loop

REPOSITORY = Path(simulator.__file__).parent.parent
pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="nothing is compiled"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of this process's own."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    cache.cache_folder.cache_clear()
    yield cache.cache_folder()
    cache.cache_folder.cache_clear()


def _kernel():
    def add(a, b):
        return a + b

    return loop(add)


def _compiled(kernel) -> tuple[int, int]:
    """How often a call of it was loaded, and how often compiled."""
    assert kernel(2, 3) == 5
    stats = kernel.stats
    return sum(stats.cache_hits.values()), sum(stats.cache_misses.values())


def _file(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_a_kernel_is_compiled_once_and_then_loaded(folder):
    assert _compiled(_kernel()) == (0, 1)
    assert _compiled(_kernel()) == (1, 0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(_file(folder).stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "text"])
def test_a_damaged_file_is_compiled_again(damage, folder):
    _compiled(_kernel())
    file = _file(folder)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    told = {
        "flip": bytes(content),
        "truncate": bytes(content[:100]),
        "empty": b"",
        "text": b"x" * 99,
    }
    file.write_bytes(told[damage])
    assert _compiled(_kernel()) == (0, 1)
    assert _compiled(_kernel()) == (1, 0)


class _Bomb:
    def __reduce__(self):
        return os.mkdir, ("executed",)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
def test_a_file_of_another_user_is_never_loaded(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _compiled(_kernel())
    file = _file(folder)
    body = pickle.dumps(_Bomb())
    file.write_bytes(cache.hashlib.sha256(body).digest() + body)
    os.chown(file, 12345, 12345)
    assert _compiled(_kernel()) == (0, 1)
    assert not (tmp_path / "executed").exists()


def test_a_file_that_others_may_write_is_never_loaded(folder):
    _compiled(_kernel())
    _file(folder).chmod(0o666)
    assert _compiled(_kernel()) == (0, 1)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
@pytest.mark.parametrize("trap", ["folder of another", "link"])
def test_a_folder_that_somebody_else_has_made_is_not_used(trap, tmp_path, monkeypatch):
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/proc/nowhere")
    shared = cache._shared_folder()
    if trap == "link":
        (tmp_path / "theirs").mkdir()
        shared.symlink_to(tmp_path / "theirs")
    else:
        shared.mkdir()
        os.chown(shared, 12345, 12345)
    cache.cache_folder.cache_clear()
    try:
        found = cache.cache_folder()
        assert found.parent == tmp_path
        assert found.name.startswith("loanstress-")
        assert found != shared
        assert stat.S_IMODE(found.stat().st_mode) == 0o700
    finally:
        cache.cache_folder.cache_clear()


@pytest.mark.parametrize(
    ("name", "before", "after", "is_used"),
    [
        ("loanstress", 0o777, 0o755, True),
        ("shared", 0o777, 0o777, False),
        ("shared", 0o1777, 0o1777, True),
        ("shared", 0o755, 0o755, True),
    ],
)
def test_a_folder_of_others_is_left_as_it_is(name, before, after, is_used, tmp_path, monkeypatch):
    base, other = tmp_path / name, tmp_path / "temporary"
    for folder in (base, other):
        folder.mkdir()
    base.chmod(before)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(base))
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(other))
    cache.cache_folder.cache_clear()
    try:
        assert (cache.cache_folder().parent == base) == is_used
        assert stat.S_IMODE(base.stat().st_mode) == after
    finally:
        cache.cache_folder.cache_clear()


def test_all_that_kernels_import_is_in_the_folder_s_name():
    code = """
import pkgutil, sys
from pathlib import Path
import simulator.kernels
for found in pkgutil.iter_modules(simulator.kernels.__path__, "simulator.kernels."):
    __import__(found.name)
names = [n for n in sys.modules if n.startswith("simulator.") and "kernels" not in n]
print(*(Path(sys.modules[name].__file__).name for name in names))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) <= set(cache.SHARED)


def test_a_full_disk_is_said_and_the_kernel_runs(folder, monkeypatch):
    def full(*_args: object, **_names: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache._progress, "trouble", None)
    monkeypatch.setattr(cache.tempfile, "mkstemp", full)
    assert _compiled(_kernel()) == (0, 1)
    assert cache.trouble() == f"{folder}: No space left on device"
    assert not list(folder.iterdir())


def test_progress_tells_of_what_is_compiled_and_of_nothing_else(folder):
    told: list[object] = []
    kernel, again = _kernel(), _kernel()
    with cache.compiling(told.append, lambda: told.append("one")):
        assert kernel(1, 2) == 3
        assert kernel(1.5, 2.5) == 4.0
    assert told[1:] == ["one"]
    assert isinstance(told[0], int)
    with cache.compiling(told.append, lambda: told.append("one")):
        assert again(1, 2) == 3
    assert len(told) == 2


PROGRAM = """\
    import numpy as np
    from simulator.kernels.cache import cache_folder
    from simulator.kernels.exact import add_exactly

    high, low = np.zeros(2, np.int64), np.zeros(2, np.int64)
    add_exactly(np.array([1, 2]), high, low)
    print(cache_folder(), sum(add_exactly.stats.cache_hits.values()), low.sum())
"""


def _in_a_process(environment: dict[str, str], **how: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        env={"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **how,  # type: ignore[call-overload]
    )


def _answer(process: subprocess.Popen[str]) -> list[str]:
    told, errors = process.communicate()
    assert process.returncode == 0, errors
    return told.split()


def test_two_processes_may_compile_at_once(tmp_path):
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    both = [_in_a_process(environment) for _ in range(2)]
    assert [_answer(process)[2] for process in both] == ["3", "3"]
    folder, loaded, _ = _answer(_in_a_process(environment))
    assert loaded == "1"
    assert not list(Path(folder).glob(".*.part"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
def test_a_user_without_home_and_without_an_entry_compiles(tmp_path):
    tmp_path.chmod(0o777)
    try:
        process = _in_a_process({"TMPDIR": str(tmp_path), "HOME": "/nowhere"}, user=54321, cwd="/")
    except PermissionError:
        pytest.skip("another user may not run this Python")
    folder, _, total = _answer(process)
    assert total == "3"
    assert Path(folder).is_relative_to(tmp_path)
