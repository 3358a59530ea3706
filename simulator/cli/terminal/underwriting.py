"""What new customers bring by score, in a line a scenario."""

from collections.abc import Iterator, Sequence
from math import isnan

from simulator.report.kit.language import tr
from simulator.results.estimate import Estimate
from simulator.results.underwriting import UnderwritingRow


def underwriting_lines(rows: Sequence[UnderwritingRow], currency: str) -> Iterator[str]:
    """Worth of the lowest tenth of scores, and the cut-off at which value is largest."""
    for scenario in dict.fromkeys(row.scenario for row in rows):
        mine = [row for row in rows if row.scenario == scenario]
        worst = next(row for row in mine if row.kind == "decile")
        cutoffs = [row for row in mine if row.kind == "cutoff" and not isnan(row.change.mean)]
        if not cutoffs:
            yield tr(
                "{scenario}, new customers by score: no value, see the warnings", scenario=scenario
            )
            continue
        best = max(cutoffs, key=lambda row: row.change.mean)
        yield tr(
            "{scenario}, new customers by score: a loan to the lowest tenth is worth {worst}; value"
            " is largest with a cut-off of {cutoff}, {change} over today's",
            scenario=scenario,
            worst=_told(currency, worst.value_per_loan),
            cutoff=best.group,
            change=_told(currency, best.change),
        )


def _told(currency: str, estimate: Estimate[float]) -> str:
    mean, low, high = estimate.ends
    return f"{currency} {mean:,.0f} [{low:,.0f}, {high:,.0f}]"
