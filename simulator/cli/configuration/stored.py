"""The request of a stored run, and a request that is compared with one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.cli.configuration.folders import ConfigFolders
from simulator.cli.configuration.groups import PRODUCT, TABLE, lists
from simulator.cli.configuration.inputs import Chosen, read_inputs, request_from
from simulator.products import Product, shipped_products
from simulator.settings import ExplainSettings
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    from simulator.request import ExperimentRequest


def stored_request(configuration: Mapping[str, Any], folders: ConfigFolders) -> "ExperimentRequest":
    """The request of a stored run's configuration, by the command's own checks."""
    config = {
        str(group): value
        for group, value in configuration.items()
        if group in TABLE and not TABLE[group].typed_only
    }
    shipped = {name: told_product(product) for name, product in shipped_products().items()}
    config[PRODUCT] = {**shipped, **config.get(PRODUCT, {})}
    chosen = {group: tuple(config.get(group) or ()) for group in lists()}
    inputs = read_inputs(config, chosen)
    names = Chosen(inputs.book.kind, "", "")
    return request_from(inputs, names, folders, configuration, ())


def told_product(product: Product) -> dict[str, object]:
    """A product as its file has it."""
    told = product.model_dump(mode="json", exclude={"name"})
    return {**told, "amortisation": product.amortisation.name.lower()}


def with_earlier(request: "ExperimentRequest", folders: ConfigFolders) -> "ExperimentRequest":
    """``request`` with the run that ``explain.against`` names by its folder, where it does.

    ``UserError`` where the folder holds no run, or one that cannot be asked for again.
    """
    against = request.section("explain", ExplainSettings).against
    if against is None or against in request.scenarios or not Path(against).is_dir():
        return request

    from simulator.results.run import Run  # slow to import, and most requests need none

    try:
        earlier = stored_request(Run.read(against).settings, folders)
    except UserError as error:
        raise UserError(f"explain.against={clip(against, 200)}: {error}") from None
    return replace(request, earlier=earlier)
