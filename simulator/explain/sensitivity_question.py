"""Which parameters are to be moved for which figure, checked before a run begins."""

from typing import Final

from simulator.catalogue import catalogue
from simulator.explain.whole_metric import whole_metric
from simulator.request import ExperimentRequest
from simulator.settings import SensitivitySettings
from simulator.validation import UserError, check_known, refuse

SECTION: Final = "sensitivity"


def sensitivity_of(request: ExperimentRequest) -> SensitivitySettings | None:
    """What is asked of ``request``; None where nothing is, ``UserError`` where it cannot be."""
    found = request.sections.get(SECTION)
    if found is None:
        return None
    assert isinstance(found, SensitivitySettings)
    from simulator.explain.screening import ends_of  # slow to import, and help comes first

    own = catalogue()
    mistakes = []
    for name in found.parameters:
        try:
            check_known(f"{SECTION}.parameters", own, name)
            if ends_of(own[name], request.parameters[name]) is None:
                mistakes.append(f"{SECTION}.parameters: half to double does not move {name}")
        except UserError as error:
            mistakes.append(str(error))
    refuse(mistakes)
    if found.scenario is not None:
        check_known(f"{SECTION}.scenario", tuple(request.scenarios), found.scenario)
    whole_metric(SECTION, found.metric, request.run, request.provision)
    return found
