"""Tallies and outputs made by hand, with known answers, for the tests of results."""

from pathlib import Path

import numpy as np
import xarray as xr

from simulator.book.schema import Book, Borrowers, Loans
from simulator.kernels.pairing import group_slices
from simulator.kernels.tally import Tallies, allocate_tallies
from simulator.levers import SegmentNames
from simulator.products import JURISDICTIONS, PRODUCTS
from simulator.results.checks import CheckResult, run_checks
from simulator.results.dataset import to_dataset
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from simulator.results.manifest import RunFacts, build_manifest
from simulator.results.run import with_record
from simulator.results.store import rehashed, write_files, write_results, writer_of
from simulator.results.summary import SummaryRow, summarise
from simulator.settings import RunSettings
from simulator.vocabulary import FLOW_SIGNS, N_BURDENS, N_FATES, Cause, Count, Fate, Flow

N_SEGMENTS = 2
PRODUCT_LIST = (PRODUCTS["cash_loan"], PRODUCTS["credit_line"])
REGIONS = ("east", "west")


def small_book() -> Book:
    """Three opening loans (12, 3 and 1 months old) and one applicant of month 2."""
    n = 4

    def column(kind: type, *values: float) -> np.ndarray:
        return np.array(values or (0,) * n, dtype=kind)

    people = {name: column(np.float64) for name in Borrowers._fields}
    people |= {"arrival_month": column(np.int16, 0, 0, 0, 2), "weight": column(float, 2, 2, 2, 2)}
    loans = {name: column(np.float64) for name in Loans._fields}
    loans |= {
        "id": column(np.uint64, 1, 2, 3, 4),
        "origination_month": column(np.int16, -12, -3, -1, 2),
        "vintage": column(np.int16, 0, 1, 1, 2),
    }
    return Book(
        name="hand-made",
        jurisdiction=JURISDICTIONS["cn"],
        products=PRODUCT_LIST,
        regions=REGIONS,
        segments=SegmentNames(("east", "west"), ("cash_loan", "credit_line"), ("A", "B")),
        borrowers=Borrowers(**people),
        loans=Loans(**loans),
        n_opening_borrowers=3,
        vintage_labels=("Q-4", "Q-1", "Q+1"),
        notes=("注释",),
    )


def random_tallies(seed: int, paths: int, horizon: int) -> Tallies:
    """Tallies that obey every identity, with random sizes; month 0 holds stocks only."""
    draw = np.random.default_rng(seed)
    tallies = allocate_tallies(paths, horizon, N_SEGMENTS, len(PRODUCT_LIST), 3, len(REGIONS))
    months = (paths, horizon + 1)
    balance = draw.uniform(1.0, 100.0, (*months, 8))
    balance[..., 0] += 1000.0
    total = balance.sum(axis=-1)
    tallies.balance[:] = balance
    tallies.balance_before_relief[:] = balance
    tallies.loans[:] = balance / 10.0
    tallies.flows[:, 1:] = draw.uniform(0.0, 50.0, (paths, horizon, 11))
    counts = tallies.counts
    counts[:, 1:] = draw.uniform(1.0, 5.0, (paths, horizon, counts.shape[2]))
    counts[..., Count.CLOSING_BALANCE] = total
    counts[:, 1:, Count.OPENING_BALANCE] = total[:, :-1]
    counts[..., Count.UNEMPLOYED] = 0.3
    signed = tallies.flows[:, 1:] * np.array(FLOW_SIGNS)
    gap = total[:, 1:] - total[:, :-1] - signed.sum(axis=-1)
    tallies.flows[:, 1:, Flow.DISBURSED] += np.maximum(gap, 0.0)
    tallies.flows[:, 1:, Flow.PRINCIPAL_PAID] += np.maximum(-gap, 0.0)
    tallies.roll[:, 1:, :, 0] = balance[:, :-1]
    tallies.cause_balance[..., Cause.JOB_LOSS] = 0.25 * balance[..., 1:].sum(axis=-1)
    tallies.cause_balance[..., Cause.FORGOT] = 0.75 * balance[..., 1:].sum(axis=-1)
    for cut in (tallies.by_segment, tallies.by_age, tallies.by_income):
        groups = cut.shape[2]
        cut[..., 0] = total[..., None] / groups
        cut[..., 1] = balance[..., 2:].sum(axis=-1)[..., None] / groups
        cut[..., 2] = balance[..., 4:].sum(axis=-1)[..., None] / groups
    tallies.written_off_by_product[..., 0] = tallies.flows[..., Flow.WRITTEN_OFF]
    tallies.vintage_loans[:] = 10.0
    tallies.vintage_first_90[:, :, 1:4] = 1.0
    spread_over_groups(tallies.burdens, draw.uniform(1.0, 90.0, (paths, N_BURDENS)))
    fates = np.zeros((paths, N_FATES, 2))
    for fate, size in ((Fate.COMPARED, 90.0), (Fate.RELIEVED, 30.0), (Fate.FREE_RIDER, 10.0)):
        fates[:, fate] = draw.uniform(0.5 * size, size, (paths, 2))
    spread_over_groups(tallies.fates, fates)
    return tallies


def spread_over_groups(sums: np.ndarray, whole: np.ndarray) -> None:
    """Fill fates or burdens (paths, groups, ...) so that groups of a kind are alike."""
    for groups in group_slices(len(REGIONS), len(PRODUCT_LIST)).values():
        sums[:, groups] = whole[:, None] / (groups.stop - groups.start)


def output_of(
    tallies: dict[str, Tallies],
    *,
    months: int,
    draws_per_path: int = 1,
    scenarios: tuple[str, ...] = ("baseline",),
) -> SimulationOutput:
    """The same tallies by policy under every scenario."""
    paths, n_months = next(iter(tallies.values())).flows.shape[:2]
    run = RunSettings(
        paths=paths,
        months=months,
        runoff_months=n_months - 1 - months,
        draws_per_path=draws_per_path,
        seed=7,
    )
    return SimulationOutput(
        tallies={(s, name): value for s in scenarios for name, value in tallies.items()},
        macro_unemployment={s: np.full((paths, n_months), 0.05) for s in scenarios},
        book=small_book(),
        timeline=run.timeline,
        scenarios=tuple(ScenarioInfo(s, s.title(), 1.0) for s in scenarios),
        policies=tuple(tallies),
        run=run,
        configuration={"run": {"seed": 7}, "note": "灾害"},
    )


def zero_tallies(paths: int, horizon: int) -> Tallies:
    return allocate_tallies(paths, horizon, N_SEGMENTS, len(PRODUCT_LIST), 3, len(REGIONS))


def rows_of(dataset: xr.Dataset, metric: str, policy: str = "status_quo") -> list[SummaryRow]:
    return among(summarise(dataset), metric, policy)


def among(rows: list[SummaryRow], metric: str, policy: str = "status_quo") -> list[SummaryRow]:
    return [r for r in rows if r.metric == metric and r.policy == policy]


def facts(checks: list[CheckResult]) -> RunFacts:
    return RunFacts(("run.paths=4",), 2.0, 1, checks)


def written(folder: Path) -> SimulationOutput:
    output = output_of(
        {"status_quo": random_tallies(24, 4, 3), "other": random_tallies(25, 4, 3)}, months=3
    )
    dataset = to_dataset(output)
    manifest = build_manifest(output, facts(run_checks(output)))
    record = with_record(dataset, manifest, {})
    write_results(folder, record, summarise(dataset), manifest)
    with rehashed(folder, ["report.html"]):
        write_files(folder, {"report.html": writer_of("<p>好</p>")})
    return output
