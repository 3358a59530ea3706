"""Work units: every missing path of a policy once, in blocks of the wanted size."""

from simulator.engine.units import Unit, missing_units
from tests.conftest import run_settings

POLICIES = ("status_quo", "relief")


def test_without_blocks_all_paths_are_missing():
    run = run_settings(paths=5, path_batch=2)
    assert missing_units("s", POLICIES, {}, 0, run) == [
        Unit("s", 0, 2, POLICIES),
        Unit("s", 2, 4, POLICIES),
        Unit("s", 4, 5, POLICIES),
    ]


def test_known_paths_and_found_blocks_are_left_out():
    run = run_settings(paths=10, path_batch=4)
    found = {"status_quo": [(2, 4), (4, 9)], "relief": [(2, 4)]}
    assert missing_units("s", POLICIES, found, 1, run) == [
        Unit("s", 1, 2, POLICIES),
        Unit("s", 4, 8, ("relief",)),
        Unit("s", 8, 9, ("relief",)),
        Unit("s", 9, 10, POLICIES),
    ]


def test_nothing_is_missing_where_everything_was_found():
    run = run_settings(paths=4, path_batch=2)
    found = {policy: [(0, 2), (2, 4)] for policy in POLICIES}
    assert missing_units("s", POLICIES, found, 0, run) == []
