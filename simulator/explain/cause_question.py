"""What a run is to explain of its causes and scenarios, checked before it begins."""

from typing import Final

from simulator.explain.whole_metric import whole_metric
from simulator.request import ExperimentRequest
from simulator.results.cause_shares import FIRST_MONTH, LAST_MONTH
from simulator.settings import ExplainSettings
from simulator.validation import UserError, check_known, clip

N_GROUPS: Final = 7
"""Groups of causes that are switched on and off together."""


def check_causes(request: ExperimentRequest) -> ExplainSettings:
    """The section ``explain`` of ``request``; a ``UserError`` where the run cannot answer it."""
    settings = request.section("explain", ExplainSettings)
    if settings.causes and request.run.months < FIRST_MONTH:
        raise UserError(
            f"explain.causes needs run.months of at least {FIRST_MONTH}: it explains what becomes"
            f" 90 days overdue in months {FIRST_MONTH} to {LAST_MONTH}; got {request.run.months}"
        )
    key = "explain.causes" if settings.causes else "explain.against"
    if (settings.causes or settings.against) and request.run.paths < 2:
        raise UserError(f"{key} needs run.paths of at least 2; got 1")
    if settings.causes or settings.against:
        whole_metric("explain", settings.metric, request.run, request.provision)
    if request.earlier is not None:
        if not any(name in request.earlier.scenarios for name in request.scenarios):
            raise UserError(
                f"explain.against={clip(settings.against, 200)}: that run has none of the scenarios"
                f" {', '.join(request.scenarios)}; got {', '.join(request.earlier.scenarios)}"
            )
    elif settings.against is not None:
        known = (*request.scenarios, "the folder of a finished run")
        check_known("explain.against", known, settings.against)
        if len(request.scenarios) < 2:
            raise UserError(
                f"explain.against={settings.against} needs another scenario to compare with it"
            )
    return settings
