"""Each policy with all its fields, in words."""

from collections.abc import Mapping
from itertools import islice

from pydantic import BaseModel

from simulator.policies import build_policy
from simulator.report.kit.language import name
from simulator.report.kit.setting_words import BELOW, Part, flat, plain, value_words
from simulator.validation import UserError

MAX_LINES = 100
"""Settings of one part; more than any kind of policy has."""


def policy_parts(policy: str, entry: Mapping[str, object]) -> tuple[Part, ...]:
    """A policy's settings in words, defaults too, then those of each member of a combination.

    Of a policy that this version cannot build, what is recorded. Settings left empty say nothing
    and are out.
    """
    said = _said(policy, entry)
    members = said.pop("members", None)
    parts = [Part("", _lines(said))] if said else []
    for member, settings in members.items() if isinstance(members, Mapping) else ():
        if isinstance(settings, Mapping):
            title, kind = plain(member), plain(settings.get("kind", ""))
            title += f" ({kind})" if kind != title else ""
            parts.append(Part(title, _lines(_said(str(member), settings))))
    return tuple(parts)


def _lines(said: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    lines = (
        (_plain_path(label), value_words(value).replace("_", " ")) for label, value in flat(said)
    )
    return tuple(islice(lines, MAX_LINES))


def _plain_path(label: str) -> str:
    """A setting's place in words, each part in the page's language where it is a shipped field."""
    parts = label.replace("_", " ").split(BELOW)
    return BELOW.join(name(part) if part else "" for part in parts)


def _said(policy: str, entry: Mapping[str, object]) -> dict[str, object]:
    """The settings of the validated policy, or those recorded, that are not left empty."""
    complete: Mapping[str, object] = entry
    try:
        built = build_policy(policy, entry)
    except UserError:
        built = None  # of another version: what is recorded still stands
    if isinstance(built, BaseModel):
        complete = built.model_dump(mode="json")
    empty: tuple[object, ...] = (None, [], {})
    return {k: v for k, v in complete.items() if k != "kind" and v not in empty}
