"""Which code made a result: version, commit where there is one, hash of the package's files."""

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_SOURCES: Final = (".py", ".csv", ".parquet", ".gz", ".j2", ".css", ".js", ".po")
_DISTRIBUTION: Final = "loanstress"


@cache
def code_identity() -> dict[str, str | None]:
    """``version``, ``commit`` (None outside of a checkout) and ``sha256`` of the package."""
    package = Path(__file__).parent
    digest = sha256()
    for file in sorted(package.rglob("*")):
        if file.suffix in _SOURCES and "__pycache__" not in file.parts:
            digest.update(file.relative_to(package).as_posix().encode())
            digest.update(file.read_bytes())
    try:
        found = version(_DISTRIBUTION)
    except PackageNotFoundError:
        found = "not installed"
    return {
        "version": found,
        "commit": _commit(package.parent / ".git"),
        "sha256": digest.hexdigest(),
    }


def _commit(git: Path) -> str | None:
    """The commit that a checkout is at, read from its files; None where there is none."""
    try:
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head or None
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.is_file():
            return loose.read_text(encoding="utf-8").strip()
        packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
    except OSError:
        return None
