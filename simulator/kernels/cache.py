"""Where compiled kernels are kept, and how a bad cache file is survived.

numba's disk cache does not notice that a helper in another file has changed, and a truncated
file breaks every later run. So the folder's name carries a hash of all kernel sources and of
the versions involved, and a load that fails empties the folder.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numba
import numpy as np


def sources_hash() -> str:
    """Digest of all sources of the kernels and of the versions that compile them."""
    digest = hashlib.sha256()
    digest.update(f"{numba.__version__} {np.__version__} {sys.version}".encode())
    package = Path(__file__).parent
    sources = [*package.glob("*.py"), package.parent / "vocabulary.py"]
    shared = ("catalogue.csv", "lever_fields.py", "levers.py", "situation.py", "units.py")
    sources += [package.parent / name for name in shared]
    for source in sorted(sources):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


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


def cache_folder() -> Path:
    """The folder for this version of the kernels, created; a temporary one if that fails."""
    name = f"kernels-{sources_hash()}"
    for base in (_base_folder(), _shared_folder()):
        folder = base / name
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="loanstress-"))


def use_cache_folder() -> None:
    """Point numba at ``cache_folder()``, below ``NUMBA_CACHE_DIR`` where that is set."""
    numba.config.CACHE_DIR = str(cache_folder())


def clear_cache() -> None:
    """Delete the compiled kernels of this version; they are compiled again when needed."""
    folder = Path(str(numba.config.CACHE_DIR))
    if folder.name.startswith(("kernels-", "loanstress-")):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
