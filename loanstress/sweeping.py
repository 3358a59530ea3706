"""Runs of every combination of some values, as one tidy frame; finished ones are not run again."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loanstress.run import Run
from loanstress.settings import Settings, changed_request
from loanstress.watching import watching
from simulator.explain.assumption_list import SECTION
from simulator.explain.assumptions import without_assumptions
from simulator.identity import identity
from simulator.notebook import run_request, told
from simulator.progress import Progress
from simulator.reading.named_files import with_home
from simulator.report.kit.language import speaking
from simulator.report.kit.run_messages import run_message
from simulator.request import ExperimentRequest
from simulator.results.files import RESULTS_NAME
from simulator.results.run import Run as Finished
from simulator.results.run_folder import check_whole
from simulator.results.summary import SummaryRow
from simulator.validation import UserError, clip, refuse

if TYPE_CHECKING:
    import pandas as pd

_DIGITS: Final = 24
"""Hexadecimal digits of a run's identity that name its folder."""
_COLUMNS: Final = tuple(name for name in SummaryRow._fields if name != "month")


def sweep(
    settings: Settings | Run,
    values: Mapping[str, Sequence[object]],
    *,
    threads: int | None = None,
    cache: str | Path | None = None,
    progress: bool | Progress = True,
) -> "pd.DataFrame":
    """Run every combination of ``values``.

    Parameters
    ----------
    settings : Settings or Run
        Of a run, as ``run.settings`` or ``loanstress.load(folder).settings``.
    values : mapping of str to sequence
        Key as on the command line -> values, as ``{"policy.grace_period.months": [1, 3]}``.
    threads : int or None
        Worker threads of each run; None: as ``settings`` say.
    cache : str, Path or None
        Folder that keeps each finished run. A sweep that was interrupted, or one with
        further values, goes on from there: a run is taken from it where settings, files and
        program are the same. None: nothing is kept.
    progress : bool or Progress
        Whether to say on stderr how far it is, or an object that is told.

    Returns
    -------
    DataFrame
        One row a run, scenario, policy and metric of the whole horizon: a column for each key of
        ``values``, then those of ``summary.csv`` without ``month`` (units in ``unit``), then
        ``error``: why a run failed, which has one row without numbers.

    Raises
    ------
    UserError
        Before anything is run, for every key that is not known and every value beyond its range.

    References
    ----------
    docs/model.md, section 12: common random numbers.

    Examples
    --------
    >>> frame = loanstress.sweep(run.settings, {"policy.grace_period.months": [1, 3, 6]})
    >>> frame[frame.metric == "delta_value"].pivot(
    ...     index="policy.grace_period.months", columns="scenario", values="mean")
    """
    own = settings.settings if isinstance(settings, Run) else settings
    if not isinstance(own, Settings):
        raise UserError(
            f"settings must be those of a run, run.settings; got {clip(type(own).__name__)}"
        )
    jobs = _jobs(values)
    requests = _requests(own, jobs, threads)
    folder = None if cache is None else with_home(cache)
    rows: list[tuple[Any, ...]] = []
    heard: dict[tuple[type[Warning], str], None] = {}
    with speaking(own.request.report.language), watching(progress) as watch:
        for number, (job, request) in enumerate(zip(jobs, requests, strict=True), start=1):
            what = ", ".join(f"{key}={value}" for key, value in job.items())
            watch.tell(f"run {number} of {len(jobs)}: {what}")
            head = tuple(job.values())
            try:
                found = _finished(request, folder, watch)
            except (UserError, MemoryError, OSError) as error:
                why = " / ".join(str(error or type(error).__name__).splitlines())
                rows.append((*head, *(None for _ in _COLUMNS), why))
                heard[RuntimeWarning, f"{what}: {why}"] = None
                continue
            heard |= dict.fromkeys(told(found))
            rows += [(*head, *_whole(row), "") for row in found.summary if row.month is None]
    with speaking(own.request.report.language):
        for category, text in heard:
            warnings.warn(run_message(text), category, stacklevel=2)
    import pandas as pd

    return pd.DataFrame(rows, columns=[*values, *_COLUMNS, "error"])


def _whole(row: SummaryRow) -> Iterable[Any]:
    return (getattr(row, name) for name in _COLUMNS)


def _jobs(values: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Every combination; ``UserError`` where there is none."""
    for key, listed in values.items():
        if isinstance(listed, str) or not isinstance(listed, Iterable) or not list(listed):
            raise UserError(f"{clip(key)} must have a list of values; got {clip(listed)}")
    if not values:
        raise UserError("values must name at least one key, as {'run.months': [12, 24]}")
    return [dict(zip(values, found, strict=True)) for found in product(*values.values())]


def _requests(
    settings: Settings, jobs: Sequence[Mapping[str, object]], threads: int | None
) -> list[ExperimentRequest]:
    """What each job is asked to do; a ``UserError`` holds the mistakes of all."""
    found, mistakes = [], dict[str, None]()
    for job in jobs:
        try:
            request = settings.changed(job).request
        except UserError as error:
            mistakes[str(error)] = None
            continue
        if not any(key.startswith(f"{SECTION}.") for key in job):
            request = without_assumptions(request)
        if threads is not None:
            request = changed_request(request, {"run.threads": threads})
        found.append(request)
    refuse(list(mistakes))
    return found


def _finished(request: ExperimentRequest, cache: Path | None, watch: Progress) -> Finished:
    """The run of ``request``, from ``cache`` where it is there and whole."""
    if cache is None:
        return run_request(request, None, watch)
    request = replace(request, report=request.report.model_copy(update={"enabled": False}))
    folder = cache / identity(request)[:_DIGITS]
    if (folder / RESULTS_NAME).exists():
        try:
            check_whole(folder, (RESULTS_NAME,))
            stored = Finished.read(folder)
            _ = stored.summary
        except UserError as error:
            watch.tell(f"run again: {error}")
        else:
            watch.tell(f"taken from {folder}")
            return stored
    return run_request(request, folder, watch)
