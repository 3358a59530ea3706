"""CECL: every loan holds its expected lifetime loss from the first day."""

from typing import Literal

from simulator.provision.rule_book import Horizon, Milestones, RuleBook
from simulator.situation import Situation


class Lifetime(RuleBook):
    """One grade, lifetime losses."""

    kind: Literal["lifetime"] = "lifetime"

    @property
    def grades(self) -> tuple[str, ...]:
        """A single one."""
        return ("lifetime",)

    @property
    def impaired(self) -> tuple[str, ...]:
        """None: a loan in default counts as impaired."""
        return ()

    @property
    def milestones(self) -> Milestones:
        """None."""
        return Milestones()

    def grade_of(self, situation: Situation, family: str, milestones: Milestones) -> int:
        """Always the first."""
        return 0

    def horizon(self, grade: str) -> Horizon:
        """The loan's life."""
        return "lifetime"
