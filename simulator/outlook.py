"""What the value of a loan in the run-off hangs on at a month end, as one number.

Equations: docs/model.md, section 14.
"""

from typing import Final

from simulator.vocabulary import N_BUCKETS

TERM_EDGES: Final = (3, 6, 12, 24)
"""Remaining months up to which outlooks are told apart."""
_N_TERMS: Final = len(TERM_EDGES) + 1
OUTLOOKS_OF_BUCKET: Final = 2 * _N_TERMS
N_OUTLOOKS: Final = N_BUCKETS * OUTLOOKS_OF_BUCKET
"""Of one product."""

BALANCE: Final = 0
GAIN: Final = 1
N_BROUGHT: Final = 2
"""What is summed by outlook: balance at month ends with a month after them, gain of that month."""


def outlook_code(unpaid: int, relieved: int, remaining: int) -> int:
    """One number below ``N_OUTLOOKS``; ``relieved``: 1 if the loan ever had relief."""
    term = 0
    for edge in TERM_EDGES:
        term += 1 if remaining > edge else 0
    return (min(unpaid, N_BUCKETS - 1) * 2 + relieved) * _N_TERMS + term
