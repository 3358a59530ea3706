"""What break-evens simulate beside a run, counted before its first path.

The sums that they hold are counted with the run's.
"""

from collections.abc import Sequence
from typing import Final

from simulator.break_even.question import Question
from simulator.break_even.search import SCAN_POINTS, SEARCHES
from simulator.needs import Beside

NARROWED: Final = 5
"""Values that a search takes between two that were scanned, at most."""


def work_of(questions: Sequence[Question], paths: int) -> tuple[Beside, ...]:
    """An entry for each question of a run with so many ``paths``."""
    values = SCAN_POINTS + SEARCHES * NARROWED
    return tuple(
        Beside(f"to find break-even of {question.name}", float(values * paths))
        for question in questions
    )
