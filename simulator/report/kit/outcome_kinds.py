"""Outcomes of borrowers against the current policy: their names, colours and sides."""

from typing import Final, NamedTuple

from simulator.report.kit import style
from simulator.report.kit.language import mark
from simulator.vocabulary import Fate

PER: Final = 1000.0
"""Borrowers that rates are given for."""


class FateKind(NamedTuple):
    """How a fate is called (English, to be said) and drawn: right (1) or left (-1) of zero."""

    fate: Fate
    name: str
    colour: tuple[str, str]
    side: int


FIRST_90: Final = (
    FateKind(Fate.SAVED, mark("saved"), style.SERIES[3][:2], 1),
    FateKind(Fate.DELAYED, mark("delayed"), style.CAUSE_SERIES[5], 1),
    FateKind(Fate.CENSORED, mark("follow-up too short"), style.OTHER, 1),
    FateKind(Fate.HARMED, mark("harmed"), style.SERIES[2][:2], -1),
    FateKind(Fate.HASTENED, mark("hastened"), style.CAUSE_SERIES[3], -1),
)
"""What a policy does to the first time at 90+ days past due; these exclude each other."""

FREE: Final = (
    FateKind(
        Fate.FREE_RIDER,
        mark("relief taken without need: would not have been 30 days late without it"),
        style.CAUSE_SERIES[1],
        1,
    ),
)

LENDING: Final = (
    FateKind(Fate.REFUSED_GOOD, mark("no loan here: would have paid"), style.CAUSE_SERIES[6], -1),
    FateKind(Fate.REFUSED_BAD, mark("no loan here: would have defaulted"), style.SERIES[6][:2], 1),
)

PANELS: Final = (
    (mark("First time at 90+"), FIRST_90),
    (mark("Relief taken without need"), FREE),
    (mark("No loan here"), LENDING),
)

FATE_KINDS: Final = tuple(kind for _, kinds in PANELS for kind in kinds)

GROUPS: Final = {
    "income_decile": mark("Income decile"),
    "age_band": mark("Age"),
    "region": mark("Region"),
    "product": mark("Product"),
}
"""Dimensions by which the results tell who bears a policy."""

BEARING: Final = (FIRST_90[0], FIRST_90[3])


def fate_class(kind: FateKind) -> str:
    """CSS class of the colour of a fate."""
    return f"fate-{kind.fate.name.lower().replace('_', '-')}"
