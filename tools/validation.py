"""Publish the six calibrations: ``python -m tools.validation --from FOLDER [CASE ...]``.

Takes finished calibrations from FOLDER/CASE and writes docs/validation/CASE.csv, the plots beside
it, configs/parameters/CASE.yaml and the tables of docs/validation.md. With ``--run`` it makes the
calibrations first, one after another, in outputs/validation.
"""

import argparse
import csv
import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from simulator.calibrate.estimate.moment_cache import source_hash
from simulator.calibrate.forecast.rolling.files import GIVEN_NAME
from simulator.calibrate.store import PARAMETERS_NAME
from simulator.catalogue import parameters_from
from simulator.validation import UserError
from tools import ROOT
from tools.validation_plots import draw
from tools.validation_results import (
    CASES,
    NAMING_COLUMNS,
    Result,
    prediction_rows,
    read_result,
)
from tools.validation_tables import (
    BLOCKS,
    blocks_of,
    fill,
    prediction_table,
    seen_texts,
)

RESULTS = ROOT / "outputs" / "validation"
"""Where ``--run`` leaves the calibrations."""
OLD = "; made by another version of the program, so run it again before you ship it"


def publish(result: Result, root: Path = ROOT) -> None:
    """Write everything that the project ships of one calibration under ``root``.

    Raises ``UserError`` for a result or a page that cannot be used: parameters that the catalogue
    does not have (any more), predictions without a number, a page without places for tables.
    """
    parameters = (result.folder / PARAMETERS_NAME).read_text(encoding="utf-8")
    try:
        parameters_from(yaml.safe_load(parameters))
    except UserError as error:
        raise UserError(f"{result.folder / PARAMETERS_NAME}: {error}") from None
    docs = root / "docs"
    page = docs / "validation.md"
    text = page.read_text(encoding="utf-8")
    wanted = blocks_of(text, result.case)
    blocks = {name: BLOCKS[name](result) for name in wanted if name in BLOCKS}
    files = {docs / "validation" / name: picture for name, picture in draw(result).items()}
    if result.case in NAMING_COLUMNS:
        rows = prediction_rows(result)
        blocks["predictions"] = prediction_table(rows, seen_texts(result))
        files[docs / "validation" / f"{result.case}.csv"] = _csv(rows)
        if (result.folder / GIVEN_NAME).is_file():
            given = prediction_rows(result, GIVEN_NAME)
            files[docs / "validation" / f"{result.case}_given_standards.csv"] = _csv(given)
    files[root / "configs" / "parameters" / f"{result.case}.yaml"] = parameters
    files[page] = fill(text, result.case, blocks)
    for file, content in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8", newline="\n")


def calibrate(case: str, folder: Path) -> None:
    """Make one calibration as its experiment says; ``UserError`` if it fails."""
    command = [sys.executable, "-m", "simulator.calibrate", f"experiment={case}"]
    done = subprocess.run([*command, f"hydra.run.dir={folder}"], cwd=ROOT, check=False)
    if done.returncode:
        raise UserError(f"the calibration of {case} ended with code {done.returncode}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish the chosen cases; 1 with a line on stderr when that is not possible."""
    parser = argparse.ArgumentParser(prog="python -m tools.validation", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--from", dest="folder", type=Path, metavar="FOLDER")
    source.add_argument("--run", action="store_true", help="make the calibrations first")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    options = parser.parse_args(arguments)
    cases = options.cases or list(CASES)
    unknown = [case for case in cases if case not in CASES]
    if unknown:
        parser.error(f"CASE must be of {', '.join(CASES)}; got {', '.join(unknown)}")
    folder = options.folder or RESULTS
    try:
        for case in cases:
            if options.run:
                calibrate(case, folder / case)
            result = read_result(case, folder / case)
            publish(result)
            old = "" if result.manifest["source_sha256"] == source_hash() else OLD
            print(f"{case}: published{old}", flush=True)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _csv(rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
