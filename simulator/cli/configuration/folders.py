"""Where configurations and scenarios lie, and which choices each group offers."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from simulator.cli.configuration.groups import TABLE, with_files
from simulator.reading.named_files import with_home
from simulator.shipped import TABLE_FOLDER, shipped_folders
from simulator.validation import NAME_PATTERN, UserError, check_name, clip, printable


def shown(path: Path) -> str:
    """``path`` as a user would write it: relative to the current folder where possible."""
    try:
        return printable(str(path.relative_to(Path.cwd())))
    except ValueError:
        return printable(str(path))


def check_place(what: str, folder: Path) -> None:
    """Refuse a folder whose name the libraries that write there would take for another.

    ``${`` is a reference to Hydra, a backslash a separator to netCDF, and no file of results can
    hold a name that is not text in UTF-8.
    """
    name, why = str(folder), ""
    if "${" in name:
        why = "hold ${"
    elif "\\" in name and os.sep == "/":
        why = "hold a backslash"
    elif any("\ud800" <= char <= "\udfff" for char in name):
        why = "have a name that is not text in UTF-8"
    if why:
        raise UserError(f"{what} must not {why}; got {clip(name, 200)}")


@dataclass(frozen=True, slots=True)
class ConfigFolders:
    """The roots that are searched, in order: configs, scenarios, then the user's own."""

    configs: Path
    scenarios: Path
    users: tuple[Path, ...] = ()

    @property
    def roots(self) -> tuple[Path, ...]:
        """Every root, the shipped ones first."""
        return (self.configs, self.scenarios, *self.users)

    @property
    def searched_after_configs(self) -> tuple[Path, ...]:
        """Every root but the one that holds the main configuration."""
        return self.roots[1:]

    @property
    def table_folders(self) -> tuple[Path, ...]:
        """Folders of macro tables, in search order."""
        found = (root / TABLE_FOLDER for root in self.roots)
        return tuple(folder for folder in found if folder.is_dir())

    def choices(self, group: str) -> dict[str, Path]:
        """File of each choice of ``group`` by name, sorted; of a name given twice the first."""
        found: dict[str, Path] = {}
        for path in self._files(group, "*.yaml"):
            if NAME_PATTERN.match(path.stem):
                found.setdefault(path.stem, path)
        return dict(sorted(found.items()))

    def misnamed(self, group: str) -> list[tuple[str, str]]:
        """Name and what is wrong with it, for each file of ``group`` that cannot be a choice."""
        found: list[tuple[str, str]] = []
        choices = self.choices(group)
        for path in self._files(group, "*.yaml"):
            first = choices.get(path.stem)
            if first is None:
                try:
                    check_name(f"{shown(path)}: the file's name", path.stem)
                except UserError as error:
                    found.append((path.stem, str(error)))
            elif first != path:
                why = f"{group} {path.stem} exists already in {shown(first)}"
                found.append((path.stem, f"{shown(path)}: {why}; choose another file name"))
        for path in self._files(group, "*.yml"):
            found.append((path.stem, f"{shown(path)}: the name must end in .yaml"))
        return found

    def _files(self, group: str, pattern: str) -> list[Path]:
        return [path for root in self.roots for path in sorted((root / group).glob(pattern))]


def chosen_in(file: Path) -> dict[str, tuple[str, ...]]:
    """Names that the defaults list of ``file`` (main configuration or experiment) chooses.

    Groups that it leaves empty (``null`` or ``[]``) choose nothing; others it does not have.
    """
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    found: dict[str, tuple[str, ...]] = {}
    for entry in content.get("defaults") or ():
        for key, names in entry.items() if isinstance(entry, dict) else ():
            group = key.removeprefix("override").strip(" /")
            if group in TABLE:
                listed = names if isinstance(names, list) else [names]
                found[group] = tuple(name for name in listed if name is not None)
    return found


def find_folders(user_folders: Sequence[str] = ()) -> ConfigFolders:
    """The shipped folders and ``user_folders``, each checked to be a folder of groups."""
    configs, scenarios = shipped_folders()
    users: list[Path] = []
    for name in user_folders:
        folder = with_home(name.removeprefix("file://")).absolute()
        if "://" in name.removeprefix("file://") or not folder.is_dir():
            raise UserError(
                f"--config-dir and hydra.searchpath must be folders; got {clip(name, 200)}"
            )
        if folder in (configs, scenarios) or folder in users:
            continue
        known = (*with_files(), TABLE_FOLDER)
        if not any((folder / group).is_dir() for group in known):
            raise UserError(f"{clip(name, 200)}: must hold one of the folders {', '.join(known)}")
        users.append(folder)
    return ConfigFolders(configs, scenarios, tuple(users))
