"""Losses and profit of the run that the chapter is tested with."""

import pytest

from simulator.report.profit.bridge_figure import Bridge
from simulator.report.profit.loss_figure import Losses
from tests.report.stress_runs import Run, data_of


@pytest.fixture(scope="package")
def found_losses(money_run: Run) -> Losses:
    return Losses(data_of(money_run))


@pytest.fixture(scope="package")
def bridge(money_run: Run) -> Bridge:
    return Bridge(data_of(money_run))
