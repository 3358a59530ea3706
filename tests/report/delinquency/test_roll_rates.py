"""Roll rates between buckets of days past due."""

import numpy as np

from simulator.report.delinquency import roll_rates
from simulator.report.kit import style
from tests.report.stress_runs import Run, data_of


def test_roll_rates_are_rolled_balance_over_opening_balance(default_run: Run) -> None:
    figure = roll_rates.roll_rates(data_of(default_run), style.WIDE, "status_quo")
    rolled = default_run.dataset["roll_balance"].sel(scenario="baseline", policy="status_quo")
    total = rolled.sum("month").values
    expected = 100.0 * total[1] / total[1].sum()
    np.testing.assert_allclose(figure.data[0].z[1], expected[:9], atol=5.1e-3)
    assert len(figure.data[0].z) == 7  # nothing ever opened in M7
