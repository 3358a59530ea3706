"""A run beside others: its data, its settings as plain lines, how far they can be compared."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from string import ascii_uppercase
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr
from simulator.report.kit.setting_words import BELOW, flat, value_words
from simulator.report.kit.text import clean
from simulator.results.estimate import Estimate
from simulator.results.intervals import over_paths
from simulator.results.path_metrics import BY_NAME, metric_values
from simulator.results.run import Run, part
from simulator.results.sampling import Draws, sampling_of
from simulator.results.stored_run import read_dataset

F8 = NDArray[np.float64]
ABSENT: Final = "\u2013"
"""Where a run has no such setting."""
_METRICS: Final = ("overdue_rate_30", "overdue_rate_90", "net_loss", "net_result")


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the runs: its letter, its folder's name, its data and its settings."""

    letter: str
    folder: str
    data: ReportData
    settings: Mapping[str, object]
    """Every value of configuration and parameters under a name that tells its place."""
    by_path: Mapping[str, F8]
    """Metrics of the whole horizon, (scenarios, policies of the dataset, paths)."""

    @property
    def label(self) -> str:
        """Letter and folder, short (untrusted text: escape it)."""
        return clean(
            tr("{letter} ({folder})", letter=self.letter, folder=clean(self.folder, 36)), 40
        )

    @property
    def months(self) -> tuple[int, int]:
        """Reported months, and months of run-off."""
        return len(self.data.months), int(self.data.dataset.attrs["runoff_months"])

    @property
    def luck(self) -> tuple[int, int]:
        """Number of paths, and of paths for each draw of the economy."""
        return self.data.n_paths, int(self.data.dataset.attrs["draws_per_path"])

    def attribute(self, name: str) -> str:
        """An attribute of results.nc in words."""
        return clean(self.data.dataset.attrs.get(name, ABSENT), 200)

    def part(self, *keys: str) -> object:
        """What the configuration holds under ``keys``; None without."""
        return part(self.data.configuration(), *keys[:-1]).get(keys[-1])

    def has(self, scenario: str, policy: str) -> bool:
        """Whether it simulated ``policy`` under ``scenario``."""
        return scenario in self.data.scenarios and policy in self.data.policies


def read_runs(folders: Sequence[Path]) -> tuple[ComparedRun, ...]:
    """The runs in ``folders``, lettered in their order; a ``UserError`` names a bad one."""
    return tuple(
        _read(letter, folder) for letter, folder in zip(ascii_uppercase, folders, strict=False)
    )


def _read(letter: str, folder: Path) -> ComparedRun:
    data = ReportData(Run(read_dataset(folder), folder=folder))
    by_path = {
        item.name: item.values[..., 0]
        for item in metric_values(data.dataset, tuple(BY_NAME[name] for name in _METRICS))
        if item.months == (None,)
    }
    name = clean(folder.resolve().name or str(folder), 60)
    return ComparedRun(letter, name, data, _settings(data), by_path)


def _settings(data: ReportData) -> dict[str, object]:
    """Every value of configuration and parameters under a name that tells its place."""
    configuration = dict(data.configuration())
    # What a run leaves out has its default: the attribute holds every parameter.
    configuration["parameters"] = data.run.parameters
    return dict(flat(configuration))


def union(runs: Sequence[ComparedRun], names: Callable[[ComparedRun], Sequence[str]]) -> list[str]:
    """Names of any of ``runs``, in the order of the first that has each."""
    return list(dict.fromkeys(name for run in runs for name in names(run)))


def compared_policies(runs: Sequence[ComparedRun]) -> list[str]:
    """The reference of every run, then the policies that two or more of them have."""
    references = dict.fromkeys(run.data.reference for run in runs)
    shared = (
        policy
        for policy in union(runs, lambda run: run.data.policies)
        if sum(policy in run.data.policies for run in runs) > 1
    )
    return list(references | dict.fromkeys(shared))


def difference(
    first: ComparedRun, other: ComparedRun, place: tuple[str, str], metric: str
) -> Estimate[float] | None:
    """``other`` less ``first``, path by path; None where they cannot be paired.

    That takes the same number of paths, and the same months. Path i of one is set beside path i of
    the other. Pairs are draws that are independent of each other whether or not the two share
    their luck, so that the interval holds in both cases; with shared luck it is narrow.
    """
    spans = [r.months if metric.startswith("lifetime_") else r.months[0] for r in (first, other)]
    is_paired = first.luck == other.luck and spans[0] == spans[1]
    if not is_paired or not (first.has(*place) and other.has(*place)):
        return None
    values = [_values(run, place, metric) for run in (first, other)]
    found = over_paths(values[1] - values[0], _draws(first, other)).at()
    return found if isfinite(found.mean) else None


def _draws(first: ComparedRun, other: ComparedRun) -> Draws:
    """The draws that both runs share, with what both know of them; else nothing is known."""
    one, two = (sampling_of(run.data.dataset) for run in (first, other))
    if one.deviation is None or two.deviation is None:
        return one.whole.plain
    return one.whole if np.array_equal(one.deviation, two.deviation) else one.whole.plain


def _values(run: ComparedRun, place: tuple[str, str], metric: str) -> F8:
    """A metric on every path, shape (paths,)."""
    scenario, policy = place
    at = run.data.scenarios.index(scenario)
    return np.asarray(run.by_path[metric][at, run.data.position(policy)])


def differing(runs: Sequence[ComparedRun]) -> list[tuple[str, tuple[str, ...]]]:
    """Settings that are not the same in all ``runs``: name, and the value of each in words.

    A scenario, policy, rule book or break-even that a run has not stands in a line of its own, and
    its settings are compared between the others.
    """
    found: list[tuple[str, tuple[str, ...]]] = []
    lists = {group for run in runs for group in _lists(run.data.configuration())}
    for name in union(runs, lambda run: tuple(run.settings)):
        group = _item_of(name, lists)
        having = [
            not group or any(_item_of(n, lists) == group for n in run.settings) for run in runs
        ]
        values = [run.settings.get(name, ABSENT) for run in runs]
        exact = [json.dumps(value, sort_keys=True, default=str) for value in values]
        if not all(having):
            line = (group, tuple(tr("yes") if has else ABSENT for has in having))
            found += [line] if line not in found else []
        if len({text for text, has in zip(exact, having, strict=True) if has}) > 1:
            words = [value_words(value) for value in values]
            told = words if len(set(words)) == len(set(exact)) else [clean(e, 200) for e in exact]
            found.append((name, tuple(told)))
    return found


def _lists(configuration: Mapping[str, object]) -> list[str]:
    """Groups of which a run takes several: each entry has settings of its own."""
    return [
        str(group)
        for group, entries in configuration.items()
        if isinstance(entries, Mapping)
        and entries
        and all(isinstance(entry, Mapping) for entry in entries.values())
    ]


def _item_of(name: str, lists: Collection[str]) -> str:
    """The entry of one of ``lists`` that a setting belongs to; empty without."""
    group, *rest = name.split(BELOW)
    return BELOW.join((group, rest[0])) if group in lists and rest else ""
