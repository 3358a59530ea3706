"""What a lender sees of a loan at month end, as one number.

The kernel writes the number (``situation_code``, compiled), rule books read it back
(``situation_of``); equations: docs/model.md, section 13.
"""

from typing import Final, NamedTuple

from simulator.vocabulary import Forbearance

UNPAID_CAP: Final = 13
"""Unpaid instalments from which more make no difference: over 360 days past due."""
MAX_OBSERVATIONS: Final = 4
"""Distinct lengths of observation after relief that the rule books of a run may have."""
MAX_MILESTONES: Final = 6
"""Distinct numbers of clean months after a default that they may have."""

RELIEF_NONE: Final = 0
RELIEF_UNMARKED: Final = 1
"""Relief is running that marks nothing."""
_RELIEF_MARKED: Final = 2
_N_RELIEF: Final = _RELIEF_MARKED + 2 * (1 + MAX_OBSERVATIONS)
_N_MEMORY: Final = 1 + MAX_MILESTONES

N_SITUATIONS: Final = (UNPAID_CAP + 1) * 2 * 2 * 2 * _N_RELIEF * _N_MEMORY


class Situation(NamedTuple):
    """``situation_code`` read back.

    ``relief_phase``: 0 while marked relief runs, then 1 + the milestones of observation passed;
    ``memory``: 0 without a default, else 1 + the milestones of clean months passed since.
    """

    unpaid: int
    hardship: bool
    warned: bool
    technical: bool
    unmarked_relief: bool
    forbearance: Forbearance
    relief_phase: int
    memory: int


def relief_code(kind: int, running: bool, passed: int) -> int:
    """Relief as one number: its mark (``Forbearance``), whether it runs, milestones passed."""
    if kind == 0:
        return 1 if running else 0
    phase = 0 if running else 1 + passed
    return _RELIEF_MARKED + 2 * phase + kind - 1


def situation_code(
    unpaid: int, hardship: int, warned: int, technical: int, relief: int, memory: int
) -> int:
    """One number below ``N_SITUATIONS``; ``relief`` by ``relief_code``, flags 0 or 1."""
    flags = ((min(unpaid, UNPAID_CAP) * 2 + hardship) * 2 + warned) * 2 + technical
    return (flags * _N_RELIEF + relief) * _N_MEMORY + memory


def situation_of(code: int) -> Situation:
    """What ``situation_code`` was given; not compiled."""
    rest, memory = divmod(code, _N_MEMORY)
    rest, relief = divmod(rest, _N_RELIEF)
    rest, technical = divmod(rest, 2)
    rest, warned = divmod(rest, 2)
    unpaid, hardship = divmod(rest, 2)
    phase, kind = divmod(relief - _RELIEF_MARKED, 2) if relief >= _RELIEF_MARKED else (0, -1)
    return Situation(
        unpaid,
        bool(hardship),
        bool(warned),
        bool(technical),
        relief == RELIEF_UNMARKED,
        Forbearance(kind + 1),
        phase,
        memory,
    )
