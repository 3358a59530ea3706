"""The files of a run: all of them, complete, or none under its final name."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path

import pyarrow as pa
import xarray as xr

from simulator.results.files import (
    HISTORY_NAME,
    MANIFEST_NAME,
    RESULTS_NAME,
    SUMMARY_NAME,
    unfinished_path,
)
from simulator.results.history import write_history
from simulator.results.summary import SummaryRow
from simulator.results.table import csv_text
from simulator.validation import UserError, clip

Writer = Callable[[Path], None]


def write_results(
    folder: Path,
    dataset: xr.Dataset,
    summary_rows: Sequence[SummaryRow],
    manifest: Mapping[str, object],
    pages: Mapping[str, str | bytes] | None = None,
    history: pa.Table | None = None,
) -> None:
    """results.nc, summary.csv, ``pages`` by name, a history and manifest.json: all or none.

    The manifest holds the hashes of all others as ``outputs_sha256``.

    Raises ``UserError`` with one line when the folder cannot be written or the disk is full.
    """
    writers: dict[str, Writer] = {
        RESULTS_NAME: lambda path: _write_dataset(path, dataset),
        SUMMARY_NAME: lambda path: write_summary(path, summary_rows),
        **{name: writer_of(page) for name, page in (pages or {}).items()},
    }
    if history is not None:
        writers[HISTORY_NAME] = lambda path: write_history(path, history)
    others = tuple(writers)
    manifest_text(manifest)  # refused before anything is written
    writers[MANIFEST_NAME] = lambda path: writer_of(
        manifest_text({**manifest, "outputs_sha256": _hashes(folder, others)})
    )(path)
    write_files(folder, writers)


def _hashes(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """SHA-256 of files that are written but not yet renamed, by name."""
    found = {}
    for name in names:
        with unfinished_path(folder, name).open("rb") as file:
            found[name] = file_digest(file, "sha256").hexdigest()
    return found


def write_files(folder: Path, writers: Mapping[str, Writer]) -> None:
    """Let each writer fill a temporary file, sync it, and rename all at the end.

    On any failure the temporary files go, and so does whatever stands under the final names,
    an earlier run's files too: beside this run's configuration they would be taken for its own.
    """
    temporary = {name: unfinished_path(folder, name) for name in writers}
    finals = [folder / name for name in writers]
    complete = False
    try:
        with _told_as_user_error(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for name, writer in writers.items():
            with _told_as_user_error(folder / name):
                writer(temporary[name])
                _sync(temporary[name])
        for name, path in temporary.items():
            with _told_as_user_error(folder / name):
                path.replace(folder / name)
        with _told_as_user_error(folder):
            _sync(folder)
        complete = True
    finally:
        for path in () if complete else (*temporary.values(), *finals):
            with suppress(OSError):
                path.unlink()


@contextmanager
def _told_as_user_error(path: Path) -> Iterator[None]:
    """Turn what the system says about ``path`` into one line for the user.

    The netCDF library reports a full disk as a ``RuntimeError``.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        hint = " - is the disk full?" if isinstance(error, RuntimeError) else ""
        reason = f"{getattr(error, 'strerror', None) or error}{hint}"
        raise UserError(f"{clip(path, 300)}: cannot be written: {clip(reason, 200)}") from error


def _sync(path: Path) -> None:
    """Have the system put a file or folder on the disk.

    Where folders cannot be opened (Windows), renames need no more than the files' own sync; files
    are opened for writing there, or they cannot be synced.
    """
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_dataset(path: Path, dataset: xr.Dataset) -> None:
    dataset.to_netcdf(path, mode="w", format="NETCDF4", engine="netcdf4")


def writer_of(content: str | bytes) -> Writer:
    """What writes ``content`` as it is; text as UTF-8."""

    def write(path: Path) -> None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write


def manifest_text(manifest: Mapping[str, object]) -> str:
    """``manifest`` as sorted JSON; ``ValueError`` for NaN or infinity."""
    text = json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def write_summary(path: Path, rows: Sequence[SummaryRow]) -> None:
    """summary.csv with a header, UTF-8, one line a row."""
    writer_of(csv_text(SummaryRow._fields, rows))(path)
