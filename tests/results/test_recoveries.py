"""What write-offs bring later, against its closed form."""

import numpy as np
import pytest

from simulator.results.by_path import PATH_DIMS
from simulator.results.dataset import to_dataset
from simulator.results.recoveries import recoveries
from simulator.vocabulary import Count, Flow
from tests.results.outputs import PRODUCT_LIST, output_of, random_tallies, rows_of, zero_tallies


def test_recoveries_equal_their_closed_form() -> None:
    horizon = 30
    written_off = np.random.default_rng(4).uniform(0, 100, (3, horizon + 1, 2))
    found = recoveries(written_off, PRODUCT_LIST)
    expected = np.zeros((3, horizon + 1))
    for column, product in enumerate(PRODUCT_LIST):
        half = product.recovery_half_life_months
        for month in range(horizon + 1):
            for earlier in range(month):
                k = month - earlier
                curve = 2 ** (-(k - 1) / half) - 2 ** (-k / half)
                amount = written_off[:, earlier, column]
                expected[:, month] += product.recovery_share * curve * amount
    np.testing.assert_allclose(found.monthly, expected, rtol=1e-11)
    lifetime = (written_off * [p.recovery_share for p in PRODUCT_LIST]).sum(axis=(1, 2))
    later = found.outstanding[:, -1]
    np.testing.assert_allclose(found.monthly.sum(axis=1) + later, lifetime, rtol=1e-12)


def test_what_is_still_expected_from_write_offs_is_an_asset_until_it_is_paid() -> None:
    tallies = random_tallies(31, 4, 6)
    dataset = to_dataset(output_of({"status_quo": tallies}, months=4))
    rise = dataset["recoverable_change"]
    assert rise.dims == (*PATH_DIMS, "month")
    later = rise.sum("month") + dataset["runoff_recoverable_change"]
    np.testing.assert_allclose(later, dataset["recoverable_after_horizon"], rtol=1e-12)
    share = np.array([product.recovery_share for product in PRODUCT_LIST])
    promised = (tallies.written_off_by_product[:, 1:5] * share).sum(axis=-1)
    paid = dataset["recovered"] - dataset["legal_recovered"]
    np.testing.assert_allclose((rise + paid)[0, 0], promised, rtol=1e-12)


def test_a_sale_for_what_a_write_off_would_bring_later_changes_no_loss() -> None:
    """Whichever month the money comes in: the horizon does not favour selling."""
    kept, sold = zero_tallies(paths=3, horizon=2), zero_tallies(paths=3, horizon=2)
    kept.flows[:, 1, Flow.WRITTEN_OFF] = 100.0
    kept.written_off_by_product[:, 1, 0] = 100.0
    sold.flows[:, 1, Flow.SOLD] = 100.0
    sold.counts[:, 1, Count.SALE_PRICE] = 100.0 * PRODUCT_LIST[0].recovery_share
    dataset = to_dataset(output_of({"status_quo": kept, "sale": sold}, months=2))
    for metric in ("delta_credit_loss", "delta_net_result"):
        assert rows_of(dataset, metric, "sale")[-1].mean == pytest.approx(0.0, abs=1e-9)
    assert rows_of(dataset, "delta_net_loss", "sale")[-1].mean < -1.0
