"""From macro paths to the world: each shock against its equation, one number at a time."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.catalogue import parameters_from, worker_shares
from simulator.macro import MacroPaths, draw_macro_paths
from simulator.macro.scenario import Scenario
from simulator.macro.variables import DISASTER, MACRO_VARIABLES
from simulator.products import JURISDICTIONS
from simulator.settings import MacroDeviation, RunSettings
from simulator.shocks import build_world
from simulator.shocks.indices import income_index, lapse_factor, level_index, windfall
from simulator.shocks.labour import (
    WEEKS_A_MONTH,
    finding_by_duration,
    type_unemployment,
    work_flows,
)
from simulator.shocks.world import WORLD_DTYPE
from simulator.vocabulary import Work, WorkerType

HORIZON = 18
REGIONS = ("east", "central", "west")
CN = JURISDICTIONS["cn"]
PARAMETERS = parameters_from({"spending_habit_months": 0})
KINDS = [kind.name.lower() for kind in Work]


@pytest.fixture(scope="module")
def paths() -> MacroPaths:
    month = np.arange(HORIZON + 1)
    moving = {
        "unemployment_rate": 0.05 + 0.03 * np.sin(month / 4) ** 2,
        "income_growth": 0.05 - 0.004 * month,
        "inflation": 0.01 + 0.001 * month,
        "policy_rate": 0.03 - 0.001 * month,
        "epidemic": np.clip(np.sin(month / 3), 0, 1),
        "credit_supply": 1 - 0.03 * month,
        "rate_cap": np.where(month < 9, 0.36, 0.15),
        "collection_allowed": np.where(month < 6, 1.0, 0.4),
        "willingness_shift": 0.02 * month,
    }
    central = {
        name: moving.get(name, np.full(HORIZON + 1, v.default))
        for name, v in MACRO_VARIABLES.items()
        if name != DISASTER
    }
    scenario = Scenario(
        name="moving",
        label="Moving",
        narrative="Everything moves.",
        source="test",
        weight=1.0,
        start_month="2026-01",
        regions=REGIONS,
        central=central,
        disaster=np.outer(month / 100, [1.0, 2.0, 3.0]),
        deviation=MacroDeviation(),
        table_sha256="",
        warnings=(),
        growth=0.3,
    )
    return draw_macro_paths(scenario, RunSettings(paths=12, draws_per_path=3))


@pytest.fixture(scope="module")
def world(paths):
    return build_world(paths, 0, 12, PARAMETERS, CN, REGIONS)


def expected_unemployment(opening, separation, finding):
    """Expected unemployment by month, type and kind if everybody starts at its type's rate."""
    rate = np.repeat(opening[:, None], len(Work), axis=1)
    rates = [rate]
    for month in range(1, separation.shape[0]):
        rate = rate * (1 - finding[month]) + (1 - rate) * separation[month]
        rates.append(rate)
    return np.array(rates)


@settings(deadline=None)
@given(
    st.lists(st.floats(0.001, 0.95), min_size=2, max_size=20),
    st.floats(0.01, 0.95),
    st.floats(0, 2),
    st.floats(0.1, 3),
)
def test_the_labour_force_follows_any_path_for_each_kind_of_work(
    path, finding_rate, elasticity, turnover
):
    parameters = parameters_from(
        {
            "finding_rate": finding_rate,
            "finding_elasticity": elasticity,
            "turnover_gig": turnover,
        }
    )
    unemployment = np.array([path])
    separation, finding = work_flows(unemployment, parameters)
    for chance in (separation, finding):
        assert chance.shape == (1, len(path), len(WorkerType), len(Work))
        assert chance.min() >= -1e-12
        assert chance.max() <= 1 + 1e-12
    opening = type_unemployment(unemployment, parameters)[0, 0]
    expected = expected_unemployment(opening, separation[0], finding[0])
    whole = np.einsum("tjk,j->tk", expected, worker_shares(parameters))
    np.testing.assert_allclose(whole, np.tile(unemployment[0][:, None], 3), atol=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.floats(0.001, 0.95), min_size=2, max_size=20),
    st.tuples(*[st.floats(0.01, 20)] * 3),
    st.tuples(*[st.floats(0.001, 1)] * 3),
    st.floats(0.01, 0.3),
)
def test_shares_times_type_unemployment_are_the_path(path, relative, weights, reference):
    names = [kind.name.lower() for kind in WorkerType]
    parameters = parameters_from(
        {f"worker_unemployment_{name}": x for name, x in zip(names, relative, strict=True)}
        | {f"worker_share_{name}": x for name, x in zip(names, weights, strict=True)}
        | {"finding_reference_unemployment": reference}
    )
    shares = worker_shares(parameters)
    found = type_unemployment(np.array(path), parameters)
    np.testing.assert_allclose(found @ shares, path, atol=1e-12)
    assert found.min() > 0
    assert found.max() < 1
    order = np.argsort(relative, kind="stable")
    assert np.all(np.diff(found[:, order], axis=1) >= -1e-12)


def test_types_have_their_published_unemployment_at_the_reference():
    published = np.array([0.2, 0.8, 4.0])
    shares = np.array([0.57, 0.26, 0.17])
    found = type_unemployment(np.array([0.05]), PARAMETERS)[0]
    np.testing.assert_allclose(found, 0.05 * published / (shares @ published), rtol=1e-12)


def test_equal_types_are_the_path_itself():
    equal = dict.fromkeys((f"worker_unemployment_{n}" for n in ("alpha", "beta", "gamma")), 1.0)
    path = np.array([0.03, 0.2])
    found = type_unemployment(path, parameters_from(equal))
    np.testing.assert_array_equal(found, np.repeat(path[:, None], 3, axis=1))


def test_separations_lead_unemployment():
    """They peak before it does, and are back at their usual level while it is still high."""
    month = np.arange(37)
    path = 0.05 + 0.04 * np.clip(month / 12, 0, 1) - 0.04 * np.clip((month - 24) / 12, 0, 1)
    separation, _ = work_flows(path[None], PARAMETERS)
    lost = separation[0, 1:].mean(axis=(1, 2))
    assert np.argmax(lost) + 1 <= 12
    assert lost[13:23].max() < 0.95 * lost.max()
    assert path[24] == path.max()


def test_drawn_unemployment_is_what_borrowers_can_expect(paths, world):
    for row in range(12):
        record = world.months[row]
        expected = expected_unemployment(
            record["unemployment"][0], record["separation"], record["finding"]
        )
        drawn = paths.by_draw["unemployment_rate"][row // 3]
        whole = np.einsum("tjk,j->tk", expected, worker_shares(PARAMETERS))
        np.testing.assert_allclose(whole, np.tile(drawn[:, None], 3), atol=1e-12)


def test_flows_follow_their_equation_while_unemployment_moves_little():
    path = np.array([[0.05, 0.052, 0.051]])
    separation, finding = work_flows(path, PARAMETERS)
    own = type_unemployment(path[0], PARAMETERS)
    for worker, kind in itertools.product(WorkerType, Work):
        for month in (1, 2):
            before, now = own[month - 1, worker], own[month, worker]
            found = min(
                0.95,
                PARAMETERS[f"worker_finding_{worker.name.lower()}"]
                * PARAMETERS[f"turnover_{kind.name.lower()}"]
                * PARAMETERS["finding_rate"]
                * (PARAMETERS["finding_reference_unemployment"] / path[0, month])
                ** PARAMETERS["finding_elasticity"],
            )
            lost = (now - (1 - found) * before) / (1 - before)
            assert finding[0, month, worker, kind] == pytest.approx(found, rel=1e-13)
            assert separation[0, month, worker, kind] == pytest.approx(lost, rel=1e-12)


def test_finding_rises_where_separation_would_be_negative():
    path = np.array([[0.10, 0.02]])
    separation, finding = work_flows(path, PARAMETERS)
    gives_way = separation[0, 1] == 0.0
    assert gives_way[WorkerType.GAMMA].all()
    before, now = type_unemployment(path[0], PARAMETERS)
    expected = np.repeat(1 - now / before, len(Work)).reshape(3, -1)
    np.testing.assert_allclose(finding[0, 1][gives_way], expected[gives_way], rtol=1e-14)


def test_with_durations_finding_follows_stock_and_duration():
    """A stock built month by month from known flows gives the flows back."""
    finding = np.array([np.nan, 0.3, 0.25, 0.2, 0.15, 0.2, 0.3])
    inflow = np.array([np.nan, 0.02, 0.022, 0.025, 0.03, 0.02, 0.015])
    stock, months = [0.05], [2.5]
    for found, lost in zip(finding[1:], inflow[1:], strict=True):
        stay = (1 - found) * stock[-1]
        months.append((stay * (months[-1] + 1) + lost * 0.5) / (stay + lost))
        stock.append(stay + lost)
    weeks = np.array(months)[None] * WEEKS_A_MONTH
    path = np.array(stock)[None]
    np.testing.assert_allclose(finding_by_duration(path, weeks)[0], finding, rtol=1e-12)
    weeks[0, 3] = 0.0
    told = finding_by_duration(path, weeks)[0]
    np.testing.assert_array_equal(np.isnan(told), [True, False, False, True, True, False, False])
    _, usual = work_flows(path, PARAMETERS)
    _, by_weeks = work_flows(path, PARAMETERS, weeks)
    np.testing.assert_array_equal(by_weeks[0, 3:5], usual[0, 3:5])
    share = by_weeks[0, 1, WorkerType.BETA, Work.SELF_EMPLOYED]
    assert share == pytest.approx(0.3 * PARAMETERS["worker_finding_beta"])


def test_finding_is_not_the_inverse_of_the_duration_while_unemployment_moves():
    """US 2008 Q4 to 2009 Q1, monthly steps between the quarters' means."""
    path = 0.06867 * (0.08267 / 0.06867) ** (np.arange(4) / 3)
    weeks = 19.567 + (20.3 - 19.567) * np.arange(4) / 3
    found = finding_by_duration(path[None], weeks[None])[0, -1]
    assert found == pytest.approx(0.135, abs=0.01)
    assert 1 / (weeks[-1] / WEEKS_A_MONTH) == pytest.approx(0.214, abs=0.001)


def test_kinds_of_work_differ_in_churn():
    separation, finding = work_flows(np.full((1, 3), 0.05), PARAMETERS)
    formal, gig = Work.FORMAL, Work.GIG
    assert np.all(separation[0, 1, :, gig] > separation[0, 1, :, formal])
    assert np.all(finding[0, 1, :, gig] > finding[0, 1, :, formal])


def test_every_column_follows_its_equation(paths, world):
    p = PARAMETERS
    for row, month in ((0, 0), (2, 7), (5, 11), (11, HORIZON)):
        macro = {name: values[row // 3] for name, values in paths.by_draw.items()}
        now = {name: values[month] for name, values in macro.items()}
        record = world.months[row, month]
        rise = now["unemployment_rate"] / macro["unemployment_rate"][0] - 1
        below = max(0.0, p["income_growth_trend"] - now["income_growth"])
        stress = max(
            0.0,
            1 + p["cut_unemployment_sensitivity"] * rise + p["cut_growth_sensitivity"] * below,
        )
        cuts = [min(0.9, p[f"cut_hazard_{k}"] * stress) for k in KINDS]
        closed = [now["epidemic"] * p[f"closure_exposure_{k}"] for k in KINDS]
        rate_change = now["policy_rate"] - macro["policy_rate"][0]
        expected = {
            "unemployment": type_unemployment(now["unemployment_rate"], p),
            "cut_hazard": cuts,
            "closure": closed,
            "illness_factor": 1 + p["illness_epidemic_multiplier"] * now["epidemic"],
            "income_index": math.prod(
                (1 + g) ** (1 / 12) for g in macro["income_growth"][1 : month + 1]
            ),
            "price_index": math.prod(
                (1 + g) ** (1 / 12) for g in macro["inflation"][1 : month + 1]
            ),
            "credit_supply": now["credit_supply"],
            "other_annual_rate": max(
                0.0, p["platform_annual_rate"] + p["platform_rate_passthrough"] * rate_change
            ),
            "policy_change": rate_change,
            "competitor_rate": now["competitor_rate"],
            "rival_change": now["competitor_rate"] - macro["competitor_rate"][0],
            "rate_cap": min(now["rate_cap"], CN.all_in_rate_cap),
            "collection_allowed": now["collection_allowed"],
            "refusal_factor": math.exp(now["willingness_shift"]),
            "lapse_factor": 1.0,
            "windfall": 0.0,
            "arrivals": 1.3 ** (month / 12),
            "standards_cutoff": 900.0 * now["lending_standards"],
            "standards_amount": math.exp(-1.5 * now["lending_standards"]),
            "standards_price": 0.09 * now["lending_standards"],
        }
        assert set(expected) | {"separation", "finding"} == set(WORLD_DTYPE.names or ())
        for name, value in expected.items():
            np.testing.assert_allclose(record[name], value, rtol=1e-13, err_msg=name)


def test_the_rate_cap_is_the_stricter_of_law_and_scenario(world):
    np.testing.assert_array_equal(world.months["rate_cap"][0, :9], CN.all_in_rate_cap)
    np.testing.assert_array_equal(world.months["rate_cap"][0, 9:], 0.15)


def test_a_year_of_constant_growth_raises_the_index_by_that_growth():
    index = level_index(np.full((2, 25), 0.06))
    np.testing.assert_array_equal(index[:, 0], 1.0)
    np.testing.assert_allclose(index[:, 12], 1.06, rtol=1e-14)
    np.testing.assert_allclose(index[:, 24], 1.06**2, rtol=1e-14)


def test_a_block_is_the_same_rows_as_the_whole(paths, world):
    block = build_world(paths, 4, 8, PARAMETERS, CN, REGIONS)
    np.testing.assert_array_equal(block.months, world.months[4:8])
    np.testing.assert_array_equal(block.disaster, world.disaster[4:8])


def test_draws_per_path_live_in_the_same_world(world):
    for row in range(12):
        np.testing.assert_array_equal(world.months[row], world.months[row // 3 * 3])
    assert np.any(world.months["unemployment"][0] != world.months["unemployment"][3])


def test_disasters_come_in_the_order_of_the_books_regions(paths):
    turned = build_world(paths, 0, 2, PARAMETERS, CN, ("west", "east"))
    assert turned.disaster.shape == (2, HORIZON + 1, 2)
    month = np.arange(HORIZON + 1)
    np.testing.assert_allclose(turned.disaster[1], np.outer(month / 100, [3.0, 1.0]), rtol=1e-15)


def test_with_a_habit_income_counts_relative_to_its_trend_and_shocks_fade_by_half():
    flat = np.full((1, 241), 0.05)
    p = parameters_from({"spending_habit_months": 12.0, "income_growth_trend": 0.05})
    np.testing.assert_allclose(income_index(flat, p), 1.0, atol=1e-12)
    shock = flat.copy()
    shock[0, 1] = (1.05 * 1.1**12) - 1
    index = income_index(shock, p)
    assert index[0, 1] == pytest.approx(1.1)
    assert np.log(index[0, 13]) == pytest.approx(np.log(1.1) / 2)
    np.testing.assert_allclose(windfall(index, p), np.maximum(index - 1, 0))


def test_without_a_habit_levels_compound_and_nothing_is_a_windfall():
    growth = np.full((1, 13), 0.05)
    p = parameters_from({"spending_habit_months": 0})
    assert income_index(growth, p)[0, 12] == pytest.approx(1.05)
    assert not windfall(income_index(growth, p), p).any()


def test_the_lapse_trend_is_damped():
    p = parameters_from({"lapse_trend_monthly": 0.2, "lapse_trend_damping": 0.5})
    np.testing.assert_allclose(np.log(lapse_factor((2, 4), p))[1], [0.0, 0.2, 0.3, 0.35])
    assert (lapse_factor((1, 4), parameters_from({})) == 1).all()
