"""Runs and pages that several chapters of the report are tested with."""

import pytest

from simulator.report.provisions.rule_books import Provisions, provisions_of
from tests.report.money_runs import make_money_run
from tests.report.stress_runs import Run, data_of, make_run, write
from tests.report.tournament_runs import make_tournament


@pytest.fixture(scope="package")
def default_run() -> Run:
    return make_run()


@pytest.fixture(scope="package")
def default_page(default_run: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(default_run, tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="package")
def money_run() -> Run:
    return make_money_run()


@pytest.fixture(scope="package")
def books(money_run: Run) -> Provisions:
    found = provisions_of(data_of(money_run))
    assert found is not None
    return found


@pytest.fixture(scope="package")
def many() -> Run:
    return make_tournament()


@pytest.fixture(scope="package")
def many_page(many: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(many, tmp_path_factory.mktemp("tournament") / "report.html")
