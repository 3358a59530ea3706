"""Inputs that are moved between their ends: of a scenario, a policy, the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from simulator.validation import UserError, check_known
from simulator.varied_policy import NumberField, check_number, number_fields, with_number


@dataclass(frozen=True, slots=True)
class Moved:
    """An input between its ends; ``key`` is that of the command line."""

    kind: str
    """severity, field or parameter"""
    name: str
    key: str
    low: float
    high: float
    setting: float
    whole: bool = False

    def value(self, share: float) -> float:
        """The value at ``share`` of the range, a whole one where the input takes no other."""
        found = self.low + share * (self.high - self.low)
        return float(round(found)) if self.whole else found

    def share(self, value: float) -> float:
        """Where ``value`` lies in the range."""
        return (value - self.low) / (self.high - self.low)


def moved_fields(
    owner: str, name: str, policy: object, wanted: Mapping[str, tuple[float, float] | None]
) -> tuple[Moved, ...]:
    """Numbers of a policy with the ends between which they move, None: all that is allowed."""
    if not isinstance(policy, BaseModel):
        raise UserError(f"{owner}.policy {name} has no fields that can be set")
    known = number_fields(policy)
    found = []
    for field, ends in wanted.items():
        check_known(f"{owner}.fields of policy {name}", known, field)
        low, high = _ends_of(f"{owner}.fields.{field}", known[field], ends)
        number = known[field]
        key = f"policy.{name}.{field}"
        found.append(Moved("field", field, key, low, high, number.setting, number.whole))
        for end in (low, high):
            value = round(end) if number.whole else end
            with_number(f"{owner}: policy.{name}", policy, field, value)
    return tuple(found)


def _ends_of(
    owner: str, number: NumberField, ends: tuple[float, float] | None
) -> tuple[float, float]:
    low, high = (number.low, number.high) if ends is None else ends
    for end in (low, high):
        check_number(owner, number, end)
    return low, high
