"""The run again with other draws of its borrowers, on its first paths: what another draw brings.

Same worlds and random numbers, so that only who was drawn differs. Definitions: docs/model.md,
section 14.5.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from simulator.book import build_book
from simulator.book.schema import Book
from simulator.engine import simulate
from simulator.packing import pack
from simulator.policies import levers_for
from simulator.preparation import calm_before, most_growth
from simulator.products import products_of
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.inputs import SimulationOutput
from simulator.settings import RunSettings
from simulator.settling import donor_source
from simulator.simulated import Simulated

_STRIDE: Final = 0x9E3779B97F4A7C15
"""Between the seeds of two draws: 2^64 over the golden ratio, so that none meets a neighbour's."""
_SEEDS: Final = 2**63


def is_drawn(book: Book) -> bool:
    """Whether another seed would give other borrowers: of a synthetic book, or a tape's sample."""
    found = book.reconciliation
    return found is None or found.is_sample


def n_books_of(simulated: Simulated) -> int:
    """How many books are drawn again; 0 where that is not asked for or would be the same book."""
    output = simulated.output
    return output.run.book_draws if is_drawn(output.book) and output.run.paths > 1 else 0


def redrawn(
    request: ExperimentRequest, simulated: Simulated, watch: Progress
) -> Iterator[SimulationOutput]:
    """A finished simulation of each further draw of the book, under every scenario and policy.

    Without provisioning standards, whose rates need the loans of many paths.
    """
    n_books, output = n_books_of(simulated), simulated.output
    if not n_books:
        return
    run = fewer_paths(output.run, output.run.book_paths)
    policies, horizon = request.all_policies, run.timeline.horizon
    watch.start(
        n_books * run.paths * len(simulated.worlds) * len(policies),
        f"simulating {n_books} other draws of the borrowers",
    )
    donors, growth = donor_source(calm_before(request)), most_growth(request)
    with products_of(request.products):
        for number in range(1, n_books + 1):
            seed = (run.seed + number * _STRIDE) % _SEEDS
            drawn = run.model_copy(update={"seed": seed})
            book = build_book(request.book, drawn, request.parameters, donors, growth)
            levers = {
                name: levers_for(policy, request.reference, book.segments, horizon)
                for name, policy in policies.items()
            }
            packed = pack(book, request.parameters)
            found = simulate(
                packed, simulated.worlds, levers, run, watch.advance, store=simulated.store
            )
            yield replace(
                output,
                tallies=found.tallies,
                macro_unemployment={
                    name: rates[: run.paths] for name, rates in output.macro_unemployment.items()
                },
                book=book,
                run=run,
                provision={},
                cells=None,
                deviation=None,
            )
    watch.finish()


def fewer_paths(run: RunSettings, wanted: int) -> RunSettings:
    """``run`` with its first ``wanted`` paths, but at least those of one draw of the economy."""
    most = min(wanted, run.paths)
    paths = max(most // run.draws_per_path, 1) * run.draws_per_path
    return run.model_copy(
        update={
            "paths": max(paths, 2),
            "path_batch": run.draws_per_path,  # few paths: all threads share them
            "history_borrowers": 0,
        }
    )
