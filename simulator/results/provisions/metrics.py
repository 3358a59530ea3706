"""Metrics of summary.csv about rule books: each carries the name of its rule book."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.estimate import Estimate, unknown
from simulator.results.intervals import t_width
from simulator.results.metric import LOWER, MONTH_AXIS, Metric, MetricValues, Span
from simulator.results.provisions.roll_forward import TRANSFERS
from simulator.results.provisions.variables import OPENING_SUFFIX
from simulator.results.sampling import sampling_of
from simulator.results.table import FRACTION, MONEY, unit_in

F8 = NDArray[np.float64]

_RATIO: Final = "ratio of the means over paths"


class BookView:
    """Variables of one rule book, each (scenario, policy, path, month)."""

    def __init__(self, dataset: xr.Dataset, book: str) -> None:
        self._dataset = dataset
        self._of_book = dataset.sel(provision=book)
        self._accounting = dataset.isel(provision=0)

    def __call__(self, name: str) -> F8:
        """One variable."""
        return np.asarray(self._of_book[name].values, dtype=np.float64)

    def booked(self) -> F8:
        """Allowance that stands in the accounts: that of the run's first rule book."""
        return np.asarray(self._accounting["allowance"].values, dtype=np.float64)

    def booked_influence(self) -> F8:
        """What the estimated rates add to the scatter of that allowance."""
        spread = np.asarray(self._accounting["allowance_spread"].values, dtype=np.float64)
        return spread - self.booked()

    def loans(self) -> F8:
        """Balance of all loans at month end."""
        return np.asarray(self._dataset["closing_balance"].values, dtype=np.float64)

    def minimum(self, ratio: str) -> float:
        """The least ``ratio`` that the rule book asks for; NaN without one."""
        return float(self._of_book[f"minimum_{ratio}"].values)

    def influence(self) -> F8:
        """What the estimated rates add to the scatter of the allowance."""
        return self("allowance_spread") - self("allowance")

    def influence_on_charge(self) -> F8:
        """What they add to that of its rise in the month."""
        opening = self(f"allowance_spread{OPENING_SUFFIX}") - self(f"allowance{OPENING_SUFFIX}")
        return np.diff(self.influence(), axis=MONTH_AXIS, prepend=opening[..., None])


@dataclass(frozen=True, slots=True)
class ProvisionMetric(Metric[BookView]):
    """One metric of each rule book, ``NAME_BOOK``; with a bottom the ratio of means over paths.

    ``influence``: what its interval takes into account beside the values; ``minimum``: the ratio
    whose minimum a rule book must have to get a row.
    """

    influence: Callable[[BookView], F8] | None = None
    minimum: str = ""


def _below(ratio: str, whole: Callable[[BookView], F8]) -> Callable[[BookView], F8]:
    """1.0 where the booked allowance is less than the minimum times ``whole``, else 0.0."""

    def breach(book: BookView) -> F8:
        return (book.booked() < book.minimum(ratio) * whole(book)).astype(np.float64)

    return breach


def _named(name: str) -> Callable[[BookView], F8]:
    return lambda book: book(name)


PROVISION_METRICS: Final = (
    ProvisionMetric(
        "allowance",
        MONEY,
        "allowance at month end, overlays included",
        Span.MONTH | Span.CLOSING | Span.PEAK,
        _named("allowance"),
        better=LOWER,
        influence=BookView.influence,
    ),
    ProvisionMetric(
        "provisions_over_loans",
        FRACTION,
        f"allowance over the balance of all loans; {_RATIO}",
        Span.MONTH | Span.CLOSING,
        _named("allowance"),
        BookView.loans,
        influence=BookView.influence,
    ),
    ProvisionMetric(
        "coverage_ratio",
        FRACTION,
        f"allowance over impaired_balance; {_RATIO}",
        Span.MONTH | Span.CLOSING | Span.LOWEST,
        _named("allowance"),
        _named("impaired_balance"),
        influence=BookView.influence,
    ),
    ProvisionMetric(
        "impaired_ratio",
        FRACTION,
        f"impaired_balance over the balance of all loans (NPL ratio); {_RATIO}",
        Span.MONTH | Span.CLOSING | Span.PEAK,
        _named("impaired_balance"),
        BookView.loans,
        LOWER,
    ),
    ProvisionMetric(
        "provision_charge",
        MONEY,
        "rise of the allowance + written_off + sold - sale_price - recovered",
        Span.MONTH | Span.TOTAL,
        _named("provision_charge"),
        better=LOWER,
        influence=BookView.influence_on_charge,
    ),
    ProvisionMetric(
        "booked_coverage_ratio",
        FRACTION,
        f"allowance of the accounting standard (first of the run) over impaired_balance; {_RATIO}",
        Span.MONTH | Span.CLOSING | Span.LOWEST,
        BookView.booked,
        _named("impaired_balance"),
        influence=BookView.booked_influence,
        minimum="coverage_ratio",
    ),
    ProvisionMetric(
        "booked_provisions_over_loans",
        FRACTION,
        f"allowance of the accounting standard (first of the run) over all loans; {_RATIO}",
        Span.MONTH | Span.CLOSING,
        BookView.booked,
        BookView.loans,
        influence=BookView.booked_influence,
        minimum="provisions_over_loans",
    ),
    ProvisionMetric(
        "breach_coverage",
        FRACTION,
        "share of paths whose booked allowance is below minima.coverage_ratio times"
        " impaired_balance",
        Span.MONTH | Span.EVER,
        _below("coverage_ratio", _named("impaired_balance")),
        better=LOWER,
        minimum="coverage_ratio",
    ),
    ProvisionMetric(
        "breach_provisions",
        FRACTION,
        "share of paths whose booked allowance is below minima.provisions_over_loans times the"
        " balance",
        Span.MONTH | Span.EVER,
        _below("provisions_over_loans", BookView.loans),
        better=LOWER,
        minimum="provisions_over_loans",
    ),
)
"""Each with a difference to the reference, a ``breach_`` only where the rule book has a minimum."""


def _of_grade(name: str, unit: str, long_name: str, better: int = 0) -> Metric[BookView]:
    return Metric(name, unit, long_name, Span.MONTH, better=better)


GRADE_METRICS: Final = {
    "allowance_by_grade": _of_grade(
        "allowance", MONEY, "allowance of the grade at month end", LOWER
    ),
    "balance_share_by_grade": _of_grade(
        "balance_share",
        FRACTION,
        f"balance in the grade over the balance of all loans; {_RATIO}",
    ),
    "coverage_by_grade": _of_grade(
        "coverage", FRACTION, f"allowance over balance of the grade; {_RATIO}"
    ),
}
"""``NAME_BOOK_GRADE`` by variable; without differences to the reference."""


class KnownStatistics(NamedTuple):
    """A metric whose statistics over paths stand in results.nc, each (scenario, policy, month)."""

    name: str
    unit: str
    months: tuple[int | None, ...]
    found: Estimate[F8]


def has_allowances(dataset: xr.Dataset) -> bool:
    """Whether the run chose rule books."""
    return "roll_forward" in dataset


def provision_values(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """Every metric of every rule book on each path; nothing without rule books."""
    if not has_allowances(dataset):
        return
    for name in dataset["provision"].values:
        book = BookView(dataset, str(name))
        for metric in PROVISION_METRICS:
            if not metric.minimum or not np.isnan(book.minimum(metric.minimum)):
                yield from _figures(metric, str(name), book, dataset)


def _figures(
    metric: ProvisionMetric, name: str, book: BookView, dataset: xr.Dataset
) -> Iterator[MetricValues]:
    """By month, then of the whole horizon."""
    values = metric.upper(book)
    monthly = MetricValues(
        f"{metric.name}_{name}",
        unit_in(str(dataset.attrs["currency"]), metric.unit),
        f"{metric.long_name}; under {name}",
        tuple(int(month) for month in dataset["month"].values),
        values,
        per=None if metric.bottom is None else metric.bottom(book),
        chance=Span.EVER in metric.span,
        spread=None if metric.influence is None else values + metric.influence(book),
    )
    yield monthly
    if Span.TOTAL in metric.span:
        yield monthly.total()
    yield from monthly.further(metric.span)


def grade_statistics(dataset: xr.Dataset) -> Iterator[KnownStatistics]:
    """Every metric of every grade of every rule book; nothing without rule books."""
    if not has_allowances(dataset):
        return
    months = tuple(int(month) for month in dataset["month"].values)
    sampling, n_paths = sampling_of(dataset), dataset.sizes["path"]
    width = np.array([t_width(sampling.month(month), n_paths) for month in months])
    currency = str(dataset.attrs["currency"])
    yield from _lines(dataset, months, currency)
    for book, grade in book_grades(dataset):
        for variable, metric in GRADE_METRICS.items():
            mean, se, p05, p50, p95 = (
                np.asarray(dataset[f"{variable}{suffix}"].sel(provision=book, grade=grade).values)
                for suffix in ("", "_se", "_p05", "_p50", "_p95")
            )
            margin = width * se
            found = Estimate(mean, mean - margin, mean + margin, se, p05, p50, p95)
            unit = unit_in(currency, metric.unit)
            yield KnownStatistics(f"{metric.name}_{book}_{grade}", unit, months, found)


def _lines(
    dataset: xr.Dataset, months: tuple[int | None, ...], currency: str
) -> Iterator[KnownStatistics]:
    """Lines of the roll-forwards over all grades, means only; what moves between grades is none."""
    for book in dataset["provision"].values:
        lines = dataset["roll_forward"].sel(provision=book).sum("grade")
        for line in lines["line"].values:
            if line not in TRANSFERS:
                mean = np.asarray(lines.sel(line=line).values)
                found = replace(unknown(mean.shape), mean=mean)
                yield KnownStatistics(f"roll_forward_{book}_{line}", currency, months, found)


def book_grades(dataset: xr.Dataset) -> Iterator[tuple[str, str]]:
    """Every rule book with each of its own grades."""
    for book in dataset["provision"].values:
        of_book = dataset["balance_by_grade"].sel(provision=book)
        others = [dim for dim in of_book.dims if dim != "grade"]
        for grade in of_book["grade"].values[of_book.notnull().any(others).values]:
            yield str(book), str(grade)
