"""Shares of causes in a line a scenario."""

from collections.abc import Iterator, Sequence
from math import isnan

from simulator.results.cause_shares import FIRST_MONTH, LAST_MONTH, CauseShare


def cause_lines(rows: Sequence[CauseShare]) -> Iterator[str]:
    """Each scenario's groups, largest share first, with intervals and the labels' shares beside."""
    for scenario in dict.fromkeys(row.scenario for row in rows):
        mine = sorted(
            (row for row in rows if row.scenario == scenario and not isnan(row.share)),
            key=lambda row: -row.share,
        )
        told = "; ".join(_share(row) for row in mine) or "not known, too little became 90+"
        yield (
            f"{scenario}, causes of new 90+ balance in months {FIRST_MONTH}-{LAST_MONTH}"
            f" (Shapley shares; labels beside): {told}"
        )


def _share(row: CauseShare) -> str:
    words = row.group.replace("_", " ")
    ends = "" if isnan(row.ci_low) else f" [{100 * row.ci_low:.1f}, {100 * row.ci_high:.1f}]"
    label = "" if isnan(row.label_share) else f", labels {100 * row.label_share:.1f}"
    return f"{words} {100 * row.share:.1f} %{ends}{label}"
