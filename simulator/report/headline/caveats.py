"""What limits every number of a run: smaller balances, the months it covers, its paths."""

from collections.abc import Sequence
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, tr
from simulator.report.kit.numbers import percent
from simulator.report.kit.phrases import one_draw

ROUGH_PATHS: Final = 30
"""With fewer paths the report warns that intervals are rough (assumption)."""


def smaller_balances(data: ReportData, scenario: str, policies: Sequence[str]) -> tuple[str, ...]:
    """Whose overdue rates are over a clearly smaller balance, in one sentence, if any."""
    shares = {p: data.smaller_balances.get((scenario, p)) for p in policies}
    told = [
        tr("{policy} ({share} less)", policy=data.policy_label(policy), share=percent(share, 0))
        for policy, share in shares.items()
        if share is not None
    ]
    if not told:
        return ()
    return (
        tr(
            "Overdue rates are over a smaller balance than the reference's, in the last month, for"
            " {policies}.",
            policies=listed(told),
        ),
    )


def outside_the_months(data: ReportData) -> str:
    """What a run without run-off leaves out, and whom that flatters; empty with run-off."""
    if data.dataset.attrs.get("runoff_months", 0):
        return ""
    return tr(
        "Losses after the last month (month {month}), and later income, of loans still"
        " open are outside, which flatters a policy that puts payments off; run.runoff_months=18"
        " brings them in.",
        month=len(data.months),
    )


def run_support(data: ReportData) -> tuple[str, ...]:
    """What limits every figure of the run: the months it covers, and its luck."""
    outside = tuple(filter(None, (outside_the_months(data),)))
    return (*outside, *_luck_support(data))


def _luck_support(data: ReportData) -> tuple[str, ...]:
    if data.n_draws == 1:
        seen = one_draw(data)
        return (tr("A run of {seen} has no interval and cannot tell effect from luck.", seen=seen),)
    if data.n_draws < ROUGH_PATHS:
        return (
            tr(
                "Brackets are 95 % intervals of the mean over {paths} paths; policies meet the same"
                " borrowers under the same luck; with fewer than {rough} draws of the economy the"
                " intervals are themselves rough.",
                paths=data.n_paths,
                rough=ROUGH_PATHS,
            ),
        )
    return (
        tr(
            "Brackets are 95 % intervals of the mean over {paths} paths; policies meet the same"
            " borrowers under the same luck.",
            paths=data.n_paths,
        ),
    )
