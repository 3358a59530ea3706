"""Shipped policies and their lever tables, for the tests of policies."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from simulator.book.distributions import RISK_BANDS
from simulator.levers import LeverTable, SegmentNames
from simulator.policies import Policy, StatusQuo, build_policy, levers_for
from simulator.shipped import shipped_folders

FILES = sorted((shipped_folders()[0] / "policy").glob("*.yaml"))
HORIZON = 12
CELLS = list(itertools.product(("east", "west"), ("cash", "line"), RISK_BANDS))
SEGMENTS = SegmentNames(
    tuple(region for region, _, _ in CELLS),
    tuple(product for _, product, _ in CELLS),
    tuple(band for _, _, band in CELLS),
)
EAST = np.array([region == "east" for region in SEGMENTS.region])
STATUS_QUO = StatusQuo()


def content(file: Path) -> dict[str, object]:
    """Settings in a policy's file."""
    loaded: dict[str, object] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


SINGLES, COMBINATIONS = (
    [file for file in FILES if (content(file)["kind"] == "combination") is combined]
    for combined in (False, True)
)
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
every_single = pytest.mark.parametrize("file", SINGLES, ids=lambda file: file.stem)
every_combination = pytest.mark.parametrize("file", COMBINATIONS, ids=lambda file: file.stem)


def preset(name: str) -> Policy:
    """The shipped policy of that name."""
    return build_policy(name, content(next(file for file in FILES if file.stem == name)))


def table_of(policy: Policy, horizon: int = HORIZON) -> LeverTable:
    """Packed levers on top of the reference's defaults."""
    return levers_for(policy, STATUS_QUO, SEGMENTS, horizon)


def assert_same_tables(left: LeverTable, right: LeverTable) -> None:
    """Every lever of every class has the same bits."""
    for ours, theirs in zip(left, right, strict=True):
        assert np.array_equal(ours, theirs)


def by_segment(table: LeverTable) -> dict[str, NDArray[np.float64]]:
    """Every lever by month and segment (and cell); levers of the book as they are."""
    tables = (table.loan, table.customer, table.underwriting)
    levers = {n: t[n][:, table.class_of_segment] for t in tables for n in t.dtype.names or ()}
    return levers | {n: table.book[n] for n in table.book.dtype.names or ()}


REFERENCE_LEVERS = by_segment(table_of(STATUS_QUO))


def changes(policy: Policy) -> dict[str, set[float]]:
    """Levers that differ from the reference in any cell, with the values that they take there."""
    found = {}
    for name, ours in by_segment(table_of(policy)).items():
        differs = ours != REFERENCE_LEVERS[name]
        if differs.any():
            found[name] = {round(float(value), 9) for value in np.unique(ours[differs])}
    return found
