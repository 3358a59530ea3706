"""Draws of a fit's parameters: what they read, what they add, and how often total intervals hold.

The long study: ``python -m pytest -m slow tests/explain/test_parameter_draws.py``.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simulator.catalogue import catalogue
from simulator.explain.fit_file import fit_of
from simulator.notebook import stress_test
from simulator.parameter_draws import FittedParameter, ParameterDistribution
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import speaking
from simulator.report.page import render
from simulator.results.parameter_errors import ERROR, HIGH, LOW, around_estimate, drawn_in
from simulator.results.run import Run
from simulator.results.summary import summarise
from simulator.results.two_way import Components, joined
from simulator.settings import BookSettings
from simulator.shipped import shipped_files
from simulator.validation import UserError
from tests.explain.prior_runs import Size, coverage_of_prior, fit_json

SHIPPED = "cn_online_lender"


def correlated() -> ParameterDistribution:
    rows = (
        FittedParameter("p_forget_mean", "log", 0.005, 0.4, 0.034, 0.3),
        FittedParameter("score_risk_correlation", "logit", 0.3, 0.98, 0.85, 0.25),
        FittedParameter("refuse_dpd_slope", "linear", 1.0, 100.0, 25.0, 4.0),
    )
    correlation = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, -0.4], [0.0, -0.4, 1.0]])
    return ParameterDistribution(rows, correlation, "test")


# What is read and drawn


def test_a_folder_gives_back_the_fit(tmp_path: Path) -> None:
    wanted = correlated()
    found = fit_of(fit_json(tmp_path, wanted))
    assert found.names == wanted.names
    for mine, other in zip(found.parameters, wanted.parameters, strict=True):
        assert mine.sd == pytest.approx(other.sd, rel=1e-12)
    np.testing.assert_array_equal(found.correlation, wanted.correlation)
    assert found.source == "test"


def test_draws_have_the_estimates_errors_and_correlation_of_the_fit() -> None:
    fit, n = correlated(), 4_000
    draws = fit.draws(n, 5)
    assert len(draws) == n
    scaled = np.array(
        [
            [np.log(d["p_forget_mean"]) for d in draws],
            [
                np.log(d["score_risk_correlation"] / (1 - d["score_risk_correlation"]))
                for d in draws
            ],
            [d["refuse_dpd_slope"] for d in draws],
        ]
    )
    sd = np.array([p.sd for p in fit.parameters])
    np.testing.assert_allclose(scaled.std(axis=1), sd, rtol=4.5 / np.sqrt(2 * n))
    np.testing.assert_allclose(np.corrcoef(scaled), fit.correlation, atol=4.5 / np.sqrt(n))
    centre = [np.log(0.034), np.log(0.85 / 0.15), 25.0]
    assert np.abs((scaled.mean(axis=1) - centre) / sd).max() < 4.5 / np.sqrt(n)


def test_draws_stay_within_the_bounds() -> None:
    wide = FittedParameter("p_forget_mean", "log", 0.03, 0.04, 0.034, 1.0)
    draws = ParameterDistribution((wide,), np.eye(1), "test").draws(200, 6)
    values = np.array([d["p_forget_mean"] for d in draws])
    assert values.min() >= 0.03
    assert values.max() <= 0.04
    assert np.unique(values).size > 150  # drawn again, not clipped


def test_the_shipped_fit_has_the_errors_that_its_files_state() -> None:
    fit = fit_of(SHIPPED)
    forget = next(p for p in fit.parameters if p.name == "p_forget_mean")
    # configs/parameters: se 0.011; 90 % 0.02021 to 0.05809
    assert forget.sd * forget.estimate == pytest.approx(0.011, abs=5e-4)
    np.testing.assert_allclose(np.diag(fit.correlation), 1.0, atol=1e-4)
    np.testing.assert_array_equal(fit.correlation, fit.correlation.T)
    assert np.linalg.eigvalsh(fit.correlation)[0] > 0.0


def test_a_shipped_fit_whose_estimate_lies_at_a_bound_keeps_its_error_and_correlations() -> None:
    fit = fit_of("us_cards")
    at = {p.name: i for i, p in enumerate(fit.parameters)}
    gain, refusal = fit.parameters[at["standards_gain"]], at["p_refuse_monthly"]
    # configs/parameters: 0, se 0.7; 90 % 0 to 1.159, the lower end cut at the bound
    assert (gain.estimate, gain.low) == (0.0, 0.0)
    assert gain.sd == pytest.approx(0.705, abs=2e-3)
    # correlation of the fit's fit.json
    assert fit.correlation[refusal, at["standards_gain"]] == pytest.approx(-0.0162, abs=2e-3)
    share = at["household_income_share"]
    assert fit.correlation[share, at["standards_gain"]] == pytest.approx(-0.0630, abs=2e-3)
    assert fit.correlation[refusal, at["catch_up_share"]] == pytest.approx(0.3406, abs=2e-3)
    assert np.linalg.eigvalsh(fit.correlation)[0] > 0.0


@pytest.mark.parametrize("name", sorted(shipped_files("assumptions")))
def test_the_errors_of_every_shipped_fit_are_known(name: str) -> None:
    fit = fit_of(name)
    assert len(fit.parameters) >= 4
    for draw in fit.draws(50, 3):
        assert all(p.low <= draw[p.name] <= p.high for p in fit.parameters)


def test_another_fit_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="a folder of a fit, or a shipped fit") as told:
        fit_of("nothing")
    assert "\n" not in str(told.value)
    monkeypatch.setattr("simulator.explain.fit_file.parameters_hash", lambda _: "of a later fit")
    with pytest.raises(UserError, match="was made for an earlier fit; fit again") as told:
        fit_of(SHIPPED)
    assert "\n" not in str(told.value)


def test_a_damaged_fit_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "fit.json").write_text('{"label": "x", "parameters": [{}]}', encoding="utf-8")
    with pytest.raises(UserError, match=r"run.parameter_draws: .*fit.json is no fit.json"):
        fit_of(str(tmp_path))


def test_a_run_with_other_parameters_than_the_fit_is_refused() -> None:
    with pytest.raises(UserError, match=r"parameters.p_forget_mean must be the fit's estimate"):
        stress_test(
            parameters={"p_forget_mean": 0.2}, parameter_draws=SHIPPED, borrowers=50, provision=()
        )


# What is added


def test_errors_of_two_kinds_join_by_satterthwaite() -> None:
    first, other = (Components(np.array([v]), np.array([d])) for v, d in ((4.0, 9.0), (1.0, 3.0)))
    found = joined(first, other)
    assert found.variance[0] == 5.0
    assert found.dof[0] == pytest.approx(25.0 / (16.0 / 9.0 + 1.0 / 3.0))
    assert joined(first, None) is first


def test_a_figure_that_bends_over_its_doubt_has_its_drift_in_the_interval() -> None:
    """exp(x), x normal: mean square around exp(0) against its closed form."""
    luck, sd = np.random.default_rng(7), 0.8
    draws = np.exp(sd * luck.standard_normal(200_000))
    found = Components(np.array([draws.var()]), np.array([9.0]))
    wide = around_estimate(found, np.array([draws.mean() - 1.0]), draws.size)
    exact = np.exp(2.0 * sd**2) - 2.0 * np.exp(sd**2 / 2.0) + 1.0
    assert wide.variance[0] == pytest.approx(exact, rel=0.05)
    still = around_estimate(found, np.array([np.sqrt(found.variance[0] / 20)]), 20)
    assert still.variance[0] == pytest.approx(found.variance[0])


@cache
def small_run(drawn: str | None) -> Run:
    return stress_test(
        BookSettings(borrowers=150, donors=1_000, burn_in_months=12),
        scenarios=["baseline", "downturn"],
        policies=["grace_period"],
        provision=(),
        paths=6,
        months=4,
        runoff_months=3,
        book_draws=5,
        parameter_draws=drawn,
        draws=10,
    )


def test_draws_add_a_total_interval_and_change_no_other_number() -> None:
    plain, drawn = small_run(None), small_run(SHIPPED)
    for mine, other in zip(plain.summary, drawn.summary, strict=True):
        np.testing.assert_equal(tuple(mine)[:13], tuple(other)[:13])
        assert mine.total is None
    known = [row for row in drawn.summary if row.total is not None]
    assert {"net_loss", "lifetime_net_loss", "value", "delta_value", "balance"} <= {
        row.metric for row in known
    }
    for row in known:
        assert row.total_low <= row.book_low
        assert row.total_high >= row.book_high
    wider = [row for row in known if row.total_high > row.book_high]
    assert len(wider) > 0.3 * len(known)


def test_results_nc_holds_the_total_interval_of_each_figure() -> None:
    run = small_run(SHIPPED)
    np.testing.assert_equal(tuple(summarise(run.dataset)), run.summary)
    place = {"scenario": "downturn", "policy": "grace_period", "figure": "delta_value"}
    row = next(r for r in run.summary if r[:3] == ("downturn", "grace_period", "delta_value"))
    held = [float(run.dataset[name].sel(place)) for name in (LOW, HIGH)]
    assert held == [row.total_low, row.total_high]
    assert float(run.dataset[ERROR].sel(place)) >= 0.0


def test_parameters_left_at_an_assumption_are_named() -> None:
    run = small_run(SHIPPED)
    drawn = drawn_in(run.dataset)
    assert drawn is not None
    assert set(drawn.names) == set(fit_of(SHIPPED).names)
    assert (drawn.draws, drawn.paths) == (10, 5)
    assert "spending_elasticity" not in drawn.names
    assumed = {n for n, spec in catalogue().items() if "assumption" in spec.source}
    assert set(drawn.assumed) == assumed - set(drawn.names)
    with speaking("en"):
        page = render(ReportData(run), "Test")
    assert "Inner bar: 95 % interval" in page
    assert all(name in page for name in drawn.assumed)


# How often total intervals hold


def test_a_short_study_of_total_intervals(tmp_path: Path) -> None:
    """Median over figures, whose error of so few truths is some hundredths."""
    held = coverage_of_prior(tmp_path, Size(runs=2, truths=5, draws=12, true_paths=60))
    assert len(held) > 50
    assert np.median(list(held.values())) >= 0.85


@pytest.mark.slow
def test_total_intervals_hold_a_truth_that_is_drawn_from_the_prior(tmp_path: Path) -> None:
    """40 runs, each with a book of its own and five truths."""
    held = coverage_of_prior(tmp_path, Size(runs=40, truths=5))
    shares = np.array(list(held.values()))
    assert 0.90 <= np.median(shares) <= 0.98
    # A share of 200 truths in 40 runs has an error of some .03.
    assert np.mean(shares >= 0.85) >= 0.95


WRONG = {
    "low": ({"low": 0.2}, "low, estimate and high must be in this order"),
    "high": ({"high": 1e9}, "low, estimate and high must be in this order and within"),
    "se": ({"se": 0.0}, "se must be above 0 and finite; got 0"),
    "negative": ({"se": -1.0}, "se must be above 0 and finite; got -1"),
    "nan": ({"se": float("nan")}, "se must be above 0 and finite; got nan"),
    "estimate": ({"estimate": float("nan")}, "must be in this order"),
    "twice": ({"name": "refuse_dpd_slope", "scale": "linear", "low": 1.0, "high": 100.0,
               "estimate": 25.0}, "refuse_dpd_slope is listed twice"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_fit_with_numbers_that_none_has_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    folder, (changes, message) = fit_json(tmp_path, correlated()), WRONG[case]
    path = tmp_path / "fit.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["parameters"][0] |= changes
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        fit_of(folder)


@pytest.mark.parametrize("entry", [5.0, -0.2, float("nan")])
def test_a_correlation_that_is_none_is_refused(entry: float, tmp_path: Path) -> None:
    folder = fit_json(tmp_path, correlated())
    path = tmp_path / "fit.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["correlation"][0][1] = entry
    path.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(UserError, match="correlation must be one: symmetric, 1 on its diagonal"):
        fit_of(folder)
