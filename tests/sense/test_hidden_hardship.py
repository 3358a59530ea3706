"""What a lender does not see changes what it does, and not what borrowers go through."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator import stress_test
from simulator.policies import CareProgramme, GracePeriod, InstalmentReplan
from simulator.settings import BookSettings
from simulator.shipped import read_shipped
from simulator.situation import situation_of
from simulator.vocabulary import N_PATH_CELL_MEASURES, CellMeasure, Count, Forbearance
from tests.conftest import (
    HARD,
    REFERENCE_ONLY,
    Policies,
    assert_same_tallies,
    run_small,
    small_book,
)
from tests.policies.effects import against, total
from tests.policies.policy_tables import preset
from tests.twin.cells import cell_table

HIDDEN = {
    "hardship_public_share": 0.0,
    "hardship_ask_share": 0.0,
    "hardship_learn_in_arrears": 0.0,
}
SEEN = {"hardship_public_share": 1.0}
DRY = {**HARD, "disaster": 0.0}


def _cell(situation: int, group: int) -> int:
    """Region, then whether hardship is seen, then whether relief has marked the loan."""
    found = situation_of(situation)
    marked = found.forbearance is not Forbearance.NONE
    return (group * 2 + found.hardship) * 2 + marked


def loans_seen(
    parameters: dict[str, float], policy: str = "status_quo", **run: object
) -> NDArray[np.float64]:
    """Weights of loans by month, region, seen hardship (no, yes), mark (no, yes), all paths."""
    book = small_book(opening_overdue=False)
    region = np.array([book.regions.index(name) for name in book.segments.region])
    n = len(book.regions)
    table = cell_table(_cell, 4 * n, region)
    small = run_small(book, parameters=parameters, cells=table, **run)  # type: ignore[arg-type]
    sums = small.tallies(policy).cell_sums[:, :, CellMeasure.LOANS - N_PATH_CELL_MEASURES]
    return np.asarray(sums.reshape(-1, n, 2, 2))


def test_without_any_sign_no_hardship_is_ever_seen() -> None:
    world = {"worlds": {"hard": DRY}}
    assert loans_seen(HIDDEN, **world)[:, :, 1].sum() == 0.0
    assert loans_seen(SEEN, **world)[:, :, 1].sum() > 0.0


def test_a_flood_is_seen_where_it_is_and_nowhere_else() -> None:
    wet = {**DRY, "disaster_west": 0.1}
    seen = loans_seen(HIDDEN, worlds={"hard": wet})[:, :, 1].sum(axis=(0, 2))
    west = small_book().regions.index("west")
    assert seen[west] > 0.0
    assert np.delete(seen, west).sum() == 0.0


def test_each_sign_shows_more_than_none_and_less_than_everything() -> None:
    world = {"worlds": {"hard": DRY}}
    everything = loans_seen(SEEN, **world)[:, :, 1].sum()
    for name in HIDDEN:
        shown = loans_seen({**HIDDEN, name: 0.5}, **world)[:, :, 1].sum()
        assert 0.0 < shown < everything, name


def test_where_all_is_public_nothing_else_matters() -> None:
    """And borrowers fare alike whatever is seen, where no lever depends on it."""
    told = {"hardship_ask_share": 1.0, "hardship_learn_in_arrears": 1.0}
    quiet = {"hardship_ask_share": 0.0, "hardship_learn_in_arrears": 0.0}
    np.testing.assert_array_equal(loans_seen({**SEEN, **told}), loans_seen({**SEEN, **quiet}))
    assert_same_tallies(
        run_small(parameters=SEEN).tallies(), run_small(parameters=HIDDEN).tallies()
    )


OFFERS: Policies = {
    "care_programme": CareProgramme(),
    "grace_period": GracePeriod(),
    "jobless_relief": GracePeriod(hardships=("job_loss",)),
}


@pytest.mark.parametrize("name", OFFERS)
def test_an_offer_to_those_in_hardship_reaches_them_because_asking_shows_it(name: str) -> None:
    """Bit by bit the same relief as if the lender had seen everything."""
    policies: Policies = {**REFERENCE_ONLY, name: OFFERS[name]}
    seen, hidden = (run_small(policies=policies, parameters=p) for p in (SEEN, HIDDEN))
    assert total(seen, Count.RELIEF_GRANTED, name) > 0.0
    assert_same_tallies(seen.tallies(name), hidden.tallies(name))


def test_the_flooded_get_flood_relief_though_a_worse_hardship_is_hidden() -> None:
    """Seen whole, one who lost the job is filed under job loss, flood or not."""
    offer = GracePeriod(hardships=("disaster",))
    seen, hidden = (against(offer, parameters=p) for p in (SEEN, HIDDEN))
    assert total(hidden, Count.RELIEF_GRANTED) > total(seen, Count.RELIEF_GRANTED) > 0.0


def test_who_keeps_a_hardship_hidden_may_take_what_others_are_offered() -> None:
    offer = InstalmentReplan(hardships=("none",))
    seen, hidden = (against(offer, parameters=p) for p in (SEEN, HIDDEN))
    assert total(hidden, Count.RELIEF_GRANTED) > total(seen, Count.RELIEF_GRANTED) > 0.0


def test_a_blanket_holiday_marks_only_those_who_are_seen_to_need_it() -> None:
    policies: Policies = {**REFERENCE_ONLY, "blanket": preset("blanket_holiday")}
    marked = [loans_seen(p, "blanket", policies=policies)[1, :, :, 1].sum() for p in (HIDDEN, SEEN)]
    assert 0.0 < marked[0] < marked[1]


@cache
def stage_2(share: float) -> float:
    """Mean over months of the second stage's part of the balance."""
    fitted = read_shipped("parameters", "cn_online_lender")
    cohort = BookSettings(**read_shipped("book", "cn_online") | {"opening_overdue": False})
    outcome = stress_test(
        cohort,
        scenarios=["downturn"],
        policies=["status_quo"],
        provision=["cas22"],
        borrowers=2_000,
        paths=12,
        seed=5,
        months=6,
        runoff_months=12,
        parameters={**fitted, "hardship_public_share": share},
    )
    shares = outcome.dataset["balance_share_by_grade"].sel(grade="stage_2")
    return float(shares.mean())


def test_the_second_stage_shrinks_as_less_hardship_is_seen() -> None:
    everything, half, little = (stage_2(share) for share in (1.0, 0.5, 0.0))
    # Between half and little whole cells change stage, so their order is not told apart.
    assert everything > 1.1 * max(half, little) > 0.0
