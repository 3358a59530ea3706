"""What the report reads of provisioning standards: allowances, ratios, minima, roll-forward."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, name, tr
from simulator.report.kit.statistics import Array, Fan, fan_of
from simulator.report.kit.text import clean
from simulator.results.estimate import Estimate
from simulator.results.provisions.roll_forward import CLOSING, OPENING
from simulator.results.run import part

TRANSFERS: Final = ("transfer_in", "transfer_out")

COVERAGE: Final = "coverage_ratio"

PROVISIONS: Final = "provisions_over_loans"

BREACHES: Final = {COVERAGE: "ever_breach_coverage", PROVISIONS: "ever_breach_provisions"}
"""Ratios that a rule book may set a minimum for, and the metric of a month below it."""

FORESIGHT_WORDS: Final = {
    "weighted": mark("loss rates weighted over the scenarios"),
    "perfect": mark("loss rates of the scenario itself, as if it were known (perfect foresight)"),
    "point_in_time": mark(
        "loss rates point in time: expected at the opening, then replaced by losses seen"
    ),
}
"""What a rule book's loss rates know of the future."""


class Roll(NamedTuple):
    """A roll-forward over the reported months, mean over paths: ``values`` (lines, grades)."""

    lines: tuple[str, ...]
    grades: tuple[str, ...]
    values: Array

    def of(self, line: str) -> Array:
        """The line of every grade."""
        return np.asarray(self.values[self.lines.index(line)], dtype=np.float64)

    def total(self, line: str) -> float:
        """The line of all grades together; what moves between them is nothing then."""
        return 0.0 if line in TRANSFERS else float(self.of(line).sum())


@dataclass(frozen=True, slots=True)
class Cliff:
    """Coverage (allowance over balance) of a rule book's best grade and of the next one."""

    grades: tuple[str, str]
    coverage: tuple[float, float]

    @property
    def multiple(self) -> float:
        """What the allowance of a loan is multiplied by when it moves."""
        return self.coverage[1] / self.coverage[0]


class Provisions:
    """Rule books of a run; only for results that have them."""

    def __init__(self, data: ReportData) -> None:
        self.data = data
        self.books = tuple(str(book) for book in data.dataset["provision"].values)
        self.accounting = self.books[0]
        full = {book: self.full_label(book) for book in self.books}
        short = {book: _short(label) for book, label in full.items()}
        unique = "" not in short.values() and len(set(short.values())) == len(short)
        self._labels = short if unique else full
        self._fans: dict[tuple[str, ...], Fan] = {}
        self._rolls: dict[tuple[str, str], Roll] = {}
        self._grades: dict[str, tuple[str, ...]] = {}

    def full_label(self, book: str) -> str:
        """Label of a rule book (untrusted text: escape it)."""
        return name(clean(self.data.dataset["provision_label"].sel(provision=book).item(), 80))

    def label(self, book: str, width: int = 28) -> str:
        """Its label up to a comma, whole where that tells it from no other (untrusted text)."""
        return clean(self._labels[book], width)

    def entry(self, book: str) -> Mapping[str, object]:
        """What the configuration of the run says of a rule book."""
        return part(self.data.configuration(), "provision", book)

    def minimum(self, book: str, ratio: str) -> float | None:
        """The least ``ratio`` that a rule book allows, or None."""
        least = float(self.data.picked(f"minimum_{ratio}", (), {"provision": book}))
        return least if isfinite(least) else None

    def grades(self, book: str) -> tuple[str, ...]:
        """Grades of a rule book that ever hold a balance, the best first."""
        if book not in self._grades:
            held = self._of(book, "balance_by_grade")
            used = (held.fillna(0.0) > 0.0).any([dim for dim in held.dims if dim != "grade"])
            self._grades[book] = tuple(str(g) for g in used["grade"].values[used.values])
        return self._grades[book]

    def _of(self, book: str, variable: str) -> xr.DataArray:
        return self.data.dataset[variable].sel(provision=book)

    def by_path(self, variable: str, place: tuple[str, str], book: str) -> Array:
        """A variable under (scenario, policy), shape (paths, months)."""
        scenario, policy = place
        at = {"provision": book, "scenario": scenario, "policy": policy}
        return self.data.picked(variable, ("path", "month"), at)

    def with_minima(self) -> tuple[str, ...]:
        """Rule books that set a minimum; where none does, the accounting book."""
        asking = [b for b in self.books if self._asks(b)]
        return tuple(asking or self.books[:1])

    def _asks(self, book: str) -> bool:
        return any(self.minimum(book, ratio) is not None for ratio in BREACHES)

    def booked(self, ratio: str, place: tuple[str, str], book: str) -> Array:
        """The accounting book's allowance over what ``ratio`` of ``book`` asks of, (paths, months).

        NaN where nothing stands below.
        """
        if ratio == COVERAGE:
            below = self.by_path("impaired_balance", place, book)
        else:
            below = self.data.by_path("closing_balance", *place)
        return _over(self.by_path("allowance", place, self.accounting), below)

    def lowest(self, ratio: str, place: tuple[str, str], book: str) -> Fan:
        """Quantiles over paths of the lowest month of ``booked``, each of one number."""
        key = (ratio, *place, book)
        if key not in self._fans:
            found = np.fmin.reduce(self.booked(ratio, place, book), axis=1)
            self._fans[key] = fan_of(np.asarray(found)[:, None])
        return self._fans[key]

    def fan(self, place: tuple[str, str], book: str) -> Fan:
        """Quantiles over paths of a rule book's own allowance over balance, by month."""
        key = (*place, book)
        if key not in self._fans:
            balance = self.data.by_path("closing_balance", *place)
            self._fans[key] = fan_of(_over(self.by_path("allowance", place, book), balance))
        return self._fans[key]

    def rates_words(self, book: str) -> str:
        """What the allowance of a rule book is made of, and what it knows of the future."""
        entry = self.entry(book)
        if entry.get("kind") == "classes":
            return tr("fixed shares of balance by class")
        foresight = str(entry.get("foresight", "weighted"))
        return tr(FORESIGHT_WORDS.get(foresight, FORESIGHT_WORDS["weighted"]))

    def impaired_words(self, book: str) -> tuple[str, str]:
        """What a rule book calls its impaired loans, and their share of the balance."""
        kind = self.entry(book).get("kind")
        if kind == "classes":
            return tr("non-performing loans (substandard and worse)"), tr("NPL ratio")
        if kind == "staged":
            return tr("stage 3 loans"), tr("Stage 3 share")
        return tr("loans in default"), tr("Share in default")

    @property
    def impaired_book(self) -> str:
        """The rule book whose share of impaired loans is shown: one of classes, else the first."""
        classes = (b for b in self.books if self.entry(b).get("kind") == "classes")
        return next(classes, self.accounting)

    def breach(self, ratio: str, place: tuple[str, str], book: str) -> Estimate[float] | None:
        """The probability that a month of the run lies below the minimum, if there is one."""
        if self.minimum(book, ratio) is None:
            return None
        return self.data.stat(*place, f"{BREACHES[ratio]}_{book}")

    def roll(self, place: tuple[str, str]) -> Roll:
        """The roll-forward of the accounting book: flows summed, first opening, last closing."""
        if place not in self._rolls:
            self._rolls[place] = self._roll(place)
        return self._rolls[place]

    def _roll(self, place: tuple[str, str]) -> Roll:
        scenario, policy = place
        grades = self.grades(self.accounting)
        found = self._of(self.accounting, "roll_forward")
        found = found.sel(scenario=scenario, policy=policy, grade=list(grades))
        values = np.nan_to_num(found.transpose("line", "grade", "month").values)
        lines = tuple(str(line) for line in found["line"].values)
        total = values.sum(axis=2)
        for line, month in ((OPENING, 0), (CLOSING, -1)):
            total[lines.index(line)] = values[lines.index(line), :, month]
        return Roll(lines, grades, total)

    def cliff(self, place: tuple[str, str]) -> Cliff | None:
        """Coverage of the accounting book's first two grades over all months; None without."""
        grades = self.grades(self.accounting)
        if len(grades) < 2:
            return None
        sums = []
        for variable in ("allowance_by_grade", "balance_by_grade"):
            found = self._of(self.accounting, variable)
            found = found.sel(scenario=place[0], policy=place[1], grade=list(grades[:2]))
            sums.append(np.nan_to_num(found.transpose("month", "grade").values).sum(axis=0))
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (float(share) for share in sums[0] / sums[1])
        if not (isfinite(first) and isfinite(second)) or first <= 0.0:
            return None
        return Cliff((grades[0], grades[1]), (first, second))

    def needed(self, place: tuple[str, str]) -> Estimate[float] | None:
        """The accounting book's allowance at the end of the last reported month."""
        return self.data.closing(*place, f"allowance_{self.accounting}")


def _over(above: Array, below: Array) -> Array:
    """``above`` over ``below``, NaN where that is nothing."""
    missing = np.full_like(above, np.nan)
    return np.asarray(np.divide(above, below, out=missing, where=below > 0))


def provisions_of(data: ReportData) -> Provisions | None:
    """The rule books of a run, or None when it had none."""
    return Provisions(data) if "roll_forward" in data.dataset else None


def plain(key: str) -> str:
    """A key as words, its first letter in upper case."""
    words = clean(key.replace("_", " "), 60)
    return name(words[:1].upper() + words[1:])


def _short(label: str) -> str:
    """A label up to a comma, or to the bracket that Chinese labels have there."""
    return label.split(",")[0].split("\uff08")[0].strip()
