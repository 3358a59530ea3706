"""Names of a run's files, and of those that are not yet whole."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from simulator.validation import UserError

RESULTS_NAME: Final = "results.nc"
SUMMARY_NAME: Final = "summary.csv"
MANIFEST_NAME: Final = "manifest.json"
REPORT_NAME: Final = "report.html"
WORKBOOK_NAME: Final = "tables.xlsx"
COMPARISON_NAME: Final = "comparison.html"
"""Several runs side by side; in the folder of the first one."""
HISTORY_NAME: Final = "history.parquet"
CAUSES_NAME: Final = "causes.csv"
ASSUMPTIONS_NAME: Final = "assumptions.csv"
UNDERWRITING_NAME: Final = "underwriting.csv"
UNDERWRITING_PAGE: Final = "underwriting.html"
REJECTED_NAME: Final = "rejected.csv"
SENSITIVITY_NAME: Final = "sensitivity.csv"
EMULATE_NAME: Final = "emulate.json"
SEARCH_NAME: Final = "search.json"
REVERSE_NAME: Final = "reverse.json"
REVERSE_FOLDER: Final = "reverse"
"""Folder of the scenarios that reverse stress found, to be run with --config-dir."""
FIGURES: Final = "figures"
"""Folder of the pictures of a report."""
FILE_NAMES: Final = (
    RESULTS_NAME,
    SUMMARY_NAME,
    MANIFEST_NAME,
    REPORT_NAME,
    WORKBOOK_NAME,
    COMPARISON_NAME,
    HISTORY_NAME,
    CAUSES_NAME,
    ASSUMPTIONS_NAME,
    UNDERWRITING_NAME,
    UNDERWRITING_PAGE,
    REJECTED_NAME,
    REVERSE_NAME,
    SENSITIVITY_NAME,
    EMULATE_NAME,
    SEARCH_NAME,
)


def unfinished_path(folder: Path, name: str) -> Path:
    """Where this process writes the file ``name`` before it is whole."""
    return folder / f".{name}.{os.getpid()}.tmp"


def remove_files(folder: Path, names: Iterable[str], owner: str) -> None:
    """Remove files of an earlier ``owner``, also the unfinished ones of a process that was killed.

    A ``UserError`` names one that cannot be removed.
    """
    for name in names:
        for path in (folder / name, *folder.glob(f".{name}.*.tmp")):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise UserError(
                    f"{path}: an earlier {owner}'s file cannot be removed ({error.strerror})"
                ) from None
