"""The section of docs/results.md on history.parquet."""

from simulator.results.history import COLUMNS, WORDS
from tools.markdown import table


def history_section() -> list[str]:
    """Columns of history.parquet: unit, meaning and words."""
    rows = [
        (f"`{name}`", unit, _with_words(name, meaning)) for name, (unit, meaning) in COLUMNS.items()
    ]
    return [
        "## history.parquet",
        "",
        "With `run.history_borrowers=N`; equations in docs/model.md, section 11.1. A borrower's"
        " columns are the same in each row of its loans.",
        *table(("column", "unit", "meaning"), rows),
    ]


def _with_words(column: str, meaning: str) -> str:
    """``meaning`` of a column of a history, with the words that stand in it."""
    words = [f"`{member.name.lower()}`" for member in WORDS.get(column, ())]
    return f"{meaning}: {', '.join(words)}" if words else meaning
