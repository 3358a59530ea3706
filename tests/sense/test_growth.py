"""New customers grow as the scenario says, whatever the policy, and the same people come first."""

import numpy as np
import pytest

from simulator import stress_test
from simulator.book import build_book
from simulator.catalogue import parameters_from
from simulator.named import scenario_of
from simulator.results.run import Run
from simulator.settings import BookSettings, RunSettings, ScenarioSettings

SMALL = BookSettings.model_validate(
    {"borrowers": 1_000, "donors": 500, "burn_in_months": 12, "products": {"cash_loan": 1.0},
     "applicants_monthly_share": 0.04, "second_loan_share": 0.0}
)  # fmt: skip
MONTHS = 12


def scenario(label: str, growth: float) -> ScenarioSettings:
    changes = {"label": label, "growth": growth}
    return scenario_of("baseline").model_copy(update=changes)


def run(*growths: float) -> Run:
    return stress_test(
        book=SMALL,
        scenarios=[scenario(f"growth {g:g}", g) for g in growths],
        policies=["stricter_approval"],
        paths=2,
        months=MONTHS,
        runoff_months=0,
        provision=[],
    )


@pytest.fixture(scope="module")
def both() -> Run:
    return run(0.0, 0.5)


def test_applicants_of_a_scenario_follow_its_growth_under_every_policy(
    both: Run,
) -> None:
    months = np.arange(1, MONTHS + 1)
    applicants = both.dataset["applicants"].values
    for row, growth in enumerate((0.0, 0.5)):
        expected = np.floor(40 * (1 + growth) ** (months / 12) + 0.5)
        np.testing.assert_array_equal(applicants[row], np.broadcast_to(expected, (2, 2, MONTHS)))


def test_a_scenario_that_grows_changes_nothing_in_another(both: Run) -> None:
    alone = run(0.0).dataset
    for name in ("closing_balance", "written_off", "repeat_disbursed"):
        ours, theirs = (d[name].isel(scenario=0).values for d in (alone, both.dataset))
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_a_shrinking_scenario_has_fewer() -> None:
    applicants = run(-0.5).dataset["applicants"].values
    assert np.all(applicants[..., -1] == 20)


def test_the_first_applicants_are_the_same_in_a_book_that_grows() -> None:
    settings, times = SMALL, RunSettings(months=6)
    level = build_book(settings, times, parameters_from({}))
    grown = build_book(settings, times, parameters_from({}), growth=1.0)
    assert grown.borrowers.id.size > level.borrowers.id.size
    assert np.all(np.isin(level.borrowers.id, grown.borrowers.id))
