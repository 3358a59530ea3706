"""What decides a run: everything that a user asked for, validated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from simulator.catalogue import parameters_from
from simulator.policies import REFERENCE, Policy, StatusQuo
from simulator.products import Product, shipped_products
from simulator.provision import RuleBook
from simulator.settings import (
    BookSettings,
    BreakEvenSettings,
    ReportSettings,
    RunSettings,
    ScenarioSettings,
)

Settings = TypeVar("Settings", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ExperimentRequest:
    """Everything that decides a run's numbers, validated.

    Parameters
    ----------
    book : BookSettings
        Which loans.
    book_name : str
        Of the file that was chosen.
    scenarios : mapping of str to ScenarioSettings
        By name, in their order.
    policies : mapping of str to Policy
        By name; the reference need not be there.
    run : RunSettings
        Horizon (months), number of paths, seed.
    report : ReportSettings
        What the report shows.
    parameters : mapping of str to float
        Value of every model parameter, by name.
    products : mapping of str to Product
        Those that a book may name.
    parameters_name : str
        The set that was chosen.
    fitted_books : tuple of str
        Books to which it was fitted; none: not known.
    break_even : mapping of str to BreakEvenSettings
        Questions by name.
    provision : mapping of str to provisioning standards
        By name; the first gives profit and capital.
    table_folders : tuple of Path
        Searched for scenario tables.
    configuration : mapping of str to object
        Only travels into the manifest.
    overrides : tuple of str
        Only travel into the manifest.
    sections : mapping of str to settings
        What was set of a group that has no field here, by its name.
    earlier : ExperimentRequest or None
        Of the finished run that ``explain.against`` names.

    References
    ----------
    docs/results.md (manifest.json); docs/model.md, section 15 (parameters).
    """

    book: BookSettings
    book_name: str
    scenarios: Mapping[str, ScenarioSettings]
    policies: Mapping[str, Policy]
    run: RunSettings
    report: ReportSettings = field(default_factory=ReportSettings)
    parameters: Mapping[str, float] = field(default_factory=lambda: parameters_from({}))
    products: Mapping[str, Product] = field(default_factory=shipped_products)
    parameters_name: str = ""
    fitted_books: tuple[str, ...] = ()
    break_even: Mapping[str, BreakEvenSettings] = field(default_factory=dict)
    provision: Mapping[str, RuleBook] = field(default_factory=dict)
    table_folders: tuple[Path, ...] = ()
    configuration: Mapping[str, object] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    sections: Mapping[str, object] = field(default_factory=dict)
    earlier: "ExperimentRequest | None" = None

    def section(self, name: str, model: type[Settings]) -> Settings:
        """The settings of the section ``name``, ``model``'s own where nothing was set of it."""
        found = self.sections.get(name)
        if found is None:
            return model()
        if not isinstance(found, model):
            raise TypeError(
                f"section {name} must be a {model.__name__}; got {type(found).__name__}"
            )
        return found

    @property
    def reference(self) -> Policy:
        """The current policy, with its defaults when the request names none."""
        return self.policies.get(REFERENCE) or StatusQuo()

    @property
    def all_policies(self) -> dict[str, Policy]:
        """The policies with the reference first, added when absent."""
        others = {name: policy for name, policy in self.policies.items() if name != REFERENCE}
        return {REFERENCE: self.reference} | others
