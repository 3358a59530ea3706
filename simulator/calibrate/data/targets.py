"""Both sides of every target: the numbers that were seen, and the same of a simulated world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.contradictions import check_targets
from simulator.calibrate.data.flows import flows_into_90
from simulator.calibrate.data.measures import (
    ACCOUNT_MEASURES,
    level_value,
    series_values,
    vintage_values,
)
from simulator.calibrate.data.moments import Moments, Observation, owners_of
from simulator.calibrate.data.outcomes import read_outcomes, simulated_shares
from simulator.calibrate.data.panel import (
    Panel,
    PanelTarget,
    panel_labels,
    panel_shares,
    read_panel,
)
from simulator.calibrate.data.ratios import Contributions, covariance_of
from simulator.calibrate.data.series import read_series
from simulator.calibrate.settings import (
    CalibrationSettings,
    LevelTarget,
    OutcomeTarget,
    SeriesTarget,
    Target,
    VintageTarget,
)
from simulator.reading.periods import months_between, next_month, periods

__all__ = [
    "GroupCounts",
    "Joint",
    "check_targets",
    "group_counts",
    "labels_of",
    "needs_accounts",
    "observed",
    "observed_joint",
    "simulated",
    "simulated_series",
    "simulated_unknown",
]

F8 = NDArray[np.float64]


class Joint(NamedTuple):
    """All numbers seen, one under another: (target, label), (k,) and (k, k) fractions."""

    labels: tuple[tuple[str, str], ...]
    values: F8
    covariance: F8


class GroupCounts(NamedTuple):
    """Loans of each group whose outcome is known, and is not; (k,) each."""

    labels: tuple[str, ...]
    known: F8
    unknown: F8


@dataclass(frozen=True, slots=True)
class _Seen:
    """A target's numbers, and where they are counted what each account of a file adds.

    Targets with the same ``file`` (path, column of ids) have the same accounts in one order.
    """

    moments: Moments
    accounts: Contributions | None = None
    file: tuple[str, str] = ("", "")


def needs_accounts(target: Target | PanelTarget) -> bool:
    """Whether the model's side of a target is read from accounts, not from sums."""
    if isinstance(target, SeriesTarget):
        return target.measure in ACCOUNT_MEASURES
    return not isinstance(target, LevelTarget | VintageTarget)


def observed(settings: CalibrationSettings) -> dict[str, Moments]:
    """What was seen of every target, with its sampling error; nothing is drawn at random.

    A share of nobody is NaN. Raises ``UserError`` for files and settings that cannot be read.
    """
    return {name: seen.moments for name, seen in _read_targets(settings).items()}


def observed_joint(settings: CalibrationSettings) -> Joint:
    """The numbers of all targets with the covariance between targets of the same accounts."""
    seen = _read_targets(settings)
    labels = tuple((name, label) for name, item in seen.items() for label in item.moments.labels)
    place = _places(seen)
    covariance = np.zeros((len(labels), len(labels)))
    files: dict[tuple[str, str], list[str]] = {}
    for name, item in seen.items():
        covariance[np.ix_(place[name], place[name])] = item.moments.covariance
        if item.accounts is not None:
            files.setdefault(item.file, []).append(name)
    for names in files.values():
        together = np.concatenate([place[name] for name in names])
        parts = [part for name in names if (part := seen[name].accounts) is not None]
        covariance[np.ix_(together, together)] = covariance_of(parts)
    values = [item.moments.values for item in seen.values()]
    return Joint(labels, np.concatenate(values), covariance)


def _places(seen: Mapping[str, _Seen]) -> dict[str, NDArray[np.int64]]:
    """Rows of each target in the stack of all."""
    sizes = [len(item.moments.labels) for item in seen.values()]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return {name: np.arange(starts[i], starts[i + 1]) for i, name in enumerate(seen)}


def _read_targets(settings: CalibrationSettings) -> dict[str, _Seen]:
    panels: dict[str, Panel] = {}
    for target in settings.targets.values():
        if isinstance(target, PanelTarget) and target.panel not in panels:
            panels[target.panel] = read_panel(target.panel, settings.panels[target.panel])
    return {
        name: _read_target(name, target, settings, panels)
        for name, target in settings.targets.items()
    }


def _read_target(
    name: str, target: Target, settings: CalibrationSettings, panels: Mapping[str, Panel]
) -> _Seen:
    owner = f"targets.{name}"
    if isinstance(target, PanelTarget):
        panel, source = panels[target.panel], settings.panels[target.panel]
        shares = panel_shares(owner, panel, target)
        file = (source.path, source.id_column)
        return _Seen(_counted(name, shares, panel.warnings), shares, file)
    if isinstance(target, OutcomeTarget):
        outcomes = read_outcomes(owner, target)
        shares = outcomes.shares_of(outcomes.bad, outcomes.known)
        file = (target.path, target.id_column)
        return _Seen(_counted(name, shares, outcomes.warnings), shares, file)
    if isinstance(target, SeriesTarget):
        series = read_series(owner, target)
        sd = target.sampling_sd * (0.01 if target.percent else 1.0)
        return _Seen(_published(name, series.labels, series.values, sd, series.warnings))
    values = [target.value] if isinstance(target, LevelTarget) else list(target.values.values())
    return _Seen(_published(name, labels_of(name, target), np.array(values), target.sd))


def _counted(name: str, shares: Contributions, warnings: tuple[str, ...]) -> Moments:
    return Moments(
        name, shares.labels, shares.shares(), covariance_of([shares]), shares.counts(), warnings
    )


def _published(
    name: str, labels: tuple[str, ...], values: F8, sd: float, warnings: tuple[str, ...] = ()
) -> Moments:
    size = len(labels)
    return Moments(name, labels, values, np.eye(size) * sd**2, np.zeros(size), warnings)


def labels_of(name: str, target: Target | PanelTarget) -> tuple[str, ...]:
    """Names of a target's numbers, in the order of both sides."""
    owner = f"targets.{name}"
    if isinstance(target, PanelTarget):
        return panel_labels(target)
    if isinstance(target, SeriesTarget):
        return read_series(owner, target).labels
    if isinstance(target, OutcomeTarget):
        outcomes = read_outcomes(owner, target)
        return outcomes.labels(outcomes.known)
    if isinstance(target, LevelTarget):
        return (f"{target.measure} months {target.months[0]}-{target.months[1]}",)
    return tuple(f"{month} months on book" for month in target.values)


def simulated(
    name: str,
    target: Target | PanelTarget,
    settings: CalibrationSettings,
    observation: Observation,
) -> F8:
    """The model's values of a target's numbers, (k,), in the order of ``labels_of``.

    Accounts count from their arrival, with their weight, on path 0; sums give a ratio on each
    path and then its mean. NaN where nobody is in the state asked for. Raises ``UserError`` for
    months that the run does not cover.
    """
    owner = f"targets.{name}"
    if isinstance(target, PanelTarget):
        panel = _simulated_panel(settings.panels[target.panel].labels, observation)
        return panel_shares(owner, panel, target).shares(
            observation.book.borrowers.weight[owners_of(observation)]
        )
    if isinstance(target, OutcomeTarget):
        outcomes = read_outcomes(owner, target)
        return simulated_shares(owner, target, outcomes, outcomes.known, observation).shares()
    if isinstance(target, SeriesTarget):
        return _series_values(owner, target, labels_of(name, target), observation)
    if isinstance(target, LevelTarget):
        return level_value(owner, target, observation)
    return vintage_values(owner, target, observation)


def simulated_series(
    name: str, target: SeriesTarget, span: tuple[str, str], observation: Observation
) -> tuple[tuple[str, ...], F8]:
    """Labels and model's values of every period of ``span``, whatever the file holds."""
    owner = f"predictions.{name}"
    labels = periods(owner, span, target.frequency)
    return labels, _series_values(owner, target, labels, observation)


def _series_values(
    owner: str, target: SeriesTarget, labels: tuple[str, ...], observation: Observation
) -> F8:
    """The target's measure in each period, (k,)."""
    if target.measure in ACCOUNT_MEASURES:
        return flows_into_90(owner, target, labels, observation)
    return series_values(owner, target.measure, target.frequency, labels, observation)


def simulated_unknown(
    name: str, target: OutcomeTarget, observation: Observation
) -> tuple[tuple[str, ...], F8]:
    """Groups and the model's bad shares of the loans whose outcome is not known."""
    owner = f"targets.{name}"
    outcomes = read_outcomes(owner, target)
    shares = simulated_shares(owner, target, outcomes, outcomes.empty, observation)
    return shares.labels, shares.shares()


def group_counts(name: str, target: OutcomeTarget) -> GroupCounts:
    """How many loans of each group have a known outcome, and how many have none."""
    outcomes = read_outcomes(f"targets.{name}", target)
    labels = outcomes.labels(outcomes.known | outcomes.empty)
    groups = np.stack([outcomes.groups[label] for label in labels]).astype(np.float64)
    return GroupCounts(labels, groups @ outcomes.known, groups @ outcomes.empty)


def _simulated_panel(labels: Sequence[str], observation: Observation) -> Panel:
    """The simulated accounts as a lender would have seen them, opening included."""
    if observation.unpaid is None or observation.loan_ids is None:
        raise ValueError("this target needs an observation with accounts")
    opening = next_month(observation.timeline.start, -1)
    months = months_between(opening, next_month(opening, observation.timeline.horizon))
    return Panel(observation.loan_ids, months, observation.unpaid.T, tuple(labels))
