"""Names that must be known, refused with the nearest one as a hint."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from simulator.catalogue import catalogue
from simulator.validation import UserError, clip, unknown_choice


def check_known(owner: str, allowed: Collection[str], found: str) -> None:
    """Refuse ``found`` unless it is among ``allowed``."""
    if found not in allowed:
        raise unknown_choice(owner, allowed, found)


def check_parameter(group: str, name: str) -> None:
    """Refuse ``group.name`` unless the catalogue has a parameter of that name."""
    if name not in catalogue():
        near = get_close_matches(name, catalogue(), n=1)
        hint = f" - did you mean {near[0]}?" if near else ""
        raise UserError(
            f"{group}.{clip(name)} is not among the {len(catalogue())} parameters of"
            f" docs/model.md, section 15{hint}"
        )


def as_mapping(owner: str, value: object) -> dict[str, object]:
    """``value`` with its first level of keys as words; None is empty."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UserError(f"{owner} must hold keys and values; got {clip(value)}")
    return {str(key): item for key, item in value.items()}
