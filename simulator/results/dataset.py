"""results.nc as an ``xarray.Dataset``: per path what is small, statistics over paths elsewhere."""

import json
from collections.abc import Mapping
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.kernels.rng import RNG_VERSION
from simulator.kernels.tally import MAX_MOB
from simulator.results.delinquency import observed_months_on_book
from simulator.results.estimate import Estimate
from simulator.results.inputs import SimulationOutput
from simulator.results.intervals import over_months, over_paths
from simulator.results.loss_distribution import tail_variables
from simulator.results.macro import MACRO_COORDINATES, macro_coordinates, macro_variables
from simulator.results.money_lines import LINE_VARIABLES, VALUE_PARTS
from simulator.results.net_present_value import NET_PRESENT_VALUES
from simulator.results.over_paths import (
    STATISTIC_SUFFIXES,
    STATISTIC_VARIABLES,
    StatisticVariable,
)
from simulator.results.policy_run import PolicyRun
from simulator.results.profit import profit_variables
from simulator.results.provisions.arrays import provision_coordinates, provision_variables
from simulator.results.provisions.variables import PROVISION_COORDINATES
from simulator.results.recoveries import recoveries
from simulator.results.sampling import ADJUST, DEVIATION, DEVIATION_MEANING, SIMULATED_MONTH
from simulator.results.score_power import (
    SCORE_COORDINATES,
    SCORE_CUTS,
    SCORE_VARIABLES,
    score_coordinates,
)
from simulator.results.table import FRACTION, MONEY, unit_in
from simulator.results.value import VALUE_VARIABLES, outlook_values, rates_of
from simulator.results.variables import (
    OPENING_VARIABLES,
    PATH_VARIABLES,
    WHOLE_VARIABLES,
    Kind,
    PathVariable,
)
from simulator.vocabulary import (
    AGE_BANDS,
    BUCKETS,
    DPD_THRESHOLDS,
    N_INCOME_DECILES,
    ROLL_DESTINATIONS,
    Burden,
    Cause,
    CollectionStage,
    Fate,
)

F8 = NDArray[np.float64]
Variables = dict[str, xr.Variable]
Outlooks = Mapping[str, F8 | None]

SCHEMA_VERSION: Final = "1.8"
READ_VERSIONS: Final = ("1.5", "1.6", "1.7", SCHEMA_VERSION)
"""Schemas that are read: of 1.5, whose means are plain, nothing is missing."""
CELL_DIMS: Final = ("scenario", "policy")
PATH_DIMS: Final = (*CELL_DIMS, "path")

COORDINATES: Final = {
    "scenario": (FRACTION, "name of the scenario"),
    "policy": (FRACTION, "name of the policy"),
    "path": (FRACTION, "number of the path"),
    "month": ("month", "month of the run, 1 is the first simulated"),
    "bucket": (FRACTION, "days past due at month end: M0 = 0, M1 = 1-30 ... M7 = over 180"),
    "dpd": ("days", "threshold of days past due"),
    "from_bucket": (FRACTION, "bucket at the start of the month"),
    "to_bucket": (FRACTION, "bucket or exit at month end"),
    "cause": (FRACTION, "cause of the first missed instalment of the current spell"),
    "stage": (FRACTION, "collection stage"),
    "segment": (FRACTION, "segment as region/product/risk band"),
    "age_band": ("years", "age of the borrower at the opening"),
    "income_decile": (FRACTION, "decile of true income, 1 is the lowest"),
    "region": (FRACTION, "region of the borrower"),
    "product": (FRACTION, "product of the first loan of the borrower"),
    "fate": (FRACTION, "outcome of a borrower against the current policy (model.md, section 12)"),
    "burden": (FRACTION, "hardship of borrowers: months overdue, contacts, complaints"),
    "vintage": (FRACTION, "quarter of origination relative to the opening"),
    "mob": ("months", "months on book"),
    "date": ("", "first day of the month"),
    "scenario_label": (FRACTION, "label of the scenario"),
    "scenario_weight": (FRACTION, "probability weight of the scenario; they sum to 1"),
    "macro_draw": (FRACTION, "draw of the economy that the path belongs to"),
    "segment_region": (FRACTION, "region of the segment"),
    "segment_product": (FRACTION, "product of the segment"),
    "segment_risk_band": (FRACTION, "risk band of the segment"),
    **SCORE_COORDINATES,
}
"""Unit and meaning of every coordinate; the unit of ``date`` is set by its encoding."""

RECOVERABLE: Final = (
    "recoverable_after_horizon",
    MONEY,
    "recoveries still expected after the last simulated month, from write-offs until then: the sum"
    " of recoverable_change, run-off included; money won in court after that month is not counted",
)


def to_dataset(output: SimulationOutput) -> xr.Dataset:
    """Everything that a run leaves behind, as written to results.nc (design, section 5)."""
    policy_runs = policy_runs_of(output)
    variables = _variables_by_path(output, policy_runs)
    for statistic in (*STATISTIC_VARIABLES, *LINE_VARIABLES, *SCORE_CUTS):
        variables |= _statistics(statistic, policy_runs, output)
    variables |= provision_variables(output, policy_runs)
    variables |= macro_variables(output)
    variables |= control_variables(output)
    dataset = xr.Dataset(variables, coords=_coordinates(output), attrs=_attributes(output))
    dataset = dataset.assign(profit_variables(dataset))
    tail = tail_variables(dataset)
    return dataset.assign_coords({"level": tail.pop("level")}).assign(tail)


def dataset_by_path(output: SimulationOutput, outlooks: Outlooks) -> xr.Dataset:
    """What ``to_dataset`` has of each path, but for provisioning standards and what they lead to.

    ``outlooks``: what a unit of balance left is worth in each scenario, of another run.
    """
    variables = _variables_by_path(output, policy_runs_of(output, outlooks))
    return xr.Dataset(variables, coords=_coordinates(output), attrs=_attributes(output))


def outlooks_of(output: SimulationOutput) -> Outlooks:
    """What a unit of balance left is worth in each scenario; None without a run-off."""
    if not output.timeline.runoff_months:
        return {scenario.name: None for scenario in output.scenarios}
    return {
        scenario.name: outlook_values(
            [output.tallies[scenario.name, policy] for policy in output.policies],
            rates_of(output.parameters).v,
        )
        for scenario in output.scenarios
    }


def _variables_by_path(output: SimulationOutput, policy_runs: list[list[PolicyRun]]) -> Variables:
    """Every variable of each path that no provisioning standard enters."""
    currency, months = output.book.currency, output.timeline.months
    variables: Variables = {}
    for item in PATH_VARIABLES:
        variables |= _path_variable(item, policy_runs, months, currency)
    later = np.array(
        [[policy_run.recoveries.outstanding[:, -1] for policy_run in row] for row in policy_runs]
    )
    name, unit, meaning = RECOVERABLE
    worth = (*VALUE_VARIABLES, *VALUE_PARTS) if output.timeline.runoff_months else ()
    variables[name] = _variable(PATH_DIMS, later, unit_in(currency, unit), meaning)
    for whole in (*WHOLE_VARIABLES, *NET_PRESENT_VALUES, *worth, *SCORE_VARIABLES):
        values = np.array(
            [[whole.extract(policy_run) for policy_run in row] for row in policy_runs]
        )
        unit = unit_in(currency, whole.unit)
        variables[whole.name] = _variable((*PATH_DIMS, *whole.dims), values, unit, whole.long_name)
    return variables


def control_variables(output: SimulationOutput) -> Variables:
    """What is known of the draws of the economy; nothing where unemployment does not deviate."""
    if output.deviation is None:
        return {}
    values = np.repeat(output.deviation, output.run.draws_per_path, axis=0)
    return {DEVIATION: _variable(("path", SIMULATED_MONTH), values, FRACTION, DEVIATION_MEANING)}


def policy_runs_of(
    output: SimulationOutput, outlooks: Outlooks | None = None
) -> list[list[PolicyRun]]:
    """One ``PolicyRun`` for each scenario (outer) and policy (inner)."""
    units_of = outlooks_of(output) if outlooks is None else outlooks
    observed = observed_months_on_book(output.book, output.timeline.horizon)
    rows: list[list[PolicyRun]] = []
    for scenario in output.scenarios:
        row: list[PolicyRun] = []
        units = units_of[scenario.name]
        for policy in output.policies:
            tallies = output.tallies[scenario.name, policy]
            row.append(
                PolicyRun(
                    tallies=tallies,
                    recoveries=recoveries(tallies.written_off_by_product, output.book.products),
                    macro_unemployment=output.macro_unemployment[scenario.name],
                    opening_borrowers=output.opening_borrowers,
                    observed=observed,
                    parameters=output.parameters,
                    reference_money=output.book.jurisdiction.reference_money,
                    outlook_values=units,
                )
            )
        rows.append(row)
    return rows


def _variable(dims: tuple[str, ...], values: F8, unit: str, long_name: str) -> xr.Variable:
    return xr.Variable(dims, values, {"units": unit, "long_name": long_name})


def _path_variable(
    item: PathVariable, policy_runs: list[list[PolicyRun]], months: int, currency: str
) -> Variables:
    """A monthly variable, with its opening value and its sum over the run-off where it has one."""
    full = np.array([[item.extract(policy_run) for policy_run in row] for row in policy_runs])
    unit = unit_in(currency, item.unit)
    reported = np.ascontiguousarray(full[:, :, :, 1 : months + 1])
    found = {
        item.name: _variable((*PATH_DIMS, "month", *item.dims), reported, unit, item.long_name)
    }
    dims = (*PATH_DIMS, *item.dims)
    if item.name in OPENING_VARIABLES:
        meaning = f"{item.long_name}; at the opening"
        opening = np.ascontiguousarray(full[:, :, :, 0])
        found[f"{item.name}_at_opening"] = _variable(dims, opening, unit, meaning)
    if item.kind is Kind.FLOW and full.shape[3] > months + 1:
        meaning = f"{item.long_name}; sum over the run-off months"
        total = full[:, :, :, months + 1 :].sum(axis=3)
        found[f"runoff_{item.name}"] = _variable(dims, total, unit, meaning)
    return found


def _statistics(
    item: StatisticVariable, policy_runs: list[list[PolicyRun]], output: SimulationOutput
) -> Variables:
    """Mean, standard error and quantiles over paths of one variable."""
    sampling = output.sampling

    def found_of(values: F8) -> Estimate[F8]:
        if "month" not in item.dims:
            return over_paths(values, sampling.whole)
        months = range(1, output.timeline.months + 1)
        return over_months(values[:, months.start : months.stop], months, sampling, month_axis=1)

    rows = [[found_of(item.extract(policy_run)) for policy_run in row] for row in policy_runs]
    found: Variables = {}
    for suffix, words in STATISTIC_SUFFIXES.items():
        field = suffix.removeprefix("_") or "mean"
        values = np.array([[getattr(found_cell, field) for found_cell in row] for row in rows])
        found[f"{item.name}{suffix}"] = _variable(
            (*CELL_DIMS, *item.dims),
            values,
            unit_in(output.book.currency, item.unit),
            f"{item.long_name}; {words}",
        )
    return found


def _coordinates(output: SimulationOutput) -> Variables:
    """Labels of all dimensions, and what is said about them."""
    book, run, timeline = output.book, output.run, output.timeline
    segments = book.segments
    labels = [
        "/".join(names)
        for names in zip(segments.region, segments.product, segments.risk_band, strict=True)
    ]
    paths = np.arange(run.paths)
    found: dict[str, tuple[str, object]] = {
        "scenario": ("scenario", [s.name for s in output.scenarios]),
        "policy": ("policy", list(output.policies)),
        "path": ("path", paths),
        "month": ("month", np.arange(1, timeline.months + 1)),
        "bucket": ("bucket", list(BUCKETS)),
        "dpd": ("dpd", list(DPD_THRESHOLDS)),
        "from_bucket": ("from_bucket", list(BUCKETS)),
        "to_bucket": ("to_bucket", list(ROLL_DESTINATIONS)),
        "cause": ("cause", [c.name.lower() for c in Cause if c is not Cause.NONE]),
        "stage": ("stage", [s.name.lower() for s in CollectionStage]),
        "segment": ("segment", labels),
        "age_band": ("age_band", list(AGE_BANDS)),
        "income_decile": ("income_decile", np.arange(1, N_INCOME_DECILES + 1)),
        "region": ("region", list(book.regions)),
        "product": ("product", [product.name for product in book.products]),
        "fate": ("fate", [fate.name.lower() for fate in Fate]),
        "burden": ("burden", [burden.name.lower() for burden in Burden]),
        "vintage": ("vintage", list(book.vintage_labels)),
        "mob": ("mob", np.arange(MAX_MOB + 1)),
        "date": ("month", timeline.dates().astype("datetime64[ns]")),
        "scenario_label": ("scenario", [s.label for s in output.scenarios]),
        "scenario_weight": ("scenario", output.scenario_weights()),
        "macro_draw": ("path", paths // run.draws_per_path),
        "segment_region": ("segment", list(segments.region)),
        "segment_product": ("segment", list(segments.product)),
        "segment_risk_band": ("segment", list(segments.risk_band)),
        **score_coordinates(),
        **provision_coordinates(output),
        **macro_coordinates(output),
    }
    known = COORDINATES | PROVISION_COORDINATES | MACRO_COORDINATES
    variables: Variables = {}
    for name, (dim, values) in found.items():
        unit, meaning = known[name]
        attributes = {"units": unit, "long_name": meaning} if unit else {"long_name": meaning}
        variables[name] = xr.Variable((dim,), values, attributes)
    return variables


def _attributes(output: SimulationOutput) -> dict[str, str | int]:
    """Attributes of the file; the configuration and all parameters as JSON.

    ``accounting_book``, the first rule book, is empty without any.
    """
    return {
        "title": "Borrower-level stress test of a consumer loan book",
        "schema_version": SCHEMA_VERSION,
        "currency": output.book.currency,
        "jurisdiction": output.book.jurisdiction.code,
        "book": output.book.name,
        "start_date": str(np.datetime64(output.timeline.start, "D")),
        "months": output.timeline.months,
        "runoff_months": output.timeline.runoff_months,
        "reference": output.reference,
        "accounting_book": next(iter(output.provision), ""),
        "seed": output.run.seed,
        "draws_per_path": output.run.draws_per_path,
        ADJUST: int(output.run.adjust),
        "random_numbers": RNG_VERSION,
        "decision": output.decision.model_dump_json(),
        "parameters": json.dumps(dict(output.parameters), sort_keys=True, allow_nan=False),
        "configuration": json.dumps(
            output.configuration, sort_keys=True, ensure_ascii=False, allow_nan=False
        ),
    }
