"""Where compiled kernels are kept: once for each source and processor, whichever checkout runs.

numba's own disk cache goes by the folder of a checkout, does not notice that a helper in another
file has changed, and loads any file that is there. Here the folder's name carries a hash of all
sources of kernels and of the versions that compile them; a file is named by what numba compiles
for (types, processor), is loaded only if it and its folder belong to this user, and starts with a
checksum. One that is damaged or missing is compiled again, one that cannot be written is said.
"""

import hashlib
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.serialize import dumps

SHARED: Final = (
    *("catalogue.csv", "lever_fields.py", "levers.py", "outlook.py", "score_words.py"),
    *("situation.py", "units.py", "vocabulary.py"),
)
"""What kernels take from modules beside them."""
_DIGEST: Final = 32
"""Bytes of the checksum at the start of a file."""
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


@cache
def sources_hash() -> str:
    """Digest of all sources of the kernels and of the versions that compile them."""
    digest = hashlib.sha256()
    python = f"{sys.implementation.name} {sys.version_info[:3]}"
    digest.update(f"{numba.__version__} {np.__version__} {python}".encode())
    package = Path(__file__).parent
    sources = [*package.glob("*.py"), *(package.parent / name for name in SHARED)]
    for source in sorted(sources):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


# --- the folder --------------------------------------------------------------------------------


def _base_folder() -> Path:
    if explicit := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(explicit)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):  # the second is Windows'
        if root := os.environ.get(name):
            return Path(root) / "loanstress"
    try:
        return Path.home() / ".cache" / "loanstress"
    except RuntimeError:  # no HOME, and no entry of this user in passwd
        return _shared_folder()


def _shared_folder() -> Path:
    """A folder of this user's among the temporary files, where the home cannot be written."""
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"loanstress-{user}"


@cache
def cache_folder() -> Path:
    """The folder for this version of the kernels, made where it is missing.

    Below ``NUMBA_CACHE_DIR`` where that is set. Where no usual place is this user's alone, a new
    temporary folder that the next process does not find.
    """
    for base in (_base_folder(), _shared_folder()):
        folder = base / f"kernels-{sources_hash()}"
        with suppress(OSError):
            base.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.mkdir(exist_ok=True, mode=0o700)
            if _is_safe(base) and _is_own(folder) and os.access(folder, os.W_OK):
                return folder
    return Path(tempfile.mkdtemp(prefix="loanstress-"))


def _is_own(folder: Path) -> bool:
    """Whether nobody else can write ``folder``, which is named by this program.

    Others' rights to it are taken away.
    """
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or not _belongs(found):
        return False
    if found.st_mode & _OTHERS_WRITE and hasattr(os, "getuid"):
        folder.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS_WRITE)
    return True


def _is_safe(base: Path) -> bool:
    """Whether what is in ``base`` stays in place: nobody else can write there, or it is sticky.

    The rights of a folder that this program has not named are left as they are.
    """
    if base.name.startswith("loanstress"):
        return _is_own(base)
    if not hasattr(os, "getuid"):
        return True
    found = base.stat()
    is_sticky = bool(found.st_mode & stat.S_ISVTX)
    return _belongs(found) and (is_sticky or not found.st_mode & _OTHERS_WRITE)


def _belongs(found: os.stat_result) -> bool:
    """Whether a file is this user's or the administrator's; on Windows nothing is known."""
    return not hasattr(os, "getuid") or found.st_uid in (os.getuid(), 0)


# --- the files ---------------------------------------------------------------------------------


class _Files:
    """Compiled overloads of one kernel, a file each; what ``numba``'s cache calls its file."""

    def __init__(self, name: str) -> None:
        self._name = name

    def load(self, key: object) -> object | None:
        """What was kept for ``key``; None where that is nothing, or damaged, or another user's."""
        try:
            with self._path(key).open("rb") as file:
                found = os.fstat(file.fileno())
                if not _belongs(found) or (os.name == "posix" and found.st_mode & _OTHERS_WRITE):
                    return None
                content = file.read()
        except OSError:
            return None
        body = memoryview(content)[_DIGEST:]
        if hashlib.sha256(body).digest() != content[:_DIGEST]:
            return None
        try:
            return pickle.loads(body)
        except Exception:  # written by other libraries than those that read
            return None

    def save(self, key: object, data: object) -> None:
        """Keep ``data`` for ``key``: whole, or not at all.

        Raises ``OSError`` where the disk does not take it.
        """
        body = dumps(data)
        path = self._path(key)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(body).digest())
                file.write(body)
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise

    def _path(self, key: object) -> Path:
        what = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
        return cache_folder() / f"{self._name}.{what}"


class _Locator(_CacheLocator):  # type: ignore[misc]
    """Where numba looks for a kernel's files: the one folder, for any checkout."""

    def __init__(self, line: int) -> None:
        self._line = line

    def get_cache_path(self) -> str:
        return str(cache_folder())

    def ensure_cache_path(self) -> None:
        cache_folder()

    def get_source_stamp(self) -> str:
        return sources_hash()

    def get_disambiguator(self) -> str:
        return str(self._line)

    @classmethod
    def from_function(cls, function: Any, _file: str) -> "_Locator":
        return cls(function.__code__.co_firstlineno)


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]
    def __init__(self, function: Any) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._locator = _Locator(self._lineno)
        module = function.__module__.rpartition(".")[2]
        name = function.__qualname__.replace("<locals>.", "")
        self._filename_base = f"{module}.{name}-{self._lineno}"


class KernelCache(FunctionCache):  # type: ignore[misc]
    """What a dispatcher of numba asks for compiled overloads and gives them to."""

    _impl_class = _Impl

    def __init__(self, function: Any) -> None:
        self._name = repr(function)
        self._py_func = function
        self._impl = _Impl(function)
        self._cache_path = ""
        self._cache_file = _Files(self._impl.filename_base)
        self._has_been_compiled = False
        self.enable()
        _progress.kernels += 1

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The overload that was kept; None where it must be compiled."""
        found = super().load_overload(signature, target)
        if found is None:
            _progress.missed()
        return found

    def save_overload(self, signature: Any, data: Any) -> None:
        """Keep an overload; where that fails the run goes on, and ``trouble`` says why."""
        try:
            super().save_overload(signature, data)
        except OSError as error:
            _progress.trouble = error
        if not self._has_been_compiled:
            self._has_been_compiled = True
            _progress.compiled()


# --- how far it is -----------------------------------------------------------------------------


class _Progress:
    """Which kernels this process has, and who is told that one is compiled."""

    def __init__(self) -> None:
        self.kernels = 0
        self.trouble: OSError | None = None
        self._begin: Callable[[int], None] | None = None
        self._advance: Callable[[], None] = lambda: None

    def missed(self) -> None:
        if self._begin is not None:
            begin, self._begin = self._begin, None
            begin(self.kernels)

    def compiled(self) -> None:
        self._advance()

    def watch(self, begin: Callable[[int], None] | None, advance: Callable[[], None]) -> None:
        self._begin, self._advance = begin, advance


_progress = _Progress()


@contextmanager
def compiling(begin: Callable[[int], None], advance: Callable[[], None]) -> Iterator[None]:
    """``begin`` is told how many kernels there are, before the first that is compiled; ``advance``
    of each that was. Neither is called where all were kept."""
    _progress.watch(begin, advance)
    try:
        yield
    finally:
        _progress.watch(None, lambda: None)


def trouble() -> str:
    """Why compiled kernels could not be kept; empty where they were."""
    found = _progress.trouble
    return "" if found is None else f"{cache_folder()}: {found.strerror or found}"
