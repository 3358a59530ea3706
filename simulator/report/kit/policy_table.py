"""A table with a row a policy: where and over what it holds, and its columns."""

from dataclasses import dataclass

from simulator.report.kit.language import mark
from simulator.results.table import Table, texts

POLICY_NAMES = texts(mark("Rank"), mark("Policy"), "")
"""Columns that name a row: rank, policy and a note."""


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """Policies, best first: where it holds, over which months and borrowers; its numbers."""

    place: str
    months: str
    compared: str
    table: Table
