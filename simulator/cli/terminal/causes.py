"""Shares of causes in a line a scenario."""

from collections.abc import Iterator, Sequence
from math import isnan

from simulator.report.kit.language import clauses, name, tr
from simulator.results.cause_shares import FIRST_MONTH, LAST_MONTH, CauseShare


def cause_lines(rows: Sequence[CauseShare]) -> Iterator[str]:
    """Each scenario's groups, largest share first, with intervals and the labels' shares beside."""
    for scenario in dict.fromkeys(row.scenario for row in rows):
        mine = sorted(
            (row for row in rows if row.scenario == scenario and not isnan(row.share)),
            key=lambda row: -row.share,
        )
        yield tr(
            "{scenario}, causes of new 90+ balance in months {first}-{last} (Shapley shares; labels"
            " beside): {shares}",
            scenario=scenario,
            first=FIRST_MONTH,
            last=LAST_MONTH,
            shares=clauses([_share(row) for row in mine]) or tr("not known, too little became 90+"),
        )


def _share(row: CauseShare) -> str:
    words = name(row.group.replace("_", " "))
    ends = "" if isnan(row.ci_low) else f" [{100 * row.ci_low:.1f}, {100 * row.ci_high:.1f}]"
    share = f"{words} {100 * row.share:.1f} %{ends}"
    if isnan(row.label_share):
        return share
    return tr("{share}, labels {label}", share=share, label=f"{100 * row.label_share:.1f}")
