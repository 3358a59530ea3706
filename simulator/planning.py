"""How many paths a run takes: as many as are asked for, or as its precision needs.

The steps are a function of the configuration and the paths (docs/model.md, section 14.6).
"""

from typing import TYPE_CHECKING

from simulator.settings import Precision, RunSettings

if TYPE_CHECKING:
    from simulator.results.inputs import SimulationOutput
    from simulator.results.precision import Reached

LEAST_PATHS = 50
"""Paths before the first look (assumption: intervals of fewer are too rough to plan with)."""


def first_look(run: RunSettings) -> RunSettings:
    """``run`` with the paths before the first look; as it is without a precision."""
    if not run.precision:
        return run
    least = max(run.paths, min(LEAST_PATHS, run.most_paths))
    draws = -(-least // run.draws_per_path)
    return run.model_copy(update={"paths": draws * run.draws_per_path})


def most_paths(run: RunSettings) -> int:
    """The most paths that ``run`` may come to: whole draws of the economy."""
    if not run.precision:
        return run.paths
    return max(run.most_paths // run.draws_per_path * run.draws_per_path, run.paths)


def look_at(output: "SimulationOutput") -> "tuple[Reached, ...]":
    """How near the asked precision the paths of ``output`` are."""
    # Imported here so that help and mistakes are answered without xarray.
    from simulator.results.dataset import to_dataset
    from simulator.results.precision import look

    return look(to_dataset(output), output.run.precision)


def paths_after(looked: "tuple[Reached, ...]", run: RunSettings) -> int:
    """Paths at the next look; those of ``run`` where it ends here."""
    from simulator.results.precision import is_enough, next_paths

    if is_enough(looked):
        return run.paths
    return max(run.paths, next_paths(looked, run.paths, most_paths(run), run.draws_per_path))


def plan_lines(run: RunSettings) -> list[str]:
    """What is told before the first path of a run with a precision."""
    if not run.precision:
        return []
    asked = ", ".join(f"{name} {_words(precision)}" for name, precision in run.precision.items())
    return [
        f"precision asked: {asked}; first look after {run.paths:,} paths, at most"
        f" {most_paths(run):,}"
    ]


def _words(precision: Precision) -> str:
    if precision.absolute is not None:
        return f"±{precision.absolute:g}"
    assert precision.relative is not None
    return f"±{100.0 * precision.relative:g} %"
