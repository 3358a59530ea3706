"""The same luck for everybody: results do not depend on how, or beside whom, they are computed.

All comparisons are of bits.
"""

from pathlib import Path

import numpy as np
import pytest

from simulator.book import Book, build_book
from simulator.cli.configuration.folders import find_folders
from simulator.experiment import run_experiment
from simulator.policies import CareProgramme, GracePeriod, StatusQuo
from simulator.request import ExperimentRequest
from simulator.results.run import MANIFEST, Run
from simulator.settings import BookSettings, MacroDeviation, ReportSettings, ScenarioSettings
from simulator.vocabulary import Count, Flow
from tests.conftest import (
    CALM,
    FREE,
    HARD,
    PRODUCT_MIX,
    REGIONS,
    RICH,
    SEED,
    Small,
    assert_same_simulations,
    assert_same_tallies,
    run_settings,
    run_small,
    small_book,
)
from tools.tape_export import write_tape

WORLDS = {"calm": CALM, "hard": HARD}
MOVING = MacroDeviation()
PATHS = 8
WITHOUT_MONTH = (
    "vintage_loans",
    "vintage_first_90",
    "fates",
    "burdens",
    "score_power",
    "judged",
    "repeat_judged",
    "left",
    "brought",
    "passed_on",
)


def full_run(**changes: object) -> Small:
    """Two worlds that move, four policies under which borrowers meet, histories."""
    settings: dict[str, object] = {"paths": PATHS, "deviation": MOVING, "history": True}
    arguments: dict[str, object] = {"policies": RICH, "worlds": WORLDS}
    return run_small(**(arguments | settings | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole() -> Small:
    return full_run()


# --- How it is computed ------------------------------------------------------------------------


def test_the_run_is_not_trivial(whole: Small) -> None:
    """Capacity, budget and tightening bind, so that the comparisons below say something."""
    for policy in RICH:
        assert whole.tallies(policy).balance[:, 1:, 4:].sum() > 0, policy
        assert whole.counts(policy)[:, :, Count.QUEUE_UNSERVED].sum() > 0, policy
    approved = {policy: whole.counts(policy)[:, :, Count.APPROVED].sum() for policy in RICH}
    assert approved["tightening"] < approved["status_quo"]
    for policy in ("grace_period", "care_programme"):
        assert whole.counts(policy)[:, :, Count.RELIEF_GRANTED].sum() > 0, policy


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_no_bit(whole: Small, threads: int) -> None:
    assert_same_simulations(full_run(threads=threads, path_batch=2).simulation, whole.simulation)


@pytest.mark.parametrize("path_batch", [1, 3, 7, PATHS])
def test_the_batch_of_paths_changes_no_bit(whole: Small, path_batch: int) -> None:
    assert_same_simulations(full_run(path_batch=path_batch).simulation, whole.simulation)


def test_what_the_run_off_brings_hangs_on_no_thread_and_no_batch() -> None:
    """Its sums are over paths, in whichever order these end."""
    runs = [
        full_run(months=4, runoff_months=8, history=False, threads=threads, path_batch=batch)
        for threads, batch in ((1, PATHS), (3, 1))
    ]
    assert_same_simulations(*(run.simulation for run in runs))
    for tallies in runs[0].simulation.tallies.values():
        assert tallies.brought[..., 0].sum() > 0.0
        assert tallies.left.sum() > 0.0


def test_a_second_run_in_the_same_process_gives_the_same_bits(whole: Small) -> None:
    assert_same_simulations(full_run().simulation, whole.simulation)


# --- Beside whom -------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [name for name in RICH if name != "status_quo"])
def test_a_policy_alone_equals_the_policy_among_others(whole: Small, policy: str) -> None:
    pair = {name: RICH[name] for name in ("status_quo", policy)}
    alone = full_run(policies=pair)
    for scenario in WORLDS:
        for name in pair:
            assert_same_tallies(alone.tallies(name, scenario), whole.tallies(name, scenario))
            assert np.array_equal(alone.history(name, scenario), whole.history(name, scenario))


def test_the_order_of_policies_changes_no_bit(whole: Small) -> None:
    turned = full_run(policies={name: RICH[name] for name in reversed(list(RICH))})
    for key, tallies in whole.simulation.tallies.items():
        assert_same_tallies(turned.simulation.tallies[key], tallies)


@pytest.mark.parametrize("scenario", WORLDS)
def test_a_scenario_alone_equals_the_scenario_among_others(whole: Small, scenario: str) -> None:
    alone = full_run(worlds={scenario: WORLDS[scenario]})
    for policy in RICH:
        assert_same_tallies(alone.tallies(policy, scenario), whole.tallies(policy, scenario))
        assert np.array_equal(alone.history(policy, scenario), whole.history(policy, scenario))


def test_scenarios_of_one_world_give_the_same_bits() -> None:
    twins = full_run(worlds={"one": HARD, "two": HARD}, paths=2)
    for policy in RICH:
        assert_same_tallies(twins.tallies(policy, "one"), twins.tallies(policy, "two"))


def test_more_paths_leave_the_first_ones_unchanged(whole: Small) -> None:
    more = full_run(paths=PATHS + 5)
    for key, tallies in whole.simulation.tallies.items():
        assert_same_tallies(tallies, more.simulation.tallies[key], slice(0, PATHS))


def test_draws_per_path_share_their_economy_and_keep_the_first_path(whole: Small) -> None:
    doubled = full_run(draws_per_path=2)
    rates = doubled.macro["hard"].by_path("unemployment_rate")
    assert np.array_equal(rates[0], rates[1])
    assert not np.array_equal(rates[0], rates[2])
    first, replicate = doubled.flows()[:2]
    assert np.array_equal(first, whole.flows()[0])
    assert not np.array_equal(first, replicate)


# --- How long ----------------------------------------------------------------------------------


def assert_same_months(short: Small, long: Small, last: int, without: tuple[str, ...]) -> None:
    """Months 0 to ``last`` are the same; vintages and fates have no month."""
    for key, ours in short.simulation.tallies.items():
        theirs = long.simulation.tallies[key]
        for name in set(ours._fields) - {*WITHOUT_MONTH, *without}:
            early = getattr(theirs, name)[:, : last + 1]
            assert np.array_equal(getattr(ours, name)[:, : last + 1], early), name


def test_longer_runs_leave_earlier_months_unchanged() -> None:
    short, long = full_run(months=6), full_run(months=14)
    # stocks hold by_income, which the next test compares
    assert_same_months(short, long, 6, ("stocks", "by_income"))


def test_longer_runs_leave_earlier_income_deciles_unchanged() -> None:
    assert_same_months(full_run(months=6), full_run(months=14), 6, ())


def test_a_run_off_leaves_reported_months_unchanged() -> None:
    assert_same_months(full_run(months=6), full_run(months=6, runoff_months=8), 6, ())


def test_new_lending_stops_in_the_run_off() -> None:
    book = small_book(months=14)  # with applicants for every month
    long = run_small(book, months=14, policies=FREE)
    stopped = run_small(book, months=6, runoff_months=8, policies=FREE)
    assert_same_months(stopped, long, 6, ())
    for policy in FREE:
        counts = stopped.counts(policy)
        assert np.all(counts[:, 1:7, Count.APPLICANTS] > 0)
        for nothing in (Count.APPLICANTS, Count.APPROVED, Count.UNDERWRITING_COST):
            assert np.all(counts[:, 7:, nothing] == 0)
        disbursed = stopped.flows(policy)[:, 1:, Flow.DISBURSED]
        assert np.all(disbursed[:, :6] > 0.0)
        assert np.all(disbursed[:, 6:] == 0.0)  # lines too: their customers draw nothing more


# --- Which borrowers ---------------------------------------------------------------------------


def histories_by_loan(run: Small, policy: str) -> dict[int, bytes]:
    """Every month of each loan on path 0, as bytes, by the loan's permanent id."""
    history = run.history(policy)
    assert history.shape[1] == run.book.n_loans
    return {
        int(identity): np.ascontiguousarray(history[:, row]).tobytes()
        for row, identity in enumerate(run.book.loans.id)
    }


def assert_common_loans_agree(small: Small, large: Small, extra: int) -> None:
    for policy in FREE:
        ours, theirs = histories_by_loan(small, policy), histories_by_loan(large, policy)
        assert ours.keys() < theirs.keys()
        assert len(theirs) - len(ours) == extra
        assert all(theirs[identity] == months for identity, months in ours.items())


@pytest.mark.parametrize("borrowers", [150, 255, 256])
def test_a_borrower_added_changes_no_others_history(borrowers: int) -> None:
    """Also across the blocks of 256 borrowers whose numbers are drawn together."""
    share = 20 / borrowers - 1e-4  # 20 applicants a month for both sizes
    small = small_book(borrowers, applicants_monthly_share=share)
    large = small_book(borrowers + 1, applicants_monthly_share=share)
    extra = large.n_loans - small.n_loans
    assert extra in (1, 2, 3)  # its loans, and perhaps a dormant customer beside it
    runs = [run_small(book, policies=FREE, history=True, paths=1) for book in (small, large)]
    assert_common_loans_agree(runs[0], runs[1], extra)


def test_a_borrower_removed_from_a_tape_changes_no_others_history(tmp_path: Path) -> None:
    book = small_book(applicants_monthly_share=0.0)
    rows = np.arange(book.n_loans)
    gone = book.loans.borrower[book.n_loans // 2]
    kept = rows[book.loans.borrower != gone]
    runs = [
        run_small(tape(tmp_path, name, book, order), policies=FREE, history=True, paths=1)
        for name, order in (("kept", kept), ("all", rows))
    ]
    assert_common_loans_agree(runs[0], runs[1], rows.size - kept.size)


def test_limited_collectors_are_the_only_way_in_which_a_borrower_matters_to_others() -> None:
    """The counterpart of the tests above: with a queue, neighbours do matter."""
    scarce = {"status_quo": StatusQuo(human_calls_per_1000_loans=5.0)}
    forceful = {"reach_human_call": 1.0, "effect_human_call": 1.0, "outside_help_share": 1.0}
    ours, theirs = (
        histories_by_loan(
            run_small(
                small_book(borrowers, applicants_monthly_share=0.0),
                policies=scarce,
                parameters=forceful,
                history=True,
                paths=1,
            ),
            "status_quo",
        )
        for borrowers in (200, 400)
    )
    assert any(theirs[identity] != months for identity, months in ours.items())


# --- Rows of a tape ----------------------------------------------------------------------------


def tape_settings(path: Path) -> BookSettings:
    return BookSettings.model_validate(
        {"kind": "tape", "path": str(path), "products": PRODUCT_MIX, "regions": REGIONS}
        | {"applicants_monthly_share": 0.05, "new_lending": "replace"}
    )


def tape(folder: Path, name: str, source: Book, order: np.ndarray) -> Book:
    path = folder / f"{name}.csv"
    write_tape(source, str(path), order)
    settings = tape_settings(path).model_copy(update={"applicants_monthly_share": 0.0})
    return build_book(settings, run_settings())


def test_rows_of_a_tape_in_another_order_change_no_bit(tmp_path: Path) -> None:
    book = small_book(applicants_monthly_share=0.0)
    rows = np.arange(book.n_loans)
    shuffled = np.random.default_rng(1).permutation(rows)
    runs = [
        run_small(tape(tmp_path, name, book, order), policies=RICH, history=True)
        for name, order in (("sorted", rows), ("shuffled", shuffled))
    ]
    assert_same_simulations(runs[0].simulation, runs[1].simulation)


# --- The whole experiment ----------------------------------------------------------------------


def experiment(book: BookSettings, **run: object) -> Run:
    scenario = ScenarioSettings(
        label="Epidemic",
        narrative="A test.",
        source="test",
        weight=1.0,
        table="epidemic.csv",
        frequency="monthly",
    )
    return run_experiment(
        ExperimentRequest(
            book=book,
            book_name="small",
            scenarios={"epidemic": scenario},
            policies={"grace_period": GracePeriod(), "care_programme": CareProgramme()},
            run=run_settings(**({"months": 6, "seed": SEED} | run)),
            report=ReportSettings(enabled=False),
            table_folders=find_folders().table_folders,
        )
    )


def assert_same_results(left: Run, right: Run) -> None:
    """Dataset and summary are the same to the bit, NaN in the same places."""
    ours, theirs = (run.dataset.drop_attrs(deep=False) for run in (left, right))
    assert ours.identical(theirs)
    told = set(left.dataset.attrs) - {MANIFEST}  # which tells times and threads
    assert told == set(right.dataset.attrs) - {MANIFEST}
    for name in told:
        assert left.dataset.attrs[name] == right.dataset.attrs[name], name
    for name, variable in left.dataset.variables.items():
        if variable.dtype.kind == "f":
            assert variable.values.tobytes() == right.dataset.variables[name].values.tobytes()
    assert repr(left.summary) == repr(right.summary)


@pytest.fixture(scope="module")
def result() -> Run:
    return experiment(BookSettings(borrowers=200))


@pytest.mark.parametrize(
    "run", [{"threads": 2, "path_batch": 1}, {"path_batch": 4}, {"path_batch": 6}]
)
def test_dataset_and_summary_do_not_depend_on_threads_and_batches(
    result: Run, run: dict[str, object]
) -> None:
    assert_same_results(experiment(BookSettings(borrowers=200), **run), result)


def test_dataset_and_summary_do_not_depend_on_the_order_of_a_tape(tmp_path: Path) -> None:
    book = small_book(200, applicants_monthly_share=0.0)
    rows = np.arange(book.n_loans)
    results = []
    for name, order in (("sorted", rows), ("turned", rows[::-1])):
        path = tmp_path / f"{name}.csv"
        write_tape(book, str(path), order)
        results.append(experiment(tape_settings(path)))
    assert_same_results(*results)
