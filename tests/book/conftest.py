"""A large synthetic book that several files share."""

import pytest

from simulator.book import Book
from simulator.settings import RunSettings
from tests.book.books import synthetic


@pytest.fixture(scope="package")
def large() -> Book:
    return synthetic(40_000, RunSettings(months=1, paths=1))
