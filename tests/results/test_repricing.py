"""Exact sliders: the run's own figures at its prices, a run's with other prices elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.results.dataset import to_dataset
from simulator.results.decision import Outcome, decide
from simulator.results.income_statement import parameters_of
from simulator.results.money_lines import VALUE_PARTS
from simulator.results.reader_verdict import ReaderVerdict, reader_verdict
from simulator.results.repricing import Prices, Repricing, repricing
from simulator.results.summary import summarise
from simulator.results.value import rates_of
from tests.results.outputs import output_of, random_tallies

MONTHS, RUNOFF, PATHS = 4, 3, 40
WEIGHTS = np.array([0.7, 0.3])


def dataset_of(**parameters: float):
    """Two scenarios and three policies; the deviation of the economy explains part of them."""
    names = ("status_quo", "first", "second")
    tallies = {name: random_tallies(i, PATHS, MONTHS + RUNOFF) for i, name in enumerate(names)}
    output = output_of(tallies, months=MONTHS, scenarios=("calm", "storm"))
    random = np.random.default_rng(8)
    scenarios = tuple(
        replace(s, weight=float(w)) for s, w in zip(output.scenarios, WEIGHTS, strict=True)
    )
    output = replace(
        output,
        scenarios=scenarios,
        tallies={
            (s.name, name): random_tallies(3 * i + j, PATHS, MONTHS + RUNOFF)
            for i, s in enumerate(scenarios)
            for j, name in enumerate(names)
        },
        parameters={**output.parameters, **parameters},
        deviation=random.standard_normal((PATHS, MONTHS + RUNOFF)),
    )
    return to_dataset(output)


def model_of(dataset) -> Repricing:
    found = repricing(dataset, decide(dataset, summarise(dataset)))
    assert found is not None
    return found


def test_at_the_runs_prices_worth_and_interval_are_the_decisions():
    dataset = dataset_of()
    model, decision = model_of(dataset), decide(dataset, summarise(dataset))
    worth, half = model.worth(model.prices), model.half_width(model.prices)
    for i, case in enumerate(decision.cases):
        assert model.policies[i] == case.policy
        for place, estimate in enumerate((case.worth, *case.by_scenario.values())):
            assert worth[i, place] == pytest.approx(estimate.mean, rel=1e-11)
            assert half[i, place] == pytest.approx(estimate.ci_high - estimate.mean, rel=1e-9)


def test_at_the_runs_prices_the_verdict_is_the_decisions():
    dataset = dataset_of()
    model, decision = model_of(dataset), decide(dataset, summarise(dataset))
    judged = reader_verdict(dataset, decision, model).at(model.prices)
    assert [model.policies[p] for p in judged.order] == [case.policy for case in decision.cases]
    assert judged.outcome == decision.outcome
    assert tuple(model.policies[p] for p in judged.tied) == decision.tied


def test_policies_are_tied_where_the_interval_of_their_difference_holds_zero():
    dataset = dataset_of()
    model = model_of(dataset)
    judge = ReaderVerdict(model, (False, False), (None, None), 1e12)
    gap = abs(float(model.gap(model.prices)[0, 1]))
    for factor, tied in ((0.99, 0), (1.01, 1)):
        reach = np.full((2, 2), factor * gap)
        told = replace(judge, model=replace(model, gap_reach=reach)).at(model.prices)
        assert len(told.tied) == tied
    dear = replace(model.prices, operating=2.0)
    ratio = model._gap_error(dear)[0, 1] / model._gap_error(model.prices)[0, 1]
    assert ratio != pytest.approx(1.0, abs=1e-3)
    found = model.gap_half_width(dear)[0, 1] / model.gap_reach[0, 1]
    assert found == pytest.approx(ratio)


def test_assumptions_that_turn_the_worth_at_a_readers_prices_keep_it_from_being_recommended():
    model = replace(model_of(dataset_of()))
    worth = model.worth(model.prices)[:, 0]
    sure = replace(model, reach=np.zeros_like(model.reach), left=model.left + 2 * abs(worth).max())
    first = float(sure.worth(sure.prices)[:, 0].max())
    for least, outcome in ((-0.5, Outcome.RECOMMENDED), (-2.0, Outcome.DEPENDS)):
        changes = np.array([[2.0 * first, least * first]])
        judge = ReaderVerdict(sure, (False, False), (changes, changes), 1e12)
        told = judge.at(sure.prices)
        assert (told.outcome, told.turned, told.tried) == (outcome, int(least < -1), 1)
    untried = ReaderVerdict(sure, (False, False), (np.empty((0, 2)),) * 2, 1e12).at(sure.prices)
    assert (untried.outcome, untried.turned) == (Outcome.DEPENDS, None)


def test_at_other_prices_worth_is_that_of_a_run_with_them_but_for_what_is_left():
    model = model_of(dataset_of())
    other = {"funding_annual_rate": 0.09, "tax_rate": 0.1}
    costs = parameters_of(dataset_of())
    more = {name: 1.5 * costs[name] for name in ("operating_cost_monthly", "operating_cost_rate")}
    fresh = model_of(dataset_of(**other, **more))
    prices = Prices(0.09, 0.1, model.prices.weights, operating=1.5)
    order = [fresh.policies.index(policy) for policy in model.policies]
    bare, fresh_bare = (replace(m, left=np.zeros_like(m.left)) for m in (model, fresh))
    found, wanted = bare.worth(prices), fresh_bare.worth(fresh.prices)[order]
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    assert not np.allclose(found, bare.worth(bare.prices))
    spread = model.half_width(prices) / fresh.half_width(fresh.prices)[order]
    np.testing.assert_allclose(spread, 1.0, atol=0.2)


def test_twice_the_book_is_worth_twice_with_twice_the_interval():
    model = model_of(dataset_of())
    twice = replace(model.prices, size=2.0)
    np.testing.assert_allclose(model.worth(twice), 2.0 * model.worth(model.prices))
    np.testing.assert_allclose(model.half_width(twice), 2.0 * model.half_width(model.prices))


def test_all_the_weight_on_a_scenario_leaves_its_worth_and_error():
    model = model_of(dataset_of())
    alone = replace(model.prices, weights=np.array([0.0, 1.0]))
    worth = model.worth(alone)
    np.testing.assert_allclose(worth[:, 0], worth[:, 2])
    assert not np.allclose(worth[:, 0], worth[:, 1])
    errors = model._error(alone)
    np.testing.assert_allclose(errors[:, 0], errors[:, 2])


def test_the_parts_of_every_path_add_up_to_its_value():
    dataset = dataset_of()
    rates = rates_of(parameters_of(dataset))
    cash, taxable, operating, balance = (dataset[part.name].values for part in VALUE_PARTS)
    whole = cash - operating - rates.tax * (taxable - operating) - rates.charge * balance
    whole = whole + dataset["value_left"].values
    np.testing.assert_allclose(whole, dataset["value"].values, rtol=1e-9, atol=1e-6)


def test_fewer_policies_keep_their_figures_and_a_run_without_a_value_has_none():
    dataset = dataset_of()
    model = model_of(dataset)
    one = repricing(dataset, decide(dataset, summarise(dataset)), 1)
    assert one is not None
    np.testing.assert_allclose(one.worth(one.prices), model.worth(model.prices)[:1], rtol=1e-12)
    half = model.half_width(model.prices)[:1]
    np.testing.assert_allclose(one.half_width(one.prices), half, rtol=1e-12)
    bare = dataset.drop_vars(["line_cash"])
    assert repricing(bare, decide(dataset, summarise(dataset))) is None
