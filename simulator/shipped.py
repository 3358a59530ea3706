"""The configurations and scenarios that come with the program, by group and name."""

from importlib.resources import files
from pathlib import Path
from typing import Final

import yaml

from simulator.validation import UserError, check_known

TABLE_FOLDER: Final = "_macro"
"""Folder of macro tables beside the groups."""


def shipped_folders() -> tuple[Path, Path]:
    """The folders ``configs`` and ``scenarios`` of the checkout, else those in the wheel."""
    package = Path(str(files("simulator")))
    for base in (package.parent, package / "_shipped"):
        configs, scenarios = base / "configs", base / "scenarios"
        if (configs / "config.yaml").is_file() and (scenarios / "scenario").is_dir():
            return configs, scenarios
    raise UserError(f"{package / '_shipped'}: configs and scenarios are missing; install again")


def shipped_tables() -> Path:
    """The folder of shipped macro tables."""
    return shipped_folders()[1] / TABLE_FOLDER


def shipped_files(group: str) -> dict[str, Path]:
    """The shipped files of ``group`` by name."""
    return {
        path.stem: path
        for root in shipped_folders()
        for path in sorted((root / group).glob("*.yaml"))
    }


def read_shipped(group: str, name: str) -> dict[str, object]:
    """Keys and values of the shipped file ``name`` of ``group``; ``UserError`` if there is none."""
    found = shipped_files(group)
    check_known(group, found, name)
    content = yaml.safe_load(found[name].read_text(encoding="utf-8")) or {}
    return {str(key): value for key, value in content.items()}


def default_choices(group: str) -> tuple[str, ...]:
    """Names of ``group`` that the defaults list of the main configuration chooses, in its order."""
    content = yaml.safe_load((shipped_folders()[0] / "config.yaml").read_text(encoding="utf-8"))
    listed = next(entry[group] for entry in content["defaults"] if group in entry)
    return tuple(str(name) for name in (listed if isinstance(listed, list) else [listed]))


def fitted_books(parameters: str) -> tuple[str, ...]:
    """Books to which the shipped set ``parameters`` was fitted; none of a set of the user's own.

    The shipped experiments with a calibration say it.
    """
    found: dict[str, None] = {}
    for path in sorted((shipped_folders()[0] / "experiment").glob("*.yaml")):
        chosen = _choices_of(path)
        if parameters == chosen.get("parameters") and chosen.get("calibration"):
            found[str(chosen.get("book"))] = None
    return tuple(found)


def _choices_of(experiment: Path) -> dict[str, object]:
    """What the defaults list of an experiment overrides, by group."""
    content = yaml.safe_load(experiment.read_text(encoding="utf-8"))
    return {
        str(key).removeprefix("override").strip(" /"): value
        for entry in content.get("defaults", ())
        for key, value in entry.items()
    }
