"""How many Philox calls a run needs, counted one by one and carried over to a large run.

Counted with nobody in tiles: draws for empty slots, and again in the records, are not needed.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import partial

from benchmarks.case import MONTHS, ROOT, Case, shipped_case, total
from simulator.engine import Simulation
from simulator.vocabulary import Count, Domain


@dataclass(frozen=True, slots=True)
class Calls:
    """Philox calls of a run by purpose, and what they are proportional to."""

    lives: float  # in blocks: everybody, once for all policies
    borrowers: float  # in blocks: live borrowers
    loans: float  # in blocks: open loans
    rare: float  # one by one: bills, lateness, catching up, contacts, opening refusal, hardship
    person_months: float  # people x (months + 1) x paths
    live: float  # live borrower-months
    open_loans: float  # open loan-months

    @property
    def total(self) -> float:
        """All calls."""
        return self.lives + self.borrowers + self.loans + self.rare


def exposures(case: Case, simulation: Simulation, paths: int) -> tuple[float, float, float]:
    """(person-months of lives, live borrower-months, open loan-months); weights are 1 here."""
    live, loans = Count.LIVE_BORROWERS, Count.OPENING_LOANS
    people = case.packed.lives.id.size * (MONTHS + 1) * paths
    return people, total(simulation, live), total(simulation, loans)


def carried_over(sample: Calls, case: Case, simulation: Simulation, paths: int) -> Calls:
    """Calls of a run from those counted in a sample: the first three exact, rare ones expected."""
    people, live, loans = exposures(case, simulation, paths)
    return Calls(
        lives=sample.lives / sample.person_months * people,
        borrowers=sample.borrowers / sample.live * live,
        loans=sample.loans / sample.open_loans * loans,
        rare=sample.rare / sample.live * live,
        person_months=people,
        live=live,
        open_loans=loans,
    )


def counted_calls(borrowers: int, paths: int = 1) -> Calls:
    """Calls of a small run: a process without the JIT runs the kernels with a counter inside."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "benchmarks.philox_calls",
            f"{borrowers}",
            f"{paths}",
        ],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return Calls(**json.loads(done.stdout))


def _count(borrowers: int, paths: int) -> Calls:
    """Run without the JIT and count; for the process that ``counted_calls`` starts."""
    from simulator import engine
    from simulator.kernels import households, ledger, life_events, rng

    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        raise SystemExit("counting needs NUMBA_DISABLE_JIT=1")
    apart = partial(engine.Scratch.allocate, side_by_side=False)
    engine.Scratch.allocate = staticmethod(apart)
    case = shipped_case(borrowers)
    run = case.prepare(case.run(paths))
    counts = {"all": 0, "lives": 0, Domain.BORROWER: 0, Domain.LOAN: 0}
    philox, fill = rng.philox, rng.fill_units

    def one(*words):
        counts["all"] += 1
        return philox(*words)

    def life_block(identities, *rest):
        counts["lives"] += identities.size
        fill(identities, *rest)

    def block(identities, counter, *rest):
        counts[Domain(int(counter) >> 28)] += identities.size
        fill(identities, counter, *rest)

    rng.philox = one
    life_events.fill_units = life_block
    for module in (households, ledger):
        if hasattr(module, "fill_units"):
            module.fill_units = block
    people, live, loans = exposures(case, run(), paths)
    in_blocks = counts["lives"] + counts[Domain.BORROWER] + counts[Domain.LOAN]
    return Calls(
        lives=counts["lives"],
        borrowers=counts[Domain.BORROWER],
        loans=counts[Domain.LOAN],
        rare=counts["all"] - in_blocks,
        person_months=people,
        live=live,
        open_loans=loans,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_count(int(sys.argv[1]), int(sys.argv[2])))))
