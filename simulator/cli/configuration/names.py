"""Keys of a configuration: names of parameters that must be known, and mappings with plain keys."""

from collections.abc import Mapping

from simulator.catalogue import catalogue
from simulator.validation import UserError, clip, nearest


def check_parameter(group: str, name: str) -> None:
    """Refuse ``group.name`` unless the catalogue has a parameter of that name."""
    if name not in catalogue():
        raise UserError(
            f"{group}.{clip(name)} is not among the {len(catalogue())} parameters of"
            f" docs/model.md, section 15{nearest(name, catalogue())}"
        )


def keyed(owner: str, value: object) -> dict[str, object]:
    """``value`` with its first level of keys as words; None is empty."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UserError(f"{owner} must hold keys and values; got {clip(value)}")
    return {str(key): item for key, item in value.items()}
