"""What the default lender earns beside what a credit committee expects, seed by seed.

``python -m tools.lender_check`` prints each figure with its band and ends with 1 if one is outside:
the sign of each shipped policy's value at two lengths of run-off, return on assets, coverage,
allowance, capital under stress, and what a stricter approval does to arrears. No seed is one that a
fit used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator import stress_test
from simulator.conclusion import ExperimentOutcome
from simulator.shipped import shipped_folders
from simulator.vocabulary import REFERENCE
from tools.book_figures import SEEDS, Line, asked_scale, print_lines

F8 = NDArray[np.float64]

SHORT, LONG = 18, 60
"""Months of run-off between which a value keeps its sign."""
CLEAR = 4.0
"""Standard errors beyond which a value counts as told apart from 0."""
MOVES = 0.2
"""Share by which a clear value may change between the two."""
SCENARIOS = ("baseline", "downturn")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is simulated: borrowers and paths of the signs, and of the rest."""

    signs: int = 10_000
    sign_paths: int = 40
    rest: int = 50_000
    paths: int = 20


def _run(
    borrowers: int, paths: int, seed: int, policies: Sequence[str], scenarios: Sequence[str],
    runoff: int, provision: Sequence[str] = (),
) -> ExperimentOutcome:  # fmt: skip
    return stress_test(
        scenarios=scenarios,
        policies=policies,
        borrowers=borrowers,
        paths=paths,
        runoff_months=runoff,
        provision=provision,
        seed=seed,
    )


def _gains(dataset: xr.Dataset, scenario: str) -> dict[str, tuple[float, float]]:
    """Mean and standard error of each policy's paired difference of value."""
    values = dataset["value"].sel(scenario=scenario)
    paired = values - values.sel(policy=REFERENCE)
    return {
        str(name): (
            float(paired.sel(policy=name).mean()),
            float(paired.sel(policy=name).std(ddof=1)) / sqrt(values.sizes["path"]),
        )
        for name in values["policy"].values
        if name != REFERENCE
    }


def sign_lines(size: Size) -> Iterator[Line]:
    """Of each policy whose value is clear at the short run-off, its change over what is allowed."""
    folder = shipped_folders()[0] / "policy"
    names = sorted(file.stem for file in folder.glob("*.yaml") if file.stem != REFERENCE)
    short, long = (
        _run(size.signs, size.sign_paths, SEEDS[0], names, SCENARIOS, runoff).dataset
        for runoff in (SHORT, LONG)
    )
    for scenario in SCENARIOS:
        early, late = _gains(short, scenario), _gains(long, scenario)
        for name, (value, error) in early.items():
            if abs(value) <= CLEAR * error:
                continue
            allowed = max(MOVES * abs(value), 2.0 * sqrt(error**2 + late[name][1] ** 2))
            same = value * late[name][0] > 0.0
            moved = abs(late[name][0] - value) / allowed if same else float("inf")
            yield Line(f"{scenario}: {name}, change of value over what is allowed", moved, 0.0, 1.0)


def _only(dataset: xr.Dataset, scenario: str) -> xr.Dataset:
    return dataset.sel(scenario=scenario, policy=REFERENCE)


def _of_summary(outcome: ExperimentOutcome, scenario: str, metric: str) -> float:
    """Mean of a row of the current policy without month."""
    (found,) = (
        row.mean
        for row in outcome.summary
        if (row.scenario, row.policy, row.metric, row.month) == (scenario, REFERENCE, metric, None)
    )
    return float(found)


def bank_lines(size: Size) -> Iterator[Line]:
    """Return, coverage and allowance in the baseline, capital under severe stress."""
    for seed in SEEDS:
        scenarios = ("baseline", "severe_downturn")
        outcome = _run(size.rest, size.paths, seed, [], scenarios, 12, ("cas22",))
        one = _only(outcome.dataset, "baseline").sel(provision="cas22")
        allowance = one["allowance"].mean("path").mean("month")
        balance = one["closing_balance"].mean("path").mean("month")
        bad = (one["balance"].sel(bucket=["M4", "M5", "M6", "M7"]).sum("bucket")).mean()
        opening = _only(outcome.dataset, "severe_downturn")["capital_ratio"].isel(month=0).mean()
        lowest = _of_summary(outcome, "severe_downturn", "lowest_capital_ratio")
        breach = _of_summary(outcome, "severe_downturn", "ever_breach_capital")
        returned = _of_summary(outcome, "baseline", "return_on_assets")
        told = (
            ("return on assets, baseline", returned, 0.015, 0.03),
            ("allowance over balance beyond 90 days, baseline", float(allowance / bad), 1.5, 3.0),
            ("allowance over balance, baseline", float(allowance / balance), 0.03, 0.06),
            ("fall of the capital ratio, severe downturn", float(opening) - lowest, 0.015, 0.06),
            ("chance of a breach, severe downturn", breach, 0.05, 0.7),
        )
        for what, found, low, high in told:
            yield Line(f"seed {seed}: {what}", found, low, high)


def approval_lines(size: Size) -> Iterator[Line]:
    """A stricter approval lowers the amount in arrears, and its rate from the second year."""
    scenarios = ("baseline", "downturn", "severe_downturn", "epidemic", "regulatory_tightening")
    policies = ["stricter_approval"]
    dataset = _run(size.rest, size.paths, SEEDS[0], policies, scenarios, 0).dataset
    for scenario in scenarios:
        one = dataset.sel(scenario=scenario)
        for dpd in (30, 90):
            rate = one["overdue_rate"].sel(dpd=dpd)
            amount = rate * one["closing_balance"]
            for what, figure in (("amount", amount), ("rate", rate.sel(month=slice(13, None)))):
                by_policy = figure.mean("path").mean("month")
                ratio = by_policy.sel(policy="stricter_approval") / by_policy.sel(policy=REFERENCE)
                words = f"{scenario}: stricter approval, {what} {dpd}+ over the current policy's"
                yield Line(words, float(ratio), 0.0, 1.0)


def lines(size: Size) -> Iterator[Line]:
    """Every figure, part by part."""
    yield from bank_lines(size)
    yield from approval_lines(size)
    yield from sign_lines(size)


def main(argv: list[str] | None = None) -> int:
    """Print every line as it is known; 1 where one is outside its band."""
    scale, size = asked_scale("python -m tools.lender_check", __doc__, argv), Size()
    return print_lines(lines(Size(signs=int(scale * size.signs), rest=int(scale * size.rest))))


if __name__ == "__main__":
    raise SystemExit(main())
