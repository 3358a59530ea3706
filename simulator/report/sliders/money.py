"""Exact sliders: funding, tax, operating cost, size of the book, weights of scenarios."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import language, tr
from simulator.report.kit.numbers import Scale, money_scale, rate_scale
from simulator.report.kit.phrases import ties
from simulator.report.sliders.kit import Slider, packed, scale_data, upper
from simulator.results.reader_verdict import ReaderVerdict, reader_verdict
from simulator.results.repricing import PARTS, Repricing, repricing
from simulator.results.sampling import SIMULATED_MONTH

MOST_BYTES: Final = 24_000
"""Of a page's flows; policies beyond, from the last by rank, keep the run's prices."""
_BYTES: Final = 8 * 4 / 3
"""Characters of a number."""


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """A policy of the panel's table, with a token for each of its worths."""

    label: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoneyPanel:
    """Sliders with a table of what policies are worth at their prices, and remarks."""

    found: Repricing
    sliders: tuple[Slider, ...]
    titles: tuple[str, ...]
    rows: tuple[MoneyRow, ...]
    remarks: tuple[str, ...]
    data: Mapping[str, object]

    def token(self, scenario: str | None, policy: str) -> str:
        """As ``WhatIf.token``; empty where the policy has no sliders."""
        if policy not in self.found.policies:
            return ""
        at = 0 if scenario is None else 1 + self.found.scenarios.index(scenario)
        return f"{at},{self.found.policies.index(policy)}"


def money_panel(data: ReportData) -> MoneyPanel | None:
    """None where the run tells no value, or its flows take too much room."""
    found = repricing(data.dataset, data.decision, _most_policies(data))
    if found is None:
        return None
    left_out = len(data.decision.cases) - len(found.policies)
    everywhere = len(found.scenarios) > 1
    labels = [data.policy_label(policy) for policy in found.policies]
    places = range(0 if everywhere else 1, len(found.scenarios) + 1)
    titles = [tr("All scenarios, by weight"), *map(data.scenario_label, found.scenarios)]
    rows = tuple(
        MoneyRow(label, tuple(f"{s},{p}" for s in places)) for p, label in enumerate(labels)
    )
    scale = money_scale(data.currency, found.worth(found.prices).ravel(), 4)
    return MoneyPanel(
        found,
        _sliders(data, found),
        tuple(titles[s] for s in places),
        rows,
        tuple(_remarks(data, found, left_out)),
        _data(data, reader_verdict(data.dataset, data.decision, found), labels, scale),
    )


def _most_policies(data: ReportData) -> int:
    """How many policies fit into ``MOST_BYTES``."""
    s, months = len(data.scenarios), int(data.dataset.sizes.get(SIMULATED_MONTH, 0))
    fitting, room = 0, MOST_BYTES / _BYTES
    while True:
        n = fitting + 1
        spread = len(PARTS) * s * n
        numbers = n * (4 * s * months + 2 * s + 1) + spread * (spread + 1) // 2 + n * n
        if numbers > room or n > len(data.decision.cases):
            return fitting
        fitting = n


def _sliders(data: ReportData, found: Repricing) -> tuple[Slider, ...]:
    prices = found.prices
    funding, tax = max(0.2, 2.0 * prices.funding), max(0.5, prices.tax)
    weights = (
        Slider(
            f"price-weight-{at}",
            tr("Weight of {scenario}", scenario=data.scenario_label(scenario)),
            0.0,
            1.0,
            0.01,
            float(prices.weights[at]),
            "weight",
            at,
        )
        for at, scenario in enumerate(found.scenarios)
    )
    return (
        Slider(
            "price-funding",
            tr("Cost of funding, a year"),
            0.0,
            funding,
            0.0005,
            prices.funding,
            "funding",
        ),
        Slider("price-tax", tr("Tax rate"), 0.0, tax, 0.005, prices.tax, "tax"),
        Slider(
            "price-operating",
            tr("Operating cost, times the run's"),
            0.0,
            3.0,
            0.05,
            1.0,
            "operating",
        ),
        Slider("price-size", tr("Size of the book, times the run's"), 0.1, 5.0, 0.1, 1.0, "size"),
        *(weights if len(found.scenarios) > 1 else ()),
    )


def _remarks(data: ReportData, found: Repricing, left_out: int) -> list[str]:
    largest = float(np.abs(found.left).max())
    said = [
        tr(
            "Exact for given behaviour of borrowers: the value is linear in monthly flows, which"
            " this page holds. Intervals scale with the standard error over paths."
        ),
        tr(
            "The balance left after the last month ({largest} of a change of value, at most) keeps"
            " the worth that it has in the run.",
            largest=money_scale(data.currency, [largest]).full(largest),
        ),
        tr(
            "Capital, coverage and complaints are judged as in the run, assumptions move the worth"
            " as they did there, and greyed figures do not follow."
        ),
    ]
    if left_out:
        said.append(
            tr(
                "{n} policies that rank lower have no sliders, for the size of the page.",
                n=left_out,
            )
        )
    return said


def _data(
    data: ReportData, judge: ReaderVerdict, labels: list[str], scale: Scale
) -> Mapping[str, object]:
    found, where = judge.model, data.where()
    prices = found.prices
    return {
        "scenarios": len(found.scenarios),
        "policies": labels,
        "months": found.lines.shape[-1],
        "prices": {
            "funding": prices.funding,
            "tax": prices.tax,
            "operating": prices.operating,
            "size": prices.size,
            "weights": prices.weights.tolist(),
        },
        "capital": found.capital,
        "equity": found.equity,
        "lines": packed(found.lines),
        "left": packed(found.left),
        "spread": packed(upper(found.spread)),
        "reach": packed(found.reach),
        "gap_reach": packed(found.gap_reach),
        "most_loss": judge.most_loss,
        "hindered": judge.hindered,
        "tried": [None if pairs is None else packed(pairs) for pairs in judge.tried],
        "scale": scale_data(scale),
        "percent": scale_data(rate_scale([], 2)),
        "whole": {"divisor": 1.0, "decimals": 2, "form": "{sign}{amount}\u00d7"},
        "words": _words(where),
    }


def _words(where: str) -> dict[str, str]:
    """Sentences that the script fills: ``{policy}``, ``{worth}``, ``{low}`` and ``{high}``."""
    filled = ("policy", "worth", "low", "high", "turned", "n", "policies")
    kept = {name: f"{{{name}}}" for name in filled} | {"where": where}
    return {
        "span": language().span.format(low="{low}", high="{high}"),
        "comma": language().comma,
        "last_comma": language().last_comma,
        "between": language().between_sentences,
        "tie": ties(kept["policies"]),
        "clear": tr(
            "Changed by reader: {policy} gains {worth} {where} (95 % interval {low} to {high}) and"
            " keeps the limit of loss in every scenario.",
            **kept,
        ),
        "depends": tr(
            "Changed by reader: depends on assumptions, no recommendation: {policy}, worth {worth}"
            " {where} (95 % interval {low} to {high}), is not shown to gain under {turned} of {n}"
            " assumptions tried.",
            **kept,
        ),
        "untried": tr(
            "Changed by reader: depends on assumptions, no recommendation: {policy}, worth {worth}"
            " {where} (95 % interval {low} to {high}); the run tried none on it.",
            **kept,
        ),
        "hindered": tr(
            "Changed by reader: {policy} gains {worth} {where} (95 % interval {low} to {high}), but"
            " misses another limit, of loss in a scenario or of the run.",
            **kept,
        ),
        "none": tr(
            "Changed by reader: no clear case. Best estimate {policy}, {worth} {where} (95 %"
            " interval {low} to {high}).",
            **kept,
        ),
        "single": tr(
            "Changed by reader: best estimate {policy}, {worth} {where}; one draw of the economy"
            " has no interval.",
            **kept,
        ),
        "weightless": tr("Changed by reader: every weight is 0; the run's weights are used."),
    }
