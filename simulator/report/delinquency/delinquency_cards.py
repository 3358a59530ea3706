"""The chapter on delinquency: overdue balance, vintages, roll rates, causes, unemployment."""

from functools import partial
from typing import Final

from simulator.report.delinquency import causes, economy, overdue, roll_rates, vintages
from simulator.report.kit.card import Axis, Choice, FigureCard, by_policy, plain
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr

OVERDUE_FIRST: Final = (30, 90, 60, 1)
"""Days past due of the overdue rates, the one first that is shown before a reader chooses."""


def overdue_cards(data: ReportData) -> list[FigureCard]:
    """How overdue rates run over the months."""
    return [
        FigureCard(
            "overdue",
            tr("Overdue balance over time"),
            overdue.overdue_caption(data, 30),
            tuple(
                Choice(
                    tr("{dpd}+ days past due", dpd=dpd),
                    partial(overdue.overdue_fan, data, dpd=dpd),
                    {Axis.METRIC: f"overdue_rate_{dpd}"},
                )
                for dpd in OVERDUE_FIRST
            ),
            overdue.overdue_table(data, sorted(OVERDUE_FIRST)),
        )
    ]


def vintage_cards(data: ReportData) -> list[FigureCard]:
    """How vintages run, for results that tell them."""
    if not vintages.has_vintages(data):
        return []
    return [
        FigureCard(
            "vintages",
            tr("Vintages: loans that were ever 90 days past due"),
            vintages.vintage_caption(data),
            by_policy(data, vintages.vintage_curves),
            vintages.vintage_table(data),
        )
    ]


def state_cards(data: ReportData) -> list[FigureCard]:
    """Where balances go, why they are overdue, and unemployment."""
    return [
        FigureCard(
            "rolls",
            tr("Roll rates (monthly transition matrix)"),
            roll_rates.roll_caption(data),
            by_policy(data, roll_rates.roll_rates),
            roll_rates.roll_table(data),
        ),
        FigureCard(
            "causes",
            tr("Causes of overdue balance"),
            causes.cause_caption(data),
            by_policy(data, causes.overdue_by_cause),
            causes.cause_table(data),
        ),
        plain(
            "unemployment",
            tr("Unemployment: the economy and the borrowers"),
            economy.unemployment_caption(data),
            partial(economy.unemployment, data),
            economy.unemployment_table(data),
        ),
    ]
