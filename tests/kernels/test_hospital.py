"""Stays in hospital, the bill, and the loss of earnings that fades over years."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.illness import hospital_incidence
from simulator.catalogue import pack_parameters, parameters_from
from simulator.compounding import monthly_probability
from simulator.kernels import borrower
from simulator.kernels.records import records
from simulator.packing import pack
from simulator.policies import CareProgramme, StatusQuo
from simulator.vocabulary import LASTING_BITS, Cause, Count, Hardship, Life, Work, WorkState
from tests.conftest import (
    CALM,
    HARD,
    Policies,
    assert_same_tallies,
    cause_balance,
    run_small,
    small_book,
    standard_errors_above_zero,
)
from tests.kernels.life_runs import lives_of, people, world_of

OFF = {"hospital_multiplier": 0.0}
YEARLY, MONTHS, FADE = 0.2, 40, 12
FADING = {"hospital_fade_months": float(FADE)}
HOSPITAL_BITS = int(Life.HOSPITAL | Life.HOSPITAL_ONSET | Life.WEAKENED)


def stays(
    n: int = 20_000, yearly: float = YEARLY, epidemic: float = 0.0, **parameters: float
) -> NDArray[np.uint16]:
    """Lives (MONTHS + 1, n) of people who go to hospital."""
    world, _ = world_of({"epidemic": epidemic}, MONTHS)
    columns = people(n, Work.FORMAL, yearly_admissions=yearly)
    return lives_of(columns, world, 0, parameters_from(FADING | parameters))[0]


def assert_share(found: int, of: int, chance: float) -> None:
    assert abs(found - of * chance) <= 5 * np.sqrt(of * chance * (1 - chance))


@pytest.mark.parametrize("epidemic", [0.0, 0.5])
def test_admissions_come_with_the_incidence_given_times_the_illness_factor(epidemic: float) -> None:
    life = stays(epidemic=epidemic)
    outside = np.count_nonzero((life[:-1] & Life.HOSPITAL) == 0)
    factor = 1.0 + parameters_from({})["illness_epidemic_multiplier"] * epidemic
    chance = factor * monthly_probability(YEARLY)
    assert_share(np.count_nonzero(life & Life.HOSPITAL_ONSET), outside, chance)


def test_a_book_is_admitted_by_age_and_multiplier() -> None:
    book = small_book(400)
    packed = pack(book, parameters_from({"hospital_multiplier": 1.5}))
    by_id = np.argsort(packed.lives.id)
    expected = [1.5 * monthly_probability(x) for x in hospital_incidence(book.borrowers.age)]
    np.testing.assert_allclose(packed.lives.p_admit_monthly[by_id], expected, rtol=1e-12)
    assert np.unique(expected).size > 20


def test_stays_and_lasting_losses_become_stationary() -> None:
    """Once the first losses have faded, the shares in hospital and of each age of a loss stay."""
    n = 60_000
    life = stays(n)
    chance = monthly_probability(YEARLY)
    stay = parameters_from({})["hospital_mean_months"]
    begins = parameters_from({})["hospital_lasting_share"] * chance / (1.0 + chance * stay)
    k = life >> LASTING_BITS
    for month in (20, MONTHS):
        inside = np.count_nonzero(life[month] & Life.HOSPITAL)
        assert_share(inside, n, chance / (chance + 1.0 / stay))
        assert_share(np.count_nonzero(k[month]), n, 1.0 - (1.0 - begins) ** FADE)
        for age in (1, 2, 6, FADE):
            found = np.count_nonzero(k[month] == age)
            assert_share(found, n, begins * (1.0 - begins) ** (age - 1))
    assert not np.any(life[0] & Life.HOSPITAL_ONSET)


def test_a_lasting_loss_begins_at_discharge_for_its_share_and_runs_its_months() -> None:
    share = 0.3
    life = stays(hospital_lasting_share=share)
    k = (life >> LASTING_BITS).astype(int)
    inside = (life & Life.HOSPITAL) > 0
    discharged = inside[:-1] & ~inside[1:]
    begins = k[1:] == 1
    assert not np.any(begins & ~discharged)
    assert_share(np.count_nonzero(begins), np.count_nonzero(discharged), share)
    after = np.where(k[:-1] == FADE, 0, k[:-1] + (k[:-1] > 0))
    assert np.array_equal(k[1:][~begins], after[~begins])
    weakened = (life & Life.WEAKENED) > 0
    assert np.array_equal(weakened, (k > 0) & (k <= FADE // 2))


def test_nobody_has_a_lasting_loss_where_none_lasts_and_everybody_where_all_do() -> None:
    assert not np.any(stays(hospital_lasting_share=0.0) >> LASTING_BITS)
    life = stays(hospital_lasting_share=1.0)
    inside = (life & Life.HOSPITAL) > 0
    assert np.all((life[1:] >> LASTING_BITS)[inside[:-1] & ~inside[1:]] == 1)


def test_what_is_left_of_income_by_hand() -> None:
    """Earnings fall by a fifth at first, by a tenth after 18 of 36 months, by nothing after 36."""
    p = records(pack_parameters(parameters_from({"hospital_lasting_loss": 0.2})))[0]
    left = {0: 1.0, 1: 0.8, 10: 0.85, 19: 0.9, 28: 0.95, 36: 1.0 - 0.2 / 36}
    for k, factor in left.items():
        life = k << LASTING_BITS
        assert borrower.income_factor(p, life, 0, 0, 0.2) == pytest.approx(factor, rel=1e-12)
        stay = borrower.income_factor(p, life | Life.HOSPITAL, 0, 0, 0.2)
        assert stay == pytest.approx(factor * (1.0 - p.hospital_income_loss), rel=1e-12)


def test_the_bill_is_a_capped_pareto_reimbursed_to_the_insured() -> None:
    p = records(pack_parameters(parameters_from({})))[0]
    assert borrower.hospital_cost(p, 0.25, 0) == pytest.approx(0.5 * 0.25**-0.5)
    assert borrower.hospital_cost(p, 0.25, 1) == pytest.approx(1.0 * (1.0 - 0.55))
    assert borrower.hospital_cost(p, 1e-9, 0) == p.hospital_cost_cap_months
    for u in np.linspace(0.001, 0.999, 50):
        assert borrower.hospital_cost(p, u, 0) < borrower.medical_cost(p, u, 0)


def test_without_admissions_the_rest_of_life_is_the_same_to_the_bit() -> None:
    world, _ = world_of({"epidemic": 0.3, "disaster": 0.01, "unemployment_rate": 0.1}, MONTHS)
    healthy = people(3_000, Work.GIG, yearly_illness=0.1)
    admitted = healthy._replace(p_admit_monthly=np.full(3_000, 0.05))
    p = parameters_from({})
    plain, stayed = (lives_of(columns, world, 0, p)[0] for columns in (healthy, admitted))
    assert not np.any(plain & HOSPITAL_BITS)
    assert not np.any(plain >> LASTING_BITS)
    assert np.any(stayed & HOSPITAL_BITS)
    rest = (1 << LASTING_BITS) - 1 & ~HOSPITAL_BITS
    assert np.array_equal(plain, stayed & rest)


def test_without_admissions_no_parameter_of_the_hospital_counts() -> None:
    others = {
        "hospital_income_loss": 0.9,
        "hospital_lasting_loss": 0.8,
        "hospital_mean_months": 6.0,
        "hospital_cost_min_months": 4.0,
    }
    fresh = small_book(opening_overdue=False)
    plain, moved = (run_small(fresh, parameters=OFF | more).tallies() for more in ({}, others))
    assert_same_tallies(plain, moved)


def test_the_strength_of_illness_switches_the_hospital_off() -> None:
    """Under a policy that asks for no hardship, nothing is left of stays and losses."""
    weak = {"strength_illness": 0.0}
    plain, none = (run_small(parameters=weak | more).tallies() for more in ({}, OFF))
    assert_same_tallies(plain, none)


def test_the_hospital_is_a_cause_of_overdue_balances_under_the_name_of_illness() -> None:
    only_hospital = {"illness_multiplier": 0.0, "hospital_multiplier": 5.0}
    fresh = small_book(opening_overdue=False)
    admitted = run_small(fresh, parameters=only_hospital).tallies()
    assert cause_balance(admitted, Cause.ILLNESS) > 0.0
    nobody = run_small(fresh, parameters=only_hospital | OFF).tallies()
    assert cause_balance(nobody, Cause.ILLNESS) == 0.0


def test_the_care_programme_reaches_people_in_hospital_and_weakened() -> None:
    """Proven hardship alone counts: grants rise with stays, and with lasting losses once more."""
    care = CareProgramme(awareness=1.0, false_proof=0.0)
    policies: Policies = {"status_quo": StatusQuo(), "care": care}
    grants = []
    for changes in (OFF, {"hospital_lasting_share": 0.0}, {}):
        found = run_small(
            small_book(1_500),
            policies=policies,
            worlds={"hard": CALM},
            parameters={"illness_multiplier": 0.0, "hospital_multiplier": 3.0} | changes,
        )
        grants.append(found.counts("care")[:, :, Count.RELIEF_GRANTED].sum(axis=1))
    assert standard_errors_above_zero(grants[1] - grants[0]) > 4
    assert standard_errors_above_zero(grants[2] - grants[1]) > 4


def test_an_epidemic_fills_the_hospitals() -> None:
    """In the months of HARD with an epidemic, more are admitted than in the others."""
    world, _ = world_of({"epidemic": HARD["epidemic"]}, MONTHS)
    columns = people(20_000, Work.GIG, yearly_admissions=0.05)
    life = lives_of(columns, world, 0, parameters_from({}))[0]
    admitted = np.count_nonzero(life & Life.HOSPITAL_ONSET, axis=1)[1:]
    waves = np.asarray(HARD["epidemic"])[1 : MONTHS + 1] > 0
    assert admitted[waves].min() > admitted[~waves].max()


def test_hardship_ends_when_half_of_the_loss_is_over() -> None:
    life = stays(4_000, hospital_fade_months=24.0)[MONTHS]
    k = life >> LASTING_BITS
    expected = ((life & Life.HOSPITAL) > 0) | ((k > 0) & (k <= 12))
    ill = np.array([borrower.hardship_of(x) == Hardship.ILLNESS for x in life])
    at_work = (life & 3) != WorkState.UNEMPLOYED  # whose hardship is the loss of work
    assert np.any(k[at_work] > 12)
    assert np.array_equal(ill[at_work], expected[at_work])
