"""Sensitivity of small runs: what moves losses is found, what does nothing is said to be noise."""

from functools import cache

import numpy as np
import pytest

from simulator import UserError, stress_test
from simulator.results.sensitivity import DUMMY, sensitivity_text
from simulator.settings import SensitivitySettings
from tests.explain.quick_book import QUICK

SMALL = {
    "book": QUICK,
    "paths": 4,
    "months": 6,
    "runoff_months": 0,
    "provision": (),
    "book_draws": 0,
    "scenarios": ["downturn"],
    "policies": [],
}
MOVED = ("finding_rate", "funding_annual_rate", "operating_cost_monthly")


def settings(**keys) -> SensitivitySettings:
    values = {"parameters": MOVED, "borrowers": 400, "paths": 4, "trajectories": 2, **keys}
    return SensitivitySettings(**values)


@cache
def rows_of(method: str, **keys):
    asked = settings(method=method, metric="credit_loss", **keys)
    run = stress_test(**SMALL, sections={"sensitivity": asked})
    return run, run.sensitivity


def test_what_finds_work_moves_losses_and_what_money_costs_does_exactly_nothing():
    _, rows = rows_of("morris")
    found = {row.parameter: row for row in rows}
    assert found["finding_rate"].size > 0.0
    assert found["finding_rate"].mean < 0.0  # who finds work sooner loses less
    for name in ("funding_annual_rate", "operating_cost_monthly"):
        assert found[name].size == 0.0
        assert found[name].beyond_noise == 0.0
    assert np.isnan(found["finding_rate"].shapley)


def test_shares_add_up_and_dummies_are_told():
    run, rows = rows_of("sobol", points=32, borrowers=200)
    shares = [row.shapley for row in rows if np.isfinite(row.shapley)]
    assert sum(shares) == pytest.approx(1.0)
    dummies = [row for row in rows if row.parameter.startswith(DUMMY)]
    assert len(dummies) == 5
    assert rows[-5:] == tuple(dummies)
    assert rows[0].parameter == "finding_rate"
    assert all(row.beyond_noise == 0.0 for row in dummies)
    assert rows[0].emulator_error > 0.0
    text = sensitivity_text(rows)
    assert text.startswith("parameter,low,base,high,metric,unit,size,se,mean,scatter,first,total")
    assert run.summary


def test_nothing_is_moved_unasked():
    run, _ = rows_of("morris")
    plain = stress_test(**SMALL)
    assert plain.sensitivity == ()
    assert repr(plain.summary) == repr(run.summary)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"parameters": ("finding_rat",)}, "did you mean finding_rate"),
        ({"scenario": "baseline"}, "sensitivity.scenario"),
        ({"metric": "net_los"}, "sensitivity.metric"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_the_run(keys, said):
    with pytest.raises(UserError, match=said):
        stress_test(**SMALL, sections={"sensitivity": settings(**keys)})
