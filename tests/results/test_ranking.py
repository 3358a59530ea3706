"""The frontier: cost, loss avoided, ranking and domination from datasets with known answers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from simulator.results.dataset import to_dataset
from simulator.results.ranking import REQUIRED, Frontier, Standing, dominator, frontiers
from simulator.results.summary import summarise
from simulator.vocabulary import AGE_BANDS, N_BURDENS, N_FATES, Burden, Fate
from tests.results.outputs import output_of, random_tallies

F8 = NDArray[np.float64]

MONEY = (
    "interest_accrued",
    "penalty_accrued",
    "fees_accrued",
    "forgiven",
    "funding_cost",
    "written_off",
    "sold",
    "recovered",
    "legal_recovered",
    "sale_price",
    "allowance_90_change",
    "recoverable_change",
    "collection_cost",
    "relief_handling_cost",
    "underwriting_cost",
    "acquisition_cost",
    "programme_cost",
)
"""What the net result is made of."""
PATH = ("scenario", "policy", "path")
GROUPS: dict[str, Sequence[object]] = {
    "income_decile": range(1, 11),
    "age_band": AGE_BANDS,
    "region": ("east", "central", "west", "northeast"),
    "product": ("cash_loan", "credit_line"),
}
FATES = [fate.name.lower() for fate in Fate]
BURDENS = [burden.name.lower() for burden in Burden]


def money_and_fates(
    scenarios: Sequence[str],
    policies: Sequence[str],
    totals: Mapping[str, F8],
    fates: F8,
    burdens: F8,
    *,
    runoff: Mapping[str, F8] | None = None,
) -> xr.Dataset:
    """A dataset of one month with ``totals`` (scenario, policy, path), the first the reference.

    ``fates`` and ``burdens`` have one more axis; ``runoff`` adds the sums of run-off months.
    """
    shape = fates.shape[:3]
    zeros = np.zeros(shape)
    found: dict[str, tuple[tuple[str, ...], F8]] = {
        name: ((*PATH, "month"), (zeros + totals.get(name, 0.0))[..., None]) for name in MONEY
    }
    if runoff is not None:
        for name in MONEY:
            found[f"runoff_{name}"] = (PATH, zeros + runoff.get(name, 0.0))
    found["fates"] = ((*PATH, "fate"), fates)
    found["fate_balance"] = ((*PATH, "fate"), 1000.0 * fates)
    found["burdens"] = ((*PATH, "burden"), burdens)
    return xr.Dataset(
        found,
        coords={
            "scenario": list(scenarios),
            "policy": list(policies),
            "path": np.arange(shape[2]),
            "month": [1],
            "fate": FATES,
            "burden": BURDENS,
            "scenario_weight": ("scenario", np.full(len(scenarios), 1.0 / len(scenarios))),
        },
        attrs={
            "reference": policies[0],
            "currency": "CNY",
            "runoff_months": 0 if runoff is None else 12,
            "draws_per_path": 1,
        },
    )


def by_policy(*values: float, n_paths: int = 4) -> F8:
    """One scenario; each policy has the same value on every path."""
    return np.repeat(np.array(values, dtype=np.float64)[None, :, None], n_paths, axis=2)


def counts(n_policies: int, kinds: int, n_paths: int = 4) -> F8:
    return np.zeros((1, n_policies, n_paths, kinds))


def plain(costs: Sequence[float], losses: Sequence[float], **more: object) -> xr.Dataset:
    """Policies ref, a, b, c ... with these handling costs and write-offs on every path."""
    n = len(costs)
    names = ["ref", *"abcdefghijklmnopqrs"[: n - 1]]
    totals = {"relief_handling_cost": by_policy(*costs), "written_off": by_policy(*losses)}
    return money_and_fates(["s"], names, totals, counts(n, N_FATES), counts(n, N_BURDENS), **more)


def only(dataset: xr.Dataset) -> Frontier:
    (found,) = frontiers(dataset)
    return found


def by_name(frontier: Frontier) -> dict[str, Standing]:
    return {standing.policy: standing for standing in frontier.standings}


def test_cost_and_loss_avoided_split_the_difference_of_the_net_result() -> None:
    draw = np.random.default_rng(1)
    totals = {name: draw.normal(0.0, 10.0, (1, 2, 30)) for name in MONEY}
    dataset = money_and_fates(["s"], ["ref", "a"], totals, counts(2, N_FATES, 30), counts(2, 3, 30))
    change = {name: values[0, 1] - values[0, 0] for name, values in totals.items()}
    cost = -(change["interest_accrued"] + change["penalty_accrued"] + change["fees_accrued"])
    cost += change["forgiven"] + change["funding_cost"] + change["collection_cost"]
    cost += change["relief_handling_cost"] + change["underwriting_cost"] + change["programme_cost"]
    cost += change["acquisition_cost"]
    loss = change["written_off"] + change["sold"] + change["allowance_90_change"]
    loss -= change["recovered"] + change["sale_price"] + change["recoverable_change"]
    standing = only(dataset).standings[0]
    for found, by_path in (
        (standing.cost, cost),
        (standing.loss_avoided, -loss),
        (standing.net, -loss - cost),
    ):
        mean, error = by_path.mean(), by_path.std(ddof=1) / np.sqrt(30)
        margin = stats.t.ppf(0.975, 29) * error
        np.testing.assert_allclose(found.ends, (mean, mean - margin, mean + margin), rtol=1e-9)


def test_policies_rank_by_net_and_ties_by_loss_avoided() -> None:
    # net: a = 20 - 10, b = 60 - 40, c = 40 - 20 (a tie with b, less avoided), d = -5
    frontier = only(plain((0, 10, 40, 20, 5), (100, 80, 40, 60, 100)))
    assert [s.policy for s in frontier.standings] == ["b", "c", "a", "d"]
    assert [s.rank for s in frontier.standings] == [1, 2, 3, 4]
    assert by_name(frontier)["b"].net.ends == (20.0, 20.0, 20.0)


def test_a_policy_is_dominated_by_one_that_costs_no_more_and_avoids_no_less() -> None:
    # a: 10 for 20; b: 40 for 60; c: 12 for 20, beaten by a; d: 50 for 55, beaten by b;
    # e: 5 for -1, beaten by the reference
    frontier = only(plain((0, 10, 40, 12, 50, 5), (100, 80, 40, 80, 45, 101)))
    found = {name: s.dominated_by for name, s in by_name(frontier).items()}
    assert found == {"a": None, "b": None, "c": "a", "d": "b", "e": "ref"}
    assert frontier.reference_dominated_by is None
    assert frontier.efficient() == ((0.0, 0.0), (10.0, 20.0), (40.0, 60.0))


def test_a_policy_that_saves_money_and_losses_dominates_the_reference() -> None:
    frontier = only(plain((10, 5), (100, 90)))
    assert frontier.reference_dominated_by == "a"
    assert frontier.efficient() == ((-5.0, 10.0),)


def test_equal_policies_do_not_dominate_each_other() -> None:
    frontier = only(plain((0, 10, 10, 0), (100, 80, 80, 100)))
    assert [s.dominated_by for s in frontier.standings] == [None, None, None]
    assert by_name(frontier)["c"].net.ends == (0.0, 0.0, 0.0)
    points = {"x": (1.0, 1.0), "y": (1.0, 1.0), "z": (1.0, 2.0)}
    assert dominator("x", points) == "z"
    assert dominator("z", points) is None


def test_money_covers_the_runoff_where_there_is_one() -> None:
    later = {"written_off": by_policy(0, 50)}
    frontier = only(plain((0, 10), (100, 80), runoff=later))
    assert frontier.standings[0].loss_avoided.mean == -30.0
    assert frontier.standings[0].net.mean == -40.0


def test_scenarios_are_weighted_path_by_path() -> None:
    draw = np.random.default_rng(2)
    losses = draw.normal(100.0, 10.0, (3, 2, 40))
    fates = draw.poisson(20.0, (3, 2, 40, N_FATES)).astype(float)
    dataset = money_and_fates(
        ["x", "y", "z"], ["ref", "a"], {"written_off": losses}, fates, np.zeros((3, 2, 40, 3))
    )
    weights = np.array([0.5, 0.3, 0.2])
    dataset["scenario_weight"] = ("scenario", weights)
    found = frontiers(dataset)
    assert [frontier.scenario for frontier in found] == [None, "x", "y", "z"]
    change = np.tensordot(weights, losses[:, 0] - losses[:, 1], axes=(0, 0))
    margin = stats.t.ppf(0.975, 39) * change.std(ddof=1) / np.sqrt(40)
    expected = (change.mean(), change.mean() - margin, change.mean() + margin)
    np.testing.assert_allclose(found[0].standings[0].net.ends, expected)
    saved = [frontier.standings[0].fate(Fate.SAVED).mean for frontier in found]
    assert saved[0] == pytest.approx(np.dot(weights, saved[1:]))
    assert saved[1] == pytest.approx(fates[0, 1, :, Fate.SAVED].mean())


def test_ratios_are_those_of_the_means_and_leave_out_what_does_not_exist() -> None:
    fates = counts(2, N_FATES)
    fates[0, 1, :, Fate.SAVED] = (3.0, 4.0, 2.0, 5.0)
    fates[0, 1, :, Fate.HARMED] = (1.0, 0.0, 1.0, 1.0)
    fates[0, 1, :, Fate.PREVENTED] = (7.0, 5.0, 4.0, 6.0)
    fates[0, 1, :, Fate.RETURNED] = (1.0, 0.0, 2.0, 6.0)
    totals = {"programme_cost": by_policy(0, 20)}
    frontier = only(money_and_fates(["s"], ["ref", "a"], totals, fates, counts(2, 3)))
    standing = frontier.standings[0]
    assert standing.cost_per_saved.mean == pytest.approx(80 / 11)
    assert standing.kicked_can_index.mean == pytest.approx(9 / 22)
    residual = np.array([1.0, 0.0, 2.0, 6.0]) - 9 / 22 * np.array([7.0, 5.0, 4.0, 6.0])
    margin = stats.t.ppf(0.975, 3) * residual.std(ddof=1) / 2 / 5.5
    assert standing.kicked_can_index.ci_high == pytest.approx(9 / 22 + margin)
    assert standing.fate_balances["saved"].mean == pytest.approx(1000 * 14 / 4)
    nobody = only(plain((0, 20), (0, 0))).standings[0]
    assert np.isnan(nobody.cost_per_saved.ends).all()
    assert np.isnan(nobody.kicked_can_index.ends).all()
    assert np.isnan(nobody.free_rider_share.ends).all()


def test_burdens_are_differences_and_fates_levels() -> None:
    burdens = counts(2, N_BURDENS)
    burdens[0, 0, :, Burden.OVERDUE_MONTHS] = 100.0
    burdens[0, 1, :, Burden.OVERDUE_MONTHS] = (80.0, 90.0, 85.0, 85.0)
    fates = counts(2, N_FATES)
    fates[0, :, :, Fate.COMPARED] = 50.0
    fates[0, 1, :, Fate.HARMED] = 3.0
    frontier = only(money_and_fates(["s"], ["ref", "a"], {}, fates, burdens))
    assert frontier.compared == 50.0
    assert frontier.reference_burdens["overdue_months"].mean == 100.0
    assert frontier.standings[0].burden(Burden.OVERDUE_MONTHS).mean == -15.0
    assert frontier.standings[0].fate(Fate.HARMED).ends == (3.0, 3.0, 3.0)


def test_one_path_has_no_interval() -> None:
    frontier = only(plain((0, 10), (100, 80)).isel(path=[0]))
    mean, low, high = frontier.standings[0].net.ends
    assert mean == 10.0
    assert np.isnan((low, high)).all()


def test_older_results_and_a_single_policy_have_no_frontier() -> None:
    dataset = plain((0, 10), (100, 80))
    for name in REQUIRED:
        assert frontiers(dataset.drop_vars(name)) == ()
    assert frontiers(dataset.isel(policy=[0])) == ()


def test_the_frontier_says_what_the_summary_says() -> None:
    tallies = {name: random_tallies(i, 12, 4) for i, name in enumerate(("other", "status_quo"))}
    dataset = to_dataset(output_of(tallies, months=3, draws_per_path=2, scenarios=("x", "y")))
    rows = {(r.scenario, r.policy, r.metric): r for r in summarise(dataset) if r.month is None}
    for frontier in frontiers(dataset)[1:]:
        (standing,) = frontier.standings
        for metric, found in (
            ("delta_lifetime_net_result", standing.net),
            ("cost_per_saved", standing.cost_per_saved),
            ("kicked_can_index", standing.kicked_can_index),
            ("free_rider_share", standing.free_rider_share),
            ("saved", standing.fate(Fate.SAVED)),
            ("harmed_balance", standing.fate_balances["harmed"]),
            ("delta_overdue_borrower_months", standing.burden(Burden.OVERDUE_MONTHS)),
        ):
            row = rows[frontier.scenario, "other", metric]
            np.testing.assert_allclose(found.ends, (row.mean, row.ci_low, row.ci_high), rtol=1e-9)


def tournament(
    scenarios: Sequence[str] = ("baseline", "downturn", "epidemic"),
    n_policies: int = 20,
    n_paths: int = 40,
    names: Sequence[str] = (),
) -> xr.Dataset:
    """Many policies of a made-up book: most near the reference, some far, some dominated."""
    draw = np.random.default_rng(11)
    policies = ["status_quo", *names, *(f"policy_number_{i}" for i in range(1, n_policies))]
    policies = policies[:n_policies]
    shape = (len(scenarios), n_policies, n_paths)
    size = np.exp(draw.normal(0.0, 1.6, n_policies)) * 1e4
    size[0] = 0.0
    stress = 1.0 + 0.6 * np.arange(len(scenarios))[:, None, None]
    luck = np.exp(0.3 * draw.standard_normal((len(scenarios), 1, n_paths)))
    cost = size[:, None] * draw.uniform(0.3, 2.0, n_policies)[:, None] * luck
    avoided = size[:, None] * draw.uniform(-0.2, 2.0, n_policies)[:, None] * luck * stress
    share = size / size.max()
    fates = np.zeros((*shape, N_FATES))
    fates[..., Fate.COMPARED] = 1000.0
    for fate, level in (
        (Fate.SAVED, 60.0),
        (Fate.DELAYED, 30.0),
        (Fate.HASTENED, 4.0),
        (Fate.HARMED, 12.0),
        (Fate.CENSORED, 10.0),
        (Fate.RELIEVED, 300.0),
        (Fate.FREE_RIDER, 200.0),
        (Fate.PREVENTED, 80.0),
    ):
        mix = draw.uniform(0.0, 1.0, n_policies)
        fates[..., fate] = draw.poisson(level * (mix * share)[:, None] * stress, shape)
    returning = draw.uniform(0.0, 1.0, (n_policies, 1))
    fates[..., Fate.RETURNED] = np.floor(returning * fates[..., Fate.PREVENTED])
    stricter = np.where(np.arange(n_policies) % 7 == 3, 40, 0)
    fates[..., Fate.REFUSED_GOOD] = draw.poisson(stricter[:, None], shape)
    burdens = 1.0 + 0.05 * draw.standard_normal((*shape, N_BURDENS))
    burdens = burdens * np.array([900.0, 2500.0, 40.0])
    totals = {"programme_cost": cost, "written_off": 1e6 * stress * luck - avoided}
    dataset = money_and_fates(scenarios, policies, totals, fates, burdens)
    return dataset.assign_coords({dim: list(labels) for dim, labels in GROUPS.items()}).assign(
        by_group(fates, draw)
    )


def by_group(fates: F8, draw: np.random.Generator) -> dict[str, tuple[tuple[str, ...], F8]]:
    """``fates_by_<group>`` and its standard error: the means split among groups."""
    found = {}
    mean = fates.mean(axis=2)
    for dim, labels in GROUPS.items():
        shares = draw.dirichlet(np.full(len(labels), 4.0))
        split = mean[:, :, None, :] * shares[:, None]
        dims = ("scenario", "policy", dim, "fate")
        found[f"fates_by_{dim}"] = (dims, split)
        found[f"fates_by_{dim}_se"] = (dims, 0.1 * split)
    return found
