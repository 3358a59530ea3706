"""What common random numbers buy: variance of a policy's effect, paired and with own luck."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import Case, shipped_case
from benchmarks.harness import Row
from simulator.kernels.tally import Tallies
from simulator.vocabulary import Flow

POLICY = "grace_period"
REFERENCE = "status_quo"
OTHER_SEED = 20260102


def _metrics(tallies: Tallies) -> dict[str, NDArray[np.float64]]:
    """Whole-horizon figures by path."""
    balance = tallies.balance
    overdue_30 = balance[:, -1, 2:].sum(axis=1) / balance[:, -1].sum(axis=1)
    return {
        "written-off balance": tallies.flows[:, 1:, Flow.WRITTEN_OFF].sum(axis=1),
        "30+ overdue rate, last month": overdue_30,
        "interest paid": tallies.flows[:, 1:, Flow.INTEREST_PAID].sum(axis=1),
    }


def _by_policy(case: Case, paths: int, seed: int) -> dict[str, dict[str, NDArray[np.float64]]]:
    run = case.run(paths, threads=0, seed=seed)
    simulation = case.prepare(run, (REFERENCE, POLICY))()
    return {policy: _metrics(t) for (_, policy), t in simulation.tallies.items()}


def measure(borrowers: int = 10_000, paths: int = 40) -> list[Row]:
    """Variance ratios of the grace period's effect over the paths of one scenario."""
    case = shipped_case(borrowers)
    case.compile()
    luck, other = (_by_policy(case, paths, seed) for seed in (20260101, OTHER_SEED))
    rows = []
    for name, reference in luck[REFERENCE].items():
        paired = np.var(luck[POLICY][name] - reference, ddof=1)
        independent = np.var(other[POLICY][name] - reference, ddof=1)
        # Relative error of a ratio of two variances of normal samples, taken as independent.
        error = 2.0 / np.sqrt(paths - 1)
        rows.append(
            Row(
                f"variance of the effect on {name}: paired over independent",
                f"{paired / independent:.3f}",
                f"{POLICY} less {REFERENCE}, {borrowers:,} borrowers, {paths} paths,"
                f" +- {100 * error:.0f} % of itself; independent seeds also draw another economy",
            )
        )
    return rows
