"""Parameters of each product and of each jurisdiction."""

from simulator.products.jurisdiction import JURISDICTIONS, Jurisdiction
from simulator.products.known import PRODUCTS, products_of, shipped_products
from simulator.products.product import Product, ProductSettings, build_product

__all__ = [
    "JURISDICTIONS",
    "PRODUCTS",
    "Jurisdiction",
    "Product",
    "ProductSettings",
    "build_product",
    "products_of",
    "shipped_products",
]
