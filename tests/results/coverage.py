"""Runs of a small book, again and again: how often intervals hold what they say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.catalogue import parameters_from
from simulator.engine import simulate
from simulator.levers import build_levers
from simulator.macro import draw_macro_paths
from simulator.packing import pack
from simulator.policies import GracePeriod, StatusQuo
from simulator.results.borrower_sampling import BookErrors, widened, with_book_errors
from simulator.results.cases import cases_of, outlooks_of
from simulator.results.compare import delta_of, statistics
from simulator.results.dataset import dataset_by_path
from simulator.results.estimate import Estimate
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from simulator.results.loss_distribution import loss_values
from simulator.results.metric import MetricValues
from simulator.results.outcomes import burden_values
from simulator.results.path_metrics import metric_values
from simulator.results.sampling import Sampling
from simulator.results.value import value_values
from simulator.results.value_spread import value_spreads
from simulator.settings import BookSettings, MacroDeviation, RunSettings
from tests.conftest import edits_of, scenario_of, settled, world_builder

F8 = NDArray[np.float64]
Key = tuple[str, int | None]

MONTHS, RUNOFF = 6, 6
CHUNK = 1_000
"""Paths simulated together for a truth."""
TOLD_MONTHS = (2, 6)
PARAMETERS = parameters_from({})


def settings(paths: int, seed: int) -> RunSettings:
    return RunSettings(paths=paths, months=MONTHS, runoff_months=RUNOFF, threads=2, seed=seed)


@cache
def book_of(seed: int, borrowers: int) -> Book:
    found = BookSettings(borrowers=borrowers, applicants_monthly_share=0.06)
    return settled(found, settings(2, seed))


def output_of(book: Book, paths: int, seed: int) -> SimulationOutput:
    """The current policy and a grace period in an economy that turns."""
    run = settings(paths, seed)
    horizon = run.timeline.horizon
    columns = {"unemployment_rate": np.linspace(0.05, 0.08, horizon + 1)}
    scenario = scenario_of(columns, horizon, book.regions, MacroDeviation())
    macro = draw_macro_paths(scenario, run)
    base = edits_of(StatusQuo())
    levers = {
        "status_quo": build_levers(base, book.segments, horizon),
        "grace_period": build_levers([*base, *edits_of(GracePeriod())], book.segments, horizon),
    }
    worlds = {"test": world_builder(macro, book, PARAMETERS)}
    found = simulate(pack(book, PARAMETERS), worlds, levers, run)
    return SimulationOutput(
        tallies=found.tallies,
        macro_unemployment={"test": macro.by_path("unemployment_rate")},
        book=book,
        timeline=run.timeline,
        scenarios=(ScenarioInfo("test", "Test", 1.0),),
        policies=tuple(levers),
        run=run,
        deviation=macro.deviation[:, 1:],
    )


def with_spread(output: SimulationOutput) -> xr.Dataset:
    """Results by path, with what the intervals of values come from."""
    dataset = dataset_by_path(output, outlooks_of(output))
    variables = {str(name): item.variable for name, item in dataset.items()}
    return dataset.assign(value_spreads(cases_of(output), variables))


def figures(output: SimulationOutput) -> Iterator[MetricValues]:
    """Levels and changes that every path has, of the whole horizon and of two months."""
    dataset = with_spread(output)
    families = (metric_values, burden_values, value_values, loss_values)
    for item in chain.from_iterable(values(dataset) for values in families):
        keep = [i for i, month in enumerate(item.months) if month in (None, *TOLD_MONTHS)]
        if keep and not np.isnan(item.values[..., keep]).any():
            months = tuple(item.months[i] for i in keep)
            shown = item._replace(months=months, values=item.values[..., keep])
            yield shown
            yield delta_of(shown, 0, 1).of_policies([1])


@dataclass(frozen=True)
class Told:
    """What a run says of a figure: its intervals, (2,) each."""

    plain: F8
    adjusted: F8
    book: F8


def ends(found: Estimate[F8]) -> F8:
    return np.array([found.ci_low.ravel()[-1], found.ci_high.ravel()[-1]])


def told(output: SimulationOutput, redrawn: Iterable[SimulationOutput] = ()) -> Mapping[Key, Told]:
    """By figure, the last policy's intervals without and with controls, and with other books."""
    dataset = dataset_by_path(output, outlooks_of(output))
    outlooks = outlooks_of(output)
    books = (dataset_by_path(other, outlooks) for other in redrawn)
    errors = BookErrors(with_book_errors(dataset, books, "value"))
    found = {}
    for item in figures(output):
        policies = ["grace_period"] if item.values.shape[1] == 1 else list(output.policies)
        for place, month in enumerate(item.months):
            one = item._replace(months=(month,), values=item.values[..., [place]])
            adjusted = statistics(one, output.sampling)
            alone = Estimate(*(part[..., 0] for part in adjusted.parts()))
            added = errors.of(item.name, month, policies)
            draws = output.sampling.of(month)
            wide = alone if added is None else widened(alone, added, draws, output.run.paths)
            plain = ends(statistics(one, Sampling(1)))
            found[item.name, month] = Told(plain, ends(adjusted), ends(wide))
    return found


def means(output: SimulationOutput) -> Mapping[Key, float]:
    """By figure, the last policy's mean over paths."""
    return {
        (item.name, month): float(item.values[0, -1, :, place].mean())
        for item in figures(output)
        for place, month in enumerate(item.months)
    }


def truth(book: Book, paths: int, first_seed: int) -> Mapping[Key, float]:
    """Means over ``paths`` paths of ``book``, in chunks with seeds of their own."""
    chunks = [
        means(output_of(book, CHUNK, first_seed + number)) for number in range(paths // CHUNK)
    ]
    common = set.intersection(*(set(chunk) for chunk in chunks))
    return {key: float(np.mean([chunk[key] for chunk in chunks])) for key in common}


def with_seed_of(output: SimulationOutput, seed: int, paths: int) -> SimulationOutput:
    """Another draw of the borrowers on the first paths of ``output``."""
    book = book_of(seed, output.book.n_opening_borrowers)
    other = output_of(book, paths, output.run.seed)
    return replace(other, deviation=None)
