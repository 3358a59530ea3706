"""Every configuration of a book validates and builds what it says."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from simulator.book import Book, build_book
from simulator.book_settings import UNREAD_BY_KIND
from simulator.products import PRODUCTS
from simulator.settings import BookSettings
from tests import ROOT
from tests.book.books import MIX, RUN, config

CONFIGS = sorted((ROOT / "configs" / "book").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_every_book_configuration_validates_and_has_every_key(path: Path) -> None:
    values = yaml.safe_load(path.read_text("utf-8"))
    unread = UNREAD_BY_KIND[values["kind"]]
    assert set(values) == set(BookSettings.model_fields) - set(unread)
    if values["kind"] == "tape":
        with pytest.raises(ValueError, match=r"book\.path must name the file of the tape"):
            BookSettings.model_validate(values)
        values["path"] = "loans.csv"
    settings = BookSettings.model_validate(values)
    assert set(settings.products) <= set(PRODUCTS)


def test_default_configuration_builds_what_it_says() -> None:
    book = build_book(config("cn_online", borrowers=300), RUN)
    assert book.currency == "CNY"
    assert [p.name for p in book.products] == list(MIX)
    assert {f.name for f in fields(Book)} >= {"notes", "imputed_columns"}
    assert book.imputed_columns == ()
