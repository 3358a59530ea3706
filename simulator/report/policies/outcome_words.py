"""Captions and tables of whom policies save, delay and harm, and whom they lend to."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, mark, sentences, tr
from simulator.report.kit.numbers import money_scale, number
from simulator.report.kit.outcome_kinds import FATE_KINDS, LENDING, PER
from simulator.report.kit.phrases import capital
from simulator.report.kit.table import POLICY, SCENARIO
from simulator.report.policies.outcome_figures import place_label
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier, Standing
from simulator.results.table import COUNT, Cell, Column, Row, Table, named, texts
from simulator.vocabulary import FOLLOW_UP_MONTHS, Fate

LENDING_WORDS: Final = {
    **{kind.fate: kind.name for kind in LENDING},
    Fate.ADMITTED_GOOD: mark("Loan only here: pays"),
    Fate.ADMITTED_BAD: mark("Loan only here: defaults"),
}
"""Fates of those whose loan depends on the policy, in English."""
LATER: Final = (
    (Fate.LAPSED, Fate.SAVED, mark("Saved, of them 90+ later")),
    (Fate.HARMED_LATER, Fate.HARMED, mark("Harmed later, not among harmed")),
)
"""What happened after the months that are judged: fate, the column it follows, its title."""


def per_thousand(frontier: Frontier, estimate: Estimate[float]) -> Estimate[float]:
    """``estimate``, a number of borrowers or the like, per ``PER`` borrowers of the reference."""
    return estimate.times(PER / max(frontier.compared, 1e-9))


def fates_caption(data: ReportData, frontier: Frontier) -> str:
    """Who saves most and who harms most, per 1,000 borrowers."""
    per = PER / max(frontier.compared, 1e-9)
    saves, harms = mark("{policy} saves most ({n})"), mark("{policy} harms most ({n})")
    parts = []
    for fate, message in ((Fate.SAVED, saves), (Fate.HARMED, harms)):
        most = max(frontier.standings, key=lambda s: s.fate(fate).mean)
        count = most.fate(fate).mean * per
        if count > 0:
            policy = data.policy_label(most.policy)
            parts.append(tr(message, policy=policy, n=number(count, 1)))
    told = tr(
        "{place}, of {borrowers} borrowers: {told}.",
        place=capital(data.where(frontier.scenario)),
        borrowers=f"{PER:,.0f}",
        told=clauses(parts) or tr("no policy saves or harms any borrower"),
    )
    return sentences(
        told,
        tr(
            "Saved: 90+ days past due under the current policy only; harmed: under the policy"
            " only; both within {months} months after relief ends. Relief taken without need:"
            " would not have been 30 days late without it.",
            months=FOLLOW_UP_MONTHS,
        ),
    )


def fates_table(data: ReportData) -> Table:
    """Borrowers of each fate per ``PER`` of the reference, with intervals, and their balance.

    Late ones only where there are any.
    """
    standings = [s for frontier in data.frontiers for s in frontier.standings]
    columns = _fate_columns(standings)
    fates = [fate for fate, _ in columns]
    balances = [_balance(s, fate) for s in standings for fate in fates]
    money = money_scale(data.currency, balances)
    rows: list[Row] = []
    for frontier in data.frontiers:
        counted = [[per_thousand(frontier, s.fate(f)) for f in fates] for s in frontier.standings]
        like = [rate.mean for rates in counted for rate in rates]
        for s, rates in zip(frontier.standings, counted, strict=True):
            cells = (
                Cell(
                    rate,
                    mark("{number}; {balance}"),
                    {"balance": money.text(_balance(s, fate))},
                    like=like,
                )
                for fate, rate in zip(fates, rates, strict=True)
            )
            rows.append((place_label(data, frontier), data.policy_label(s.policy), *cells))
    heading, said = mark("{title} (per {borrowers}; {money})"), {"borrowers": f"{PER:,.0f}"}
    shown = (
        Column(heading, COUNT, said=said | {"title": title, "money": money.unit})
        for _, title in columns
    )
    return Table((*texts(SCENARIO, POLICY), *shown), tuple(rows), n_names=2)


def _fate_columns(standings: Sequence[Standing]) -> list[tuple[Fate, str]]:
    """Fates of the table with their titles."""
    columns = []
    for kind in FATE_KINDS:
        columns.append((kind.fate, capital(tr(kind.name))))
        columns += [
            (fate, tr(title))
            for fate, follows, title in LATER
            if follows == kind.fate and any(s.fate(fate).mean > 0 for s in standings)
        ]
    return columns


def _balance(standing: Standing, fate: Fate) -> float:
    return standing.fate_balances[fate.name.lower()].mean


def lending_table(data: ReportData, frontier: Frontier) -> Table | None:
    """Who gets no loan, or one alone, under each policy that changes it; None without any."""
    changing = [s for s in frontier.standings if any(s.fate(f).mean > 0 for f in LENDING_WORDS)]
    if not changing:
        return None
    rows: list[Row] = [
        (
            data.policy_label(s.policy),
            *(per_thousand(frontier, s.fate(fate)) for fate in LENDING_WORDS),
        )
        for s in changing
    ]
    columns = (
        replace(
            named(capital(tr(words)), COUNT),
            like=[per_thousand(frontier, s.fate(fate)).mean for s in changing],
        )
        for fate, words in LENDING_WORDS.items()
    )
    return Table((*texts(POLICY), *columns), rows)
