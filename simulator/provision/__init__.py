"""Rule books of classification and provisions, and the cells that they need together."""

from collections.abc import Mapping
from typing import Final

from simulator.provision.classes import Band, Classes
from simulator.provision.lifetime import Lifetime
from simulator.provision.risk_cells import RiskCell, RiskCellTable, build_risk_cells, check_books
from simulator.provision.rule_book import (
    Milestones,
    Minima,
    Overlay,
    RuleBook,
    check_weights,
    family_of,
)
from simulator.provision.staged import SignificantIncrease, Staged
from simulator.validation import UserError, build, check_name, unknown_choice

RULE_BOOK_KINDS: Final[dict[str, type[RuleBook]]] = {
    "staged": Staged,
    "lifetime": Lifetime,
    "classes": Classes,
}
"""Class of each ``kind``; a new kind is a file and an entry here."""


def build_rule_book(name: str, values: Mapping[str, object]) -> RuleBook:
    """The rule book that ``values`` describe; a ``UserError`` names every bad field."""
    check_name("provision name", name)
    owner = f"provision.{name}"
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in RULE_BOOK_KINDS:
        raise unknown_choice(f"{owner}.kind", RULE_BOOK_KINDS, str(kind))
    try:
        return build(owner, RULE_BOOK_KINDS[kind], dict(values))
    except UserError as error:
        # rules about several fields begin with the name of the one to change
        lines = str(error).replace(f"{owner} ", f"{owner}.").splitlines()
        raise UserError("\n".join(lines)) from None


__all__ = [
    "RULE_BOOK_KINDS",
    "Band",
    "Classes",
    "Lifetime",
    "Milestones",
    "Minima",
    "Overlay",
    "RiskCell",
    "RiskCellTable",
    "RuleBook",
    "SignificantIncrease",
    "Staged",
    "build_risk_cells",
    "build_rule_book",
    "check_books",
    "check_weights",
    "family_of",
]
