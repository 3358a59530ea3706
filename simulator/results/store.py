"""The files of a run: complete or not at all under their names, the manifest with their hashes."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

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
from simulator.results.run_folder import HASHES, sha256_of
from simulator.results.summary import SummaryRow
from simulator.results.table import csv_text
from simulator.validation import UserError, clip

_LEAST_FREE: Final = 1 << 16
"""Bytes below which a disk is taken for full."""

Writer = Callable[[Path], None]


def write_results(
    folder: Path,
    dataset: xr.Dataset,
    summary_rows: Sequence[SummaryRow],
    manifest: Mapping[str, object],
    tables: Mapping[str, str] | None = None,
    history: pa.Table | None = None,
) -> None:
    """results.nc, summary.csv, ``tables`` by name and a history in ``folder``, then manifest.json.

    ``folder`` is the ``.next`` of a run's. The manifest holds the hashes of all others as
    ``outputs_sha256``.

    Raises ``UserError`` with one line when the folder cannot be written or the disk is full.
    """
    writers: dict[str, Writer] = {
        RESULTS_NAME: lambda path: _write_dataset(path, dataset),
        SUMMARY_NAME: lambda path: write_summary(path, summary_rows),
        **{name: writer_of(text) for name, text in (tables or {}).items()},
    }
    if history is not None:
        writers[HISTORY_NAME] = lambda path: write_history(path, history)
    manifest_text(manifest)  # refused before anything is written
    write_files(folder, writers, manifest)


@contextmanager
def rehashed(folder: Path, names: Iterable[str]) -> Iterator[None]:
    """Files ``names`` of ``folder`` are written meanwhile: its manifest has their hashes then.

    Until then it does not name them, so that it is right at any moment; without a manifest nothing
    is noted.
    """
    path, names = folder / MANIFEST_NAME, tuple(names)
    content: dict[str, object] = {}
    with _told_as_user_error(path):
        if path.is_file():
            told = json.loads(path.read_text(encoding="utf-8"))
            content = told if isinstance(told, dict) else {}
    found = content.get(HASHES)
    hashes = dict(found) if isinstance(found, dict) else {}
    if set(hashes) & set(names):
        hashes = {name: value for name, value in hashes.items() if name not in names}
        _write_manifest(folder, {**content, HASHES: hashes})
    yield
    if content:
        hashes |= {name: sha256_of(folder / name) for name in names}
        _write_manifest(folder, {**content, HASHES: hashes})


def write_within(folder: Path, texts: Mapping[str, str]) -> None:
    """``texts`` in folders of ``folder`` by name (``a/b.csv``), told in its manifest."""
    if not texts:
        return
    with rehashed(folder, texts):
        for name, text in texts.items():
            path = folder / name
            write_files(path.parent, {path.name: writer_of(text)})


def _write_told(path: Path, manifest: Mapping[str, object], files: Mapping[str, Path]) -> None:
    """A manifest with the hashes of ``files`` (name -> where each is whole)."""
    hashes = {name: sha256_of(file) for name, file in files.items() if name != MANIFEST_NAME}
    path.write_text(manifest_text({**manifest, HASHES: hashes}), encoding="utf-8")


def _write_manifest(folder: Path, manifest: Mapping[str, object]) -> None:
    write_files(folder, {MANIFEST_NAME: writer_of(manifest_text(manifest))})


def write_files(
    folder: Path, writers: Mapping[str, Writer], manifest: Mapping[str, object] | None = None
) -> None:
    """Let each writer fill a temporary file, sync it, and rename all at the end, in their order.

    On any failure the temporary files go, and what was there stays. A ``manifest`` goes with the
    files, and has their hashes: the one before goes when all are whole, the new one comes last.
    """
    temporary = {name: unfinished_path(folder, name) for name in writers}
    if manifest is not None:
        told = manifest
        writers = {**writers, MANIFEST_NAME: lambda path: _write_told(path, told, temporary)}
        temporary[MANIFEST_NAME] = unfinished_path(folder, MANIFEST_NAME)
    try:
        with _told_as_user_error(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for name, writer in writers.items():
            with _told_as_user_error(folder / name):
                writer(temporary[name])
                _sync(temporary[name])
        if manifest is not None:
            with _told_as_user_error(folder / MANIFEST_NAME):
                (folder / MANIFEST_NAME).unlink(missing_ok=True)
        for name, path in temporary.items():
            with _told_as_user_error(folder / name):
                path.replace(folder / name)
        with _told_as_user_error(folder):
            _sync(folder)
    finally:
        for path in temporary.values():
            with suppress(OSError):
                path.unlink()


@contextmanager
def _told_as_user_error(path: Path) -> Iterator[None]:
    """Turn what the system says about ``path`` into one line for the user.

    The netCDF library reports a full disk as a ``RuntimeError`` or as missing rights.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        is_full = isinstance(error, RuntimeError) or _is_full(path.parent)
        hint = " - is the disk full?" if is_full else ""
        reason = f"{getattr(error, 'strerror', None) or error}{hint}"
        raise UserError(f"{clip(path, 300)}: cannot be written: {clip(reason, 200)}") from error


def _is_full(folder: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(folder).free < _LEAST_FREE
    return False


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
