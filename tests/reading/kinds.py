"""Every kind of file that a user brings, each as the program reads it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from simulator.book.tape.reader import read_tape
from simulator.calibrate.data.panel import read_panel
from simulator.calibrate.data.series import read_series
from simulator.calibrate.settings import PanelSettings, SeriesTarget
from simulator.macro import Scenario, load_scenario
from simulator.reading.columns import open_table
from simulator.reading.row_labels import row_months
from simulator.settings import ScenarioSettings
from simulator.validation import build
from tests.book.tape.wrong_tapes import GOOD

Read = Callable[[Path], object]


def scenario(table: Path, start_month: str = "2008-04", **changes: object) -> Scenario:
    """The scenario of a table, over six months."""
    values = {"label": "Own", "narrative": "Own.", "table": str(table), **changes}
    settings = build("scenario.own", ScenarioSettings, values)
    return load_scenario("own", settings, 6, ("east",), start_month, [])


def series(path: Path, **changes: object) -> SeriesTarget:
    """A monthly series of 2008 in the column ``share``, in percent."""
    values: dict[str, object] = {
        "kind": "series",
        "measure": "overdue_rate_30",
        "path": str(path),
        "column": "share",
        "frequency": "monthly",
        "span": ("2008-01", "2008-12"),
    }
    return SeriesTarget.model_validate(values | changes)


def quoted(label: str) -> str:
    """``label`` as a cell of a file with commas."""
    return f'"{label}"' if "," in label else label


def written(folder: Path, text: str, name: str = "own.csv") -> Path:
    """A file of this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def month_of_tape(folder: Path, label: str) -> str:
    """Month of a snapshot."""
    head, *rows = GOOD.splitlines()
    lines = [f"{head},snapshot_date", *(f"{row},{quoted(label)}" for row in rows)]
    tape = read_tape(str(written(folder, "\n".join(lines) + "\n")))
    return str(tape.snapshot)[:7]


def month_of_panel(folder: Path, label: str) -> str:
    """Month of the statuses beside a tape."""
    panel = written(folder, f"loan_id,month,status\nL1,{quoted(label)},0\n")
    return str(read_tape(str(written(folder, GOOD, "loans.csv")), panel=str(panel)).snapshot)[:7]


def month_of_series(folder: Path, label: str) -> str:
    """Month of a published series."""
    found = read_series("targets.x", series(written(folder, f"date,share\n{quoted(label)},1\n")))
    return found.labels[0]


def month_of_table(folder: Path, label: str) -> str:
    """Month of a scenario table's row, which has to be read as a month or a quarter besides."""
    path = written(folder, f"date,inflation\n{quoted(label)},0.01\n")
    assert scenario(path).central["inflation"][1] == 0.01
    months = row_months(open_table("scenario.own.table", path), range(1))
    return "none" if months is None else str(months[0])


def month_of_history(folder: Path, label: str) -> str:
    """Month of what was observed before a scenario."""
    table = written(folder, "month,inflation\n1,0.01\n", "table.csv")
    past = written(folder, f"date,inflation\n{quoted(label)},0.01\n")
    found = scenario(table, history=str(past)).history
    assert found is not None
    return str(found.first_months[0])


MONTH_OF = {
    "tape": month_of_tape,
    "panel": month_of_panel,
    "series": month_of_series,
    "scenario table": month_of_table,
    "history": month_of_history,
}
"""How each kind of file says which month a label is."""


def open_scenario(path: Path) -> object:
    """Inflation of a scenario table."""
    return scenario(path, columns={"inflation": "share"}, percent=True).central["inflation"][1:3]


def open_history(path: Path) -> object:
    """Inflation before a scenario."""
    table = written(path.parent, "month,share\n1,1\n", "table.csv")
    own = scenario(table, history=str(path), columns={"inflation": "share"}, percent=True)
    return None if own.history is None else own.history.values["inflation"]


def open_series(path: Path) -> object:
    """Values of a published series."""
    return read_series("targets.x", series(path)).values


def open_panel(path: Path) -> object:
    """States of a panel of accounts."""
    columns = {"2008-01": "date", "2008-02": "share"}
    settings = PanelSettings(
        path=str(path), id_column="id", columns=columns, codes={0: 0, 1: 1}, labels=("0", "1+")
    )
    return read_panel("cards", settings).states


def open_tape(path: Path) -> object:
    """Balances of a tape."""
    return read_tape(str(path)).numbers["principal"]


def open_statuses(path: Path) -> object:
    """Days past due from a panel beside a tape."""
    return read_tape(str(written(path.parent, GOOD, "loans.csv")), panel=str(path)).months_overdue


OPEN: dict[str, Read] = {
    "tape": open_tape,
    "panel": open_statuses,
    "panel of accounts": open_panel,
    "series": open_series,
    "scenario table": open_scenario,
    "history": open_history,
}
"""How each kind of file is opened."""


def same(left: object, right: object) -> bool:
    """Whether two readings hold the same numbers, to the bit."""
    return np.array_equal(np.asarray(left), np.asarray(right), equal_nan=True)
