"""``python -m benchmarks``: measure, print a table, and with ``--update-readme`` write it there."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from benchmarks import (
    against,
    household,
    intervals,
    lives,
    on_dask,
    pairing,
    simulation,
    startup,
    tape,
)
from benchmarks.case import ROOT
from benchmarks.harness import Row, machine_facts, markdown, update_readme

SECTIONS: dict[str, Callable[[], list[Row]]] = {
    "simulation": simulation.measure,
    "generator": simulation.measure_against_generator,
    "household": household.measure,
    "lives": lives.measure,
    "pairing": pairing.measure,
    "intervals": intervals.measure,
    "start": startup.measure_start,
    "memory": startup.measure_memory,
    "tape": tape.measure,
    "dask": on_dask.measure,
}


def main(argv: list[str] | None = None) -> int:
    """Run the chosen sections; 1 if the README has no place for the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=tuple(SECTIONS), help="a section; may be repeated"
    )
    parser.add_argument(
        "--update-readme", action="store_true", help="write the table between the markers"
    )
    parser.add_argument(
        "--against", type=Path, metavar="PATH", help="only: throughput over another checkout's"
    )
    options = parser.parse_args(argv)
    if options.against:
        if not (options.against / "benchmarks" / "case.py").is_file():
            parser.error(
                f"--against needs a checkout with benchmarks/case.py; got {options.against}"
            )
        print(markdown(machine_facts(), against.measure_against(options.against.resolve())))
        return 0
    if options.update_readme and options.only:
        parser.error("--update-readme writes the whole table: leave out --only")
    facts, rows = machine_facts(), []
    for name in options.only or SECTIONS:
        started = perf_counter()
        found = SECTIONS[name]()
        print(f"{name} ({perf_counter() - started:.0f} s)", file=sys.stderr, flush=True)
        rows += found
    table = markdown(facts, rows)
    print(table)
    readme = ROOT / "README.md"
    if options.update_readme and not update_readme(readme, table):
        print(f"error: {readme.name} has no pair of benchmark markers", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
