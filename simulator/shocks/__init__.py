"""From the economy to borrowers: one file a shock, and the world that kernels read.

Every shock is a pure function from macro paths (arrays of shape (n_draws, horizon + 1)) and
parameters to columns of the world. Equations: docs/model.md, section 2.
"""

from collections.abc import Sequence

import numpy as np

from simulator.catalogue import Parameters
from simulator.macro import MacroPaths
from simulator.products import Jurisdiction
from simulator.shocks.arrivals import arrivals_index
from simulator.shocks.conduct import all_in_rate_cap, refusal_factor
from simulator.shocks.disaster import disaster_chance
from simulator.shocks.epidemic import closure_chance
from simulator.shocks.illness import illness_factor
from simulator.shocks.indices import income_index, lapse_factor, price_index, windfall
from simulator.shocks.labour import type_unemployment, work_flows
from simulator.shocks.platforms import other_annual_rate, since_opening
from simulator.shocks.reduced_income import cut_hazard
from simulator.shocks.standards import standards_amount, standards_cutoff, standards_price
from simulator.shocks.world import WORLD_DTYPE, World

__all__ = ["World", "build_world"]


def build_world(
    paths: MacroPaths,
    first_path: int,
    last_path: int,
    parameters: Parameters,
    jurisdiction: Jurisdiction,
    regions: Sequence[str],
) -> World:
    """The world of simulation paths [first_path, last_path).

    Rows repeat a macro draw for each of its luck replicates; disasters come in the order of
    ``regions``, all of which the scenario was loaded for.
    """
    draw_of_row = np.array([paths.draw_of(path) for path in range(first_path, last_path)])
    draws = slice(draw_of_row[0], draw_of_row[-1] + 1)
    macro = {name: values[draws] for name, values in paths.by_draw.items()}
    unemployment, growth = macro["unemployment_rate"], macro["income_growth"]
    income = income_index(growth, parameters)
    separation, finding = work_flows(unemployment, parameters, macro["unemployment_weeks"])
    columns = {
        "unemployment": type_unemployment(unemployment, parameters),
        "separation": separation,
        "finding": finding,
        "cut_hazard": cut_hazard(unemployment, growth, parameters),
        "closure": closure_chance(macro["epidemic"], parameters),
        "illness_factor": illness_factor(macro["epidemic"], parameters),
        "income_index": income,
        "price_index": price_index(macro["inflation"], parameters),
        "credit_supply": macro["credit_supply"],
        "other_annual_rate": other_annual_rate(macro["policy_rate"], parameters),
        "policy_change": since_opening(macro["policy_rate"]),
        "competitor_rate": macro["competitor_rate"],
        "rival_change": since_opening(macro["competitor_rate"]),
        "rate_cap": all_in_rate_cap(macro["rate_cap"], jurisdiction.all_in_rate_cap),
        "collection_allowed": macro["collection_allowed"],
        "refusal_factor": refusal_factor(macro["willingness_shift"]),
        "lapse_factor": lapse_factor(unemployment.shape, parameters),
        "windfall": windfall(income, parameters),
        "arrivals": arrivals_index(paths.scenario.growth, unemployment.shape),
        "standards_cutoff": standards_cutoff(macro["lending_standards"], parameters),
        "standards_amount": standards_amount(macro["lending_standards"], parameters),
        "standards_price": standards_price(macro["lending_standards"], parameters),
    }
    months = np.empty(unemployment.shape, dtype=WORLD_DTYPE)
    for name in WORLD_DTYPE.names or ():
        months[name] = columns[name]
    disaster = disaster_chance(paths.scenario.disaster, paths.scenario.regions, regions)
    return World(
        months=months[draw_of_row - draw_of_row[0]],
        disaster=np.repeat(disaster[None], draw_of_row.size, axis=0),
    )
