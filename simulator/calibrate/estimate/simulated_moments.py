"""Worlds on demand: the run of a calibration with other parameters and other luck.

A world is a book and a path of luck of its own (``run.seed`` + 1000 k). The same worlds are used
for all parameters, so that differences are the parameters' doing. What a world gave is kept in the
calibration's folder: an interrupted calibration asks the same questions again and goes on.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Observation, Simulated
from simulator.calibrate.data.targets import needs_accounts, simulated
from simulator.calibrate.estimate.moment_cache import MomentCache
from simulator.calibrate.settings import CalibrationSettings, SeriesPrediction
from simulator.engine import thread_count
from simulator.policies import REFERENCE
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.simulating import simulate_request
from simulator.validation import UserError, unknown_choice
from simulator.vocabulary import LoanStatus

F8 = NDArray[np.float64]

ALL_BORROWERS: Final = 1_000_000
"""Books up to this size can be asked for single accounts."""
BETWEEN_SEEDS: Final = 1000
"""Worlds are so far apart, so that calibrations with neighbouring seeds share none."""


class MomentSimulator:
    """Simulates what a lender with given parameters would have seen.

    ``request`` must have one scenario; ``cache`` is the folder in which finished worlds are kept
    (None: nowhere). ``watch`` is shown the parts of the first world, which may compile kernels.
    ``simulated`` and ``replayed`` count worlds. Raises ``UserError``.
    """

    def __init__(
        self,
        request: ExperimentRequest,
        settings: CalibrationSettings,
        cache: Path | None = None,
        watch: Progress | None = None,
    ) -> None:
        if len(request.scenarios) != 1:
            raise UserError(
                f"scenario: a calibration has exactly one; got {', '.join(request.scenarios)}"
            )
        self.simulated = 0
        self.replayed = 0
        self._request, self._settings = request, settings
        self._watch = watch
        self._cache = None if cache is None else MomentCache(cache, request, settings)
        self._accounts = any(needs_accounts(target) for target in settings.targets.values()) or any(
            not isinstance(item, SeriesPrediction) for item in settings.predictions.values()
        )  # measures of ACCOUNT_MEASURES among them

    def seeds(self) -> tuple[int, ...]:
        """Seeds of the worlds that moments are averaged over."""
        return tuple(self.seed_of(k) for k in range(self._settings.seeds))

    def seed_of(self, world: int) -> int:
        """Seed of world number ``world``; those from ``settings.seeds`` on saw no fit."""
        return self._request.run.seed + BETWEEN_SEEDS * world

    def observe(
        self, values: Mapping[str, float], seed: int, policy: str = REFERENCE, threads: int = 0
    ) -> Observation:
        """One world under ``policy`` with ``values`` of parameters by name; 0 threads: all."""
        request = self._request
        if policy != REFERENCE and policy not in request.policies:
            raise unknown_choice("policy", {REFERENCE, *request.policies}, policy)
        run = request.run.model_copy(
            update={
                "seed": seed,
                "threads": threads or request.run.threads,
                "history_borrowers": ALL_BORROWERS if self._accounts else 0,
            }
        )
        wanted = {
            name: request.policies[name] for name in (REFERENCE, policy) if name in request.policies
        }
        changed = replace(
            request,
            run=run,
            policies=wanted,
            parameters={**request.parameters, **values},
            break_even={},
            provision={},
        )
        watch, self._watch = self._watch, None
        done = simulate_request(changed, watch)
        (scenario,) = request.scenarios
        seen = Observation(
            book=done.output.book,
            timeline=done.output.timeline,
            tallies=done.output.tallies[scenario, policy],
            parameters=changed.parameters,
        )
        if not self._accounts or done.simulation.history_ids is None:
            return seen
        history = done.simulation.histories[scenario, policy]
        return with_accounts(seen, history, done.simulation.history_ids[1])

    def moments(self, values: Mapping[str, float]) -> dict[str, Simulated]:
        """Simulated numbers of every target in the worlds of the settings."""
        seeds = self.seeds()
        known = {} if self._cache is None else self._cache.find(values, seeds)
        self.replayed += len(known)
        asked = [seed for seed in seeds if seed not in known]
        if asked and self.simulated == 0:
            first = asked.pop(0)  # alone: it may compile kernels
            known[first] = self._world(values, first)
        if asked:
            known |= self._side_by_side(values, asked)
        return {
            name: Simulated(np.stack([known[seed][name] for seed in seeds]))
            for name in self._settings.targets
        }

    def _side_by_side(
        self, values: Mapping[str, float], seeds: list[int]
    ) -> dict[int, dict[str, F8]]:
        """Several worlds on the run's threads."""
        threads = thread_count(self._request.run)
        workers = min(threads, len(seeds))
        pool = ThreadPoolExecutor(max_workers=workers)
        try:
            found = pool.map(lambda seed: self._world(values, seed, threads // workers), seeds)
            return dict(zip(seeds, found, strict=True))
        finally:
            pool.shutdown(cancel_futures=True)

    def _world(self, values: Mapping[str, float], seed: int, threads: int = 0) -> dict[str, F8]:
        """Simulated numbers of every target in one world, (k,) each; noted down."""
        observation = self.observe(values, seed, threads=threads)
        found = {
            name: simulated(name, target, self._settings, observation)
            for name, target in self._settings.targets.items()
        }
        self.simulated += 1
        if self._cache is not None:
            self._cache.add(values, seed, found)
        return found


def with_accounts(
    seen: Observation, history: NDArray[np.void], loan_ids: NDArray[np.uint64]
) -> Observation:
    """``seen`` with the panel of all accounts; ``history`` as ``tally.HISTORY_DTYPE``, (T, n)."""
    if loan_ids.size < seen.book.n_loans:
        raise UserError(
            f"book.borrowers must be at most {ALL_BORROWERS:,} where a target counts accounts"
        )
    status = history["status"]
    absent = np.isin(status, [LoanStatus.PENDING, LoanStatus.REFUSED])
    unpaid = np.where(absent, -1, history["n_unpaid"]).astype(np.int16)
    gone = np.isin(status, [LoanStatus.WRITTEN_OFF, LoanStatus.SOLD])
    balance = history["balance"].astype(np.float32)
    return replace(seen, unpaid=unpaid, written_off=gone, loan_ids=loan_ids, balance=balance)
