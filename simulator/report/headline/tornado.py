"""What would turn the verdict: a bar for each assumption that was tried, the widest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from simulator.catalogue import catalogue
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, mark, name, sentences, tr
from simulator.report.kit.numbers import NONE, Scale, money_scale, number
from simulator.report.kit.setting_words import plain as plain_words
from simulator.results.assumptions import EVERYWHERE, PAIR, Bar, bars

MOST_BARS: Final = 7
WIDTH: Final = 240.0
"""Units of a bar's drawing."""
OF_POLICY: Final = "policy."


@dataclass(frozen=True, slots=True)
class Row:
    """An assumption in words, its bar (x, width in units of ``WIDTH``) and worths at both ends."""

    label: str
    detail: str
    x: float
    width: float
    ends: str
    kind: str
    """``turns`` where the sign turns, ``noise`` where no end differs surely, else empty."""


@dataclass(frozen=True, slots=True)
class Tornado:
    """Bars of the leading policy; ``base`` and ``zero`` are places of lines, ``zero`` maybe off."""

    title: str
    unit: str
    rows: tuple[Row, ...]
    base: float
    zero: float | None
    note: str


def tornado(data: ReportData) -> Tornado | None:
    """Bars of the leading policy's worth over all scenarios; None where nothing was tried."""
    case = data.decision.leading
    if case is None:
        return None
    shown = shown_bars(data)
    if not shown:
        return None
    plain = [bar for bar in _bars(data) if bar.kind != PAIR]
    values = [v for bar in shown for v in _worths(bar)]
    scale, low, high = money_scale(data.currency, values), min(values), max(values)
    room = 0.04 * (high - low) or 1.0

    def at(value: float) -> float:
        return round(WIDTH * (value - low + room) / (high - low + 2.0 * room), 1)

    zero = at(0.0)
    return Tornado(
        title=tr(
            "Assumptions that reverse the result: {title} of {policy} {where}",
            title=data.measure()[1].lower(),
            policy=data.policy_label(case.policy),
            where=data.where(),
        ),
        unit=scale.unit,
        rows=tuple(_row(bar, at, scale, case.worth.sign) for bar in shown),
        base=at(case.worth.mean),
        zero=zero if 0.0 < zero < WIDTH else None,
        note=_note(data, plain),
    )


def _bars(data: ReportData) -> tuple[Bar, ...]:
    """All bars of the leading policy's worth over all scenarios, the widest first."""
    case = data.decision.leading
    return () if case is None else bars(data.dataset, case.policy, EVERYWHERE, case.worth.mean)


def shown_bars(data: ReportData) -> tuple[Bar, ...]:
    """The widest of single assumptions, and the worst pair; none where nothing was tried."""
    found = _bars(data)
    plain = [bar for bar in found if bar.kind != PAIR][:MOST_BARS]
    return (*plain, *(bar for bar in found if plain and bar.kind == PAIR))


def turns(bar: Bar, sign: int) -> bool:
    """Whether a worth of this ``sign`` (0: not significant) changes it within the bar."""
    ends = _worths(bar)
    return sign != 0 and min(ends) < 0.0 < max(ends)


def _worths(bar: Bar) -> list[float]:
    """What is known of its worths at both ends and at the base."""
    return [v for v in (bar.low, bar.high, bar.base) if isfinite(v)]


def _row(bar: Bar, at: Callable[[float], float], scale: Scale, sign: int) -> Row:
    ends = _worths(bar)
    left, right = at(min(ends)), at(max(ends))
    kind = "noise" if bar.noise else "turns" if turns(bar, sign) else ""
    return Row(
        label=label(bar.name),
        detail=_detail(bar, sign),
        x=left,
        width=max(1.0, round(right - left, 1)),
        ends=" / ".join(
            scale.text(v, signed=True) if isfinite(v) else NONE for v in (bar.low, bar.high)
        ),
        kind=kind,
    )


def label(assumption: str) -> str:
    """An assumption in words: the catalogue's meaning, or the policy's field; both of a pair."""
    return clauses([_label(part) for part in assumption.split(" + ")])


def _label(part: str) -> str:
    if part.startswith(OF_POLICY):
        return plain_words(part.removeprefix(OF_POLICY))
    spec = catalogue().get(part)
    return name(spec.meaning if spec is not None else part)


def _detail(bar: Bar, sign: int) -> str:
    """The range, and where the worth changes its ``sign`` (0: not significant)."""
    if bar.kind == PAIR:
        return tr("the two worst ends together")
    low, base, high = (f"{value:.3g}" for value in bar.values)
    said = {"low": low, "base": base, "high": high}
    if bar.parameter.startswith(OF_POLICY):
        text = tr("{low} to {high} times the value in the policy", **said)
    elif bar.kind == "fitted":
        text = tr("{low} to {high}, here {base} (90 % interval of the fit)", **said)
    else:
        text = tr("{low} to {high}, here {base} (assumption)", **said)
    turning = bar.turning
    if turning is None or sign == 0:
        return text
    words = {
        1: mark("stops paying at about {value}"),
        -1: mark("begins to pay at about {value}"),
    }
    return clauses([text, tr(words[sign], value=f"{turning:.3g}")])


def _note(data: ReportData, found: Sequence[Bar]) -> str:
    """How many were tried, under how many the gain is not shown, how many are noise."""
    case, decision = data.decision.leading, data.decision
    said = {
        "n": number(len(found), 0),
        "noise": number(sum(bar.noise for bar in found), 0),
        "turned": number(len(decision.overturned_by), 0),
        "counted": number(decision.tried, 0),
    }
    method = tr(
        "One assumption at a time, in small runs with common random numbers, scaled to the book."
        " {noise} of {n} tried do not differ from noise (grey); all in assumptions.csv.",
        **said,
    )
    if case is None or case.worth.sign <= 0:
        return method
    verdict = tr("Under {turned} of {counted} that move it the gain is not shown to stay.", **said)
    return sentences(method, verdict)
