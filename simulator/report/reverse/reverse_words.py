"""Reverse stress in sentences and tables, for page and terminal."""

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Final

from scipy.special import ndtr

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, listed, mark, name, sentences, tr
from simulator.report.kit.numbers import (
    Scale,
    interval,
    money_scale,
    number,
    percent,
    rate_scale,
    span,
)
from simulator.report.kit.text import clean
from simulator.results.estimate import Estimate
from simulator.results.reverse import AtDistance, ReverseAnswer, WorstQuarter, largest
from simulator.results.table import BARE, FRACTION, Cell, Column, Row, Table, texts
from simulator.results.worst_paths import WORST_SHARE

CAUSES: Final = {
    "economy": mark("economy"),
    "epidemic": mark("epidemic"),
    "platforms": mark("other platforms"),
    "disaster": mark("disaster"),
    "willingness": mark("willingness to pay"),
    "standards": mark("lenders' standards"),
    "conduct": mark("rules of conduct"),
}
FIGURES: Final = {
    "credit_loss": mark("credit loss"),
    "lifetime_credit_loss": mark("credit loss with run-off"),
    "net_loss": mark("net loss"),
    "lifetime_net_loss": mark("net loss with run-off"),
    "net_result": mark("net result"),
    "lowest_capital_ratio": mark("lowest capital ratio"),
}
"""Figures that are often asked for; others are said by their names."""
WORDS: Final = {
    **CAUSES,
    **FIGURES,
    "unemployment_rate": mark("unemployment rate"),
    "policy_rate": mark("policy rate"),
    "income_growth": mark("income growth"),
    "inflation": mark("inflation"),
    "credit_supply": mark("other platforms' readiness to lend"),
    "collection_allowed": mark("collection allowed"),
    "lending_standards": mark("lenders' standards"),
    "willingness_shift": mark("log factor on refusals"),
    "first_day_overdue_rate": mark("first-day overdue rate"),
    "overdue_rate_1": mark("1+ overdue rate"),
    "overdue_rate_30": mark("30+ overdue rate"),
    "new_30": mark("loans newly 30+"),
    "new_90": mark("loans newly 90+"),
    "warned": mark("borrowers warned early"),
    "relief_granted": mark("relief granted"),
    "complaints": mark("complaints"),
    "applicants": mark("applicants"),
    "share_of_work": mark("new 90+ from work"),
    "share_of_illness": mark("new 90+ from illness"),
    "share_of_disaster_and_epidemic": mark("new 90+ from disaster and epidemic"),
    "share_of_platforms_and_spending": mark("new 90+ from platforms and spending"),
    "share_of_attention": mark("new 90+ from attention"),
    "share_of_will_not_pay": mark("new 90+ from refusal"),
}
_RATES: Final = ("1", "fraction", "fraction a year", "fraction a month", "share")
STANDARDS: Final = "standards"
LEAST_PROBABILITY: Final = 1e-4
"""Below it the words tell no digits."""
N_COMMON: Final = 3
"""Features of the worst tenth that a sentence names."""


def words(key: str) -> str:
    """A cause, variable or figure as a reader writes it."""
    return tr(WORDS[key]) if key in WORDS else name(clean(key.replace("_", " "), 60))


def answer_sentence(data: ReportData, answer: ReverseAnswer) -> str:
    """The answer in two or three sentences."""
    scale = _scale(data, answer)
    said = {
        "metric": words(answer.metric),
        "limit": scale.full(answer.limit),
        "scenario": data.scenario_label(answer.scenario),
        "policy": data.policy_label(answer.policy),
        "usual": scale.full(answer.usual),
        "reached": scale.full(answer.reached),
        "distance": number(answer.distance, 2),
        "interval": _between(answer.distance_ci),
    }
    if answer.outcome == "already":
        return tr(
            "Under {scenario} and {policy}, {metric} is past {limit} without any further shock:"
            " {reached} in the middle of the paths.",
            **said,
        )
    if answer.outcome == "beyond":
        return tr(
            "Under {scenario} and {policy}, {metric} does not reach {limit} within {distance}"
            " standard deviations: {reached} there (mean of the scenario {usual}).",
            **said,
        )
    return sentences(
        tr(
            "Under {scenario} and {policy}, {metric} reaches {limit} (mean of the scenario {usual})"
            " at {distance} standard deviations {interval}; simulated there: {reached}.",
            **said,
        ),
        tr("Of the squared distance {shares}.", shares=listed(_shares(answer))),
        _likelihood(answer),
    )


def _likelihood(answer: ReverseAnswer) -> str:
    if answer.likelihood is None:
        return tr("That is beyond 5 sd: no probability is given.")
    if answer.likelihood < LEAST_PROBABILITY:
        return tr(
            "By the assumed spreads, the probability of a point at least as far in that direction"
            " is below {probability}.",
            probability=percent(LEAST_PROBABILITY, 2),
        )
    ends = sorted(float(ndtr(-distance)) for distance in answer.distance_ci or ())
    told = " ".join([percent(answer.likelihood, 2), *_ends(ends)])
    return tr(
        "By the assumed spreads, the probability of a point at least as far in that direction is"
        " {probability}.",
        probability=told,
    )


def _ends(chances: Sequence[float]) -> Iterator[str]:
    """The interval of a chance, in brackets."""
    if chances:
        yield interval(span(*(percent(chance, 2) for chance in chances)))


def _shares(answer: ReverseAnswer) -> list[str]:
    """Causes by falling share, those of at least half a percent, with intervals."""
    found = []
    for cause in largest(answer.contributions):
        share, ends = answer.contributions[cause], answer.contributions_ci.get(cause)
        if share >= 0.005:
            told = f"{_moved(answer, cause)} {percent(share, 0)}"
            found.append(
                told + (f" [{percent(ends[0], 0)}, {percent(ends[1], 0)}]" if ends else "")
            )
    return found


def _moved(answer: ReverseAnswer, cause: str) -> str:
    """A cause, and which way it goes where both may hurt."""
    if cause != STANDARDS:
        return words(cause)
    score = sum(item.score for item in answer.scores if item.cause == cause)
    return tr("tighter lenders' standards") if score > 0.0 else tr("easier lenders' standards")


def _between(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else interval(span(number(ends[0], 2), number(ends[1], 2)))


def _scale(data: ReportData, answer: ReverseAnswer) -> Scale:
    """Of the figure, for its limit and all that is told beside."""
    values = [answer.limit, answer.usual, answer.reached, *(at.value for at in answer.at_distance)]
    if answer.unit == data.currency:
        return money_scale(data.currency, values)
    if answer.unit == "1":
        return rate_scale(values)
    return Scale(answer.unit, 1.0, None)


def further_sentences(data: ReportData, answer: ReverseAnswer) -> Iterator[str]:
    """Other spreads, other points, distances, severity, early signs, and how to run it."""
    if answer.outcome == "already":
        return
    for factor, mix in (("0.5", answer.half_spread), ("2", answer.double_spread)):
        if mix is not None:
            leading = [f"{words(c)} {percent(mix.contributions[c], 0)}" for c in
                       largest(mix.contributions)[:3]]  # fmt: skip
            yield tr(
                "With {factor} times the assumed spreads of causes beside the economy (from the"
                " slopes at the point): {distance} standard deviations, {shares}.",
                factor=factor,
                distance=number(mix.distance, 2),
                shares=listed(leading),
            )
    for mix in answer.other_points:
        yield tr(
            "A second point reaches it too, at {distance} standard deviations: {shares}.",
            distance=number(mix.distance, 2),
            shares=listed([f"{words(c)} {percent(mix.contributions[c], 0)}" for c in
                           largest(mix.contributions)[:3]]),
        )  # fmt: skip
    if answer.severity:
        yield tr(
            "Worst quarters: {quarters}.", quarters=clauses([_quarter(q) for q in answer.severity])
        )
    if answer.scenario_file is not None:
        yield tr(
            "As a scenario to run: {file}, without scatter of the economy; {command}.",
            file=clean(answer.scenario_file, 200),
            command=clean(answer.command or "", 200),
        )


def _quarter(quarter: WorstQuarter) -> str:
    said = {"variable": words(quarter.variable), "worst": percent(quarter.worst)}
    if quarter.distance is None:
        return tr("{variable} {worst}", **said)
    said["distance"] = number(quarter.distance, 1, signed=True)
    if quarter.yardstick == "model":
        return tr("{variable} {worst} ({distance} sd of the model)", **said)
    if quarter.last_as_bad is None:
        return tr("{variable} {worst} ({distance} sd of history, never as bad)", **said)
    return tr(
        "{variable} {worst} ({distance} sd of history, last in {quarter})",
        quarter=quarter.last_as_bad,
        **said,
    )


def mix_table(answer: ReverseAnswer) -> Table:
    """Each cause at the point: score, share, size, assumed spread and time."""
    rows: list[Row] = []
    for cause, told in answer.causes.items():
        ends = answer.contributions_ci.get(cause)
        share = Estimate(answer.contributions[cause], *(ends or ()))
        months = "" if told.first_month is None or told.months is None else span(
            str(told.first_month), str(told.first_month + told.months - 1)
        )  # fmt: skip
        rows.append((words(cause), share, told.score, told.size, told.spread, months))
    columns = (
        *texts(mark("Cause")),
        Column(mark("Share of the squared distance"), FRACTION, decimals=0),
        Column(mark("Score (sd)"), BARE, decimals=2),
        Column(mark("Size there"), BARE, decimals=3),
        Column(mark("Assumed spread"), BARE, decimals=3),
        *texts(mark("Months")),
    )
    return Table(columns, rows)


def distance_table(data: ReportData, answer: ReverseAnswer) -> Table:
    """The figure at distances 1, 2, 3 and at the point."""
    at = [
        *answer.at_distance,
        AtDistance(distance=answer.distance, value=answer.reached, ci=answer.reached_ci),
    ]
    unit = "currency" if answer.unit == data.currency else answer.unit
    rows: list[Row] = [
        (number(one.distance, 2), Estimate(one.value, *one.ci), one.value / answer.usual)
        for one in at
    ]
    columns = (
        *texts(mark("Standard deviations")),
        Column("{title}", unit, said={"title": words(answer.metric)}),
        Column(mark("Times the scenario's mean"), BARE, decimals=2),
    )
    return Table(columns, rows, currency=data.currency)


def early_table(answer: ReverseAnswer) -> Table:
    """What shows at the early month, the furthest first."""
    rows: list[Row] = [
        (
            words(item.name),
            _told(item.usual, item.unit),
            _told(item.here, item.unit),
            item.distance,
        )
        for item in answer.indicators
        if item.usual != item.here
    ]
    return Table(_compared(mark("Usual"), mark("On the way there")), rows)


def _compared(usual: str, here: str) -> tuple[Column, ...]:
    return (
        *texts(mark("Measure")),
        Column(usual, BARE),
        Column(here, BARE),
        Column(mark("Standard deviations of the paths"), BARE, decimals=1),
    )


def _told(value: float, unit: str) -> Cell:
    """A number in its own unit: rates in percent."""
    if unit in _RATES:
        return Cell(value, unit=FRACTION, decimals=2)
    return Cell(value, decimals=1)


def worst_table(data: ReportData, scenario: str) -> Table:
    """The worst tenth of a scenario's paths against all."""
    rows: list[Row] = [
        (
            words(row.feature),
            _told(row.usual, row.unit),
            _told(row.worst, row.unit),
            None if isnan(row.distance) else Estimate(row.distance, row.ci_low, row.ci_high),
        )
        for row in data.run.worst_tenth
        if row.scenario == scenario
    ]
    return Table(_compared(mark("All paths"), mark("Worst tenth")), rows)


def worst_sentence(data: ReportData, scenario: str) -> str:
    """What is surest of the worst tenth; empty where nothing is known of it."""
    rows = [row for row in data.run.worst_tenth if row.scenario == scenario]
    sure = [row for row in rows if row.ci_low > 0.0 or row.ci_high < 0.0][:N_COMMON]
    if not rows:
        return ""
    said = {
        "scenario": data.scenario_label(scenario),
        "share": percent(WORST_SHARE, 0),
        "what": listed(
            [
                tr(
                    "{feature} {distance} sd",
                    feature=words(row.feature),
                    distance=number(row.distance, 1, signed=True),
                )
                for row in sure
            ]
        ),
    }
    if not sure:
        return tr(
            "Under {scenario}, no common feature of the worst {share} of paths is"
            " distinguishable from noise.",
            **said,
        )
    return tr("Under {scenario}, common features of the worst {share} of paths: {what}.", **said)


def scenarios_with_worst(data: ReportData) -> list[str]:
    """Scenarios of which the worst tenth is told."""
    return [s for s in data.scenarios if any(r.scenario == s for r in data.run.worst_tenth)]
