"""The folder of a run: its results are replaced whole or not at all.

A run writes into ``.next`` inside its folder, where an earlier run's results stay as they are.
When everything is on the disk the earlier manifest goes, the files take its place and the new
manifest comes last. So a folder holds the old results, or the new, or says how it is finished.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import Final, NamedTuple

from simulator.results.files import FIGURES, FILE_NAMES, MANIFEST_NAME, REVERSE_FOLDER
from simulator.results.holding import held, told
from simulator.validation import UserError, clip

NEXT: Final = ".next"
"""Folder of results that are not yet whole."""
CONFIGURATION: Final = ".hydra"
"""Folder of the composed configuration, which is replaced with the files."""
HASHES: Final = "outputs_sha256"
"""Key of the manifest: SHA-256 of every other file by name."""
_PICTURE: Final = re.compile(rf"{FIGURES}/[\w-]+\.(png|svg)")
_SCENARIO: Final = re.compile(rf"{REVERSE_FOLDER}/(scenario/\w+\.yaml|_macro/\w+\.csv)")
FINISH: Final = "loanstress finish"


class Files(NamedTuple):
    """Which files a command's results are; other files of a folder are the user's.

    ``manifest`` is there last and names the others with their hashes.
    """

    names: tuple[str, ...]
    manifest: str


RUN: Final = Files(tuple(name for name in FILE_NAMES if name != MANIFEST_NAME), MANIFEST_NAME)


@contextmanager
def replacing(folder: Path, files: Files = RUN) -> Iterator[Path]:
    """Hold ``folder``; yields its empty ``.next``, for new results until ``commit``.

    An exchange that was interrupted is ended first. What is not whole at the end goes, and the
    earlier results stay.

    Raises ``UserError`` where another process holds the folder, or it cannot be written.
    """
    with held(folder):
        if is_unfinished(folder, files):
            commit(folder, files)
        following = _next_of(folder, files)
        try:
            yield following
        finally:
            if not is_whole(folder, files):
                shutil.rmtree(following, ignore_errors=True)


def new_folder(parent: Path, name: str) -> Path:
    """A folder ``name`` in ``parent`` that did not exist; a number follows where it did."""
    with told(parent):
        parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, 10_000):
            found = parent / (name if number == 1 else f"{name}_{number}")
            with suppress(FileExistsError):
                found.mkdir()
                return found
    raise UserError(f"{clip(parent / name, 200)}: too many folders of this name")


def _next_of(folder: Path, files: Files) -> Path:
    """An empty ``.next`` of ``folder``, which the caller holds, so that nobody writes there.

    Unfinished files of a process that was killed go too.
    """
    following = folder / NEXT
    with told(following):
        _remove(following)
        following.mkdir()
        for name in (*files.names, files.manifest):
            for left in folder.glob(f".{name}.*.tmp"):
                left.unlink(missing_ok=True)
    return following


def commit(folder: Path, files: Files = RUN) -> None:
    """Put the whole results in ``.next`` in place of what ``folder`` has.

    May be repeated after it was interrupted. The configuration beside them comes with them.
    """
    following = folder / NEXT
    if not is_whole(folder, files):
        raise UserError(f"{clip(folder, 200)}: there are no whole results to put in place")
    with told(folder):
        names = _listed(following / files.manifest, files)
        _remove_further(folder, files)
        (folder / files.manifest).unlink(missing_ok=True)
        _sync(folder)
        for name in set(files.names) - set(names):
            (folder / name).unlink(missing_ok=True)
        for name in names:
            if (following / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (following / name).replace(folder / name)
        if (following / CONFIGURATION).is_dir():
            _remove(folder / CONFIGURATION)
            (following / CONFIGURATION).replace(folder / CONFIGURATION)
        _sync(folder)
        (following / files.manifest).replace(folder / files.manifest)
        _sync(folder)
        shutil.rmtree(following, ignore_errors=True)


def _remove_further(folder: Path, files: Files) -> None:
    """Remove pictures and scenarios that the manifest names: they are of the results that go."""
    names: Iterable[str] = ()
    with suppress(UserError):  # an earlier manifest that is damaged names none
        names = (_hashes_in(folder / files.manifest) or {}) if files.names else {}
    for name in names:
        if _PICTURE.fullmatch(name) or _SCENARIO.fullmatch(name):
            (folder / name).unlink(missing_ok=True)
    for within in (FIGURES, *(f"{REVERSE_FOLDER}{part}" for part in ("/scenario", "/_macro", ""))):
        with suppress(OSError):  # with files of the user's own it stays
            (folder / within).rmdir()


def _remove(place: Path) -> None:
    """Remove a folder with what is in it; of a link the link alone."""
    if place.is_symlink() or place.is_file():
        place.unlink()
    else:
        shutil.rmtree(place, ignore_errors=True)


def _listed(manifest: Path, files: Files) -> list[str]:
    """Names of the files that go with ``manifest``, none where it is the only file."""
    if not files.names:
        return []
    hashes = _hashes_in(manifest) or {}
    return [name for name in hashes if name in files.names or _SCENARIO.fullmatch(name)]


def finish(folder: Path, files: Files = RUN) -> bool:
    """Put whole results that are not yet in place there; whether there were any.

    Raises ``UserError`` where a file is not the one that the manifest names.
    """
    if not is_whole(folder, files):
        return False
    with held(folder):
        names = tuple(_listed(folder / NEXT / files.manifest, files))
        commit(folder, files)
        check_whole(folder, names, files)
    return True


def is_whole(folder: Path, files: Files = RUN) -> bool:
    """Whether ``.next`` of ``folder`` has results that only need to be put in place."""
    return (folder / NEXT / files.manifest).is_file()


def is_unfinished(folder: Path, files: Files = RUN) -> bool:
    """Whether the exchange of results was interrupted."""
    return is_whole(folder, files) and not (folder / files.manifest).exists()


def check_whole(folder: Path, names: tuple[str, ...], files: Files = RUN) -> None:
    """Refuse a folder whose results are being exchanged, or whose files are another run's.

    ``names`` are the files that will be read; without a manifest nothing is known of them.
    """
    shown = clip(folder, 200)
    if is_unfinished(folder, files):
        raise UserError(
            f"{shown}: new results are whole and not yet in place; {FINISH} {shown} ends that"
        )
    hashes = _hashes_in(folder / files.manifest) or {}
    for name in names:
        wanted, found = hashes.get(name), sha256_of(folder / name)
        if wanted is None or wanted == found:
            continue
        if found is None:
            raise UserError(f"{shown}: {name} is missing, which {files.manifest} names")
        raise UserError(
            f"{shown}: {name} is not the one that {files.manifest} names: it was changed after the"
            " run, or comes from another; run it again"
        )


def intact_files(folder: Path) -> tuple[str, ...]:
    """Names of the files of ``folder``'s results, where each is the one that its manifest names.

    None where one is not, or nothing is known.
    """
    try:
        names = tuple(_hashes_in(folder / MANIFEST_NAME) or ())
        check_whole(folder, names)
    except UserError:
        return ()
    return names


def _hashes_in(manifest: Path) -> Mapping[str, object] | None:
    """SHA-256 of each file that ``manifest`` names; None where nothing is known of them."""
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        shown = clip(manifest.parent, 200)
        raise UserError(f"{shown}: {manifest.name} cannot be read; run it again") from None
    hashes = content.get(HASHES) if isinstance(content, Mapping) else None
    return hashes if isinstance(hashes, Mapping) else None


def sha256_of(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{clip(path, 200)}: cannot be read: {error.strerror}") from error


def _sync(folder: Path) -> None:
    """Have the system put what ``folder`` lists on the disk, where it can."""
    sync: Callable[[int], None] = getattr(os, "fsync", lambda _: None)
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            sync(descriptor)
        finally:
            os.close(descriptor)
