"""What limits every number of a run: smaller balances, the months it covers, its paths."""

from collections.abc import Mapping
from typing import Final

from simulator.report.kit.data import OTHER_BALANCE, ReportData
from simulator.report.kit.language import clauses, tr
from simulator.report.kit.numbers import number, points_scale
from simulator.report.kit.phrases import one_draw
from simulator.report.kit.run_messages import run_message
from simulator.report.kit.text import clean
from simulator.results.borrower_sampling import ERROR

ROUGH_PATHS: Final = 30
"""With fewer paths the report warns that intervals are rough (assumption)."""


def balances_differ(data: ReportData) -> tuple[str, ...]:
    """Whose overdue rates are over a clearly smaller or larger balance, in one sentence, if any."""
    scenario = data.worst_scenario()
    told = []
    for policy in data.best_first:
        change = data.balance_changes.get((scenario, policy), 0.0)
        if abs(change) > OTHER_BALANCE:
            shown = number(100.0 * change, 0, signed=True)
            said = {"policy": data.policy_label(policy), "n": shown}
            told.append(_with_both_rates(data, scenario, policy, said))
    if not told:
        return ()
    return (
        tr(
            "The average balance {where} differs from that of the current policy: {policies}.",
            where=data.where(scenario),
            policies=clauses(told),
        ),
    )


def _with_both_rates(data: ReportData, scenario: str, policy: str, said: Mapping[str, str]) -> str:
    """A policy's balance, and the change of its peak 90+ rate over its own and the current one."""
    own, fixed = (
        data.stat(scenario, policy, f"delta_peak_overdue_rate{part}_90")
        for part in ("", "_over_current_balance")
    )
    if own is None or fixed is None:
        return tr("{policy} ({n} %)", **said)
    scale = points_scale([own.mean, fixed.mean])
    return tr(
        "{policy} ({n} %; peak 90+ rate {own} over its own balance, {fixed} over that of the"
        " current policy)",
        own=scale.full(own.mean, signed=True),
        fixed=scale.full(fixed.mean, signed=True),
        **said,
    )


def other_origins(data: ReportData) -> tuple[str, ...]:
    """What belongs to another lender, country or time than the book, one sentence each."""
    told = (run_message(clean(item, 600)) for item in data.run.suitability_warnings)
    return (*_static_pool(data), *told)


def _static_pool(data: ReportData) -> tuple[str, ...]:
    """Says that nobody new comes, and over what the first rates are."""
    if not data.is_static_pool:
        return ()
    return (
        tr(
            "A static pool without new lending: overdue and loss rates of this screen are over the"
            " opening balance; over the balance that is left they rise as loans are repaid."
            " book.new_lending=replace keeps the number of loans."
        ),
    )


def outside_the_months(data: ReportData) -> str:
    """What a run without run-off leaves out, and whom that flatters; empty with run-off."""
    if data.dataset.attrs.get("runoff_months", 0):
        return ""
    return tr(
        "Losses and income of open loans after the last month (month {month}) are not included,"
        " which favours a policy that defers payments; set run.runoff_months=18 to include them.",
        month=len(data.months),
    )


def run_support(data: ReportData) -> tuple[str, ...]:
    """What limits every figure of the run: the months it covers, and its luck."""
    outside = tuple(filter(None, (outside_the_months(data),)))
    return (*outside, *_luck_support(data), *_borrower_support(data))


def _borrower_support(data: ReportData) -> tuple[str, ...]:
    """Says that intervals hold the sampling of borrowers, where the book is one draw of many."""
    if ERROR not in data.dataset or data.n_draws == 1:
        return ()
    return (
        tr(
            "The book is one draw: brackets include the sampling of its borrowers, which more"
            " borrowers narrow and more paths do not."
        ),
    )


def _luck_support(data: ReportData) -> tuple[str, ...]:
    if data.n_draws == 1:
        seen = one_draw(data)
        return (
            tr(
                "A run of {seen} has no interval: effect and sampling error are not separable.",
                seen=seen,
            ),
        )
    if data.n_draws < ROUGH_PATHS:
        return (
            tr(
                "Brackets are 95 % intervals of the mean over {paths} paths; policies are"
                " compared with common random numbers (same borrowers, same draws); with fewer"
                " than {rough} draws of the economy the intervals are approximate.",
                paths=data.n_paths,
                rough=ROUGH_PATHS,
            ),
        )
    return (
        tr(
            "Brackets are 95 % intervals of the mean over {paths} paths; policies are compared"
            " with common random numbers (same borrowers, same draws).",
            paths=data.n_paths,
        ),
    )
