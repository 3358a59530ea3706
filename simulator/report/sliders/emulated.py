"""Emulated sliders: severity, settings of a policy, parameters; with band, hull and command."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from typing import Final

import numpy as np

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import language, name, tr
from simulator.report.kit.numbers import Scale, money_scale, percent, points_scale, rate_scale
from simulator.report.kit.phrases import capital
from simulator.report.kit.setting_words import plain
from simulator.report.kit.text import clean
from simulator.report.reverse.reverse_words import words
from simulator.report.sliders.kit import Slider, packed, scale_data, upper
from simulator.results.emulation import EmulatedFigure, EmulatedInput, EmulatorAnswer
from simulator.results.summary import CHANGE

STEPS: Final = 200
"""Of a slider that takes any number."""
MOST_BYTES: Final = 12_000
"""Of a page's emulators; those beyond have no sliders, and emulate.json holds them."""
_FRAME: Final = 1_400
"""Bytes of a panel's markup, about."""
_EACH: Final = 300
"""Of a slider's and of a figure's."""


@dataclass(frozen=True, slots=True)
class EmulatorPanel:
    """Sliders of an emulator with its figures, and what is said of it."""

    key: str
    title: str
    sentence: str
    sliders: tuple[Slider, ...]
    figures: tuple[str, ...]
    data: Mapping[str, object]


def emulator_panels(data: ReportData) -> tuple[EmulatorPanel, ...]:
    """A panel for each emulator of the run that fits into ``MOST_BYTES``, in their order."""
    found: list[EmulatorPanel] = []
    room = MOST_BYTES
    for answer in data.run.emulators:
        panel = _panel(data, len(found), answer)
        room -= _size(panel)
        if room < 0:
            break
        found.append(panel)
    return tuple(found)


def _size(panel: EmulatorPanel) -> int:
    """Bytes of a panel on the page, about: what its script reads, its text and its markup."""
    texts = (panel.title, panel.sentence, *(one.label for one in panel.sliders), *panel.figures)
    markup = _FRAME + _EACH * (len(panel.sliders) + len(panel.figures))
    return len(dumps(panel.data)) + sum(len(text.encode()) for text in texts) + markup


def _panel(data: ReportData, at: int, answer: EmulatorAnswer) -> EmulatorPanel:
    key = f"emulator-{at}"
    return EmulatorPanel(
        key=key,
        title=capital(plain(answer.name)),
        sentence=_sentence(data, answer),
        sliders=tuple(_slider(f"{key}-{i}", one) for i, one in enumerate(answer.inputs)),
        figures=tuple(_label(figure.metric) for figure in answer.figures),
        data=_data(data, answer),
    )


def emulated_sentence(data: ReportData, answer: EmulatorAnswer) -> str:
    """One line for the terminal."""
    return tr(
        "Sliders {name}: {figures} by {inputs}, in the report.",
        name=plain(answer.name),
        figures=", ".join(_label(figure.metric) for figure in answer.figures),
        inputs=", ".join(_input_label(one) for one in answer.inputs),
    )


def _sentence(data: ReportData, answer: EmulatorAnswer) -> str:
    held = min(figure.covered for figure in answer.figures)
    return tr(
        "{policy}, under {scenario}: quadratics through {points} points of {paths} paths each. In"
        " brackets the 95 % band of the emulator (of points left out in turn it holds {held}), not"
        " the sampling of paths.",
        policy=data.policy_label(answer.policy),
        scenario=data.scenario_label(answer.scenario),
        points=answer.points,
        paths=answer.paths,
        held=percent(held, 0),
    )


def _slider(key: str, one: EmulatedInput) -> Slider:
    step = 1.0 if one.whole else float(f"{(one.high - one.low) / STEPS:.1g}")
    return Slider(key, _input_label(one), one.low, one.high, step, one.setting)


def _input_label(one: EmulatedInput) -> str:
    if one.kind == "severity":
        return tr("Severity of the scenario")
    return capital(name(clean(one.name.replace("_", " ").replace(".", " "), 60)))


def _label(metric: str) -> str:
    if metric.startswith(CHANGE):
        return tr("Change of {figure}", figure=words(metric.removeprefix(CHANGE)))
    return capital(words(metric))


def _scale(data: ReportData, answer: EmulatorAnswer, figure: EmulatedFigure) -> Scale:
    corners = [
        end
        for share in (0.0, 0.5, 1.0)
        for end in answer.told(
            figure, [one.low + share * (one.high - one.low) for one in answer.inputs]
        )[:3]
    ]
    if figure.unit == data.currency:
        return money_scale(data.currency, corners, 4)
    if figure.unit != "1":
        return Scale(figure.unit, 1.0, 1)
    return points_scale(corners) if figure.metric.startswith(CHANGE) else rate_scale(corners)


def _data(data: ReportData, answer: EmulatorAnswer) -> Mapping[str, object]:
    return {
        "inputs": [
            {"key": one.key, "low": one.low, "high": one.high, "setting": one.setting}
            for one in answer.inputs
        ],
        "terms": [list(term) for term in answer.terms],
        "inverse": packed(upper(np.array(answer.inverse))),
        "most": answer.most,
        "command": clean(answer.command, 4000),
        "figures": [
            {
                "coefficients": packed(np.array(figure.coefficients)),
                "shift": figure.usual - figure.simulated,
                "width": figure.width,
                "signed": figure.metric.startswith(CHANGE),
                "scale": scale_data(_scale(data, answer, figure)),
            }
            for figure in answer.figures
        ],
        "words": {
            "span": language().brackets.format(language().span.format(low="{low}", high="{high}")),
            "outside": tr("Outside of the points that were simulated: no figure is told."),
            "unknown": tr("n/a"),
        },
    }
