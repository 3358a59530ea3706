"""Names of parameters, refused with the nearest one as a hint where they are not known."""

from difflib import get_close_matches

from simulator.catalogue import catalogue
from simulator.validation import UserError, clip


def check_parameter(group: str, name: str) -> None:
    """Refuse ``group.name`` unless the catalogue has a parameter of that name."""
    if name not in catalogue():
        near = get_close_matches(name, catalogue(), n=1)
        hint = f" - did you mean {near[0]}?" if near else ""
        raise UserError(
            f"{group}.{clip(name)} is not among the {len(catalogue())} parameters of"
            f" docs/model.md, section 15{hint}"
        )
