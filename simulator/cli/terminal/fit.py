"""What the terminal shows of a calibration: parameters, fit by target, warnings, where it lies."""

import math
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from rich import box
from rich.console import Console
from rich.table import Table

from simulator.calibrate.estimate.fitted import ParameterRow
from simulator.calibrate.settings import CalibrationSettings
from simulator.cli.configuration.folders import shown
from simulator.report.fit.data import FittedNumber
from simulator.report.kit.language import listed, tr
from simulator.report.kit.run_messages import warning_line

_WIDE = 120


class Fitted(Protocol):
    """The part of a fit that is told."""

    @property
    def level(self) -> float:
        """Of the intervals."""
        ...

    def parameters(self) -> tuple[ParameterRow, ...]:
        """Every free parameter."""
        ...

    def rows(self) -> tuple[FittedNumber, ...]:
        """Every number, seen and simulated."""
        ...


def tell_fit(fit: Fitted, warnings: Sequence[str], folder: Path, choice: str) -> None:
    """Print tables and the way to use the result; each warning on a line of its own on stderr.

    ``choice`` is the name that the calibration was chosen by, proposed for its parameters.
    """
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console = Console(file=sys.stdout, width=_WIDE)
    console.print(_parameter_table(fit.parameters(), fit.level))
    console.print(_target_table(fit.rows()))
    notes = (
        tr(
            "From data: share of the information on a parameter that comes from the data, not from"
            " prior and bounds."
        ),
        tr(
            "Misfit: root mean square of misses in standard errors; 1 is expected from sampling"
            " error."
        ),
    )
    console.print("\n".join(notes), style="dim", highlight=False)
    sys.stdout.flush()
    for warning in warnings:
        print(warning_line(" ".join(warning.split())), file=sys.stderr)
    print(tr("Written to {folder}: read fit.html", folder=shown(folder)))
    print(
        tr(
            "use it: python -m simulator parameters={choice} after copying parameters.yaml to"
            " YOUR_FOLDER/parameters/{choice}.yaml, with --config-dir YOUR_FOLDER",
            choice=choice,
        )
    )


def head_line(settings: CalibrationSettings) -> str:
    """The line before a calibration."""
    return tr(
        "{label}; free: {free}; targets: {targets}; {seeds} seeds, {rounds} rounds at most",
        label=settings.label,
        free=listed(list(settings.free)),
        targets=listed(list(settings.targets)),
        seeds=settings.seeds,
        rounds=settings.rounds,
    )


def resume_hint(folder: Path | None) -> str:
    """What an interrupted user needs to know."""
    if folder is None:
        return "nothing was begun"
    where = shlex.quote(f"hydra.run.dir={shown(folder)}")
    return f"finished simulations are kept: the same command with {where} goes on from there"


def _parameter_table(rows: Iterable[ParameterRow], level: float) -> Table:
    table = _plain_table(tr("Parameters"))
    table.add_column(tr("parameter"), no_wrap=True)
    span = tr("{level} % interval", level=f"{100 * level:.0f}")
    for heading in (tr("estimate"), tr("standard error"), span, tr("from data")):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row.name,
            f"{row.estimate:.4g}",
            f"{row.se:.2g}",
            f"{row.ci_low:.4g} to {row.ci_high:.4g}",
            _share(row.information),
        )
    return table


def _target_table(rows: Sequence[FittedNumber]) -> Table:
    table = _plain_table(tr("Targets"))
    table.add_column(tr("target"), no_wrap=True)
    for heading in (tr("numbers"), tr("within 2 errors"), tr("misfit")):
        table.add_column(heading, justify="right", no_wrap=True)
    for target in dict.fromkeys(row.target for row in rows):
        z = [row.z for row in rows if row.target == target and math.isfinite(row.z)]
        misfit = math.sqrt(sum(v * v for v in z) / len(z)) if z else math.nan
        met = sum(abs(v) <= 2.0 for v in z)
        table.add_row(target, str(len(z)), str(met), "-" if math.isnan(misfit) else f"{misfit:.2f}")
    return table


def _plain_table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE,
        show_edge=False,
    )


def _share(information: float) -> str:
    return "-" if math.isnan(information) else f"{information:.0%}"
