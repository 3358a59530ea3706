"""Everything that is wrong with a tape, at once: one line a rule, with the first offender."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from simulator.book.schema import F8
from simulator.book.tape.columns import COLUMN_BY_NAME, TAPE_COLUMNS, TapeColumn
from simulator.products import PRODUCTS
from simulator.reading.cells import I8, B, Texts, Trouble
from simulator.reading.table_file import Source
from simulator.units import unpaid_instalments
from simulator.validation import UserError, clip
from simulator.vocabulary import Amortisation, Work

MOST_FINDINGS: Final = 40
"""Lines that a refusal shows."""
WORK_NAMES: Final = {w.name.lower(): w for w in Work}
TOLERANCE: Final = 1e-6


class Findings:
    """Lines about one file; ``rows`` are the rows of the file that columns now hold."""

    def __init__(self, source: Source) -> None:
        self.lines: list[str] = []
        self._source = source
        self._ids: Texts | None = None
        self._rows: I8 = np.arange(source.table.num_rows)

    def about(self, ids: Texts | None, rows: I8) -> None:
        """From now on, rows of columns are these rows of the file, of these loans."""
        self._ids, self._rows = ids, rows

    def say(self, *texts: str) -> None:
        """Findings about the file as a whole."""
        self.lines += [f"{clip(self._source.name, 60)}: {text}" for text in texts]

    def add(self, troubles: Iterable[Trouble]) -> None:
        """A line for each rule that some row breaks."""
        for bad, rule in troubles:
            count = int(np.count_nonzero(bad))
            if count:
                noun = "row has" if count == 1 else "rows have"
                self.say(f"{count} {noun} {rule} (first: {self.place(int(np.argmax(bad)))})")

    def place(self, row: int) -> str:
        """Loan and line of a row."""
        line = self._source.line(int(self._rows[row]))
        if self._ids is None:
            return line
        name = self._ids.names[int(self._ids.codes[row])].as_py()
        return f"loan_id {clip(name, 40)}, {line}" if name else line

    def raise_any(self) -> None:
        """All lines, or the first of very many, as one ``UserError``."""
        if not self.lines:
            return
        lines = list(dict.fromkeys(self.lines))
        rest = len(lines) - MOST_FINDINGS
        more = [f"and {rest} further findings"] if rest > 0 else []
        raise UserError("\n".join([*lines[:MOST_FINDINGS], *more]))


def missing_columns(present: Iterable[str]) -> list[str]:
    """What to say of required columns that nothing gives."""
    found = set(present)
    missing = [c.name for c in TAPE_COLUMNS if c.required and c.name not in found]
    if "loan_id" in missing and "borrower_id" in missing:
        missing.remove("borrower_id")
    if not missing:
        return []
    dates = {"term_months", "remaining_months", "due_day"} & set(missing)
    hint = "; origination_date, maturity_date and snapshot_date would give it" if dates else ""
    noun = "column" if len(missing) == 1 else "columns"
    return [f"missing {noun} {', '.join(missing)} (map or name a constant{hint})"]


def first_rows(codes: I8, n_names: int) -> I8:
    """First row of each name; the number of rows for names without one."""
    first = np.full(n_names, codes.size, dtype=np.int64)
    first[codes[::-1]] = np.arange(codes.size)[::-1]
    return first


def text_troubles(texts: Mapping[str, Texts]) -> list[Trouble]:
    """Empty required texts, loans that stand twice, unknown products and kinds of work."""
    found = []
    for name in ("loan_id", "borrower_id", "product"):
        if name in texts:
            found.append(Trouble(texts[name].equal(""), f"an empty {name}"))
    if "loan_id" in texts:
        loan = texts["loan_id"]
        first = first_rows(loan.codes, len(loan.names))[loan.codes]
        twice = (first != np.arange(loan.codes.size)) & ~loan.equal("")
        found.append(Trouble(twice, "a loan_id that stood before"))
    for name, allowed in (("product", tuple(PRODUCTS)), ("work", tuple(WORK_NAMES))):
        if name in texts:
            found.append(not_among(name, texts[name], allowed))
    return found


def not_among(name: str, texts: Texts, allowed: Sequence[str]) -> Trouble:
    """Rows whose text is neither empty nor allowed."""
    bad = np.array([bool(w) and w not in allowed for w in texts.words], dtype=bool)[texts.codes]
    found = texts.names[int(texts.codes[np.argmax(bad)])].as_py() if bad.any() else ""
    rule = f"a {name} not among {', '.join(allowed)}; got {clip(found, 40)}"
    return Trouble(bad, f"{rule} - map it under values.{name}")


def number_troubles(spec: TapeColumn, column: F8, unread: B) -> list[Trouble]:
    """Empty required cells and numbers outside their range; ``unread`` cells are told already."""
    finite = np.where(np.isfinite(column), column, spec.high)
    hint = f" - {spec.hint}" if spec.hint else ""
    found = [
        Trouble(finite < spec.low, f"{spec.name} < {spec.low:g}{hint}"),
        Trouble(finite > spec.high, f"{spec.name} > {spec.high:g}{hint}"),
    ]
    if spec.required:
        found.insert(0, Trouble(np.isnan(column) & ~unread, f"an empty {spec.name}"))
    if spec.whole:
        found.append(Trouble(finite != np.floor(finite), f"no whole number in {spec.name}"))
    if spec.positive:
        rule = f"{spec.name} = 0 (leave the cell empty if it is not known)"
        found.append(Trouble(finite == 0, rule))
    return found


def revolving_rows(product: Texts) -> B:
    """Rows whose product is a line, without a schedule."""
    kinds = [
        w in PRODUCTS and PRODUCTS[w].amortisation is Amortisation.REVOLVING for w in product.words
    ]
    return np.array(kinds, dtype=bool)[product.codes]


def cross_troubles(texts: Mapping[str, Texts], numbers: Mapping[str, F8]) -> list[Trouble]:
    """Rules between columns; lines have no schedule."""
    scheduled = ~revolving_rows(texts["product"])
    remaining, term = numbers["remaining_months"], numbers["term_months"]
    dpd = np.nan_to_num(numbers.get("dpd", np.zeros(term.size)))
    principal, original = numbers["principal"], numbers["original_principal"]
    fallen_due = unpaid_instalments(dpd, numbers["due_day"]) > term - remaining
    over = principal > original * (1 + TOLERANCE)
    found = [
        Trouble(scheduled & (remaining > term), "remaining_months > term_months"),
        Trouble(scheduled & over, "principal > original_principal"),
        Trouble(
            ~scheduled & over,
            "principal > original_principal, a balance over its limit - raise_limits: true in the"
            " mapping takes the balance as the limit",
        ),
        Trouble(
            scheduled & (remaining > 0) & (remaining <= term) & fallen_due,
            "dpd of more instalments than have fallen due (term_months - remaining_months)",
        ),
        Trouble(
            scheduled & (remaining == 0) & (principal > 0) & (dpd == 0),
            "remaining_months = 0 and a balance, but dpd = 0",
        ),
        Trouble((dpd > 0) & (principal == 0), "dpd > 0, but principal = 0: nothing is in arrears"),
    ]
    if "arrears" in numbers:
        arrears = numbers["arrears"]
        found += [
            Trouble((dpd > 0) & (arrears == 0), "dpd > 0, but arrears = 0"),
            Trouble((dpd == 0) & (arrears > 0), "arrears > 0, but dpd = 0"),
        ]
    return found


def borrower_troubles(texts: Mapping[str, Texts], numbers: Mapping[str, F8]) -> list[Trouble]:
    """Borrowers whose rows disagree about a column of the borrower."""
    owner = texts["borrower_id"]
    first = first_rows(owner.codes, len(owner.names))[owner.codes]
    found = []
    for name in (*texts, *numbers):
        if not COLUMN_BY_NAME[name].of_borrower:
            continue
        if name in texts:
            column = texts[name].codes
            differs = column != column[first]
        else:
            number = numbers[name]
            both_empty = np.isnan(number) & np.isnan(number[first])
            differs = (number != number[first]) & ~both_empty
        found.append(Trouble(differs, f"another {name} than the borrower's first row"))
    return found
