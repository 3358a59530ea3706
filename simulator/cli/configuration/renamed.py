"""Keys that have a new name: the old one is still taken, with a notice."""

import sys
from collections.abc import Mapping
from typing import Final

from simulator.validation import UserError, clip

_RENAMED: Final = {("run", "luck_replicates"): ("draws_per_path", 1)}
"""New name, and the value that the shipped files give it, by group and old name."""
_told: set[str] = set()


def renamed_argument(argument: str) -> str:
    """An argument ``KEY=VALUE`` with the key's new name."""
    key, equals, value = argument.partition("=")
    for (group, old), (new, _) in _RENAMED.items():
        if equals and key.lstrip("+") == f"{group}.{old}":
            _tell(group, old, new)
            return f"{key.removesuffix(old)}{new}={value}"
    return argument


def renamed_keys(config: Mapping[str, object]) -> dict[str, object]:
    """The composed ``config`` with new names; a file may hold the old one.

    Both names with two values are a ``UserError``, unless the new one has the value that the
    shipped files give it.
    """
    found = dict(config)
    for (group, old), (new, shipped) in _RENAMED.items():
        section = found.get(group)
        if not isinstance(section, Mapping) or old not in section:
            continue
        value, other = section[old], section.get(new, shipped)
        if other not in (shipped, value):
            raise UserError(
                f"{group}.{old} is the old name of {group}.{new}; got both,"
                f" {clip(value)} and {clip(other)}: keep {new}"
            )
        _tell(group, old, new)
        found[group] = {**{key: section[key] for key in section if key != old}, new: value}
    return found


def _tell(group: str, old: str, new: str) -> None:
    """Say once a process that a key has a new name."""
    if old not in _told:
        _told.add(old)
        print(f"notice: {group}.{old} is now {group}.{new}; write the new name", file=sys.stderr)
