"""Runs by the contract of results.nc, numbers made here, and the pages made from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from simulator.report.kit.data import ReportData
from simulator.report.report_files import report_pages
from simulator.results.summary import SummaryRow
from simulator.settings import ReportSettings
from simulator.vocabulary import BUCKETS, DPD_FIRST_BUCKETS, DPD_THRESHOLDS, ROLL_DESTINATIONS

SCENARIOS = ("baseline", "downturn", "epidemic")
POLICIES = ("status_quo", "grace_period", "stricter_approval")
CAUSES = ("job_loss", "illness", "disaster", "epidemic_closure", "pay_cut", "revenue_loss")
CAUSES += ("platform_cutoff", "overspending", "forgot", "wont_pay", "at_opening")
PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)',
    "' autofocus onfocus='alert(5)",
    "<b>bold</b><a href='https://example.org/x'>click</a>",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "&lt;svg onload=alert(6)&gt;",
    "</title></style><svg/onload=alert(7)>\u2028\u2029\u202e",
)


class Run(NamedTuple):
    """What a report is made from."""

    dataset: xr.Dataset
    rows: list[SummaryRow]
    manifest: dict[str, object]


def _row(place: tuple[str, str, str], values: np.ndarray, unit: str) -> SummaryRow:
    """Mean, normal interval and quantiles over paths."""
    mean = float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
    low, middle, high = (float(q) for q in np.quantile(values, (0.05, 0.5, 0.95)))
    return SummaryRow(
        *place, None, mean, mean - 1.96 * error, mean + 1.96 * error, low, middle, high, unit
    )


def rows_of(dataset: xr.Dataset) -> list[SummaryRow]:
    """Whole-horizon rows and paired differences, computed here and not by the product."""
    rate = dataset["overdue_rate"]
    wealth = {
        "peak_overdue_rate_30": (rate.sel(dpd=30).max("month"), "1"),
        "peak_overdue_rate_90": (rate.sel(dpd=90).max("month"), "1"),
        "peak_overdue_rate_before_relief_90": (1.1 * rate.sel(dpd=90).max("month"), "1"),
        "peak_overdue_balance_90": (
            (rate.sel(dpd=90) * dataset["balance"].sum("bucket")).max("month"),
            "CNY",
        ),
        "net_loss": (dataset["written_off"].sum("month"), "CNY"),
        "written_off": (dataset["written_off"].sum("month"), "CNY"),
        "value": (dataset["value"], "CNY"),
        "net_result": (
            (dataset["interest_paid"] - dataset["written_off"]).sum("month"),
            "CNY",
        ),
    }
    reference = dataset.attrs["reference"]
    rows = []
    for metric, (values, unit) in wealth.items():
        for s in dataset["scenario"].values:
            base = values.sel(scenario=s, policy=reference).values
            for p in dataset["policy"].values:
                found = values.sel(scenario=s, policy=p).values
                rows.append(_row((str(s), str(p), metric), found, unit))
                if p != reference:
                    rows.append(_row((str(s), str(p), f"delta_{metric}"), found - base, unit))
    return rows


def make_run(
    scenarios: Sequence[str] = SCENARIOS,
    policies: Sequence[str] = POLICIES,
    n_paths: int = 100,
    n_months: int = 24,
) -> Run:
    """A run by the contract of results.nc, with stress that grows from scenario to scenario."""
    generator = np.random.default_rng(7)
    shape = (len(scenarios), len(policies), n_paths, n_months)
    month = np.arange(1, n_months + 1)
    hump = np.exp(-(((month - 14) / 7.0) ** 2))
    stress = 1.0 + 0.6 * np.arange(len(scenarios))
    relief = 1.0 - 0.08 * np.arange(len(policies))
    luck = np.exp(0.12 * generator.standard_normal((len(scenarios), 1, n_paths, 1)))
    level = (0.05 + 0.04 * hump * stress[:, None, None, None]) * relief[:, None, None] * luck
    noise = np.exp(0.02 * generator.standard_normal(shape))
    late = np.broadcast_to(level * noise, shape)[..., None] * 0.62 ** np.arange(7)
    shares = np.concatenate([1.0 - late.sum(-1, keepdims=True), late], axis=-1)
    book = 4.0e8 * (1.0 + 0.004 * month)
    balance = shares * book[:, None]
    overdue = np.stack([shares[..., first:].sum(-1) for first in DPD_FIRST_BUCKETS], axis=-1)
    economy = np.broadcast_to(0.052 + 0.02 * hump * stress[:, None, None, None] * luck, shape)
    roll = np.zeros((len(scenarios), len(policies), n_months, 8, 11))
    for bucket in range(7):
        roll[..., bucket, 0] = 0.9 * 0.5**bucket
        roll[..., bucket, bucket + 1] = 1.0 - 0.9 * 0.5**bucket - 0.01
        roll[..., bucket, 8] = 0.01
    mix = generator.dirichlet(np.arange(len(CAUSES), 0, -1.0), (len(scenarios), 1, n_months))
    cells = ("scenario", "policy")
    paths = (*cells, "path", "month")
    written_off, interest = 0.03 * overdue[..., 3] * book, 0.012 * shares[..., 0] * book
    dataset = xr.Dataset(
        {
            "balance": ((*paths, "bucket"), balance),
            "balance_at_opening": ((*paths[:3], "bucket"), balance[..., 0, :]),
            "value": (paths[:3], (interest - written_off).sum(axis=-1)),
            "overdue_rate": ((*paths, "dpd"), overdue),
            "written_off": (paths, written_off),
            "interest_paid": (paths, interest),
            "unemployment_rate": (paths, economy + 0.001 * generator.standard_normal(shape)),
            "macro_unemployment_rate": (paths, economy),
            "roll_balance": ((*cells, "month", "from_bucket", "to_bucket"), roll),
            "overdue_by_cause": (
                (*cells, "month", "cause"),
                mix * overdue[..., 0].mean(axis=2)[..., None],
            ),
        },
        coords={
            "scenario": list(scenarios),
            "policy": list(policies),
            "path": np.arange(n_paths),
            "month": month,
            "date": ("month", np.datetime64("2026-01") + np.arange(n_months)),
            "bucket": list(BUCKETS),
            "dpd": list(DPD_THRESHOLDS),
            "cause": list(CAUSES),
            "from_bucket": list(BUCKETS),
            "to_bucket": list(ROLL_DESTINATIONS),
            "scenario_weight": ("scenario", np.full(len(scenarios), 1.0 / len(scenarios))),
        },
        attrs={
            "reference": policies[0],
            "currency": "CNY",
            "schema_version": "1.0",
            "draws_per_path": 1,
        },
    )
    return Run(dataset, rows_of(dataset), make_manifest(scenarios, policies))


def make_manifest(scenarios: Sequence[str], policies: Sequence[str]) -> dict[str, object]:
    """A manifest as the results layer writes it."""
    return {
        "scenarios": {
            s: {
                "label": s.capitalize(),
                "narrative": f"The {s} story: demand falls for a year and incomes stop growing.",
                "source": "assumption",
                "weight": 0.5,
                "warnings": ["Unemployment leaves the range of the history."],
            }
            for s in scenarios
        },
        "policies": list(policies),
        "reference": policies[0],
        "configuration": {"policy": {p: {"kind": p, "months": 3} for p in policies}},
        "overrides": ["run=smoke", "run.paths=100"],
        "seed": 20260101,
        "random_numbers": "philox4x32-10/1",
        "packages": {"numpy": "2.4.0", "xarray": "2026.9.0"},
        "book": {"opening_borrowers": 10000, "imputed_columns": ["savings"], "notes": []},
        "run_seconds": 12.5,
        "live_borrower_months_per_second": 9.1e6,
        "checks": [
            {
                "name": "money_identity",
                "meaning": "closing balance equals opening and flows",
                "value": 1.2e-13,
                "tolerance": 1e-9,
                "passed": True,
            }
        ],
        "checks_passed": True,
    }


def page_of(run: Run, settings: ReportSettings) -> str:
    """The report of ``run`` as text."""
    return str(report_pages(run.dataset, run.rows, run.manifest, settings)["report.html"])


def write(run: Run, path: Path, title: str = "Stress test") -> str:
    """The report of ``run`` as text, written to ``path``."""
    path.write_text(page_of(run, ReportSettings(title=title)), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def data_of(run: Run) -> ReportData:
    """The results as the report reads them."""
    return ReportData(run.dataset, run.rows, run.manifest)
