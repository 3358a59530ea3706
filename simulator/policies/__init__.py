"""Policies are data: each class edits the lever table, each file of ``configs/policy`` is one."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from pydantic import BaseModel

from simulator.levers import LeverTable, SegmentNames, build_levers
from simulator.policies.base import Policy
from simulator.policies.care_programme import CareProgramme
from simulator.policies.classified_collections import ClassifiedCollections
from simulator.policies.combination import MEMBERS, Combination
from simulator.policies.conduct_rules import ConductRules
from simulator.policies.credit_limits import CreditLimits
from simulator.policies.debt_sale import DebtSale
from simulator.policies.dynamic_tightening import DynamicTightening
from simulator.policies.early_warning_call import EarlyWarningCall
from simulator.policies.education import Education
from simulator.policies.grace_period import GracePeriod
from simulator.policies.income_verification import IncomeVerification
from simulator.policies.instalment_replan import InstalmentReplan
from simulator.policies.new_customer_interest_free import NewCustomerInterestFree
from simulator.policies.outsourcing import Outsourcing
from simulator.policies.own_kinds import check_edits, own_kind, own_names
from simulator.policies.prevention import Prevention
from simulator.policies.richer_scoring import RicherScoring
from simulator.policies.risk_based_price import RiskBasedPrice
from simulator.policies.status_quo import StatusQuo
from simulator.policies.stricter_approval import StricterApproval
from simulator.validation import UserError, build, check_name, unknown_choice
from simulator.vocabulary import REFERENCE

T = TypeVar("T")

POLICY_KINDS: Final[dict[str, type[BaseModel]]] = {
    "status_quo": StatusQuo,
    "stricter_approval": StricterApproval,
    "income_verification": IncomeVerification,
    "richer_scoring": RicherScoring,
    "risk_based_price": RiskBasedPrice,
    "dynamic_tightening": DynamicTightening,
    "credit_limits": CreditLimits,
    "new_customer_interest_free": NewCustomerInterestFree,
    "grace_period": GracePeriod,
    "care_programme": CareProgramme,
    "instalment_replan": InstalmentReplan,
    "early_warning_call": EarlyWarningCall,
    "classified_collections": ClassifiedCollections,
    "outsourcing": Outsourcing,
    "debt_sale": DebtSale,
    "conduct_rules": ConductRules,
    "prevention": Prevention,
    "education": Education,
    "combination": Combination,
}
"""Class of each ``kind`` that is shipped; a user's own are in ``own_kinds``."""


def build_policy(name: str, settings: Mapping[str, object]) -> Policy:
    """The policy that ``settings`` describe.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and underscores.
    settings : mapping of str to object
        ``kind`` and the fields that differ from its defaults (docs/policies.md: units and ranges).

    Returns
    -------
    Policy
        Frozen and validated.

    Raises
    ------
    UserError
        Names every bad field.

    References
    ----------
    docs/policies.md; evidence: docs/evidence.md.
    """
    check_name("policy name", name)
    kind = settings.get("kind")
    model = kind_model(f"policy.{name}.kind", kind)
    try:
        policy = build(f"policy.{name}", model, dict(settings))
    except UserError as error:
        lines = str(error).splitlines()
        owner = f"policy.{name}."
        lines = [owner + line if line.startswith(f"{MEMBERS}.") else line for line in lines]
        raise UserError("\n".join(lines)) from None
    if not isinstance(policy, Policy):
        raise UserError(f"policy.{name}.kind {kind} is not a policy")
    check_edits(name, policy)
    return policy


def kind_model(owner: str, kind: object) -> type[BaseModel]:
    """The class of a ``kind``: shipped, of a file of ``--policy-path``, of an installed package."""
    if isinstance(kind, str) and kind in POLICY_KINDS:
        return POLICY_KINDS[kind]
    own = own_kind(str(kind))
    if own is None:
        raise unknown_choice(owner, (*POLICY_KINDS, *own_names()), str(kind))
    return own.model


def kinds() -> dict[str, type[BaseModel]]:
    """Every class of policies by its kind, a user's own among them."""
    return {**{kind: kind_model("kind", kind) for kind in own_names()}, **POLICY_KINDS}


def with_reference(policies: Mapping[str, T], complete: Callable[[T | None], T]) -> dict[str, T]:
    """``policies`` with ``status_quo`` first, ``complete`` of what stands there (None: nothing)."""
    others = {name: policy for name, policy in policies.items() if name != REFERENCE}
    return {REFERENCE: complete(policies.get(REFERENCE)), **others}


def levers_for(
    policy: Policy, reference: Policy, segments: SegmentNames, horizon: int
) -> LeverTable:
    """Packed levers of ``policy`` as edits on top of ``reference``; a status quo stands alone."""
    stands_alone = isinstance(policy, StatusQuo)
    edits = [*(() if stands_alone else reference.edits()), *policy.edits()]
    return build_levers(edits, segments, horizon)


__all__ = [
    "POLICY_KINDS",
    "REFERENCE",
    "CareProgramme",
    "ClassifiedCollections",
    "Combination",
    "ConductRules",
    "CreditLimits",
    "DebtSale",
    "DynamicTightening",
    "EarlyWarningCall",
    "Education",
    "GracePeriod",
    "IncomeVerification",
    "InstalmentReplan",
    "NewCustomerInterestFree",
    "Outsourcing",
    "Policy",
    "Prevention",
    "RicherScoring",
    "RiskBasedPrice",
    "StatusQuo",
    "StricterApproval",
    "build_policy",
    "kinds",
    "levers_for",
    "with_reference",
]
