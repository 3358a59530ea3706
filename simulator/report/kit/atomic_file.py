"""Writes a file complete or not at all."""

import os
import tempfile
from pathlib import Path

from simulator.validation import UserError


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` under a temporary name beside ``path``, sync it, then rename.

    A ``UserError`` names the file that could not be written; nothing is left behind.
    """
    temporary: str | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "wb", dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False
        ) as file:
            temporary = file.name
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise UserError(
            f"{path}: the report must go to a writable folder with room; got"
            f" {error.strerror or error}"
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
