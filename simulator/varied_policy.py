"""Numbers of a policy that can be varied: their ranges, and the policy with another value."""

from typing import NamedTuple

from pydantic import BaseModel

from simulator.policies import Combination, Policy, build_policy
from simulator.validation import UserError, build


class NumberField(NamedTuple):
    """A number that a policy can be given: its allowed range, its setting, whole or not."""

    low: float
    high: float
    setting: float
    whole: bool


def number_fields(policy: BaseModel) -> dict[str, NumberField]:
    """Every number of ``policy`` with a closed range, a combination's as members.NAME.FIELD."""
    found: dict[str, NumberField] = {}
    for name, schema in type(policy).model_json_schema()["properties"].items():
        if schema.get("type") in ("number", "integer") and {"minimum", "maximum"} <= set(schema):
            found[name] = NumberField(
                float(schema["minimum"]),
                float(schema["maximum"]),
                float(getattr(policy, name)),
                schema["type"] == "integer",
            )
    if isinstance(policy, Combination):
        for member, settings in policy.members.items():
            part = build_policy(member, settings)
            assert isinstance(part, BaseModel)
            for name, field in number_fields(part).items():
                found[f"members.{member}.{name}"] = field
    return found


def check_number(owner: str, field: NumberField, number: float) -> None:
    """Refuse ``number`` unless ``field`` may have it."""
    if not field.low <= number <= field.high or (field.whole and number != round(number)):
        kind = "a whole number" if field.whole else "a number"
        raise UserError(
            f"{owner} must be {kind} in [{field.low:g}, {field.high:g}]; got {number:g}"
        )


def with_number(owner: str, policy: BaseModel, field: str, number: float) -> Policy:
    """``policy`` with ``field`` (of a member as members.NAME.FIELD) at ``number``.

    A ``UserError`` that begins with ``owner`` where a rule forbids it.
    """
    settings = policy.model_dump()
    member_of, _, key = field.rpartition(".")
    if member_of:
        member = member_of.removeprefix("members.")
        settings["members"][member] = {**settings["members"][member], key: number}
    else:
        settings[key] = number
    found = build(owner, type(policy), settings)
    assert isinstance(found, Policy)
    return found
