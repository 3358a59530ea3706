"""Published evidence on lenders' practices against what the model does with default parameters.

``python -m tools.evidence`` measures each finding and writes docs/evidence.md; a test runs
the same functions on a small book. Nothing here is fitted to the published figures: the question
is whether the mechanisms reproduce their direction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator import build_policy, stress_test
from simulator.policies import Policy
from simulator.results.path_metrics import BY_NAME, total_view
from tools import ROOT

F8 = NDArray[np.float64]
REFERENCE = "status_quo"
MONTHS = 24
SAME_EXPOSURE = 9
"""Months over which few re-planned loans would have ended without the longer term."""
WRITE_DOWN = 0.2
"""Share of the principal that the write-down of unsecured debt forgives (assumption)."""
SIGMAS_95 = 1.96
"""Half the width of a 95 % interval of a normal mean, in standard errors."""
BUMP_BEGINS = 5
"""First month in which a borrower whose three months of grace end can be 30 days past due."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is simulated."""

    borrowers: int = 5_000
    paths: int = 48


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over paths with its standard error."""

    mean: float
    error: float

    @property
    def sigmas(self) -> float:
        """Distance from zero in standard errors."""
        return self.mean / self.error if self.error > 0 else float("inf") * np.sign(self.mean)

    def __str__(self) -> str:
        """Mean with the 95 % interval, in percent."""
        half = SIGMAS_95 * self.error
        low, high = 100 * (self.mean - half), 100 * (self.mean + half)
        return f"{100 * self.mean:.2f} % ({low:.2f} to {high:.2f})"


@dataclass(frozen=True, slots=True)
class Finding:
    """One practice: what was published, where, what the model shows, and whether they agree."""

    practice: str
    published: str
    source: str
    measured: str
    estimate: Estimate
    expected_sign: int

    @property
    def agrees(self) -> bool:
        """Whether the direction is the published one, beyond the noise of the simulation."""
        return self.estimate.sigmas * self.expected_sign > SIGMAS_95


def over_paths(values: F8) -> Estimate:
    """Mean and standard error of one figure a path."""
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size)))


def share_of(change: F8, base: F8) -> Estimate:
    """Mean change over the mean of its base; error by the delta method over paths."""
    ratio = float(change.mean() / base.mean())
    residual = change - ratio * base
    error = residual.std(ddof=1) / np.sqrt(residual.size) / base.mean()
    return Estimate(ratio, float(error))


def simulate(
    policies: dict[str, str | Policy], size: Size, scenario: str = "baseline"
) -> xr.Dataset:
    """One scenario of the shipped book under ``policies``, with ``net_result`` [policy, path]."""
    outcome = stress_test(
        scenarios=[scenario],
        policies=policies,
        paths=size.paths,
        months=MONTHS,
        borrowers=size.borrowers,
    )
    dataset = outcome.dataset
    net = BY_NAME["net_result"](total_view(dataset))[..., 0]
    dataset = dataset.assign(net_result=(("scenario", "policy", "path"), net))
    return dataset.isel(scenario=0)


def by_path(dataset: xr.Dataset, name: str, policy: str) -> F8:
    """A flow summed over all months, (paths,)."""
    return np.asarray(dataset[name].sel(policy=policy).sum("month").values, dtype=np.float64)


def change(dataset: xr.Dataset, name: str, policy: str, base: str = REFERENCE) -> F8:
    """Difference of a flow's sum to ``base`` on the same paths, (paths,)."""
    return by_path(dataset, name, policy) - by_path(dataset, name, base)


def _replan(**settings: object) -> Policy:
    """A new plan that every short customer up to M3 takes."""
    base: dict[str, object] = {
        "kind": "instalment_replan",
        "awareness": 1.0,
        "take_up_if_need": 1.0,
        "first_bucket": 0,
        "max_bucket": 3,
        "max_uses": 1,
        "last_month": 3,
    }
    return build_policy("replan", base | settings)


def _longer_term() -> Policy:
    return _replan(
        term_extension_months=24, affordable_share=0.0, months=6, interest_charged_share=0.5
    )


def _principal_cut(share: float) -> Policy:
    """Arrears go into the schedule too, but the term stays (one month at most is added)."""
    return _replan(term_extension_months=1, affordable_share=1.0, principal_cut_share=share)


@cache
def _equal_cut(size: Size) -> float:
    """Share of principal whose cut forgives as much money as the longer term does."""
    share = 0.05
    for _ in range(2):
        found = simulate({"term": _longer_term(), "cut": _principal_cut(share)}, size)
        forgiven = {name: by_path(found, "forgiven", name).mean() for name in ("term", "cut")}
        share *= float(forgiven["term"] / forgiven["cut"])
    return share


def _new_90(dataset: xr.Dataset, policy: str, months: int) -> F8:
    """Loans that become 90 days past due in the first ``months``, (paths,)."""
    new = dataset["new_90"].sel(policy=policy).isel(month=slice(0, months))
    return np.asarray(new.sum("month").values, dtype=np.float64)


def longer_term_against_principal_cut(size: Size) -> Finding:
    """Ganong and Noel: the instalment drives default, not the principal."""
    cut = _equal_cut(size)
    plans = {"term": _longer_term(), "cut": _principal_cut(cut), "aged": _principal_cut(0.0)}
    found = simulate(plans, size)

    def effect(policy: str, base: str, months: int) -> Estimate:
        reference = _new_90(found, REFERENCE, months)
        return share_of(_new_90(found, policy, months) - _new_90(found, base, months), reference)

    early = effect("term", "cut", SAME_EXPOSURE)
    term, principal = (effect(n, "aged", SAME_EXPOSURE) for n in ("term", "cut"))
    forgiven = " and ".join(f"{by_path(found, 'forgiven', n).mean() / 1e6:.2f} M" for n in plans)
    return Finding(
        "A longer term works, a principal cut of equal cost works less",
        "defaults fall with the instalment; principal cuts that leave it alone do not lower them",
        "Ganong and Noel, AER 2020 (mortgages)",
        f"loans that become 90+ within {SAME_EXPOSURE} months of an offer in months 1-3, against a"
        f" new plan that only takes in the arrears: {term} with 24 months more and half the"
        f" interest for six months, {principal} with {100 * cut:.1f} % of the principal forgiven"
        f" (forgiven {forgiven} without); difference {early}. Short loans that are made long also"
        f" stay exposed longer: after {MONTHS} months the difference is"
        f" {effect('term', 'cut', MONTHS)}",
        early,
        -1,
    )


def write_down_against_lower_payments(size: Size) -> Finding:
    """Dobbie and Song: on unsecured debt write-downs raise repayment, lower payments do not."""
    plans = {
        "term": _replan(term_extension_months=24, affordable_share=0.0, months=1),
        "cut": _principal_cut(WRITE_DOWN),
        "aged": _principal_cut(0.0),
    }
    found = simulate(plans, size)
    reference = _new_90(found, REFERENCE, MONTHS)

    def effect(policy: str, base: str) -> Estimate:
        change_of_90 = _new_90(found, policy, MONTHS) - _new_90(found, base, MONTHS)
        return share_of(change_of_90, reference)

    gap = effect("cut", "term")
    return Finding(
        "On unsecured debt a write-down raises repayment, a lower payment over a longer term does"
        " not",
        "randomised: write-downs of debt and interest raise completed repayment, lower minimum"
        " payments do not - the gain of liquidity is offset by longer exposure",
        "Dobbie and Song, AER 2020 (credit cards; read in the abstract)",
        f"loans that become 90+ within {MONTHS} months, against a new plan that only takes in the"
        f" arrears: {effect('cut', 'aged')} with {100 * WRITE_DOWN:.0f} % of the principal written"
        f" down, {effect('term', 'aged')} with 24 months more; difference {gap}. The write-down"
        " lowers the burden for good, and with it the hazard of refusal"
        " (`refuse_burden_slope`); the longer term lowers it for longer",
        gap,
        -1,
    )


def ai_only_against_humans(size: Size) -> Finding:
    """Choi et al.: AI callers recover less than people."""
    found = simulate({"ai": "ai_only_collections"}, size, "downturn")
    base = by_path(found, "new_90", REFERENCE)
    ninety = share_of(change(found, "new_90", "ai"), base)
    net = found["net_result"]
    written_off = by_path(found, "written_off", REFERENCE)
    worth = share_of(
        np.asarray((net.sel(policy="ai") - net.sel(policy=REFERENCE)).values), written_off
    )
    cost = share_of(
        change(found, "collection_cost", "ai"), by_path(found, "collection_cost", REFERENCE)
    )
    loss = share_of(change(found, "written_off", "ai"), written_off)
    return Finding(
        "An AI-only call centre loses against people",
        "net present value of collections -9 pp after 30 days, about -5 pp after a year",
        "Choi et al., NBER 33669",
        f"net result over write-offs of the current policy: {worth}; loans that become 90+:"
        f" {ninety}; written off: {loss}; collection cost: {cost}",
        worth,
        -1,
    )


def first_day_lateness_cures(size: Size) -> Finding:
    """360 Finance: about 7 % are late on the first day, 1.3 % are 90+."""
    found = simulate({}, size).sel(policy=REFERENCE)
    late = share_of(*(_sum(found, n) for n in ("instalments_late", "instalments_due")))
    still = share_of(_sum(found, "new_30"), _sum(found, "instalments_late"))
    rate_90 = over_paths(np.asarray(found["overdue_rate"].sel(dpd=90).mean("month").values))
    cured = Estimate(1.0 - still.mean, still.error)
    return Finding(
        "Most first-day lateness cures",
        "first-day overdue about 7 %, 90+ 1.3 %",
        "360 Finance 2019",
        f"late on the first day {late}; {cured} of late instalments never lead to 30+;"
        f" 90+ rate {rate_90}",
        Estimate(cured.mean - 0.5, cured.error),
        1,
    )


def _sum(dataset: xr.Dataset, name: str) -> F8:
    return np.asarray(dataset[name].sum("month").values, dtype=np.float64)


def delayed_bump(size: Size) -> Finding:
    """A grace period prevents arrears while it runs; a part of them comes when it ends."""
    offer = {"kind": "grace_period", "months": 3, "last_month": 2, "refusal_after_relief": 1.0}
    found = simulate({"grace": build_policy("grace", offer)}, size, "downturn")
    new = found["new_30"]
    difference = np.asarray((new.sel(policy="grace") - new.sel(policy=REFERENCE)).values)
    base = np.asarray(new.sel(policy=REFERENCE).values)
    during = share_of(difference[:, : BUMP_BEGINS - 1].sum(1), base[:, : BUMP_BEGINS - 1].sum(1))
    after = slice(BUMP_BEGINS - 1, BUMP_BEGINS + 5)
    bump = share_of(difference[:, after].sum(axis=1), base[:, after].sum(axis=1))
    return Finding(
        "Relief's delayed bump exists",
        "about 75 % of ended deferrals resumed payment: a quarter did not",
        "UK Finance 2020",
        f"loans that become 30+ in months 1-{BUMP_BEGINS - 1}, grace offered in months 1-2:"
        f" {during}; in the six months after: {bump}",
        bump,
        1,
    )


def precautionary_relief(size: Size) -> Finding:
    """Bank of Canada: about a third of deferrals were precautionary."""
    found = simulate({"grace": "grace_period"}, size).sel(policy="grace")
    share = share_of(_sum(found, "relief_no_need"), _sum(found, "relief_granted"))
    return Finding(
        "A part of relief goes to people who do not need it",
        "about a third of Canadian deferrals were precautionary",
        "Bank of Canada 2020",
        f"granted although cash was not short: {share}",
        share,
        1,
    )


def reminders_work(size: Size) -> Finding:
    """Cadena and Schoar: reminders raise on-time payment."""
    found = simulate({"reminders": "smart_reminders"}, size)
    base = by_path(found, "instalments_due", REFERENCE) - by_path(
        found, "instalments_late", REFERENCE
    )
    due = change(found, "instalments_due", "reminders")
    on_time = share_of(due - change(found, "instalments_late", "reminders"), base)
    late = share_of(
        change(found, "instalments_late", "reminders"),
        by_path(found, "instalments_late", REFERENCE),
    )
    return Finding(
        "Reminders before the due day raise payment on time",
        "on-time payment +7-9 % (from memory, there from a low base)",
        "Cadena and Schoar",
        f"instalments paid on time: {on_time}; late ones: {late}",
        on_time,
        1,
    )


FINDINGS: tuple[Callable[[Size], Finding], ...] = (
    longer_term_against_principal_cut,
    write_down_against_lower_payments,
    ai_only_against_humans,
    first_day_lateness_cures,
    delayed_bump,
    precautionary_relief,
    reminders_work,
)

_HEAD = """# Evidence

What lenders and researchers have published about the practices that the policy catalogue holds,
beside what the model does with its default parameters. Nothing was fitted to these figures; a
mechanism agrees when its effect has the published direction beyond the noise of the simulation.
Changes are against the current policy with common random numbers (same borrowers, same
draws), with 95 % intervals.
Written by `python -m tools.evidence` ({borrowers:,} borrowers of the default book, {paths}
paths, {months} months); `tests/test_evidence.py` checks the directions on a smaller book.

| practice | published | source | measured here | agrees |
|---|---|---|---|---|
"""


def page(findings: list[Finding], size: Size) -> str:
    """docs/evidence.md."""
    rows = [
        f"| {f.practice} | {f.published} | {f.source} | {f.measured} |"
        f" {'yes' if f.agrees else '**no**'} |"
        for f in findings
    ]
    head = _HEAD.format(borrowers=size.borrowers, paths=size.paths, months=MONTHS)
    return head + "\n".join(rows) + "\n"


def main() -> None:
    """Measure every finding and write the page."""
    size = Size()
    findings = []
    for measure in FINDINGS:
        findings.append(measure(size))
        print(f"{findings[-1].practice}: {findings[-1].measured}", flush=True)
    (ROOT / "docs" / "evidence.md").write_text(page(findings, size), encoding="utf-8")


if __name__ == "__main__":
    main()
