"""Variables of results.nc about rule books: each once, with unit, meaning and dimensions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulator.results.over_paths import STATISTIC_SUFFIXES
from simulator.results.provisions.alternatives import DIM, LONG_NAME, NAME, UNIT
from simulator.results.table import FRACTION, MONEY
from simulator.vocabulary import CellMeasure

BY_BOOK: Final = ("scenario", "policy", "provision")
BY_CELL: Final = ("scenario", "policy", "month", "cell")
OPENING_SUFFIX: Final = "_at_opening"


@dataclass(frozen=True, slots=True)
class ProvisionVariable:
    """A variable of runs with rule books; ``opening`` tells that ``NAME_at_opening`` exists."""

    name: str
    unit: str
    long_name: str
    dims: tuple[str, ...]
    opening: bool = False


_MONTHLY: Final = (*BY_BOOK, "path", "month")
_GRADED: Final = (*BY_BOOK, "month", "grade")

PATH_VARIABLES: Final = (
    ProvisionVariable(
        "allowance",
        MONEY,
        "allowance at month end, overlays included; the interval of its mean is that of"
        " allowance_spread",
        _MONTHLY,
        opening=True,
    ),
    ProvisionVariable(
        "allowance_spread",
        MONEY,
        "allowance of the path plus the influence of its later losses on the estimated rates: same"
        " mean as allowance, and what the sampling error of that mean is taken from",
        _MONTHLY,
        opening=True,
    ),
    ProvisionVariable(
        "impaired_balance",
        MONEY,
        "balance in the impaired grades (non-performing, stage 3) at month end; without such"
        " grades in default",
        _MONTHLY,
        opening=True,
    ),
    ProvisionVariable(
        "provision_charge",
        MONEY,
        "charge to the income statement in the month: rise of the allowance, and balance written"
        " off or sold, less sale prices and recoveries",
        _MONTHLY,
    ),
)
GRADE_VARIABLES: Final = (
    ProvisionVariable("allowance_by_grade", MONEY, "allowance of the grade at month end", _GRADED),
    ProvisionVariable("balance_by_grade", MONEY, "balance in the grade at month end", _GRADED),
    ProvisionVariable(
        "coverage_by_grade",
        FRACTION,
        "allowance over balance of the grade; ratio of the means over paths",
        _GRADED,
    ),
    ProvisionVariable(
        "balance_share_by_grade",
        FRACTION,
        "balance in the grade over the balance of all; ratio of the means over paths",
        _GRADED,
    ),
)
"""Over paths, with the suffixes of ``STATISTIC_SUFFIXES``; NaN for other rule books' grades."""
ROLL_FORWARD: Final = ProvisionVariable(
    "roll_forward",
    MONEY,
    "way of the allowance from the start of the month to its end, mean over paths; every line but"
    " the last adds up to the last",
    (*BY_BOOK, "month", "line", "grade"),
)
GRADE_OF_CELLS: Final = ProvisionVariable(
    "cell_grade",
    FRACTION,
    "position of the grade of the cell in the coordinate grade",
    (*BY_BOOK, "month", "cell"),
    opening=True,
)
RATES: Final = {
    "expected_loss_rate_12": (CellMeasure.LOSS_12, "loss from defaults within twelve months"),
    "expected_loss_rate_lifetime": (CellMeasure.LOSS_LIFE, "loss from defaults to the horizon"),
    "pd_12": (CellMeasure.DEFAULT_12, "loans in default within twelve months"),
    "pd_lifetime": (CellMeasure.DEFAULT_LIFE, "loans in default to the horizon"),
}
_PER: Final = {
    CellMeasure.LOSS_12: "over balance",
    CellMeasure.LOSS_LIFE: "over balance",
    CellMeasure.DEFAULT_12: "over loans",
    CellMeasure.DEFAULT_LIFE: "over loans",
}
CELL_VARIABLES: Final = (
    *(
        ProvisionVariable(
            name,
            FRACTION,
            f"{what} {_PER[measure]}, of the scenario's own loans; with few of them of their pool",
            BY_CELL,
            opening=True,
        )
        for name, (measure, what) in RATES.items()
    ),
    ProvisionVariable(
        "lgd",
        FRACTION,
        "discounted loss over exposure at default, defaults to the horizon",
        BY_CELL,
        opening=True,
    ),
    ProvisionVariable(
        "rate_source",
        FRACTION,
        "loans behind the rates: 0 the cell's, 1 its pool's of the month, 2 the pool's of all"
        " months with a full year after them, 3 of all months, 4 none",
        BY_CELL,
        opening=True,
    ),
    ProvisionVariable(
        "cell_balance", MONEY, "balance at month end, mean over paths", BY_CELL, opening=True
    ),
)
MINIMUM_VARIABLES: Final = (
    ProvisionVariable(
        "minimum_coverage_ratio",
        FRACTION,
        "least allowance over impaired balance that the standard requires; missing without one",
        ("provision",),
    ),
    ProvisionVariable(
        "minimum_provisions_over_loans",
        FRACTION,
        "least allowance over balance that it requires; missing without one",
        ("provision",),
    ),
)
ALTERNATIVES: Final = ProvisionVariable(NAME, UNIT, LONG_NAME, ("provision", DIM))
WHOLE_NUMBERS: Final = ("cell_grade", "rate_source")
PROVISION_COORDINATES: Final = {
    "provision": (
        FRACTION,
        "name of the provisioning standard; the first is the accounting standard",
    ),
    "provision_label": (FRACTION, "label of the provisioning standard"),
    "grade": (FRACTION, "grade, of all provisioning standards together"),
    DIM: (FRACTION, "alternative setting: a scenario with all weight, another pd_multiple"),
    "line": (FRACTION, "line of the roll-forward"),
    "cell": (FRACTION, "situations and products that share expected losses (docs/provisions.md)"),
}
"""Unit and meaning; only in runs with rule books."""


def all_variables() -> Iterator[tuple[ProvisionVariable, tuple[str, ...]]]:
    """Every variable with the names under which it stands."""
    for item in (*PATH_VARIABLES, *CELL_VARIABLES, GRADE_OF_CELLS, ROLL_FORWARD):
        yield item, (item.name, *([item.name + OPENING_SUFFIX] if item.opening else []))
    for item in GRADE_VARIABLES:
        yield item, tuple(item.name + suffix for suffix in STATISTIC_SUFFIXES)
    for item in (*MINIMUM_VARIABLES, ALTERNATIVES):
        yield item, (item.name,)
