"""results.nc as an ``xarray.Dataset``: per path what is small, statistics over paths elsewhere."""

import json
from typing import Final

import numpy as np
import xarray as xr

from simulator.kernels.rng import RNG_VERSION
from simulator.kernels.tally import MAX_MOB
from simulator.results.by_columns import statistic_variables
from simulator.results.by_path import Variables, variables_by_path
from simulator.results.cases import Outlooks, cases_of
from simulator.results.inputs import SimulationOutput
from simulator.results.macro import MACRO_COORDINATES, macro_coordinates, macro_variables
from simulator.results.money_lines import LINE_VARIABLES
from simulator.results.over_paths import STATISTIC_VARIABLES
from simulator.results.profit import profit_variables
from simulator.results.provisions.arrays import provision_coordinates, provision_variables
from simulator.results.provisions.variables import PROVISION_COORDINATES
from simulator.results.sampling import ADJUST, DEVIATION, DEVIATION_MEANING, SIMULATED_MONTH
from simulator.results.score_power import SCORE_COORDINATES, SCORE_CUTS, score_coordinates
from simulator.results.table import FRACTION
from simulator.results.tail_figures import tail_variables
from simulator.results.value_spread import value_spreads
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

SCHEMA_VERSION: Final = "1.8"
READ_VERSIONS: Final = ("1.5", "1.6", "1.7", SCHEMA_VERSION)
"""Schemas that are read: of 1.5, whose means are plain, nothing is missing."""

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


def to_dataset(output: SimulationOutput) -> xr.Dataset:
    """Everything that a run leaves behind, as written to results.nc (design, section 5)."""
    cases = cases_of(output)
    variables = variables_by_path(cases)
    variables |= statistic_variables((*STATISTIC_VARIABLES, *LINE_VARIABLES, *SCORE_CUTS), cases)
    variables |= provision_variables(cases)
    variables |= macro_variables(output)
    variables |= control_variables(output)
    if output.timeline.runoff_months:
        variables |= value_spreads(cases, variables)
    dataset = xr.Dataset(variables, coords=_coordinates(output), attrs=_attributes(output))
    dataset = dataset.assign(profit_variables(dataset))
    tail = tail_variables(dataset)
    return dataset.assign_coords({"level": tail.pop("level")}).assign(tail)


def dataset_by_path(output: SimulationOutput, outlooks: Outlooks) -> xr.Dataset:
    """What ``to_dataset`` has of each path, but for provisioning standards and what they lead to.

    ``outlooks``: what a unit of balance left is worth in each scenario, of another run.
    """
    variables = variables_by_path(cases_of(output, outlooks))
    return xr.Dataset(variables, coords=_coordinates(output), attrs=_attributes(output))


def control_variables(output: SimulationOutput) -> Variables:
    """What is known of the draws of the economy; nothing where unemployment does not deviate."""
    if output.deviation is None:
        return {}
    values = np.repeat(output.deviation, output.run.draws_per_path, axis=0)
    attributes = {"units": FRACTION, "long_name": DEVIATION_MEANING}
    return {DEVIATION: xr.Variable(("path", SIMULATED_MONTH), values, attributes)}


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
