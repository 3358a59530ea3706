"""Several policies under one name; they combine by the rule of each lever, in any order."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field, field_validator

from simulator.levers import Edit
from simulator.policies.base import Policy
from simulator.validation import Frozen, UserError

MEMBERS = "members"
"""Key of the members, with which an error about one of them begins."""


class Combination(Frozen):
    """The edits of all members together; ``members`` maps a name to a policy's settings.

    Every lever combines on its own. So two offers of relief that meet in a cell (month, customer,
    bucket, hardship) are not two: they merge into one with the better terms of both - the larger
    probability, the longest relief, the smallest share due and of interest, the youngest age, the
    most uses - under the smaller budget. The known consequence: a customer whom one offer reaches
    gets the other's terms too. Where that is not meant, give offers cells of their own
    (``hardships``, buckets, risk bands). Of two programmes of education the larger share reached
    and the further ramp hold, each by itself: together they may act as neither would alone.
    """

    kind: Literal["combination"] = "combination"
    members: dict[str, dict[str, object]] = Field(min_length=1, max_length=20)
    """Name -> settings of a policy, with its kind."""

    @field_validator("members")
    @classmethod
    def _are_policies(cls, members: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
        for name, settings in members.items():
            if settings.get("kind") in ("combination", "status_quo"):
                raise ValueError(f"member {name} must not be a combination or the current policy")
            try:
                _member(name, settings)
            except UserError as error:
                own = str(error).replace(f"policy.{name}.", f"{MEMBERS}.{name}.")
                raise UserError(own) from None
        return members

    def edits(self) -> Sequence[Edit]:
        """Every member's edits."""
        return [
            edit
            for name, settings in sorted(self.members.items())
            for edit in _member(name, settings).edits()
        ]


def _member(name: str, settings: Mapping[str, object]) -> Policy:
    from simulator.policies import build_policy  # the registry imports this class

    return build_policy(name, settings)
