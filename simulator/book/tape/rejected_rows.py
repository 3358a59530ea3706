"""Rows that break a rule, left out and listed by rule, up to a share that a user states."""

from typing import Final

import numpy as np

from simulator.book.reconciliation import LeftOut
from simulator.book.schema import F8, Rejected
from simulator.book.tape.draft import Draft
from simulator.reading.cells import B

MOST_IDS: Final = 5
"""Rows of a rule that are named."""
MOST_RULES: Final = 6
"""Rules that a warning names."""
REASON: Final = "rows that break a rule"


def take_out(draft: Draft) -> None:
    """Leave out the rows that have broken a rule so far; one of several rules counts, the first."""
    found = draft.quarantine
    if found is None:
        return
    owed = np.nan_to_num(draft.numbers.get("principal", np.zeros(draft.rows.size)), posinf=0.0)
    if not found.taken:
        found.n_rows, found.balance = draft.rows.size, float(owed.sum())
    out = np.zeros(draft.rows.size, dtype=bool)
    for rule, rows in found.waiting:
        bad = np.isin(draft.rows, rows) & ~out
        if bad.any():
            found.taken[rule] = _joined(found.taken.get(rule), rule, bad, owed, draft)
        out |= bad
    found.waiting.clear()
    if out.any():
        draft.keep(~out)


def _joined(before: Rejected | None, rule: str, bad: B, owed: F8, draft: Draft) -> Rejected:
    first = tuple(draft.findings.place(int(row)) for row in np.flatnonzero(bad)[:MOST_IDS])
    count, balance = int(np.count_nonzero(bad)), float(owed[bad].sum())
    if before is None:
        return Rejected(rule, count, balance, first)
    first = (*before.first, *first)[:MOST_IDS]
    return Rejected(rule, before.rows + count, before.balance + balance, first)


def conclude_quarantine(draft: Draft) -> tuple[Rejected, ...]:
    """What was left out, with a warning; above the stated share it is a finding."""
    found = draft.quarantine
    if found is None or not found.taken:
        return ()
    rejected = tuple(found.taken.values())
    rows, balance = sum(r.rows for r in rejected), sum(r.balance for r in rejected)
    of_rows = rows / found.n_rows
    of_balance = balance / found.balance if found.balance > 0 else 0.0
    if max(of_rows, of_balance) > found.most or rows == found.n_rows:
        draft.findings.say(
            f"{rows:,} of {found.n_rows:,} rows ({of_rows:.1%}, and {of_balance:.1%} of the"
            f" balance) break a rule, more than rejected_share {found.most:.1%} lets be left out",
            *(f"{_rows(r)} {r.rule} (first: {r.first[0]})" for r in rejected),
        )
        return ()
    rules = "; ".join(f"{r.rows:,} {r.rule}" for r in rejected[:MOST_RULES])
    more = f" and {len(rejected) - MOST_RULES} more rules" if len(rejected) > MOST_RULES else ""
    draft.warn(
        f"{rows:,} rows ({of_rows:.2%} of all, balance {balance:,.0f}) break a rule and are left"
        f" out: {rules}{more}; rejected.csv lists them"
    )
    draft.left_out.append(LeftOut(REASON, rows, balance))
    return rejected


def _rows(rejected: Rejected) -> str:
    return "1 row has" if rejected.rows == 1 else f"{rejected.rows:,} rows have"
