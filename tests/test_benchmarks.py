"""Benchmarks measure what they say: twins agree with the kernels, and every section runs."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import (
    against,
    household,
    intervals,
    lives,
    on_dask,
    pairing,
    philox_calls,
    simulation,
    startup,
    tape,
)
from benchmarks.__main__ import SECTIONS, main
from benchmarks.case import MONTHS, ROOT, lives_of, shipped_case
from benchmarks.harness import BEGIN, END, Row, markdown, timed_in_turn, update_readme
from benchmarks.numpy_household import columns, opening_state, plan_month
from simulator.kernels.rng import uniforms
from simulator.vocabulary import LASTING_BITS, Cause, Domain, Draw, Life

SMALL = 1_000


def test_every_section_has_a_name_and_a_function() -> None:
    assert all(callable(measure) for measure in SECTIONS.values())


def test_repetitions_are_taken_in_turn() -> None:
    order: list[str] = []
    times = timed_in_turn({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert order == ["a", "b"] * 3
    assert set(times) == {"a", "b"}


def test_a_spent_budget_stops_after_a_whole_round() -> None:
    order: list[str] = []
    timed_in_turn({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 5, budget=0.0)
    assert order == ["a", "b"]


@pytest.mark.parametrize("closing", [END, BEGIN])
def test_the_table_goes_between_the_markers_only(tmp_path: Path, closing: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{closing}\nafter\n", encoding="utf-8")
    table = markdown("a machine", [Row("speed", "1 M/s")])
    assert update_readme(readme, table)
    assert update_readme(readme, table)
    assert readme.read_text(encoding="utf-8") == f"before\n{BEGIN}\n{table}\n{closing}\nafter\n"


@pytest.mark.parametrize("text", ["no markers\n", f"only one {BEGIN}\n"])
def test_a_readme_without_a_place_stays_as_it_is(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text, encoding="utf-8")
    assert not update_readme(readme, "table")
    assert not update_readme(tmp_path / "absent.md", "table")
    assert readme.read_text(encoding="utf-8") == text


def test_numpy_twin_plans_as_the_kernel_does() -> None:
    case = shipped_case(SMALL)
    kernel = household.opened(case)
    twin = columns(case.book, case.parameters)
    ids = case.book.borrowers.id[twin.people]
    rows = household.rows_of(case.packed.book.people.id, ids)
    loan_rows = household.rows_of(case.packed.book.loans.id, case.book.loans.id[twin.loans])
    assert kernel.open() == twin.people.size
    state = opening_state(twin, kernel.state.people.refusing[rows] != 0)
    kernel.plan(1)
    life = kernel.life[1, rows]
    draws = (Draw.REFUSE, Draw.PLATFORM, Draw.RELIEF, Draw.CHOOSE_OTHER)
    seed = int(kernel.key.seed)
    u = np.stack([uniforms(seed, 0, ids, 1, d, Domain.BORROWER) for d in draws])
    behind = case.book.loans.id[twin.loans[twin.behind]]
    u_catch_up = uniforms(seed, 0, behind, 1, Draw.CATCH_UP, Domain.LOAN)
    plan_month(twin, state, kernel.months[1], life, u, u_catch_up, case.parameters)
    # The twin leaves out bills, so their few borrowers are left out here.
    free = (life & (Life.ILL_ONSET | Life.HOSPITAL_ONSET | Life.DISASTER_ONSET)) == 0
    free &= case.book.borrowers.cut_off[twin.people] == 0  # nor does it know withdrawn credit
    free &= case.book.borrowers.closed_until[twin.people] <= 0  # nor a closed record
    assert ((life[free] & Life.HOSPITAL) > 0).any()
    assert (life[free] >> LASTING_BITS > 0).any()
    people, loans = kernel.state.people[rows], kernel.state.loans[loan_rows]
    np.testing.assert_array_equal(people.refusing[free] != 0, state.refusing[free])
    np.testing.assert_allclose(people.savings[free], state.savings[free], rtol=1e-9)
    np.testing.assert_allclose(people.other_debt[free], state.other_debt[free], rtol=1e-9)
    owned = free[twin.owner]
    np.testing.assert_allclose(loans.able[owned], state.able[owned], rtol=1e-9, atol=1e-6)
    # Both answers of the catch-up rule are among the loans in arrears.
    stays = loans.reason[twin.behind] == Cause.AT_OPENING
    assert stays.any()
    assert ((loans.reason[twin.behind] == Cause.NONE) & (loans.able[twin.behind] > 0.0)).any()


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
def test_lives_in_c_equal_the_kernel_bit_by_bit(tmp_path: Path) -> None:
    case = shipped_case(SMALL)
    run = case.run(2)
    library = lives.compile_c(tmp_path)
    assert library is not None
    for path in range(2):
        expected, world = lives_of(case, run, path)
        found = lives.lives_in_c(library, case, world, path, run.seed)
        np.testing.assert_array_equal(found, expected)


def test_philox_calls_are_those_of_the_model() -> None:
    calls = philox_calls.counted_calls(5)
    people = shipped_case(5).packed.lives.id.size
    assert calls.person_months == people * (MONTHS + 1)
    # The hospital takes a call for four months.
    assert calls.lives == people * MONTHS + people * (MONTHS // 4 + 1)
    assert calls.borrowers == calls.live
    assert calls.loans % calls.open_loans == 0.0
    assert 0 < calls.rare < 2 * calls.live


def test_every_measure_returns_rows_on_a_tiny_book() -> None:
    found = [
        simulation.measure(small=60, large=80, paths=2, repeats=1),
        simulation.measure_against_generator(borrowers=60, paths=1, counted=5, repeats=1),
        household.measure(borrowers=60, repeats=1),
        lives.measure(borrowers=60, repeats=1),
        pairing.measure(borrowers=60, paths=4),
        intervals.measure(borrowers=60, paths=31),
        startup.measure_memory(borrowers=60),
        on_dask.measure(blocks=4, borrowers=60, paths=2),
    ]
    for rows in found:
        assert rows
        assert all(row.what and row.figure for row in rows)


def test_a_small_tape_is_timed() -> None:
    (row,) = tape.measure(2_000)
    assert row.what == "a tape of 2,000 loans into a book"
    assert "1,400 borrowers" in row.note


def test_paired_luck_has_the_smaller_variance() -> None:
    rows = pairing.measure(borrowers=400, paths=12)
    # Ratios of a few hundredths: even four standard errors of 2 / sqrt(11) stay below one.
    assert all(float(row.figure) < 1.0 for row in rows)


def test_scratch_is_counted_from_every_array_of_a_worker() -> None:
    small, large = (startup.scratch_bytes(shipped_case(n)) for n in (100, 400))
    people = [shipped_case(n).packed.book.people.size for n in (100, 400)]
    assert large - small >= (MONTHS + 1) * (people[1] - people[0])


def test_a_checkout_is_timed_in_a_process_of_its_own() -> None:
    one, two = against.rates(ROOT, borrowers=50, paths=1, repeats=1)
    assert one > 0.0
    assert two > 0.0


def test_another_checkout_must_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--against", str(tmp_path)])
    assert "needs a checkout with benchmarks/case.py" in capsys.readouterr().err
