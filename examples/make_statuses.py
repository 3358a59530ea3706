"""Writes ``statuses_cn.csv``: seven month ends of 4,307 loans of nobody, as a panel.

``python examples/make_statuses.py`` from the root of the repository; the same file every time. The
loans are of the product's own synthetic book, whose borrowers refuse to pay six times as often as
those of the default run: what a calibration should find.
"""

import csv
import io
from pathlib import Path

import numpy as np
import yaml

from simulator.catalogue import parameters_from
from simulator.reading.periods import months_between
from simulator.request import ExperimentRequest
from simulator.settings import BookSettings, RunSettings, ScenarioSettings
from simulator.shipped import read_shipped, shipped_tables
from simulator.simulating import simulate_request
from simulator.vocabulary import LoanStatus

BOOK = Path(__file__).parent / "mine" / "book" / "my_lender.yaml"
SEED = 20250630
FIRST, LAST = "2025-06", "2025-12"
TRUTH = {"p_refuse_monthly": 0.002}
OUTPUT = Path(__file__).parent / "statuses_cn.csv"


def statuses() -> tuple[np.ndarray, np.ndarray]:
    """Unpaid instalments of every loan at each month end, (7, n_loans); -1 once it is closed."""
    months = months_between(FIRST, LAST)
    fitted = read_shipped("parameters", "cn_online_lender")
    book = BookSettings.model_validate(yaml.safe_load(BOOK.read_text(encoding="utf-8")))
    request = ExperimentRequest(
        book=book,
        book_name="examples",
        scenarios={"baseline": ScenarioSettings(**read_shipped("scenario", "baseline"))},
        policies={},
        run=RunSettings(
            paths=1,
            months=len(months) - 1,
            seed=SEED,
            start_month=months[1],
            history_borrowers=book.borrowers,
        ),
        parameters=parameters_from(fitted | TRUTH),
        table_folders=(shipped_tables(),),
    )
    simulation = simulate_request(request).simulation
    (records,) = simulation.histories.values()
    still = records["status"] == LoanStatus.OPEN
    return np.where(still, records["n_unpaid"].astype(int), -1), simulation.history_ids[1]


def panel_bytes() -> bytes:
    """The file: a row a loan that was open at the first month end, under running numbers."""
    found, ids = statuses()
    names = months_between(FIRST, LAST)
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["account", *(f"s{name.replace('-', '_')}" for name in names)])
    rows = np.argsort(ids)
    for number, row in enumerate(rows[found[0, rows] >= 0]):
        states = ["" if state < 0 else int(state) for state in found[:, row]]
        out.writerow([f"A{number + 1:05d}", *states])
    return text.getvalue().encode()


if __name__ == "__main__":
    OUTPUT.write_bytes(panel_bytes())
