"""Products of the shipped and the user's folders, for commands that compose no configuration."""

from simulator.cli.configuration.folders import ConfigFolders, shown
from simulator.cli.configuration.groups import PRODUCT
from simulator.cli.configuration.yaml_scan import scan_choice
from simulator.products import Product, build_product
from simulator.reading.plain_yaml import load, read_text
from simulator.validation import UserError


def products_in(folders: ConfigFolders) -> dict[str, Product]:
    """Every product by name; a ``UserError`` names the file of a bad one."""
    found: dict[str, Product] = {}
    for _, why in folders.misnamed(PRODUCT):
        raise UserError(why)
    for name, path in folders.choices(PRODUCT).items():
        scan_choice(path, PRODUCT, {})
        owner = shown(path)
        content = load(owner, read_text(path, owner))
        if not isinstance(content, dict):
            raise UserError(f"{owner}: must hold keys and values")
        found[name] = build_product(name, {str(key): value for key, value in content.items()})
    return found
