"""Tables of docs/validation.md on rolling origins: errors, reliability, planted parameters."""

import csv

from simulator.calibrate.forecast.rolling.files import RELIABILITY_NAME, SPANS
from simulator.calibrate.forecast.rolling.forecasters import RIVALS
from simulator.calibrate.forecast.rolling.origins import MODEL, PUBLISHED
from tools.validation_cells import percent, table
from tools.validation_results import Result


def rolling_table(result: Result) -> str:
    """Errors from rolling origins of what is published, the model and its rivals, in points."""
    found = result.part("series")
    rmse, averaged = found["rmse"], found["averaged_with"]
    assert isinstance(rmse, dict)
    assert isinstance(averaged, dict)
    series = result.series()
    spans = [f"{first}-{last}" for first, last in SPANS]
    lines = []
    for name, forecasters in rmse.items():
        for forecaster in (PUBLISHED, MODEL, *RIVALS):
            errors = forecasters[forecaster]
            numbers = (errors[span] for span in spans)
            cells = ["" if n is None else percent(float(n)) for n in numbers]
            lines.append((f"`{series[name].column}`", forecaster, *cells))
    heads = [f"{span.replace('-', ' to ')} quarters" for span in spans]
    words = ", ".join(
        f"`{series[name].column}` with the {rival}" for name, rival in averaged.items()
    )
    told = f"Averaged: {words or 'none'}"
    return table(("series", "forecast", *heads), lines) + f"\n\n{told}."


def reliability_table(result: Result) -> str:
    """How much wider intervals are made, and whether the widening held on later origins."""
    with (result.folder / RELIABILITY_NAME).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    header = ("series", "quarters ahead", "widening, first two thirds", "held, last third",
              "effective number", "range of that share", "widening used")  # fmt: skip
    return table(
        header,
        [
            (
                f"`{row['target']}`",
                row["horizons"].replace("-", " to "),
                f"{float(row['widening_tried']):.2f}",
                _share(row["held_later"]),
                f"{float(row['effective_number']):.1f}" if row["effective_number"] else "",
                f"{_share(row['held_low'])} to {_share(row['held_high'])}"
                if row["held_low"]
                else "",
                f"{float(row['widening_used']):.2f}",
            )
            for row in rows
        ],
    )


def _share(text: str) -> str:
    return f"{float(text):.0%}".replace("%", " %") if text and text != "nan" else ""


def recovery_table(result: Result) -> str:
    """Planted parameters and what was found of them, in standard errors of the estimate."""
    found = result.part("series")["recovered"]
    assert isinstance(found, list)
    by_name: dict[str, list[float]] = {}
    for row in found:
        by_name.setdefault(row["parameter"], []).append(float(row["z"]))
    return table(
        ("parameter", "estimate less planted, in standard errors, of five worlds"),
        [(f"`{name}`", ", ".join(f"{z:+.1f}" for z in zs)) for name, zs in by_name.items()],
    )
