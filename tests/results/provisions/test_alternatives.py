"""The opening allowance otherwise: one scenario alone, another multiple of the PD; overlays."""

import numpy as np
import pytest

from simulator import stress_test
from simulator.provision import build_rule_book
from simulator.results.run import Run
from simulator.shipped import read_shipped

SIZE = {
    "policies": ["grace_period"],
    "paths": 4,
    "months": 6,
    "runoff_months": 13,
    "borrowers": 400,
}


def _run(**changes: object) -> Run:
    settings = {**read_shipped("provision", "cas22"), **changes}
    book = build_rule_book("cas22", settings)
    scenarios = ["baseline", "downturn"]
    return stress_test(scenarios=scenarios, provision={"cas22": book}, **SIZE)  # type: ignore[arg-type]


def _opening(outcome: Run) -> float:
    found = outcome.dataset["allowance_at_opening"].sel(policy="status_quo").isel(scenario=0)
    return float(found.mean("path").squeeze())


@pytest.fixture(scope="module")
def plain() -> Run:
    return _run()


def _if(outcome: Run, name: str) -> float:
    return float(outcome.dataset["opening_allowance_if"].sel(alternative=name).squeeze())


def test_the_weighted_one_is_the_opening_allowance(plain: Run) -> None:
    assert _if(plain, "weighted") == pytest.approx(_opening(plain), rel=1e-12)


@pytest.mark.parametrize("scenario", ["baseline", "downturn"])
def test_one_scenario_alone_is_a_run_with_all_weight_on_it(plain: Run, scenario: str) -> None:
    alone = _run(scenario_weights={scenario: 1.0})
    assert _if(plain, f"alone_{scenario}") == pytest.approx(_opening(alone), rel=1e-9)
    assert _if(plain, f"alone_{scenario}") != pytest.approx(_opening(plain), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "multiple"), [("sicr_half", 1.75), ("sicr_double", 4.0), ("sicr_backstop", None)]
)
def test_another_multiple_is_a_run_with_that_multiple(
    plain: Run, name: str, multiple: float | None
) -> None:
    shipped = read_shipped("provision", "cas22")["significant_increase"]
    assert isinstance(shipped, dict)
    assert shipped["pd_multiple"] == 2.5
    other = _run(significant_increase={**shipped, "pd_multiple": multiple})
    assert _if(plain, name) == pytest.approx(_opening(other), rel=1e-9)


def test_fixed_shares_have_no_alternatives() -> None:
    outcome = stress_test(
        scenarios=["baseline"], provision=["china_minimum"], paths=2, months=3, borrowers=100
    )
    assert np.isnan(outcome.dataset["opening_allowance_if"]).all()


def test_overlays_name_their_people_and_their_amounts_before_and_after() -> None:
    overlay = {
        "name": "floods",
        "reason": "the scenarios hold none",
        "proposed_by": "A",
        "approved_by": "B",
        "grade": "stage_2",
        "share_of_balance": 0.05,
        "until": "2026-03",
    }
    outcome = _run(overlays=[overlay])
    overlays = outcome.manifest["overlays"]
    assert isinstance(overlays, dict)
    (told,) = overlays["cas22"]
    assert (told["proposed_by"], told["approved_by"]) == ("A", "B")
    assert told["amounts"]["month"] == "2026-03"
    without = _run()
    for scenario in ("baseline", "downturn"):
        amounts = told["amounts"][scenario]
        place = {"scenario": scenario, "policy": "status_quo", "month": 3}
        before, after = (
            float(o.dataset["allowance"].sel(place).mean("path").squeeze())
            for o in (without, outcome)
        )
        assert amounts["after"] == pytest.approx(after, rel=1e-9)
        assert amounts["before"] == pytest.approx(before, rel=1e-9)
        assert amounts["added"] > 0.0
