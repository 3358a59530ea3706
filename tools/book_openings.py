"""Openings put to the test: a tape of the settled book read again, and other lengths of burn-in."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr

from simulator.book import Book, build_book
from simulator.catalogue import parameters_from
from simulator.macro.variables import DISASTER, MACRO_VARIABLES
from simulator.policies import StatusQuo
from simulator.settings import BookSettings, RunSettings
from simulator.settling import Calm, donor_source
from simulator.shipped import read_shipped
from simulator.shocks.labour import type_unemployment
from simulator.vocabulary import WorkerType
from tools.book_figures import FLAT, SEEDS, Line, Size, monthly, scenario, simulate
from tools.tape_export import write_history, write_tape

SETS = "cn_online_lender"
YEAR = slice(0, 12)
LENGTHS = (36, 72)
STOCKS = ("30+", "90+")


def _opening(size: int) -> Book:
    """The default book's opening in the flat economy, with the parameters of a default run."""
    settings = BookSettings(**read_shipped("book", "cn_online") | {"borrowers": size})
    values = parameters_from(read_shipped("parameters", SETS))
    economy = {n: v.default for n, v in MACRO_VARIABLES.items() if n != DISASTER} | dict(FLAT)
    run = RunSettings(months=1, paths=1, seed=SEEDS[0])
    calm = Calm(economy, values, StatusQuo())
    return build_book(settings, run, values, donor_source(lambda regions: calm))


def _a_year(dataset: xr.Dataset, name: str) -> float:
    """Sum over the first year of a flow's mean over paths."""
    return float(dataset[name].isel(scenario=0, policy=0, month=YEAR).sum("month").mean("path"))


def round_trip_lines(size: Size, folder: Path) -> Iterator[Line]:
    """A tape of the opening against the opening itself: a year in the flat economy."""
    book = _opening(size.power)
    tape, history = folder / "tape.csv", folder / "history.csv"
    write_tape(book, str(tape))
    write_history(book, str(history))
    flat = {"flat": scenario(folder, "flat", {}, 12)}
    base = read_shipped("book", "cn_online") | {"borrowers": size.power}
    itself = simulate(flat, None, size.paths, months=12, book=BookSettings(**base)).dataset
    for panel, words, share in ((str(history), "with history", 0.05), (None, "without", 0.15)):
        changes = {"kind": "tape", "path": str(tape), "panel": panel, "borrowers": 0}
        again = simulate(flat, None, size.paths, months=12, book=BookSettings(**base | changes))
        for name in ("new_90", "written_off"):
            ratio = _a_year(again.dataset, name) / _a_year(itself, name)
            yield Line(
                f"tape {words}: {name} of a year over the book's", ratio, 1 - share, 1 + share
            )
        worst = max(share, 0.08)
        for name in STOCKS:
            ratios = monthly(again.dataset, name) / monthly(itself, name)
            off = float(ratios[np.argmax(np.abs(ratios - 1.0))])
            yield Line(
                f"tape {words}: {name}, worst month over the book's", off, 1 - worst, 1 + worst
            )


def applicants_line(size: Size) -> Line:
    """Unemployment of those who apply, by their types of workers, over the labour force's."""
    people = _opening(size.power).borrowers
    types = people.worker_type[people.arrival_month > 0]
    shares = np.bincount(types, minlength=len(WorkerType)) / types.size
    rate = np.array([FLAT["unemployment_rate"]])
    values = parameters_from(read_shipped("parameters", SETS))
    ratio = float(type_unemployment(rate, values)[0] @ shares / rate[0])
    return Line("applicants: unemployment of their types over the path's", ratio, 1.0, 2.0)


def burn_in_lines(size: Size, folder: Path) -> Iterator[Line]:
    """The flat economy after a longer burn-in against a shorter one."""
    flat = {"flat": scenario(folder, "flat", {})}
    base = read_shipped("book", "cn_online") | {"borrowers": size.power}
    short, long = (
        simulate(flat, None, size.paths, book=BookSettings(**base | {"burn_in_months": m})).dataset
        for m in LENGTHS
    )
    for name in (*STOCKS, "new 90+ loans", "charge-off", "unemployed borrowers"):
        ratio = float(monthly(long, name).mean() / monthly(short, name).mean())
        yield Line(f"burn-in of {LENGTHS[1]} over {LENGTHS[0]} months: {name}", ratio, 0.95, 1.05)
