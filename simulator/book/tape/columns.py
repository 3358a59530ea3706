"""The columns of a loan tape: what each must hold, one row a column."""

from dataclasses import dataclass
from typing import Final

from simulator.reading.numerals import Unit

TAPE_MAX_DPD: Final = 420
"""Oldest arrears that a tape may hold: 15 unpaid instalments, one short of what loans remember."""
MAX_MONEY: Final = 1e12
RATE_HINT: Final = (
    "18 % must be 0.18, not 18; a column in percent is declared in the mapping,"
    " percent: [annual_rate]"
)

_UNITS: Final[dict[str, Unit]] = {
    "dpd": "days",
    "due_day": "day",
    "age": "years",
    "months_on_book": "months",
}


@dataclass(frozen=True, slots=True)
class TapeColumn:
    """One column; ``low`` and ``high`` bound the allowed closed range of a number."""

    name: str
    meaning: str
    required: bool = False
    text: bool = False
    low: float = 0.0
    high: float = MAX_MONEY
    whole: bool = False
    positive: bool = False
    hint: str = ""
    of_borrower: bool = True
    """The same in every row of a borrower."""
    date: bool = False

    @property
    def is_fraction(self) -> bool:
        """Whether cells are shares or rates, where a percent sign makes sense."""
        return not (self.text or self.date or self.whole) and self.high == 1.0

    @property
    def is_money(self) -> bool:
        """Whether cells are amounts of the currency."""
        return not (self.text or self.date or self.whole) and self.high == MAX_MONEY

    @property
    def unit(self) -> Unit | None:
        """What a number counts, which its cells may name."""
        return "months" if self.name.endswith("_months") else _UNITS.get(self.name)


def _loan(
    name: str,
    meaning: str,
    low: float = 0.0,
    high: float = MAX_MONEY,
    *,
    whole: bool = False,
    hint: str = "",
) -> TapeColumn:
    return TapeColumn(
        name, meaning, required=True, low=low, high=high, whole=whole, hint=hint, of_borrower=False
    )


def _text(name: str, meaning: str) -> TapeColumn:
    return TapeColumn(name, meaning, required=True, text=True, of_borrower=False)


def _share(name: str, meaning: str) -> TapeColumn:
    return TapeColumn(name, meaning, high=1.0)


def _flag(name: str, meaning: str) -> TapeColumn:
    return TapeColumn(name, meaning, high=1.0, whole=True)


TAPE_COLUMNS: Final = (
    _text("loan_id", "unique text or number"),
    _text("borrower_id", "text or number; the same for all loans of a borrower"),
    _text("product", "one of the products of simulator.products"),
    _loan("annual_rate", "nominal, fraction a year", 0.0, 1.0, hint=RATE_HINT),
    _loan("term_months", "original term", 1, 600, whole=True),
    _loan("remaining_months", "instalments not yet due", 0, 600, whole=True),
    _loan("principal", "outstanding, overdue principal included"),
    _loan("original_principal", "at origination; the limit of a revolving line", 0.01),
    _loan("due_day", "day of the month; 29 to 31 are its end", 1, 31, whole=True),
    TapeColumn(
        "dpd",
        "days past due at month end",
        high=TAPE_MAX_DPD,
        whole=True,
        hint="leave out written-off loans",
        of_borrower=False,
    ),
    TapeColumn("monthly_income", "true net income", positive=True),
    TapeColumn("stated_income", "net income as the borrower stated it", positive=True),
    TapeColumn("region", "any name", text=True),
    TapeColumn("age", "years", low=16, high=110),
    TapeColumn("work", "formal, self_employed or gig", text=True),
    TapeColumn(
        "weight", "number of real borrowers that the row represents", high=1e9, positive=True
    ),
    TapeColumn("score", "0-1000, higher is better", high=1000),
    TapeColumn("savings", "liquid, money"),
    TapeColumn("other_debt", "balance on other platforms, money"),
    TapeColumn("platforms", "number of other platforms", high=100, whole=True),
    TapeColumn("essential", "spending a month that cannot be cut"),
    TapeColumn("discretionary", "further spending a month"),
    _flag("overspender", "1: cuts spending late"),
    _share("p_forget", "monthly probability that a due date is forgotten"),
    _flag("unemployment_insured", "0 or 1"),
    _flag("medical_insured", "0 or 1"),
)
HELPER_COLUMNS: Final = (
    TapeColumn(
        "status",
        "current, M1, 2 unpaid instalments ...; gives dpd where that is absent",
        text=True,
        of_borrower=False,
    ),
    TapeColumn("arrears", "overdue money; checked against dpd", of_borrower=False),
    TapeColumn("instalment", "next one; compared with the model's", of_borrower=False),
    TapeColumn("origination_date", "gives term and due day", date=True, of_borrower=False),
    TapeColumn(
        "maturity_date",
        "gives term, remaining months and due day",
        date=True,
        of_borrower=False,
    ),
    TapeColumn(
        "next_due_date", "of the next instalment; gives due day", date=True, of_borrower=False
    ),
    TapeColumn(
        "first_due_date", "of the first instalment; gives due day", date=True, of_borrower=False
    ),
    TapeColumn(
        "months_on_book", "since origination; gives remaining months", high=600, of_borrower=False
    ),
    TapeColumn("principal_paid", "so far; gives principal", of_borrower=False),
    TapeColumn("snapshot_date", "date of the balances", date=True, of_borrower=False),
    TapeColumn(
        "month",
        "of a panel, which has a row a loan and month; the last month opens the book",
        date=True,
        of_borrower=False,
    ),
)
"""Columns that give others or check them; the book does not hold them."""
READ_COLUMNS: Final = (*TAPE_COLUMNS, *HELPER_COLUMNS)
COLUMN_BY_NAME: Final = {c.name: c for c in READ_COLUMNS}
