"""What a run holds so far: results, and the manifest and tables that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import xarray as xr

from simulator.catalogue import parameters_from
from simulator.engine import thread_count
from simulator.engine_settings import EngineSettings
from simulator.explain.assumptions import list_warnings
from simulator.policies.own_kinds import origins
from simulator.request import ExperimentRequest
from simulator.results.assumptions import Tried, assumptions_text
from simulator.results.break_even import BreakEven, break_even_manifest
from simulator.results.cause_shares import CausePart, causes_text
from simulator.results.checks import CheckResult
from simulator.results.emulation import emulate_text
from simulator.results.files import (
    ASSUMPTIONS_NAME,
    CAUSES_NAME,
    EMULATE_NAME,
    REJECTED_NAME,
    REVERSE_NAME,
    SEARCH_NAME,
    SENSITIVITY_NAME,
    UNDERWRITING_NAME,
)
from simulator.results.manifest import RunFacts, build_manifest
from simulator.results.parameter_errors import drawn_in
from simulator.results.precision import precision_record
from simulator.results.provisions.audit import overlay_amounts
from simulator.results.rejected import rejected_text
from simulator.results.reverse import ReverseAnswer, reverse_text
from simulator.results.run import Run
from simulator.results.search import search_text
from simulator.results.sensitivity import sensitivity_text
from simulator.results.summary import SummaryRow
from simulator.results.underwriting import underwriting_text
from simulator.settings import GovernanceSettings
from simulator.simulated import Simulated


@dataclass(frozen=True, slots=True)
class Results:
    """What files and pages are made from."""

    dataset: xr.Dataset
    summary: tuple[SummaryRow, ...]
    checks: tuple[CheckResult, ...]
    manifest: dict[str, object]
    answers: tuple[BreakEven, ...] = ()
    causes: tuple[CausePart, ...] = ()
    tried: Tried | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    """Explanations that failed, and why."""
    reverse: tuple[ReverseAnswer, ...] = ()
    scenarios: Mapping[str, str] = field(default_factory=dict)
    """Files of scenarios that reverse stress found, by name within the folder."""


def with_manifest(results: Results, request: ExperimentRequest, simulated: Simulated) -> Results:
    """``results`` with the manifest that goes with them."""
    drawn = drawn_in(results.dataset)
    facts = RunFacts(
        request.overrides,
        simulated.seconds,
        thread_count(request.run),
        results.checks,
        simulated.started,
        request.section("governance", GovernanceSettings).model_dump(),
        list_warnings(request, results.tried),
    )
    manifest = {
        **build_manifest(simulated.output, facts),
        "policy_code": origins(request.all_policies),
        "break_even": break_even_manifest(results.answers),
        "failed": dict(results.failed),
        "precision": precision_record(simulated.looked, results.summary, simulated.output.run),
        **_blocks_of(simulated),
        "engine": _engine_of(request.section("engine", EngineSettings)),
        "parameter_draws": None if drawn is None else drawn._asdict(),
        "overlays": overlay_amounts(results.dataset, simulated.output.provision),
    }
    return replace(results, manifest=manifest)


def tables_of(results: Results, run: Run, simulated: Simulated) -> dict[str, str]:
    """Texts of the tables beside results.nc and summary.csv by name, of those that there are."""
    rejected, tried = simulated.output.book.rejected, results.tried
    tables = {
        REJECTED_NAME: rejected_text(rejected) if rejected else "",
        CAUSES_NAME: causes_text(results.causes) if results.causes else "",
        ASSUMPTIONS_NAME: assumptions_text(tried, parameters_from({})) if tried else "",
        REVERSE_NAME: reverse_text(results.reverse) if results.reverse else "",
        EMULATE_NAME: emulate_text(run.emulators) if run.emulators else "",
        SEARCH_NAME: search_text(run.searches) if run.searches else "",
        SENSITIVITY_NAME: sensitivity_text(run.sensitivity) if run.sensitivity else "",
        UNDERWRITING_NAME: underwriting_text(run.underwriting) if run.underwriting else "",
    }
    return {name: text for name, text in tables.items() if text}


def _blocks_of(simulated: Simulated) -> dict[str, int]:
    """How many blocks of paths were there and how many were made; nothing where none are kept."""
    store = simulated.store
    return {} if store is None else {"blocks_reused": store.reused, "blocks_made": store.made}


def _engine_of(settings: EngineSettings) -> dict[str, object]:
    """What ran the paths, without names of machines; whether what it sent was encrypted."""
    if settings.kind == "local":
        return {"kind": "local"}
    return {
        "kind": settings.kind,
        "own_cluster": settings.scheduler is None,
        "encrypted": settings.is_encrypted,
        "allow_unencrypted": settings.allow_unencrypted,
    }
