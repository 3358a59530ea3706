"""Targets of every kind and observations with known sums, for the tests of targets."""

from dataclasses import replace

import numpy as np

from simulator.book.schema import Book
from simulator.calibrate.data.moments import Observation
from simulator.calibrate.settings import CalibrationSettings, Target
from simulator.catalogue import parameters_from
from simulator.kernels.tally import Tallies, allocate_tallies
from simulator.timeline import Timeline
from simulator.vocabulary import Count, Flow
from tests.conftest import small_book

MONTHS = ("2005-04", "2005-05", "2005-06", "2005-07")
PANEL = {
    "path": "uci_cards_half_a_2005_04_to_07.csv",
    "columns": {month: f"status_{month.replace('-', '_')}" for month in MONTHS},
    "codes": {-2: 0, -1: 0, 0: 0, 1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7},
    "labels": ("C", "2", "3", "4+"),
}
ROLLS = {
    "kind": "rolls",
    "panel": "cards",
    "cells": ["C->2", "2->C", "2->3"],
    "months": ["2005-04", "2005-05"],
}
CURES = {
    "kind": "cure_by_duration",
    "panel": "cards",
    "durations": [1, 2],
    "months": ["2005-05", "2005-06"],
}
SHARES = {"kind": "shares", "panel": "cards", "states": ["2", "4+"], "months": ["2005-07"]}
FLAGS = {
    "kind": "flag_by_overdue_months",
    "panel": "cards",
    "window": ["2005-04", "2005-06"],
    "flag_month": "2005-07",
}
SERIES = {
    "kind": "series",
    "measure": "overdue_rate_30",
    "path": "us_large_bank_cards_2012_2019.csv",
    "column": "balance_30dpd_pct",
    "span": ["2013Q1", "2013Q4"],
    "sampling_sd": 0.1,
}
LEVEL = {
    "kind": "level",
    "measure": "first_day_overdue_rate",
    "value": 0.07,
    "sd": 0.01,
    "months": [1, 12],
    "source": "test",
}
VINTAGE = {"kind": "vintage", "values": {3: 0.01, 6: 0.02}, "sd": 0.004, "source": "test"}
OUTCOME = {
    "kind": "outcome",
    "path": "lending_club_2016q1.csv",
    "id_column": "loan_id",
    "column": "outcome",
    "bad": "bad",
    "good": "good",
    "groups": ["all", "grade", "term"],
    "horizon_months": 9,
}
GRADES = ("A", "B", "C", "D", "E", "F", "G")


def calibration(targets: dict[str, object], **panel: object) -> CalibrationSettings:
    return CalibrationSettings.model_validate(
        {
            "label": "test",
            "free": {"p_refuse_monthly": {}},
            "panels": {"cards": PANEL | panel},
            "targets": targets,
        }
    )


def only(target: dict[str, object]) -> Target:
    return calibration({"x": target}).targets["x"]


def observation_of(
    tallies: Tallies | None = None, months: int = 12, start: str = "2013-01", **changes: object
) -> Observation:
    book = small_book(borrowers=60, months=months)
    empty = tallies or tallies_of(book, months)
    made = Observation(book, Timeline(start, months), empty, parameters_from({}))
    return replace(made, **changes)  # type: ignore[arg-type]


def tallies_of(book: Book, months: int, paths: int = 2) -> Tallies:
    sizes = (len(book.segments.region), len(book.products), len(book.vintage_labels))
    return allocate_tallies(paths, months, *sizes, len(book.regions))


def quarter_book_tallies() -> Tallies:
    """Two paths of twelve months whose every sum is known in closed form."""
    tallies = tallies_of(small_book(borrowers=60, months=12), 12)
    month = np.arange(13.0)
    for path, scale in enumerate((1.0, 3.0)):
        tallies.balance[path, :, 0] = 100.0 - month
        tallies.balance[path, :, 2] = scale * month
        tallies.balance[path, :, 3] = scale
        tallies.counts[path, :, Count.OPENING_BALANCE] = 100.0 + month
        tallies.counts[path, :, Count.INSTALMENTS_DUE] = 50.0
        tallies.counts[path, :, Count.INSTALMENTS_LATE] = scale * month
        tallies.counts[path, :, Count.SALE_PRICE] = 0.25
        tallies.counts[path, :, Count.LEGAL_RECOVERED] = 0.5
        tallies.flows[path, 1:, Flow.WRITTEN_OFF] = scale
        tallies.flows[path, 1:, Flow.SOLD] = 2.0
    return tallies
