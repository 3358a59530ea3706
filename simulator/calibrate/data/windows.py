"""Targets cut at a date: what a backtest may fit to, and what it has to predict."""

from simulator.calibrate.settings import (
    CalibrationSettings,
    CureTarget,
    FlagTarget,
    LevelTarget,
    RollTarget,
    SeriesTarget,
    ShareTarget,
    Target,
)
from simulator.reading.periods import MONTHS_OF, next_month, period_text, read_label
from simulator.validation import UserError, clip


def first_month(owner: str, date: str) -> int:
    """First month of ``2008``, ``2008Q1``, ``2008-01`` or ``2008-01-15``, months from year 0."""
    return _months(owner, date)[0]


def last_month(owner: str, date: str) -> int:
    """Last month of ``2008``, ``2008Q1``, ``2008-01`` or ``2008-01-15``, months from year 0."""
    return _months(owner, date)[1]


def _months(owner: str, date: str) -> tuple[int, int]:
    found = read_label(date)
    if found is None:
        raise UserError(f"{owner} must be a date as 2008, 2008Q1 or 2008-01; got {clip(date)}")
    return found.month, found.month + max(found.months, 1) - 1


def until(settings: CalibrationSettings, end: int, start_of_run: int) -> dict[str, Target]:
    """What was known at the end of month ``end``: targets cut there, those without a part gone.

    ``start_of_run`` is the calendar month of the run's month 1. Vintage curves and outcomes of
    loans bear no date and are left out: nobody can say that they were known.
    """
    found = {
        name: _part(target, settings, -1, end, start_of_run)
        for name, target in settings.targets.items()
    }
    return {name: target for name, target in found.items() if target is not None}


def between(settings: CalibrationSettings, after: int, end: int) -> dict[str, Target]:
    """What was seen later than month ``after`` and until month ``end``: series and panels."""
    found = {
        name: _part(target, settings, after, end, 0)
        for name, target in settings.targets.items()
        if not isinstance(target, LevelTarget)
    }
    return {name: target for name, target in found.items() if target is not None}


def _part(
    target: Target, settings: CalibrationSettings, after: int, end: int, start_of_run: int
) -> Target | None:
    """The numbers of ``target`` that became known in the months after + 1 .. end."""
    if isinstance(target, SeriesTarget):
        return _series_part(target, after, end)
    if isinstance(target, LevelTarget):
        return target if start_of_run + target.months[1] - 1 <= end else None
    if isinstance(target, FlagTarget):
        return target if after < last_month("flag_month", target.flag_month) <= end else None
    if isinstance(target, RollTarget | CureTarget | ShareTarget):
        # A step from a month is known one month later.
        wait = 0 if isinstance(target, ShareTarget) else 1
        months = tuple(m for m in target.months if after < last_month("months", m) + wait <= end)
        if not months:
            return None
        cut = target.model_copy(update={"months": months})
        return _seen_spells(cut, settings) if isinstance(cut, CureTarget) else cut
    return None


def _seen_spells(target: CureTarget, settings: CalibrationSettings) -> CureTarget | None:
    """The durations of spells whose start the panel has for one of the months left."""
    have = settings.panels[target.panel].columns
    durations = tuple(
        d for d in target.durations if any(next_month(m, -d) in have for m in target.months)
    )
    return target.model_copy(update={"durations": durations}) if durations else None


def _series_part(target: SeriesTarget, after: int, end: int) -> SeriesTarget | None:
    """The whole quarters or months of the span within the months after + 1 .. end."""
    length = MONTHS_OF[target.frequency]
    # A quarter may be named by its first month: the span is widened to whole quarters.
    begins, ends = first_month("span", target.span[0]), last_month("span", target.span[1]) + 1
    first = max(begins - begins % length, _up(after + 1, length))
    stop = min(_up(ends, length), end + 1 - (end + 1) % length)
    if first >= stop:
        return None
    names = (first // length, stop // length - 1)
    span = tuple(period_text(number, target.frequency) for number in names)
    return target.model_copy(update={"span": span})


def _up(month: int, length: int) -> int:
    """The next beginning of a period of ``length`` months."""
    return month + -month % length
