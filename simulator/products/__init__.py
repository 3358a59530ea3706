"""Parameters of each product and of each jurisdiction."""

from simulator.products.jurisdiction import JURISDICTIONS, Jurisdiction
from simulator.products.product import PRODUCTS, Product

__all__ = ["JURISDICTIONS", "PRODUCTS", "Jurisdiction", "Product"]
