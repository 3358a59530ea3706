"""Going on in the folder of a run that was interrupted: ``run.resume=DIR``.

A run notes its arguments beside its blocks. ``run.resume=DIR`` gives them again and writes to DIR;
what is typed beside it wins.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from simulator.block_names import BLOCKS, COMMAND_NAME, blocks_in
from simulator.cli.arguments import Command
from simulator.validation import UserError, clip

KEY: Final = "run.resume"
_FILES: Final = ("path", "mapping", "panel", "table", "history", "baseline")
"""Last words of keys that name a file."""
_TYPED: Final = ("hydra", "engine")
"""What only who types may say: folders, and machines that are trusted with code."""


def resumed(command: Command) -> Command:
    """``command`` with the arguments of the run that it goes on with; itself without any.

    ``UserError`` where there is no such run.
    """
    asked = [text for text in command.overrides if _key(text) == KEY]
    if not asked:
        return command
    if command.multirun or len(asked) > 1:
        raise UserError(f"{KEY} names one folder of one run; got {' '.join(map(clip, asked))}")
    folder = _plain(asked[0].partition("=")[2])
    typed = [text for text in command.overrides if text not in asked]
    keys = {_key(text) for text in typed}
    if "hydra.run.dir" in keys:
        raise UserError(f"{KEY}={clip(folder, 200)} is the output folder: leave hydra.run.dir out")
    noted = [text for text in _noted(Path(folder)) if _key(text) not in keys]
    return replace(command, overrides=(*noted, *typed, f"hydra.run.dir={quoted(folder)}"))


@contextmanager
def noted(folder: Path, overrides: Sequence[str]) -> Iterator[None]:
    """The arguments of the run at hand stand beside its blocks.

    Those of an earlier run come back where this one ends without a block. ``folder`` is the run's;
    it goes on where nothing can be written there.
    """
    file, before = folder / BLOCKS / COMMAND_NAME, blocks_in(folder)
    earlier = file.read_bytes() if file.is_file() else None
    told = {"folder": str(Path.cwd()), "arguments": list(overrides)}
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, json.dumps(told, ensure_ascii=False, indent=1).encode())
    try:
        yield
    except BaseException:
        if earlier is not None and blocks_in(folder) == before:
            with suppress(OSError):
                _write(file, earlier)
        raise
    finally:
        if not blocks_in(folder):
            with suppress(OSError):
                file.unlink()
                file.parent.rmdir()


def _write(file: Path, content: bytes) -> None:
    """Write ``file`` whole, or leave it as it is."""
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(content)
    part.replace(file)


def _noted(folder: Path) -> list[str]:
    """The arguments that a run has noted; what belongs to Hydra is never taken from a file."""
    file = folder / BLOCKS / COMMAND_NAME
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if blocks_in(folder):
            raise UserError(
                f"{KEY}: no command is noted in {clip(folder, 200)}; give the whole command again,"
                f" with hydra.run.dir={clip(folder, 200)}"
            ) from None
        raise UserError(
            f"{KEY}: {clip(folder, 200)} must be the folder of a run whose blocks are there"
        ) from None
    except (OSError, ValueError):
        found = None
    told = found.get("arguments") if isinstance(found, dict) else None
    if not isinstance(told, list) or not all(isinstance(text, str) for text in told):
        raise UserError(f"{KEY}: {clip(file, 200)} cannot be read; give the whole command again")
    assert isinstance(found, dict)
    named = [text for text in told if _key(text).rpartition(".")[2] in _FILES]
    if named and found.get("folder") != str(Path.cwd()):
        raise UserError(
            f"{KEY}: that run was started in {clip(found.get('folder'), 200)} and names files from"
            f" there ({clip(named[0])}); go there first"
        )
    return [text for text in told if not _key(text).startswith(_TYPED)]


def _key(text: str) -> str:
    return text.partition("=")[0].lstrip("+~")


def _plain(value: str) -> str:
    """A folder without the quotes of Hydra's grammar."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1].replace(f"\\{value[0]}", value[0]) if quoted else value


def quoted(folder: str) -> str:
    """``folder`` as a value of Hydra's grammar, whatever characters it has."""
    text = folder.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
