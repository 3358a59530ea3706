"""A scenario's distance from its baseline, multiplied."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from simulator.cli.configuration.find_scenario import find_scenario
from simulator.cli.scenario import main
from simulator.macro import Scenario, load_scenario
from simulator.macro.scaled import scaled
from simulator.macro.variables import MACRO_VARIABLES, variable_of
from simulator.report.kit.language import name, speaking
from simulator.settings import ScenarioSettings
from simulator.validation import UserError, build
from tests.macro.test_scenarios import NAMES, REGIONS, TABLES, load, shipped

MONTHS = 36


def at(wanted: str, severity: float, **changes: object) -> Scenario:
    settings = shipped(wanted).model_copy(update={"severity": severity, **changes})
    return load_scenario(wanted, settings, MONTHS, REGIONS, "2026-01", [TABLES])


def test_severity_1_is_the_table_to_the_bit():
    for wanted in NAMES:
        told, plain = at(wanted, 1.0), load(wanted, MONTHS)
        assert told.label == plain.label
        assert told.notes == plain.notes
        np.testing.assert_array_equal(told.disaster, plain.disaster)
        for column, path in plain.central.items():
            np.testing.assert_array_equal(told.central[column], path)


@pytest.mark.parametrize(
    "wanted",
    ["downturn", "severe_downturn", "epidemic", "income_squeeze", "regulatory_tightening",
     "regional_flood"],
)  # fmt: skip
def test_severity_0_is_the_baseline_to_the_bit(wanted):
    found, baseline = at(wanted, 0.0), load("baseline", MONTHS)
    np.testing.assert_array_equal(found.disaster, baseline.disaster)
    for column, path in baseline.central.items():
        smoothed_otherwise = wanted == "regulatory_tightening"
        np.testing.assert_allclose(
            found.central[column], path, rtol=0, atol=1e-3 if smoothed_otherwise else 0
        )


def test_rates_move_on_the_logit_scale():
    base = load("baseline", MONTHS).central["unemployment_rate"]
    plain = load("downturn", MONTHS).central["unemployment_rate"]
    found = at("downturn", 1.5).central["unemployment_rate"]
    wanted = expit(logit(base) + 1.5 * (logit(plain) - logit(base)))
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_income_moves_in_its_unit():
    base = load("baseline", MONTHS).central["income_growth"]
    plain = load("downturn", MONTHS).central["income_growth"]
    found = at("downturn", 2.0).central["income_growth"]
    np.testing.assert_allclose(found, 2 * plain - base, atol=1e-15)


def test_a_flood_twice_as_severe_strikes_twice_independently():
    plain, found = load("regional_flood", MONTHS).disaster, at("regional_flood", 2.0).disaster
    np.testing.assert_allclose(1 - found, (1 - plain) ** 2, rtol=1e-12)
    assert found.max() > plain.max()


@pytest.mark.parametrize("severity", [1.5, 2.0, 5.0])
@pytest.mark.parametrize("wanted", NAMES)
def test_every_shipped_scenario_stays_in_its_ranges_above_1(wanted, severity):
    found = at(wanted, severity)
    for column, path in found.central.items():
        variable = MACRO_VARIABLES[column]
        assert np.isfinite(path).all()
        assert path.min() >= variable.low
        assert path.max() <= variable.high
    assert found.disaster.min() >= 0
    assert found.disaster.max() <= 1


@given(
    st.sampled_from(("unemployment_rate", "policy_rate", "credit_supply", "epidemic")),
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 4), st.floats(0.01, 1),
)  # fmt: skip
def test_more_severity_never_comes_nearer_to_the_baseline(column, path, base, severity, more):
    variable = variable_of(column)
    low, high = variable.low, variable.high
    here, there = (np.array([low + (high - low) * share]) for share in (path, base))
    near, far = (scaled(column, here, there, s)[0] for s in (severity, severity + more))
    # A rate near 0 counts as a hundredth of a percent once severity is not 1.
    assert abs(far - there[0]) >= abs(near - there[0]) - 1.1e-4


def test_without_a_baseline_the_opening_is_held():
    found = at("us_history_2007_2024", 0.0)
    plain = load("us_history_2007_2024", MONTHS)
    for column, path in plain.central.items():
        np.testing.assert_array_equal(found.central[column], np.full(MONTHS + 1, path[0]))


def test_severity_is_told_in_label_and_notes():
    found = at("downturn", 1.5)
    assert found.label == "Downturn × 1.5"
    note = "scenario.downturn: severity 1.5 times its distance from baseline.csv"
    assert found.notes[-1] == note
    with speaking("zh"):
        assert name(found.label) == f"{name('Downturn')} × 1.5"
        assert name("Downturn") != "Downturn"


def test_a_baseline_that_is_no_file_is_refused_by_its_key():
    settings = shipped("downturn").model_copy(update={"severity": 2.0, "baseline": "no.csv"})
    with pytest.raises(UserError, match=r"scenario\.downturn\.baseline"):
        load_scenario("downturn", settings, 12, REGIONS, "2026-01", [TABLES])


@pytest.mark.parametrize("severity", [-0.1, 5.1, float("nan")])
def test_severity_has_a_range(severity):
    values = shipped("downturn").model_dump()
    with pytest.raises(UserError, match=r"scenario\.downturn\.severity"):
        build("scenario.downturn", ScenarioSettings, {**values, "severity": severity})


def test_the_command_shows_a_severer_scenario(capsys):
    assert main(["downturn", "--severity", "2"]) == 0
    told = capsys.readouterr().out
    assert "Downturn × 2 (downturn)" in told
    assert find_scenario("downturn", None, 2.0).central["unemployment_rate"].max() > 0.09
    assert main(["downturn", "--severity", "much"]) == 2
    assert main(["downturn", "--severity", "7"]) == 2
