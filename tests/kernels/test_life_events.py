"""Unemployment follows the macro path; spells last as long as their chances say."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.catalogue import parameters_from
from simulator.compounding import monthly_probability
from simulator.settings import MacroDeviation
from simulator.shocks import World
from simulator.shocks.labour import type_unemployment
from simulator.vocabulary import Count, Life, Work, WorkerType, WorkState
from tests.conftest import run_small, small_book
from tests.kernels.false_alarms import FIVE_SIGMA
from tests.kernels.life_runs import lives_of, people, world_of

F8 = NDArray[np.float64]


# --- Unemployment ------------------------------------------------------------------------------

U_MONTHS, U_PATHS = 36, 60
U_COLUMNS = {"unemployment_rate": 0.05 + 0.06 * np.sin(np.arange(61) / 9.0) ** 2}


def assert_follows(simulated: F8, macro: F8) -> None:
    """Each month's mean difference over paths is within five of its standard errors.

    The opening is the same on all paths.
    """
    difference = (simulated - macro)[:, 1:]
    paths = difference.shape[0]
    error = difference.std(axis=0, ddof=1) / np.sqrt(paths)
    assert np.all(error > 0)
    assert np.all(np.abs(difference.mean(axis=0)) <= 5 * error)


@pytest.mark.parametrize("kind", Work)
@pytest.mark.parametrize("worker", WorkerType)
def test_simulated_unemployment_follows_its_types_path_for_each_kind_of_work(
    kind: Work, worker: WorkerType
) -> None:
    world, macro = world_of(dict(U_COLUMNS), U_MONTHS, U_PATHS)
    columns, parameters = people(1_000, kind, worker=worker), parameters_from({})
    simulated = [lives_of(columns, world, path, parameters)[1] for path in range(U_PATHS)]
    own = type_unemployment(macro, parameters)[..., worker]
    assert_follows(np.array(simulated) / columns.id.size, own)


def test_a_score_that_selects_keeps_the_books_unemployment_below_the_economys() -> None:
    """It is an outcome of whom the lender has let in; those who lose work leave by and by."""
    small = run_small(small_book(2_000, months=12), worlds={"flat": {}}, months=12, paths=20)
    counts = small.counts(scenario="flat").sum(axis=0)
    ratio = counts[:, Count.UNEMPLOYED] / counts[:, Count.LIVE_BORROWERS] / 0.05
    assert ratio.min() > 0.6
    assert ratio.max() < 1.1
    assert ratio[1:].mean() < 0.97


# --- Durations ---------------------------------------------------------------------------------

SPELL_MONTHS, SPELL_PEOPLE, LAST_START = 150, 6_000, 60


def spell_lengths(active: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of all spells that begin in months 1 to ``LAST_START``; ``active`` is (T, n)."""
    before = np.zeros_like(active)
    before[1:] = active[:-1]
    starts = active & ~before
    starts[0] = False
    starts[LAST_START + 1 :] = False
    ends = np.zeros_like(active)
    ends[:-1] = active[:-1] & ~active[1:]
    found: list[int] = []
    for person in np.flatnonzero(starts.any(axis=0)):
        over = np.flatnonzero(ends[:, person])
        for start in np.flatnonzero(starts[:, person]):
            found.append(int(over[np.searchsorted(over, start)] - start + 1))
    return np.array(found)


def assert_geometric(lengths: NDArray[np.int64], p_end: float) -> None:
    """Mean within 5 standard errors, and the distribution by a chi-square test."""
    deviation = np.sqrt(1 - p_end) / p_end
    assert abs(lengths.mean() - 1 / p_end) <= 5 * deviation / np.sqrt(lengths.size)
    last = int(stats.geom.isf(10 / lengths.size, p_end))  # at least 10 expected in the tail
    observed = np.bincount(np.minimum(lengths, last + 1), minlength=last + 2)[1:]
    chances = np.append(stats.geom.pmf(np.arange(1, last + 1), p_end), stats.geom.sf(last, p_end))
    assert stats.chisquare(observed, lengths.size * chances).pvalue > FIVE_SIGMA


@pytest.fixture(scope="module")
def steady() -> World:
    columns: dict[str, object] = {"unemployment_rate": 0.08, "disaster": 0.01}
    still = MacroDeviation(volatility=(0.0, 0.0, 0.0, 0.0))
    return world_of(columns, SPELL_MONTHS, deviation=still)[0]


@pytest.mark.parametrize("kind", Work)
def test_unemployment_spells_are_geometric_with_the_finding_rate(steady: World, kind: Work) -> None:
    p = parameters_from({})
    life, _ = lives_of(people(SPELL_PEOPLE, kind), steady, 0, p)
    found = p[f"turnover_{kind.name.lower()}"] * p["finding_rate"]
    found *= p["worker_finding_beta"]
    found *= (p["finding_reference_unemployment"] / 0.08) ** p["finding_elasticity"]
    lengths = spell_lengths((life & 3) == WorkState.UNEMPLOYED)
    assert lengths.size > 2_000
    assert_geometric(lengths, found)


@pytest.mark.parametrize(
    ("bit", "onset", "mean"),
    [
        (Life.ILL, Life.ILL_ONSET, "illness_mean_months"),
        (Life.HOSPITAL, Life.HOSPITAL_ONSET, "hospital_mean_months"),
        (Life.DISASTER, Life.DISASTER_ONSET, "disaster_mean_months"),
    ],
)
def test_spells_of_illness_hospital_and_disaster_are_geometric(
    steady: World, bit: Life, onset: Life, mean: str
) -> None:
    p = parameters_from({})
    columns = people(SPELL_PEOPLE, Work.GIG, yearly_illness=0.1, yearly_admissions=0.1)
    life, _ = lives_of(columns, steady, 0, p)
    active = (life & bit) > 0
    lengths = spell_lengths(active)
    assert lengths.size > 1_000
    assert_geometric(lengths, 1 / p[mean])
    begins = active[1:] & ~active[:-1]
    assert np.array_equal((life[1:] & onset) > 0, begins)
    assert not np.any(life[0] & onset)


def test_illness_begins_with_the_incidence_given() -> None:
    world, _ = world_of({}, 40)
    life, _ = lives_of(people(20_000, Work.FORMAL, 0.1), world, 0, parameters_from({}))
    ill = (life & Life.ILL) > 0
    healthy_months = np.count_nonzero(~ill[:-1])
    onsets = np.count_nonzero(life[1:] & Life.ILL_ONSET)
    chance = monthly_probability(0.1)
    error = np.sqrt(healthy_months * chance * (1 - chance))
    assert abs(onsets - healthy_months * chance) <= 5 * error
