"""Rows behind a run's frames: what a policy stands for, and what two runs differ by."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cause_shares import CausePart
from simulator.results.estimate import Estimate
from simulator.results.ranking import Standing
from simulator.results.run import Run as Finished
from simulator.settings import ExplainSettings
from simulator.validation import build

Held = tuple[Finished, ExperimentRequest]
"""A finished run and what was asked of it."""


def parts_against(
    own: Held, earlier: Held, asked: Mapping[str, object], watch: Progress
) -> tuple[CausePart, ...]:
    """Waterfalls from an earlier run to this one; ``asked``: metric and paths of them."""
    from simulator.explain.earlier_run import Place, against_earlier

    (finished, request), (before, its_request) = own, earlier
    label = "earlier run" if before.folder is None else str(before.folder)
    explain = build("explain", ExplainSettings, {"against": label, **asked})
    sections = {**request.sections, "explain": explain}
    attributes = finished.dataset.attrs
    place = Place(int(attributes["runoff_months"]), str(attributes["currency"]))
    return against_earlier(replace(request, sections=sections, earlier=its_request), place, watch)


def seven(found: Estimate[float]) -> tuple[float, ...]:
    """Mean, interval and quantiles."""
    return found.mean, found.ci_low, found.ci_high, found.p05, found.p50, found.p95


def standing_cells(found: Standing) -> dict[str, Any]:
    """The cells of a policy's row: outcomes and burdens a column each."""
    cells: dict[str, Any] = {}
    for part in fields(found):
        value = getattr(found, part.name)
        if isinstance(value, Mapping):
            cells |= {f"{part.name}_{kind}": item for kind, item in value.items()}
        else:
            cells[part.name] = value
    return cells
