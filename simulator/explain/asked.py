"""Questions of a run by name, from the section that holds them."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import RootModel

from simulator.request import ExperimentRequest

T = TypeVar("T")


def questions_of(
    request: ExperimentRequest, section: str, model: type[RootModel[dict[str, T]]]
) -> Mapping[str, T]:
    """The questions of ``request`` by name; none without the section."""
    found = request.sections.get(section) or {}
    if isinstance(found, model):
        return found.root
    assert isinstance(found, Mapping)
    return found
