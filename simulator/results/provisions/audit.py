"""What must hold of every roll-forward, and what a reader of allowances must be told."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.provision import RuleBook
from simulator.provision.rule_book import Overlay
from simulator.results.inputs import SimulationOutput
from simulator.results.provisions.allowance import calendar_of
from simulator.results.provisions.metrics import has_allowances
from simulator.results.provisions.roll_forward import CLOSING, OPENING, TRANSFERS
from simulator.vocabulary import LOSS_WINDOW_MONTHS

F8 = NDArray[np.float64]

_ALIKE: Final = (
    "lifetime losses look twelve months ahead, so that stages 1 and 2 have the same allowance;"
    " run.runoff_months=18 or more separates them"
)


def roll_forward_error(dataset: xr.Dataset) -> float:
    """Largest gap in a roll-forward, over the largest allowance of its months; 0 without any.

    Lines must add up to the closing allowance, that to the next month's opening one and, over
    grades, to the mean allowance of the paths; what one grade loses by transfers others must get.
    """
    if not has_allowances(dataset):
        return 0.0
    lines = dataset["roll_forward"].fillna(0.0)
    opening, closing = lines.sel(line=OPENING, drop=True), lines.sel(line=CLOSING, drop=True)
    allowance = dataset["allowance"].mean("path")
    scale = np.maximum(allowance.max("month"), np.finfo(np.float64).tiny)  # nothing over nothing
    gaps = (
        lines.drop_sel(line=CLOSING).sum("line") - closing,
        opening.isel(month=slice(1, None)).drop_vars("month")
        - closing.isel(month=slice(None, -1)).drop_vars("month"),
        closing.sum("grade") - allowance,
        lines.sel(line=list(TRANSFERS)).sum(["line", "grade"]),
    )
    worst = max(float(np.abs((gap / scale).values).max(initial=0.0)) for gap in gaps)
    return worst if np.isfinite(worst) else float("inf")


def provision_warnings(output: SimulationOutput) -> list[str]:
    """Sentences for the manifest; none without rule books."""
    if output.cells is None:
        return []
    return [*_short_windows(output), *_idle_overlays(output)]


def overlay_amounts(
    dataset: xr.Dataset, books: Mapping[str, RuleBook]
) -> dict[str, list[dict[str, object]]]:
    """Each rule book's overlays: who proposed and approved them, and what they add.

    ``amounts``: allowance before the overlay, what it adds and after, under the current policy,
    means over paths, in the last reported month in which it holds, by scenario; empty without one.
    Where the grade is covered in full the overlay is cut, and what it adds is not known.
    """
    found: dict[str, list[dict[str, object]]] = {}
    for name, book in books.items():
        for overlay in book.overlays:
            about = overlay.model_dump(mode="json")
            about["amounts"] = _amounts(dataset, name, overlay)
            found.setdefault(name, []).append(about)
    return found


def _amounts(dataset: xr.Dataset, book: str, overlay: Overlay) -> dict[str, object]:
    months = [str(date)[:7] for date in dataset["date"].values]
    inside = [i for i, m in enumerate(months) if (overlay.from_month or m) <= m <= overlay.until]
    if not inside:
        return {}
    place = {"provision": book, "policy": str(dataset.attrs["reference"])}
    found = dataset.sel(place).isel(month=inside[-1])
    found_amounts: dict[str, object] = {"month": months[inside[-1]]}
    for scenario in dataset["scenario"].values:
        of = found.sel(scenario=scenario)
        added = overlay.share_of_balance * float(of["balance_by_grade"].sel(grade=overlay.grade))
        after = float(of["allowance_by_grade"].sum("grade"))
        cut = float(of["coverage_by_grade"].sel(grade=overlay.grade)) > 1.0 - 1e-9
        found_amounts[str(scenario)] = {
            "before": None if cut else after - added,
            "added": None if cut else added,
            "after": after,
        }
    return found_amounts


def _idle_overlays(output: SimulationOutput) -> list[str]:
    """Overlays that no month of the run sees."""
    months = calendar_of(output.timeline.start, output.timeline.months)
    return [
        f"overlay {overlay.name} of {name} adds nothing: it covers no month of the run"
        f" ({months[0]} to {months[-1]}), from {overlay.from_month or 'the opening'} until"
        f" {overlay.until}"
        for name, book in output.provision.items()
        for overlay in book.overlays
        if overlay.until < months[0] or (overlay.from_month or months[0]) > months[-1]
    ]


def _short_windows(output: SimulationOutput) -> list[str]:
    """Rates that see less than twelve months ahead."""
    horizon, runoff = output.timeline.horizon, output.timeline.runoff_months
    if horizon < LOSS_WINDOW_MONTHS:
        return [
            f"the simulation ends after month {horizon}: losses expected within twelve months, and"
            " lifetime losses, are those until then"
        ]
    if runoff < LOSS_WINDOW_MONTHS:
        return [
            f"rates of the last {LOSS_WINDOW_MONTHS - runoff} months are those of month"
            f" {horizon - LOSS_WINDOW_MONTHS}, the last one with twelve months after it, and"
            f" {_ALIKE}"
        ]
    return [_ALIKE] if runoff == LOSS_WINDOW_MONTHS else []
