"""What stands beside the verdict: whose book it is, and what to do next."""

from collections.abc import Mapping
from typing import Final

from simulator.report.headline.tornado import label
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, tr
from simulator.report.kit.numbers import number
from simulator.results.decision import Lack, Outcome
from simulator.results.sampling import LEAST_DRAWS

MOST_NAMED: Final = 3
"""Assumptions that a step names."""


def not_your_book(data: ReportData) -> str:
    """Says that borrowers are synthetic, and how many parameters rest on what; else empty."""
    settings = data.configuration().get("book")
    if not isinstance(settings, Mapping) or settings.get("kind", "synthetic") != "synthetic":
        return ""
    return tr("Synthetic borrowers: use for mechanisms, not for limits or provisions.")


def parameter_support(data: ReportData) -> str:
    """How many parameters were set beside the catalogue's, and how many are assumptions."""
    counts = data.manifest.get("parameters")
    if not isinstance(counts, Mapping):
        return ""
    return tr(
        "Of {n} parameters {set} are set for this run, {assumed} are assumptions.",
        n=number(counts.get("all"), 0),
        set=number(counts.get("set"), 0),
        assumed=number(counts.get("assumed"), 0),
    )


def next_steps(data: ReportData) -> tuple[str, ...]:
    """What would make the answer better, from the decision and from what the run rests on."""
    decision, case = data.decision, data.decision.leading
    steps = []
    if decision.outcome is Outcome.NO_VALUE:
        steps.append(tr("Set run.runoff_months=null, or longer, to compute the value."))
    if case is not None:
        paths = [o.paths for o in case.obstacles if o.by_evidence and o.paths is not None]
        if any(o.lack is Lack.DRAWS for o in case.obstacles):
            paths.append(LEAST_DRAWS * max(1, decision.n_paths // data.n_draws))
        if paths:
            steps.append(
                tr(
                    "Set run.paths={n} for a clearer answer: decide the number once, before you"
                    " look; looking again and again finds what is not there.",
                    n=f"{max(paths)}",
                )
            )
        losing = [o for o in case.obstacles if o.lack is Lack.SCENARIO_LOSS and not o.by_evidence]
        if losing:
            steps.append(
                tr(
                    "Look for a design of {policy} that does not lose {where}: other months,"
                    " targets or terms (docs/policies.md).",
                    policy=data.policy_label(case.policy),
                    where=data.where(losing[0].scenario),
                )
            )
        if decision.outcome is Outcome.RECOMMENDED:
            steps.append(
                tr(
                    "Pilot {policy} with a control group before rolling it out.",
                    policy=data.policy_label(case.policy),
                )
            )
    if decision.overturned_by:
        steps.append(
            tr(
                "Measure first the assumptions that reverse the sign: {names}.",
                names=listed([label(each) for each in decision.overturned_by[:MOST_NAMED]]),
            )
        )
    if not_your_book(data):
        steps.append(
            tr(
                "Read your own loan tape and fit parameters to your own roll rates"
                " (docs/your-own-book.md, docs/calibration.md)."
            )
        )
    return tuple(steps)
