"""Writes a file complete or not at all."""

import os
import secrets
from pathlib import Path

from simulator.validation import UserError


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write ``content`` under a temporary name beside ``path``, sync it, then rename.

    A ``UserError`` names the file that could not be written; nothing is left behind.
    """
    temporary: Path | None = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    assert temporary is not None
    try:
        with temporary.open("xb") as file:  # with the rights that the user's umask leaves
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise UserError(
            f"{path}: the report must go to a writable folder with room; got"
            f" {error.strerror or error}"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
