"""Products are files: each builds, lists every key, and a user's folder adds its own."""

from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from simulator.cli.app import main
from simulator.cli.arguments import read_arguments
from simulator.cli.configuration.hydra_app import checked, compose_validated
from simulator.notebook import stress_test
from simulator.products import (
    PRODUCTS,
    ProductSettings,
    build_product,
    products_of,
    shipped_products,
)
from simulator.settings import BookSettings
from simulator.validation import UserError
from simulator.vocabulary import Amortisation
from tests import ROOT

FILES = sorted((ROOT / "configs" / "product").glob("*.yaml"))
VAN = {
    "amortisation": "annuity",
    "annual_rate": 0.1,
    "terms_months": [24],
    "amount_in_incomes": 4.0,
    "source": "assumption",
}
SHIPPED = "2ef79069170d7652"
"""First digits of the hash of the shipped products; a change of one moves results."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_builds_lists_every_key_and_says_what_it_is(path):
    header, comment, *_ = path.read_text(encoding="utf-8").splitlines()
    assert header == f"# @package product.{path.stem}"
    assert comment.startswith("# ")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(content) == set(ProductSettings.model_fields)
    assert build_product(path.stem, content) == PRODUCTS[path.stem]


def test_the_shipped_products_and_their_order_are_what_results_were_made_with():
    assert list(shipped_products())[:4] == [
        "cash_loan",
        "equal_principal_loan",
        "micro_business_loan",
        "credit_line",
    ]
    assert {path.stem for path in FILES} == set(shipped_products())
    text = "\n".join(repr(sorted(p.model_dump().items())) for p in shipped_products().values())
    assert sha256(text.encode()).hexdigest().startswith(SHIPPED)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"amortisation": "anuity"}, "did you mean annuity?"),
        ({"amortisation": 1}, "must be one of annuity, equal_principal, bullet, revolving"),
        ({"utilisation": 0.5}, "utilisation is read of a revolving product only"),
        ({"amortisation": "revolving", "terms_months": [12, 600]}, "must be one number"),
        ({"terms_months": [0]}, r"must be in \[1, 600\]; got 0"),
        ({"write_off_dpd": 20}, r"product.van.write_off_dpd must be in \[30, 450\]; got 20"),
        ({"recovry_share": 0.4}, "did you mean recovery_share?"),
        ({"name": "bus"}, "product.van.name is not a known key"),
    ],
)
def test_a_bad_field_is_refused_with_its_range(changes, rule):
    with pytest.raises(UserError, match=rule):
        build_product("van", VAN | changes)


def test_products_of_a_run_are_known_meanwhile_in_their_own_places():
    own = {"a_van": build_product("a_van", VAN), **shipped_products()}
    with products_of(own):
        assert list(PRODUCTS) == [*shipped_products(), "a_van"]
        assert PRODUCTS["a_van"].amortisation is Amortisation.ANNUITY
    assert "a_van" not in PRODUCTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with a product."""
    (tmp_path / "mine" / "product").mkdir(parents=True)
    text = "# @package product.van\n" + yaml.safe_dump(VAN)
    (tmp_path / "mine" / "product" / "van.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "mine"


def composed(folder: Path, *words: str):
    folders, arguments = checked(read_arguments(["-cd", str(folder), *words]))
    return compose_validated(arguments, folders)[0]


def test_a_product_of_ones_own_folder_is_added_and_can_be_set(folder):
    assert composed(folder).products["van"].terms_months == (24,)
    mix = "book.products={cash_loan: 0.5, equal_principal_loan: 0, micro_business_loan: 0,"
    mix += " credit_line: 0, van: 0.5}"
    found = composed(folder, mix, "product.van.write_off_dpd=90")
    assert found.products["van"].write_off_dpd == 90


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("product.van.annual_rate=0.2", "product.van.annual_rate is not read: the book holds"),
        ("product=[van]", "product is not chosen: a run knows every file of product/"),
        ("product.vam.annual_rate=0.2", "did you mean van?"),
        ("product.cash_loan.anual_rate=0.2", "did you mean annual_rate?"),
        ("book.products={cash_lone: 0.0}", "did you mean cash_loan?"),
        ("product.cash_loan.annual_rate=3", "product.cash_loan.annual_rate must be in [0, 1]"),
    ],
)
def test_what_no_product_reads_is_refused(folder, word, answer, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    assert main(["-cd", "mine", word, "hydra.run.dir=out"]) == 2
    assert answer in capsys.readouterr().err


def test_a_bad_file_is_named(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    (folder / "product" / "bus.yaml").write_text("annual_rate: 0.1\n", encoding="utf-8")
    assert main(["-cd", "mine", "hydra.run.dir=out"]) == 2
    assert "mine/product/bus.yaml: must begin with" in capsys.readouterr().err
    (folder / "product" / "bus.yaml").unlink()
    (folder / "product" / "cash_loan.yaml").write_text("x: 1\n", encoding="utf-8")
    assert main(["-cd", "mine", "hydra.run.dir=out"]) == 2
    assert "cash_loan exists already in" in capsys.readouterr().err


def losses(recovery: float, age: int) -> tuple[float, float]:
    """Net loss and write-offs of vans alone in a year."""
    van = build_product("van", VAN | {"recovery_share": recovery, "write_off_dpd": age})
    book = BookSettings(borrowers=300, products={"van": 1.0}, donors=500, burn_in_months=18)
    outcome = stress_test(
        book, ["baseline"], [], paths=4, months=12, runoff_months=0, provision=[], products=[van]
    )
    found = {row.metric: row.mean for row in outcome.summary if row.month is None}
    return found["net_loss"], found["written_off"]


@pytest.mark.filterwarnings("ignore:parameters. cn_online_lender was fitted")
def test_recoveries_and_the_age_at_write_off_of_a_product_reach_its_losses():
    little, lost = losses(0.0, 120)
    much, same = losses(0.5, 120)
    assert lost == same > 0.0
    assert much < 0.95 * little
    assert losses(0.0, 60)[1] != lost
