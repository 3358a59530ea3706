"""Questions of a run by name, from the section that holds them."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import RootModel

from simulator.request import ExperimentRequest
from simulator.validation import UserError, refuse

T = TypeVar("T")
Q = TypeVar("Q")


def questions_of(
    request: ExperimentRequest, section: str, model: type[RootModel[dict[str, T]]]
) -> Mapping[str, T]:
    """The questions of ``request`` by name; none without the section."""
    found = request.sections.get(section) or {}
    if isinstance(found, model):
        return found.root
    assert isinstance(found, Mapping)
    return found


def checked(
    request: ExperimentRequest,
    section: str,
    model: type[RootModel[dict[str, T]]],
    check: Callable[[str, T, ExperimentRequest], Q],
) -> tuple[Q, ...]:
    """Questions of ``section`` in their order, each by ``check`` of its name, settings and request.

    A ``UserError`` holds every mistake.
    """
    found: list[Q] = []
    mistakes: list[str] = []
    for name, wanted in questions_of(request, section, model).items():
        try:
            found.append(check(name, wanted, request))
        except UserError as error:
            mistakes.append(str(error))
    refuse(mistakes)
    return tuple(found)
