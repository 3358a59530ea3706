"""Every YAML file is read with suspicion before Hydra reads it with none.

Hydra loads files before the program runs: an alias bomb hangs it, ``${oc.env:...}`` leaks the
environment, a ``_global_`` header lets a scenario change the seed. Hydra opens only what a run
chooses, so a bad file that nobody chose is told and left alone.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from simulator.cli.configuration.folders import ConfigFolders, chosen_in, shown
from simulator.cli.configuration.groups import (
    ALL_PRODUCTS,
    EXPERIMENT,
    PRODUCT,
    TABLE,
    is_list,
    with_files,
)
from simulator.reading.plain_yaml import check_nodes, load, parse, read_text
from simulator.validation import UserError, check_known, clip, unknown_choice

_TYPED: Final = "keys of engine are typed on the command line, never read from a file"


def scan(folders: ConfigFolders, asked: Mapping[str, frozenset[str] | None]) -> list[str]:
    """Refuse, with a ``UserError`` that names the file, what no configuration needs.

    ``asked``: names that the command line chooses in each group; None is every one. Returns what
    is wrong with the files that neither it nor a defaults list chooses; Hydra never opens those.
    """
    _scan_main(folders.configs / "config.yaml")
    for root in folders.users:
        for name in ("config.yaml", "hydra"):
            if (root / name).exists():
                raise UserError(
                    f"{shown(root / name)}: not allowed; put whole set-ups into experiment/"
                )
    choices = {group: folders.choices(group) for group in with_files()}
    wanted: dict[str, set[str]] = {group: set() for group in choices}
    for group, names in asked.items():
        wanted[group] |= set(choices[group]) if names is None else names
    _add_defaults(wanted, folders.configs / "config.yaml")
    wanted[PRODUCT] |= set(choices[PRODUCT])
    warnings: list[str] = []
    for group in (EXPERIMENT, *(group for group in choices if group != EXPERIMENT)):
        for name, why in folders.misnamed(group):
            if name in wanted[group]:
                raise UserError(why)
            warnings.append(why)
        for name, path in choices[group].items():
            try:
                if TABLE[group].typed_only and folders.configs not in path.parents:
                    raise _refuse(path, _TYPED)
                scan_choice(path, group, choices)
            except UserError as error:
                if name in wanted[group]:
                    raise
                warnings.append(str(error))
            else:
                if group == EXPERIMENT and name in wanted[group]:
                    _add_defaults(wanted, path)
    return warnings


def _add_defaults(wanted: dict[str, set[str]], file: Path) -> None:
    """Add what the defaults list of a scanned ``file`` chooses."""
    for group, names in chosen_in(file).items():
        wanted[group] |= set(names)


def _refuse(path: Path, why: str) -> UserError:
    return UserError(f"{shown(path)}: {why}")


def _scan_main(path: Path) -> None:
    owner = shown(path)
    check_nodes(owner, parse(owner, read_text(path, owner)), interpolation=True)


def scan_choice(path: Path, group: str, choices: dict[str, dict[str, Path]]) -> None:
    """Refuse one file of ``group``; ``choices`` (file by group and name) are for an experiment."""
    owner = shown(path)
    text = read_text(path, owner)
    root = parse(owner, text)
    _check_header(path, text, group)
    check_nodes(owner, root, interpolation=TABLE[group].interpolation)
    content = {} if root is None else load(owner, text)
    if not isinstance(content, dict):
        raise _refuse(path, "must hold keys and values")
    if "hydra" in content:
        raise _refuse(path, "hydra: is allowed in the main config.yaml only")
    if group == EXPERIMENT:
        _check_experiment(path, content, choices)
    elif "defaults" in content:
        raise _refuse(path, "defaults: is allowed in experiment files only")


def _check_header(path: Path, text: str, group: str) -> None:
    """Compare the ``# @package`` header, read as Hydra reads it, with the expected one."""
    expected = "_global_" if group == EXPERIMENT else None
    if is_list(group):
        expected = f"{group}.{path.stem}"
    headers: list[str] = []
    for line in text.removeprefix("\ufeff").splitlines():
        if line.strip() and not re.match(r"\s*#\s*@", line):
            break
        if line.strip():
            headers.append(" ".join(line.strip().lstrip("#").split()))
    allowed = [f"@package {expected}"] if expected else []
    if headers != allowed:
        rule = f"must begin with '# @package {expected}'" if expected else "takes no @ header"
        found = f"; got '# {clip(headers[0])}'" if headers else ""
        raise _refuse(path, rule + found)


def _check_experiment(
    path: Path, content: dict[object, object], choices: dict[str, dict[str, Path]]
) -> None:
    keys = (
        "defaults",
        *(n for n, item in TABLE.items() if n != EXPERIMENT and not item.typed_only),
    )
    for key in content:
        if str(key) in TABLE and TABLE[str(key)].typed_only:
            raise _refuse(path, _TYPED)
        check_known(f"{shown(path)}: a key", keys, str(key))
    entries = content.get("defaults") or []
    if not isinstance(entries, list):
        raise _refuse(path, "defaults must be a list")
    for entry in entries:
        if entry == "_self_":
            continue
        if not isinstance(entry, dict) or len(entry) != 1:
            raise _refuse(path, "defaults may hold only 'override /GROUP: NAME'")
        ((key, value),) = entry.items()
        group = str(key).removeprefix("override /").strip()
        if not str(key).startswith("override /") or group not in keys or group not in choices:
            raise _refuse(path, f"defaults may hold only 'override /GROUP: NAME'; got {clip(key)}")
        if group == PRODUCT:
            raise _refuse(path, ALL_PRODUCTS)
        names = value if isinstance(value, list) and is_list(group) else [value]
        for name in names:
            if not isinstance(name, str) or name not in choices[group]:
                raise unknown_choice(f"{shown(path)}: {group}", choices[group], str(name))
