"""What the default lender earns beside what a credit committee expects, seed by seed.

``python -m tools.lender_check`` prints each figure with its band and ends with 1 if one is outside:
the sign of each shipped policy's value at two lengths of run-off, return on assets, coverage,
allowance, capital under stress, what a stricter approval does to arrears, what new customers of
each score are worth, where the cut-off stands, and how customers who come back fare. No seed is one
that a fit used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator import stress_test
from simulator.policies import build_policy
from simulator.results.run import Run
from simulator.settings import ExplainSettings
from simulator.shipped import read_shipped, shipped_folders
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
CUTOFFS = (300, 410, 430, 450, 470, 490, 520, 550, 600)
"""Cut-offs that are compared; the first and the last one must lose clearly."""
NON_PERFORMING = ("substandard", "doubtful", "loss")
"""Of the five classes."""
T_975 = 2.1
"""Student's, of some twenty paths."""


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
) -> Run:  # fmt: skip
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
        clear = sum(abs(value) > CLEAR * error for value, error in early.values())
        yield Line(f"{scenario}: policies with a clear value", clear, 3.0, len(early))
        for name, (value, error) in early.items():
            if abs(value) <= CLEAR * error:
                continue
            allowed = max(MOVES * abs(value), 2.0 * sqrt(error**2 + late[name][1] ** 2))
            same = value * late[name][0] > 0.0
            moved = abs(late[name][0] - value) / allowed if same else float("inf")
            yield Line(f"{scenario}: {name}, change of value over what is allowed", moved, 0.0, 1.0)


X = TypeVar("X", xr.Dataset, xr.DataArray)


def _only(dataset: X, scenario: str) -> X:
    return dataset.sel(scenario=scenario, policy=REFERENCE)


def _of_summary(outcome: Run, scenario: str, metric: str) -> float:
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
        scenarios = (*SCENARIOS, "severe_downturn")
        outcome = _run(size.rest, size.paths, seed, [], scenarios, 12, ("cas22", "china_minimum"))
        one = _only(outcome.dataset, "baseline").sel(provision="cas22")
        allowance = one["allowance"].mean("path").mean("month")
        balance = one["closing_balance"].mean("path").mean("month")
        graded = outcome.dataset["balance_by_grade"].sel(provision="china_minimum")
        bad = _only(graded, "baseline").sel(grade=list(NON_PERFORMING)).sum("grade").mean()
        opening = _only(outcome.dataset, "severe_downturn")["capital_ratio"].isel(month=0).mean()
        lowest = _of_summary(outcome, "severe_downturn", "lowest_capital_ratio")
        breach = _of_summary(outcome, "severe_downturn", "ever_breach_capital")
        returned = _of_summary(outcome, "baseline", "return_on_assets")
        told = (
            ("return on assets, baseline", returned, 0.015, 0.03),
            ("allowance over non-performing balance, baseline", float(allowance / bad), 1.5, 3.0),
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


def power_lines(size: Size) -> Iterator[Line]:
    """What a loan to the lowest and to the fifth tenth is worth, in standard errors."""
    explain = {"explain": ExplainSettings(underwriting=True)}
    for seed in SEEDS:
        outcome = stress_test(
            scenarios=SCENARIOS,
            policies=[],
            borrowers=size.rest,
            paths=size.paths,
            provision=[],
            seed=seed,
            sections=explain,
        )
        rows = {(row.scenario, row.kind, row.group): row for row in outcome.underwriting}
        for scenario, group, low, high in (
            ("downturn", "1", -np.inf, -2.0),
            ("baseline", "5", 2.0, np.inf),
        ):
            row = rows[scenario, "decile", group]
            value = row.value_per_loan
            error = (value.ci_high - value.ci_low) / (2.0 * T_975)
            words = f"seed {seed}: {scenario}, tenth {group}, value of a loan over its error"
            yield Line(words, value.mean / error, low, high)


def cutoff_lines(size: Size) -> Iterator[Line]:
    """The best of some cut-offs, for all customers alike, and how clear it is."""
    current = read_shipped("policy", REFERENCE)
    own = float(str(current["score_cutoff"]))
    policies = {
        f"cutoff_{cutoff}": build_policy(REFERENCE, current | {"score_cutoff": cutoff})
        for cutoff in CUTOFFS
    }
    for seed in SEEDS:
        dataset = stress_test(
            scenarios=SCENARIOS,
            policies=policies,
            borrowers=size.rest,
            paths=size.paths,
            provision=[],
            seed=seed,
        ).dataset
        best = {}
        for scenario in SCENARIOS:
            values = dataset["value"].sel(scenario=scenario)
            means = {c: float(values.sel(policy=f"cutoff_{c}").mean()) for c in CUTOFFS}
            best[scenario] = max(means, key=lambda c: means[c])
            chosen = values.sel(policy=f"cutoff_{best[scenario]}")
            for other in {CUTOFFS[0], CUTOFFS[-1]} - {best[scenario]}:
                paired = chosen - values.sel(policy=f"cutoff_{other}")
                error = float(paired.std(ddof=1)) / sqrt(paired.sizes["path"])
                words = f"seed {seed}: {scenario}, best cut-off over {other}, in standard errors"
                yield Line(words, float(paired.mean()) / error, 2.0, np.inf)
        words = f"seed {seed}: best cut-off"
        yield Line(f"{words}, baseline", best["baseline"], own - 40.0, own + 40.0)
        higher = best["downturn"] - best["baseline"]
        yield Line(f"{words}, downturn over baseline", higher, 20.0, np.inf)


def repeat_lines(size: Size) -> Iterator[Line]:
    """Customers who come back: their part of what is lent, bad loans at equal score, pairing."""
    for seed in SEEDS:
        dataset = _run(
            size.rest, size.paths, seed, ["grace_period", "stricter_approval"], SCENARIOS, 12
        ).dataset
        for scenario in SCENARIOS:
            one = _only(dataset, scenario)
            again, new = (
                float(one[name].sel(month=slice(13, None)).mean("path").sum())
                for name in ("repeat_disbursed", "first_disbursed")
            )
            words = f"seed {seed}: {scenario}, customers who came back"
            yield Line(f"{words}, share of what is lent", again / (again + new), 0.6, 0.9)
            yield Line(f"{words}, bad loans over first loans'", _at_equal_score(one), 0.3, 0.7)
            values = dataset["value"].sel(scenario=scenario)
            reference = values.sel(policy=REFERENCE)
            for policy in ("grace_period", "stricter_approval"):
                mine = values.sel(policy=policy)
                apart = float(mine.var(ddof=1) + reference.var(ddof=1))
                ratio = float((mine - reference).var(ddof=1)) / apart
                words = f"seed {seed}: {scenario}, {policy}, paired variance over independent"
                yield Line(words, ratio, 0.0, 1.0 / 3.0)


def _at_equal_score(one: xr.Dataset) -> float:
    """Bad loans among those granted again, over what first loans of the same bands would have."""
    new = one.sel(judged="new")
    bands = one["segment_risk_band"].to_series()
    sums = {
        name: found.to_series().groupby(bands.to_numpy()).sum()
        for name, found in (
            ("first", new["score_loans_by_segment"]),
            ("first_bad", new["score_bad_loans_by_segment"]),
            ("again", one["repeat_loans_by_segment"]),
            ("again_bad", one["repeat_bad_loans_by_segment"]),
        )
    }
    known = sums["first"] > 0.0
    again, bad = sums["again"][known], sums["again_bad"][known]
    expected = (again * sums["first_bad"][known] / sums["first"][known]).sum()
    return float(bad.sum() / expected)


def lines(size: Size) -> Iterator[Line]:
    """Every figure, part by part."""
    yield from bank_lines(size)
    yield from power_lines(size)
    yield from cutoff_lines(size)
    yield from repeat_lines(size)
    yield from approval_lines(size)
    yield from sign_lines(size)


def main(argv: list[str] | None = None) -> int:
    """Print every line as it is known; 1 where one is outside its band."""
    scale, size = asked_scale("python -m tools.lender_check", __doc__, argv), Size()
    return print_lines(lines(Size(signs=int(scale * size.signs), rest=int(scale * size.rest))))


if __name__ == "__main__":
    raise SystemExit(main())
