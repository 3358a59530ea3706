"""Which files a setting names: one, several, all that fit a pattern; below the home or not."""

import os
from glob import glob, has_magic
from pathlib import Path
from typing import Final

from simulator.validation import UserError, clip

Paths = str | tuple[str, ...]
"""A file's path, a pattern such as ``tapes/2025-*.csv``, or several of them."""
MAX_FILES: Final = 1000


def with_home(text: str | Path) -> Path:
    """The path that ``text`` spells, with ``~`` as the home; left as it is where there is none."""
    return Path(os.path.expanduser(text))


def named_files(key: str, path: Paths) -> list[str]:
    """Files that ``path``, the value of ``key``, names; those of a pattern by their names.

    ``UserError`` for a pattern that no file fits, a file that stands twice, or too many. Whether a
    file that is named without a pattern exists is seen when it is opened.
    """
    found: list[str] = []
    for text in (path,) if isinstance(path, str) else path:
        if "\0" in text:
            raise UserError(f"{key} {clip(text, 200)} must be a file's path")
        if has_magic(text) and not Path(text).exists():
            matched = sorted(name for name in glob(text) if Path(name).is_file())
            if not matched:
                raise UserError(f"{key} {clip(text, 200)} does not exist: no file fits the pattern")
            found += matched
        else:
            found.append(text)
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"{key} names {clip(twice, 200)} twice")
    if not 0 < len(found) <= MAX_FILES:
        raise UserError(f"{key} must name 1 to {MAX_FILES:,} files; got {len(found):,}")
    return found
