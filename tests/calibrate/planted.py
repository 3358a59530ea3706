"""Parameters planted in a simulated panel, and what a calibration makes of the panel."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Observation
from simulator.calibrate.data.targets import observed, observed_joint
from simulator.calibrate.estimate.fit import fit_parameters
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.estimate.simulated_moments import MomentSimulator
from simulator.calibrate.settings import CalibrationSettings
from simulator.catalogue import parameters_from
from simulator.reading.periods import months_between, next_month
from simulator.request import ExperimentRequest
from simulator.settings import BookSettings, RunSettings, ScenarioSettings
from simulator.shipped import read_shipped, shipped_tables
from tests.calibrate.toy import Silent

F8 = NDArray[np.float64]

PLANTED = {"catch_up_share": 0.6, "p_refuse_monthly": 0.01, "p_forget_mean": 0.25}
"""Away from the start of every search. Everybody pays by hand and is late for weeks after
forgetting, so that forgetting shows at month ends."""

MONTHS = 8
_START = "2026-01"
_PANEL_MONTHS = months_between(next_month(_START, -1), next_month(_START, MONTHS - 1))
_STEPS = list(_PANEL_MONTHS[:-1])
_UNPAID = range(17)

TARGETS = {
    "rolls": {
        "kind": "rolls",
        "panel": "accounts",
        "cells": ["0->1", "1->0", "1->2", "2->0", "2->3+"],
        "months": _STEPS,
        "pool": True,
    },
    "cures": {
        "kind": "cure_by_duration",
        "panel": "accounts",
        "durations": [1, 2],
        "months": _STEPS[2:],
    },
}
FREE = {
    "catch_up_share": {"low": 0.05, "high": 0.99, "start": 0.8},
    "p_refuse_monthly": {"low": 0.0005, "high": 0.05, "start": 0.003, "scale": "log"},
    "p_forget_mean": {"low": 0.01, "high": 0.6, "start": 0.1, "scale": "log"},
}


def request(borrowers: int, seed: int = 1) -> ExperimentRequest:
    """A small book of cash loans in a calm world that nothing but borrowers' luck moves."""
    baseline = read_shipped("scenario", "baseline")
    still = {"deviation": {"volatility": (0.0, 0.0, 0.0, 0.0)}}
    return ExperimentRequest(
        book=BookSettings(
            borrowers=borrowers,
            products={"cash_loan": 1.0},
            second_loan_share=0.0,
            applicants_monthly_share=0.0,
            donors=1_000,
            burn_in_months=18,
        ),
        book_name="planted",
        scenarios={"baseline": ScenarioSettings.model_validate(baseline | still)},
        policies={},
        run=RunSettings(paths=1, months=MONTHS, seed=seed, start_month=_START),
        parameters=parameters_from({"manual_payment_share": 1.0, "forget_mean_days": 25.0}),
        table_folders=(shipped_tables(),),
    )


def settings_for(file: Path, **changes: object) -> CalibrationSettings:
    columns = {month: month for month in _PANEL_MONTHS}
    panel = {
        "path": str(file),
        "columns": columns,
        "codes": {n: n for n in _UNPAID},
        "labels": ("0", "1", "2", "3+"),
    }
    base: dict[str, object] = {
        "label": "planted",
        "free": FREE,
        "panels": {"accounts": panel},
        "targets": TARGETS,
        "seeds": 3,
        "rounds": 5,
        "step": 0.16,
    }
    return CalibrationSettings.model_validate(base | changes)


def write_panel(file: Path, seen: Observation) -> None:
    """The simulated accounts as a lender would keep them; empty before an account's arrival."""
    assert seen.unpaid is not None
    assert seen.loan_ids is not None
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", *_PANEL_MONTHS])
        for identity, row in zip(seen.loan_ids, seen.unpaid.T, strict=True):
            if row[-1] >= 0:
                writer.writerow([identity, *("" if n < 0 else n for n in row)])


def recovered(folder: Path, number: int, borrowers: int) -> Fit:
    """The fit to a panel in which ``PLANTED`` rule, number ``number`` of independent ones."""
    file = folder / f"panel_{number}.csv"
    settings = settings_for(file)
    lab = MomentSimulator(request(borrowers, seed=100_000 * number), settings)
    write_panel(file, lab.observe(PLANTED, seed=100_000 * number + 77))
    joint = observed_joint(settings).covariance
    return fit_parameters(lab, observed(settings), settings, Silent(), joint)


def distances(fit: Fit) -> F8:
    """Distances of the estimates from what was planted, in standard errors, (p,)."""
    sd = np.sqrt(np.diag(fit.covariance))
    missed: F8 = (fit.point - fit.scale.to_search(PLANTED)) / sd
    return missed


def covered(fit: Fit) -> list[bool]:
    """Whether each interval holds what was planted."""
    return [row.ci_low <= PLANTED[row.name] <= row.ci_high for row in fit.parameters()]
