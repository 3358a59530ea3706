"""One small run that the tests of the notebook's face share."""

import pytest

import loanstress

SMALL: dict[str, object] = {
    "paths": 3,
    "months": 4,
    "borrowers": 150,
    "book_draws": 0,
    "progress": False,
}


@pytest.fixture(scope="session")
def run():
    """Two scenarios, two policies beside the current one, a history."""
    return loanstress.stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", {"kind": "grace_period", "name": "half", "deferred_share": 0.5}],
        history_borrowers=4,
        provision=["cas22"],
        **SMALL,
    )


@pytest.fixture(scope="session")
def folder(run, tmp_path_factory):
    """The same run, stored."""
    found = tmp_path_factory.mktemp("stored")
    loanstress.stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", {"kind": "grace_period", "name": "half", "deferred_share": 0.5}],
        history_borrowers=4,
        provision=["cas22"],
        output=found,
        **SMALL,
    )
    return found
