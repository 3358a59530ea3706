"""Runs with rule books, income and costs, numbers made here and not by the product."""

import json
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import xarray as xr

from simulator.catalogue import parameters_from
from simulator.results.income_statement import COST_LINES
from simulator.results.summary import SummaryRow
from tests.report.stress_runs import POLICIES, SCENARIOS, Run, make_run

BOOKS = ("cas22", "cecl", "china_minimum")
GRADES = {
    "cas22": ("stage_1", "stage_2", "stage_3"),
    "cecl": ("lifetime",),
    "china_minimum": ("normal", "special_mention", "substandard", "doubtful", "loss"),
}
KINDS = {"cecl": "lifetime"}
MINIMA = {"coverage_ratio": 1.5, "provisions_over_loans": 0.025}
COVERED = {
    "cas22": (0.006, 0.09, 0.7),
    "cecl": (0.045,),
    "china_minimum": (0.01, 0.02, 0.25, 0.5, 1.0),
}
LINES = ("opening", "new", "transfer_in", "transfer_out", "remeasurement", "repaid")
LINES += ("written_off", "sold", "overlay", "closing")
WORST = ("epidemic", "status_quo")


def _over_paths(values: np.ndarray, spread: np.ndarray | None = None) -> tuple[float, ...]:
    """Mean, normal interval and quantiles of one number a path; the error is that of ``spread``."""
    mean = float(values.mean())
    scatter = values if spread is None else spread
    error = float(scatter.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else np.nan
    low, middle, high = (float(q) for q in np.quantile(values, (0.05, 0.5, 0.95)))
    return mean, mean - 1.96 * error, mean + 1.96 * error, low, middle, high


def _grade_shares(run: Run, books: Sequence[str], grades: Sequence[str]) -> np.ndarray:
    """Share of the balance in each grade, (scenario, policy, book, path, month, grade)."""
    late = run.dataset["overdue_rate"].transpose("scenario", "policy", "path", "month", "dpd")
    thirty, ninety = late.sel(dpd=30).values, late.sel(dpd=90).values
    out = np.zeros((*late.shape[:2], len(books), *late.shape[2:4], len(grades)))
    for b, book in enumerate(books):
        own = GRADES.get(book, ("stage_1", "stage_2", "stage_3"))
        split = {1: (1.0,), 3: (1.0, 0.0, 0.0), 5: (1.0, 0.0, 0.0, 0.0, 0.0)}[len(own)]
        parts = [np.full(thirty.shape, share) for share in split]
        if len(own) > 1:
            parts[0], parts[1] = 1.0 - thirty, thirty - ninety
            for part in range(2, len(own)):
                parts[part] = ninety / (len(own) - 2)
        for part, grade in zip(parts, own, strict=True):
            out[:, :, b, :, :, list(grades).index(grade)] = part
    return out


def make_money_run(
    scenarios: Sequence[str] = SCENARIOS,
    policies: Sequence[str] = POLICIES,
    n_paths: int = 100,
    n_months: int = 24,
    books: Sequence[str] = BOOKS,
    grade_names: Sequence[str] | None = None,
    lines: Sequence[str] = LINES,
) -> Run:
    """A run by the contract of results.nc with rule books, numbers made here."""
    run = make_run(scenarios, policies, n_paths, n_months)
    known = list(dict.fromkeys(g for b in books for g in GRADES.get(b, GRADES["cas22"])))
    shares = _grade_shares(run, books, known)
    old = run.dataset
    closing = old["balance"].sum("bucket").transpose("scenario", "policy", "path", "month")
    covered = np.zeros((len(books), len(known)))
    impaired = np.zeros((len(books), len(known)))
    for b, book in enumerate(books):
        own = GRADES.get(book, GRADES["cas22"])
        for grade, share in zip(own, COVERED.get(book, COVERED["cas22"]), strict=True):
            covered[b, known.index(grade)] = share
            impaired[b, known.index(grade)] = float(own.index(grade) > 1 or len(own) == 1)
    balance = shares * closing.values[:, :, None, :, :, None]
    held = balance * covered[:, None, None, :]
    paths = ("scenario", "policy", "provision", "path", "month")
    means = ("scenario", "policy", "provision", "month", "grade")
    allowance = held.sum(axis=-1)
    change = np.diff(allowance, axis=-1, prepend=0.97 * allowance[..., :1])
    lost = 0.3 * np.maximum(change, 0.0) + 1.0e5
    luck = np.random.default_rng(11).normal(0.0, 2.0e5, allowance.shape[:4])
    influence = (luck - luck.mean(axis=3, keepdims=True))[..., None] * np.ones(n_months)
    roll = np.zeros((*held.shape[:3], n_months, len(lines), len(known)))
    mean = held.mean(axis=3)
    before = np.concatenate([0.97 * mean[..., :1, :], mean[..., :-1, :]], axis=-2)
    roll[..., 0, :], roll[..., -1, :] = before, mean
    roll[..., 1, :] = 0.02 * mean
    for b, book in enumerate(books):
        own = [known.index(grade) for grade in GRADES.get(book, GRADES["cas22"])]
        for better, worse in pairwise(own):
            moved = 0.1 * mean[:, :, b, :, better]
            roll[:, :, b, :, 3, better] -= moved
            roll[:, :, b, :, 2, worse] += moved
    roll[..., 5, :], roll[..., 6, :] = -0.01 * mean, -0.004 * mean
    roll[..., 4, :] = mean - before - roll[..., 1:-1, :].sum(axis=-2)
    flows = _flows(old, closing)
    dataset = old.assign(
        closing_balance=closing,
        allowance=(paths, allowance),
        allowance_spread=(paths, allowance + influence),
        allowance_at_opening=(paths[:-1], 0.97 * allowance[..., 0]),
        allowance_spread_at_opening=(paths[:-1], 0.97 * allowance[..., 0]),
        impaired_balance=(paths, (balance * impaired[:, None, None, :]).sum(axis=-1)),
        provision_charge=(paths, change + lost),
        allowance_by_grade=(means, mean),
        balance_by_grade=(means, balance.mean(axis=3)),
        roll_forward=((*means[:4], "line", "grade"), roll),
        balance_at_opening=old["balance"].isel(month=0, drop=True),
        **{f"minimum_{name}": ("provision", [v] * len(books)) for name, v in MINIMA.items()},
        **flows,
    ).assign_coords(
        provision=list(books),
        provision_label=("provision", [f"Book {book}" for book in books]),
        grade=list(grade_names or known),
        line=list(lines),
    )
    dataset.attrs |= {
        "parameters": json.dumps(parameters_from({})),
        "draws_per_path": 1,
        "runoff_months": 0,
        "accounting_book": books[0],
    }
    manifest = run.manifest | {
        "configuration": run.manifest["configuration"]
        | {"provision": {b: {"kind": KINDS.get(b, "staged"), "minima": MINIMA} for b in books}}
    }
    return Run(dataset, [*run.rows, *money_rows(dataset)], manifest)


def _flows(old: xr.Dataset, closing: xr.DataArray) -> dict[str, xr.DataArray]:
    """Income, cost and loss by path and month, made from the balance and the write-offs."""
    shares = {
        "interest_accrued": 0.012,
        "penalty_accrued": 0.0005,
        "fees_accrued": 0.0001,
        "forgiven": 0.0002,
        "funding_cost": 0.003,
        "operating_cost": 0.0015,
        "collection_cost": 0.0008,
        "relief_handling_cost": 0.0001,
        "underwriting_cost": 0.0002,
        "acquisition_cost": 0.0003,
        "programme_cost": 0.0,
        "sold": 0.0,
        "sale_price": 0.0,
        "allowance_90_change": 0.0002,
        "recoverable_change": 0.0,
    }
    flows = {name: share * closing for name, share in shares.items()}
    recovered = 0.1 * old["written_off"]
    return flows | {"opening_balance": closing, "recovered": recovered}


def money_rows(dataset: xr.Dataset) -> list[SummaryRow]:
    """Rows of summary.csv on money, computed here and not by the product."""
    found: dict[str, tuple[np.ndarray, int | None]] = {}
    last = int(dataset["month"].values[-1])
    order = ("scenario", "policy", "path", "month")
    lost = dataset["written_off"] - dataset["recovered"] + dataset["allowance_90_change"]
    loss = lost.transpose(*order).sum("month").values
    of_balance = loss / dataset["balance_at_opening"].sum("bucket").values
    found["expected_loss_of_balance"] = (of_balance, None)
    income = dataset["interest_accrued"] + dataset["penalty_accrued"] + dataset["fees_accrued"]
    income = income - dataset["forgiven"] - sum(dataset[name] for name in COST_LINES)
    net = 0.75 * (income - dataset["provision_charge"].isel(provision=0)).transpose(*order)
    found["net_income"] = (net.sum("month").values, None)
    found["return_on_equity"] = (net.sum("month").values / 5.0e7, None)
    found["lowest_capital_ratio"] = (0.1 + net.min("month").values / 1.0e8, None)
    found["ever_breach_capital"] = ((net.min("month").values < 0.0).astype(float), None)
    for book in dataset["provision"].values:
        own = dataset.sel(provision=book)
        allowance = own["allowance"].transpose(*order)
        booked = dataset["allowance"].isel(provision=0)
        found[f"allowance_{book}"] = (allowance.isel(month=-1).values, last)
        impaired = (own["impaired_balance"] / dataset["closing_balance"]).transpose(*order)
        found[f"impaired_ratio_{book}"] = (impaired.isel(month=-1).values, last)
        for name, below in (
            ("coverage", own["impaired_balance"]),
            ("provisions", dataset["closing_balance"]),
        ):
            minimum = MINIMA["coverage_ratio" if name == "coverage" else "provisions_over_loans"]
            low = (booked / below).transpose(*order).min("month").values < minimum
            found[f"ever_breach_{name}_{book}"] = (low.astype(float), None)
    rows = []
    scenarios, policies = (list(dataset[dim].values) for dim in ("scenario", "policy"))
    at = policies.index(dataset.attrs["reference"])
    for metric, (values, month) in found.items():
        for s, scenario in enumerate(scenarios):
            for p, policy in enumerate(policies):
                place = (str(scenario), str(policy))
                rows.append(SummaryRow(*place, metric, month, *_over_paths(values[s, p]), ""))
                if p != at:
                    change = _over_paths(values[s, p] - values[s, at])
                    rows.append(SummaryRow(*place, f"delta_{metric}", month, *change, ""))
    return rows + _tail_rows(of_balance, scenarios, policies)


def _tail_rows(loss: np.ndarray, scenarios: list[str], policies: list[str]) -> list[SummaryRow]:
    """Quantile and mean of the worst at 95 %; what 99 % and 99.9 % need; whose luck."""
    rows, empty = [], (np.nan,) * 3
    for s, scenario in enumerate(scenarios):
        for p, policy in enumerate(policies):
            place, values = (str(scenario), str(policy)), loss[s, p]
            risk = float(np.quantile(values, 0.95))
            worst = float(values[values >= risk].mean())
            for name, at in (("var", risk), ("es", worst)):
                interval = (at, 0.9 * at, 1.2 * at)
                rows.append(
                    SummaryRow(*place, f"loss_{name}_95_of_balance", None, *interval, *empty, "1")
                )
            for label, paths in (("99", 1000.0), ("999", 10000.0)):
                needed = (paths, np.nan, np.nan, *empty)
                rows.append(
                    SummaryRow(*place, f"paths_needed_loss_var_{label}", None, *needed, "paths")
                )
            luck = (0.8, 0.7, 0.9, *empty)
            rows.append(SummaryRow(*place, "loss_share_economy", None, *luck, "1"))
    return rows


def row_of(run: Run, metric: str, place: tuple[str, str] = WORST) -> SummaryRow:
    return next(r for r in run.rows if (r.scenario, r.policy, r.metric) == (*place, metric))
