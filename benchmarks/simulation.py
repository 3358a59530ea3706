"""The whole simulation: live borrower-months a second, one thread and two, small book and large."""

from collections.abc import Callable

from benchmarks.case import MONTHS, POLICIES, Case, shipped_case, total
from benchmarks.harness import Row, millions, timed_in_turn, usable_cores
from benchmarks.philox_calls import carried_over, counted_calls
from benchmarks.randomness import bare_rates
from simulator.engine import Simulation
from simulator.settings import RunSettings
from simulator.vocabulary import Count

SMALL_PATHS, LARGE_PATHS = 12, 2
SMALL_BUDGET, LARGE_BUDGET = 15.0, 10.0  # seconds after which no further round is begun


def _rates(case: Case, paths: int, repeats: int, budget: float) -> tuple[dict[str, float], float]:
    """Live borrower-months a second by label, and live borrower-months of one run."""
    case.compile()
    found: dict[str, Simulation] = {}

    def timed(label: str, run: RunSettings) -> Callable[[], None]:
        simulate = case.prepare(run)

        def keep() -> None:
            found[label] = simulate()

        return keep

    threads = {"one": 1, "two": 2}
    work = {label: timed(label, case.run(paths, n)) for label, n in threads.items()}
    times = timed_in_turn(work, repeats, budget)
    live = total(found["one"], Count.LIVE_BORROWERS)
    rates = {label: live / time.wall for label, time in times.items()}
    return rates | {"cpu": live / times["one"].cpu}, live


def measure(
    small: int = 10_000, large: int = 200_000, paths: int = SMALL_PATHS, repeats: int = 3
) -> list[Row]:
    """Throughput of the shipped book under three policies that share lives."""
    rates, live = _rates(shipped_case(small), paths, repeats, SMALL_BUDGET)
    big, _ = _rates(shipped_case(large), LARGE_PATHS, max(1, repeats - 1), LARGE_BUDGET)
    months = f"{MONTHS} months, {len(POLICIES)} policies"
    return [
        Row(
            f"simulation, {small:,} borrowers, one thread",
            millions(rates["one"]),
            f"live borrower-months; {months}, {paths} paths, {live / 1e6:.1f} M in all;"
            f" {millions(rates['cpu'])} of processor time",
        ),
        Row(
            f"simulation, {small:,} borrowers, two threads",
            millions(rates["two"]),
            f"{rates['two'] / rates['one']:.2f}x one thread; {usable_cores()} cores",
        ),
        Row(
            f"simulation, {large:,} borrowers, one thread",
            millions(big["one"]),
            f"{big['one'] / rates['one']:.2f}x the small book; {LARGE_PATHS} paths",
        ),
        Row(
            f"simulation, {large:,} borrowers, two threads",
            millions(big["two"]),
            f"{big['two'] / big['one']:.2f}x one thread",
        ),
    ]


def measure_against_generator(
    borrowers: int = 10_000, paths: int = 4, counted: int = 30, repeats: int = 5
) -> list[Row]:
    """The simulation's rate over that of its random numbers alone, on one thread."""
    case = shipped_case(borrowers)
    case.compile()
    simulate = case.prepare(case.run(paths, 1))
    calls = carried_over(counted_calls(counted), case, simulate(), paths)
    per_month = calls.total / calls.live
    blocks, scalars = bare_rates()
    times = timed_in_turn(
        {"simulation": simulate, "blocks": blocks.run, "scalars": scalars.run}, repeats
    )
    rate = calls.live / times["simulation"].wall
    bare = {
        "blocks": blocks.calls / times["blocks"].wall,
        "scalars": scalars.calls / times["scalars"].wall,
    }
    lives, borrowers = calls.lives / calls.live, calls.borrowers / calls.live
    loans, rare = calls.loans / calls.live, calls.rare / calls.live
    return [
        Row(
            "Philox calls a live borrower-month",
            f"{per_month:.2f}",
            f"lives {lives:.2f} (applicants included, shared by {len(POLICIES)} policies), live"
            f" borrowers {borrowers:.2f}, open loans {loans:.2f}, rare {rare:.2f} (from"
            f" {counted} borrowers)",
        ),
        *_against("in blocks of 256", rate, bare["blocks"], per_month),
        *_against("one call at a time", rate, bare["scalars"], per_month),
    ]


def _against(how: str, rate: float, calls_per_second: float, per_month: float) -> list[Row]:
    bare = calls_per_second / per_month
    return [
        Row(
            f"the same random numbers alone, {how}, one thread",
            millions(bare),
            f"live borrower-months; {calls_per_second / 1e6:.0f} M calls/s",
        ),
        Row(
            f"simulation over random numbers {how}",
            f"{rate / bare:.2f}",
            f"{millions(rate)} on one thread; floor 1/6 = 0.17, goal 1/3 = 0.33",
        ),
    ]
