"""What the compiled kernels tally for rule books agrees with the slow twin, cell by cell."""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator import engine
from simulator.kernels.tally import Tallies
from simulator.packing import pack
from simulator.provision.risk_cells import RiskCellTable
from simulator.settings import RunSettings
from simulator.situation import N_SITUATIONS, situation_of
from simulator.vocabulary import (
    N_PATH_CELL_MEASURES,
    CellMeasure,
    Count,
    Leaving,
)
from tests.twin import Rules, Seen, TwinResult, look, simulate_twin
from tests.twin.cells import cell_table
from tests.twin.sample_policies import POLICIES, levers_of
from tests.twin.samples import (
    BANDS,
    MONTHS,
    PRODUCTS,
    RUNOFF,
    eager_parameters,
    random_book,
    random_world,
)

HORIZON = MONTHS + RUNOFF
N_PATHS = 2
BOOK_SEED, WORLD_SEED, RUN_SEED = 11, 12, 2**40 + 17
TOLERANCE = 1e-9
N_CELLS = 97
N_GROUPS = len(PRODUCTS) * len(BANDS)
MECHANISMS = (
    "cured",
    "cured by a re-plan",
    "paid off in default",
    "second default",
    "default at the opening",
    "written off in an episode",
    "sold in an episode",
    "written off outside an episode",
    "sold outside an episode",
    "default and exit in one month",
    "contacted in default",
    "court money after a write-off",
    "open at the horizon",
    "line drawn when it cures",
    "relapse to a milestone",
    "relapse to nothing",
    "clean month under relief",
    "memory over",
    "holiday without hardship on a marked loan",
    "deferral of a restructured loan",
    "default under observation",
    "observation over",
    "unmarked relief",
    "deferred, running",
    "deferred, milestone 0",
    "deferred, milestone 1",
    "restructured, running",
    "restructured, milestone 0",
    "restructured, milestone 1",
    "warned",
    "still on the list",
    "technical",
    "memory 0",
    "memory 1",
    "memory 2",
    "memory 3",
)


@dataclass(frozen=True)
class Case:
    """A book with its luck, and the settings of rule books that look at it."""

    sample: int
    """Number of the random book, world and luck."""
    months: int
    """Of new lending, and of month ends that rule books see; run-off follows to the horizon."""
    default_unpaid: int
    technical_days: int
    watch_months: int
    observation: tuple[int, ...]
    cure: tuple[int, ...]


CASES = {
    "over 90 days": Case(0, MONTHS, 4, 7, 1, (2, 5), (1, 3, 6)),
    "over 60 days": Case(1, MONTHS, 3, 20, 3, (3,), (2, 4)),
    "no run-off": Case(1, HORIZON, 4, 7, 2, (1, 2, 3, 12), (12,)),
    "over 150 days, no memory, a long run-off": Case(0, 11, 6, 0, 0, (), ()),
}
every_policy = pytest.mark.parametrize("policy", POLICIES)
every_case = pytest.mark.parametrize("case", CASES)


def hashed_cell(situation: int, group: int) -> int:
    """Any cell: each situation and group has one, and neighbours differ."""
    return (situation * 2654435761 + group * 40503 + situation // 7) % 2**32 % N_CELLS


def table_of(case: Case) -> RiskCellTable:
    segments = np.arange(len(random_book(BOOK_SEED).segments.region))
    return cell_table(
        hashed_cell,
        N_CELLS,
        segments % N_GROUPS,
        default_unpaid=case.default_unpaid,
        technical_days=case.technical_days,
        watch_months=case.watch_months,
        observation=case.observation,
        cure=case.cure,
    )


def rules_of(case: Case) -> Rules:
    return Rules(
        case.default_unpaid,
        case.technical_days,
        case.watch_months,
        case.observation,
        case.cure,
        N_CELLS,
        lambda situation, segment: hashed_cell(situation, segment % N_GROUPS),
    )


@cache
def path_of(sample: int, months: int, policy: str, path: int) -> TwinResult:
    book = random_book(BOOK_SEED + sample)
    return simulate_twin(
        book,
        random_world(WORLD_SEED + sample, N_PATHS, HORIZON),
        path,
        path,
        levers_of(policy, book, MONTHS, RUNOFF),
        eager_parameters(),
        RUN_SEED + sample,
        months,
        HORIZON - months,
    )


@cache
def seen(case: str, policy: str, path: int) -> Seen:
    chosen = CASES[case]
    diaries = path_of(chosen.sample, chosen.months, policy, path).diaries
    return look(diaries, rules_of(chosen), chosen.months, HORIZON)


@cache
def run_kernels(case: str) -> dict[str, Tallies]:
    chosen = CASES[case]
    book = random_book(BOOK_SEED + chosen.sample)
    run = RunSettings(
        paths=N_PATHS,
        months=chosen.months,
        runoff_months=HORIZON - chosen.months,
        seed=RUN_SEED + chosen.sample,
        threads=1,
    )
    packed = pack(book, eager_parameters(), table_of(chosen))
    tallies = {name: packed.allocate_tallies(N_PATHS, HORIZON, chosen.months) for name in POLICIES}
    engine.simulate_block(
        packed,
        random_world(WORLD_SEED + chosen.sample, N_PATHS, HORIZON),
        {name: levers_of(name, book, MONTHS, RUNOFF) for name in POLICIES},
        run,
        0,
        {name: (sums, 0) for name, sums in tallies.items()},
        {},
    )
    return tallies


def assert_agree(found: NDArray[np.float64], expected: NDArray[np.float64], name: str) -> None:
    """To 1e-9 of the number itself, or of the largest sum of its kind where terms cancel."""
    atol = TOLERANCE * np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=atol, err_msg=name)


@every_case
@every_policy
def test_kernels_agree_with_the_twin_cell_by_cell_on_each_path(case: str, policy: str) -> None:
    tallies = run_kernels(case)[policy]
    for path in range(N_PATHS):
        expected = seen(case, policy, path).cells
        for measure in list(CellMeasure)[:N_PATH_CELL_MEASURES]:
            found = tallies.cells[path, :, :, measure]
            assert_agree(found, expected[:, :, measure], f"{measure.name}, path {path}")


@every_case
@every_policy
def test_kernels_agree_with_the_twin_on_sums_over_paths(case: str, policy: str) -> None:
    tallies = run_kernels(case)[policy]
    expected = np.add.reduce([seen(case, policy, path).cells for path in range(N_PATHS)])
    for measure in list(CellMeasure)[N_PATH_CELL_MEASURES:]:
        found = tallies.cell_sums[:, :, measure - N_PATH_CELL_MEASURES]
        assert_agree(found, expected[:, :, measure], measure.name)


@every_case
@every_policy
def test_kernels_agree_with_the_twin_on_moves_between_cells(case: str, policy: str) -> None:
    expected = np.add.reduce([seen(case, policy, path).moves for path in range(N_PATHS)])
    assert_agree(run_kernels(case)[policy].moves[1:], expected[1:], "moves")


def test_nothing_moves_before_the_first_month() -> None:
    """Opening loans are not new: the first moves are those of month 1."""
    assert not run_kernels("over 90 days")["nothing"].moves[0].any()


@every_case
@every_policy
def test_rule_books_change_nothing_of_the_loans(case: str, policy: str) -> None:
    """Sums that have nothing to do with cells are the twin's, which knows no rule books."""
    chosen = CASES[case]
    for path in range(N_PATHS):
        counts = path_of(chosen.sample, chosen.months, policy, path).tallies.counts[0]
        found = run_kernels(case)[policy].counts[path]
        np.testing.assert_allclose(found, counts, rtol=TOLERANCE, atol=1e-6)


@every_case
@every_policy
def test_moves_and_balances_close(case: str, policy: str) -> None:
    """What was in a cell a month ago goes somewhere."""
    tallies = run_kernels(case)[policy]
    balance = tallies.cells[:, :, :, CellMeasure.BALANCE].sum(axis=0)
    n = N_CELLS
    ends = n + np.array([Leaving.PAID_OFF, Leaving.WRITTEN_OFF, Leaving.SOLD])
    gone = tallies.moves[1:, :n, :n].sum(axis=2) + tallies.moves[1:, :n][:, :, ends].sum(axis=2)
    np.testing.assert_allclose(gone, balance[:-1], rtol=1e-9, atol=1e-6)
    closing = tallies.counts[:, : balance.shape[0], Count.CLOSING_BALANCE].sum(axis=0)
    np.testing.assert_allclose(balance.sum(axis=1), closing, rtol=1e-9)


@every_policy
def test_costs_by_stage_and_of_complaints_are_the_collection_costs(policy: str) -> None:
    counts = path_of(0, MONTHS, policy, 0).tallies.counts[0].sum(axis=0)
    parts = counts[Count.COST_REMINDER : Count.COST_AGENCY + 1]
    complaints = counts[Count.COLLECTION_COST] - parts.sum()
    assert complaints >= -1e-9 * counts[Count.COLLECTION_COST]
    assert (complaints > 0.0) == (counts[Count.COLLECTION_COST] > 0.0)


@every_case
@every_policy
def test_sums_of_a_cell_are_in_order(case: str, policy: str) -> None:
    """Within a year no more than ever; no more loans default than there are."""
    sums = seen(case, policy, 0).cells
    rounding = 1e-9 * sums.max()
    for soon, ever in (
        (CellMeasure.DEFAULT_12, CellMeasure.DEFAULT_LIFE),
        (CellMeasure.EXPOSURE_12, CellMeasure.EXPOSURE_LIFE),
        (CellMeasure.DEFAULT_LIFE, CellMeasure.LOANS),
    ):
        assert np.all(sums[..., soon] <= sums[..., ever] + rounding)
    assert np.all(sums[..., CellMeasure.DEFAULT_12] >= 0.0)


def test_every_mechanism_of_provisions_occurs() -> None:
    happened: Counter[str] = Counter()
    for case in CASES:
        for policy in POLICIES:
            for path in range(N_PATHS):
                happened.update(seen(case, policy, path).happened)
    assert {name for name in MECHANISMS if not happened[name]} == set()


def test_most_hashed_cells_are_used() -> None:
    for case in CASES:
        loans = sum(seen(case, p, 0).cells[:, :, CellMeasure.LOANS].sum(0) for p in POLICIES)
        assert (loans > 0.0).mean() > 0.8


def test_situations_read_back_what_was_written() -> None:
    assert len({situation_of(code) for code in range(N_SITUATIONS)}) == N_SITUATIONS
