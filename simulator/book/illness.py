"""How often people of an age fall seriously ill, or go to hospital."""

from functools import cache
from importlib.resources import files

import numpy as np

from simulator.book.schema import F8

_SERIOUS = "china_critical_illness_incidence_male.csv"
_ADMISSIONS = "us_hospital_admissions_male.csv"


@cache
def _table(name: str) -> tuple[int, F8]:
    """The first age of a table, and the yearly incidence of each age from there on."""
    path = files("simulator").joinpath(f"book/shipped/data/{name}")
    rows = [row.split(",") for row in path.read_text(encoding="utf-8").splitlines()[1:]]
    return int(rows[0][0]), np.array([float(row[1]) for row in rows])


def _at(name: str, age: F8) -> F8:
    """The incidence of a table at each age in completed years; its ends beyond them."""
    first, table = _table(name)
    found: F8 = table[np.clip(age.astype(np.int64) - first, 0, table.size - 1)]
    return found


def illness_incidence(age: F8) -> F8:
    """Serious illness a year at each age in completed years; the last row's beyond the table.

    Source: Chinese critical-illness table 2006-2010, men (``book/shipped/data/README.md``).
    """
    return _at(_SERIOUS, age)


def hospital_incidence(age: F8) -> F8:
    """Admissions to hospital a year, births apart, at each age in completed years; any shape.

    Source: US National Hospital Discharge Survey 1998, men (``book/shipped/data/README.md``).
    """
    return _at(_ADMISSIONS, age)
