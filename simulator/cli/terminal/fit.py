"""What the terminal shows of a calibration: parameters, fit by target, warnings, where it lies."""

import math
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from simulator.calibrate.estimate.fitted import Fit, ParameterRow
from simulator.calibrate.settings import CalibrationSettings
from simulator.cli.configuration.folders import shown
from simulator.cli.terminal.table import console, drawn
from simulator.report.fit.data import MEETS, FittedNumber, root_mean_square
from simulator.report.kit.language import listed, mark, tr
from simulator.report.kit.run_messages import warning_line
from simulator.results.table import BARE, COUNT, FRACTION, Column, Table, texts

_WIDE = 120


def tell_fit(fit: Fit, warnings: Sequence[str], folder: Path, choice: str) -> None:
    """Print tables and the way to use the result; each warning on a line of its own on stderr.

    ``choice`` is the name that the calibration was chosen by, proposed for its parameters.
    """
    terminal = console(_WIDE)
    terminal.print(drawn(_parameter_table(fit.parameters(), fit.level)))
    terminal.print(drawn(_target_table(fit.rows())))
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
    terminal.print("\n".join(notes), style="dim", highlight=False)
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
    columns = (
        *texts(mark("parameter")),
        Column(mark("estimate"), BARE, digits=4),
        Column(mark("standard error"), BARE, digits=2),
        Column(mark("{level} % interval"), BARE, said={"level": f"{100 * level:.0f}"}),
        Column(mark("from data"), FRACTION, decimals=0),
    )
    lines = (
        (
            row.name,
            row.estimate,
            row.se,
            f"{row.ci_low:.4g} to {row.ci_high:.4g}",
            row.information,
        )
        for row in rows
    )
    return Table(columns, tuple(lines), title=tr("Parameters"))


def _target_table(rows: Sequence[FittedNumber]) -> Table:
    lines = []
    for target in dict.fromkeys(row.target for row in rows):
        z = [row.z for row in rows if row.target == target and math.isfinite(row.z)]
        lines.append((target, len(z), sum(abs(v) <= MEETS for v in z), root_mean_square(z)))
    columns = (
        *texts(mark("target")),
        Column(mark("numbers"), COUNT),
        Column(mark("within 2 errors"), COUNT),
        Column(mark("misfit"), COUNT, decimals=2),
    )
    return Table(columns, lines, title=tr("Targets"))
