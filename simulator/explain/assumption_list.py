"""The list of assumptions tried after a run: what it may name, and for which parameters."""

from typing import Final

from simulator.catalogue import catalogue, parameters_hash
from simulator.policies import kinds
from simulator.request import ExperimentRequest
from simulator.settings import AssumptionsSettings
from simulator.shipped import read_shipped, shipped_files
from simulator.validation import check_known

SECTION: Final = "assumptions"
OF_POLICY: Final = "policy."
"""Begins the name of a policy's number; its values are factors on each policy's own."""


def check_assumptions(request: ExperimentRequest) -> None:
    """Refuse a list that names what is no parameter and no number of any kind of policy."""
    numbers = {name for kind in kinds().values() for name in kind.model_fields}
    for name, item in request.section(SECTION, AssumptionsSettings).tried.items():
        for parameter in item.values:
            owner = f"{SECTION}.tried.{name}.values: key"
            field = parameter.removeprefix(OF_POLICY)
            known = numbers if parameter.startswith(OF_POLICY) else catalogue()
            check_known(owner, known, field)


def made_for(settings: AssumptionsSettings, request: ExperimentRequest) -> bool:
    """Whether the list holds for the request's parameters as it is; one without a stamp does."""
    return settings.parameters_sha256 in ("", parameters_hash(request.parameters))


def list_for(request: ExperimentRequest) -> str | None:
    """Name of the shipped list that was made for the request's parameters; None without one."""
    wanted = parameters_hash(request.parameters)
    stamps = {
        name: read_shipped(SECTION, name)["parameters_sha256"] for name in shipped_files(SECTION)
    }
    return next((name for name, stamp in stamps.items() if stamp == wanted), None)
