"""Which products there are: the shipped files, and those of the run that is being made."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Final

from simulator.products.product import Product, build_product
from simulator.shipped import default_choices, read_shipped


@cache
def shipped_products() -> Mapping[str, Product]:
    """Products of ``configs/product`` by name, in the order of the main configuration."""
    names = default_choices("product")
    return {name: build_product(name, read_shipped("product", name)) for name in names}


_of_the_run: ContextVar[Mapping[str, Product] | None] = ContextVar("products", default=None)


@contextmanager
def products_of(products: Mapping[str, Product]) -> Iterator[None]:
    """``PRODUCTS`` are these meanwhile, in this thread: of one run, whatever others do.

    Their order decides which draw gives which product, so the shipped ones keep their places.
    """
    shipped = shipped_products()
    order = [*(n for n in shipped if n in products), *sorted(products.keys() - shipped.keys())]
    token = _of_the_run.set({name: products[name] for name in order})
    try:
        yield
    finally:
        _of_the_run.reset(token)


class _Known(Mapping[str, Product]):
    """The products of the run at hand, else the shipped ones."""

    def _found(self) -> Mapping[str, Product]:
        own = _of_the_run.get()
        return shipped_products() if own is None else own

    def __getitem__(self, name: str) -> Product:
        return self._found()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())


PRODUCTS: Final[Mapping[str, Product]] = _Known()
