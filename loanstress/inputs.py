"""What a notebook passes - names, frames, objects, dicts, functions - as settings of a run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loanstress.frames import is_frame, kept_as_csv, kept_as_parquet
from simulator.levers import Edit
from simulator.policies import Policy, build_policy
from simulator.policies.base import Window
from simulator.settings import BookSettings, ScenarioSettings
from simulator.shipped import read_shipped, shipped_files
from simulator.validation import UserError, build, check_name, clip, nearest

if TYPE_CHECKING:
    import pandas as pd

Rule = Callable[[Window], Iterable[Edit]]
"""A policy as a function: it gets a ``Window``, whose ``edit(lever, amount)`` makes an edit."""

PolicyLike = str | Policy | Mapping[str, object] | Rule
ScenarioLike = "str | Scenario | ScenarioSettings"

_NARRATIVE: Final = "A scenario given as a table in Python."
_FILES: Final = (".csv", ".gz", ".txt", ".tsv", ".parquet", ".xlsx")
"""Ends of names that are a file's, not a shipped book's."""


@dataclass(frozen=True, slots=True)
class Book:
    """A loan tape of the user's: one row a loan.

    Parameters
    ----------
    settings : BookSettings
        What the command takes as ``book=tape``: ``book.path``, ``book.mapping`` and others.

    References
    ----------
    docs/your-own-book.md; what a tape does not say: docs/model.md, section 10.
    """

    settings: BookSettings

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame", **keys: Any) -> "Book":
        """The loans in ``frame``.

        Parameters
        ----------
        frame : DataFrame
            One row a loan, columns as in docs/your-own-book.md (headers may be English
            or Chinese; rates as fractions or percent, money in the book's currency,
            ``dpd`` in days).
        **keys : Any
            Other keys of ``book=tape``, as ``mapping={...}``, ``jurisdiction="us"``,
            ``panel="statuses.csv"``, ``new_lending="replace"``.

        Raises
        ------
        UserError
            For a key that is not known or a value beyond its range. What is wrong with the loans
            is told when they are run.

        References
        ----------
        docs/your-own-book.md; what a tape does not say: docs/model.md, section 10.

        Examples
        --------
        >>> loans = pd.read_csv("loans.csv")
        >>> run = loanstress.stress_test(book=Book.from_frame(loans, jurisdiction="cn"))
        """
        if not is_frame(frame):
            raise UserError(f"book must be a pandas DataFrame; got {clip(type(frame).__name__)}")
        return cls.from_file(kept_as_parquet("book", frame), **keys)

    @classmethod
    def from_file(cls, path: str | Path, **keys: Any) -> "Book":
        """The loans in the file ``path`` (CSV, Parquet, .xlsx), as ``book=tape book.path=PATH``.

        Parameters
        ----------
        path : str or Path
            File, or a pattern such as ``tapes/2025-*.csv``.
        **keys : Any
            As in ``from_frame``.

        Raises
        ------
        UserError
            As ``from_frame``.

        References
        ----------
        docs/your-own-book.md; what a tape does not say: docs/model.md, section 10.
        """
        values = {**read_shipped("book", "tape"), "path": str(path), **keys}
        return cls(build("book", BookSettings, values))


@dataclass(frozen=True, slots=True)
class Scenario:
    """An economic scenario of the user's.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and underscores.
    settings : ScenarioSettings
        What a file of ``scenarios/scenario`` says.

    References
    ----------
    docs/model.md, section 2.
    """

    name: str
    settings: ScenarioSettings

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame", *, name: str = "own", **keys: Any) -> "Scenario":
        """A scenario whose central path is ``frame``.

        Parameters
        ----------
        frame : DataFrame
            One row a month or a quarter, shape (n_periods, n_variables); columns are
            macro variables of docs/model.md, section 2 (``unemployment_rate`` ... as
            fractions, or ``percent=True``). The row's date is the index, or a column
            ``date``, ``month`` or ``quarter``.
        name : str
            Name in tables and figures.
        **keys : Any
            Other keys of a scenario, as ``label``, ``weight``, ``percent``,
            ``start_month``, ``jurisdiction``, ``narrative``, ``source``,
            ``severity`` (times the distance from the table ``baseline``).

        Raises
        ------
        UserError
            For a name or key that is not allowed. What is wrong with the table is told when the
            scenario is run.

        References
        ----------
        docs/model.md, section 2.

        Examples
        --------
        >>> path = pd.DataFrame({"unemployment_rate": [0.05, 0.06, 0.08]},
        ...                     index=pd.period_range("2026-01", periods=3, freq="M"))
        >>> slump = Scenario.from_frame(path, name="slump", weight=0.2)
        """
        if not is_frame(frame):
            raise UserError(
                f"scenario must be a pandas DataFrame; got {clip(type(frame).__name__)}"
            )
        check_name("scenario name", name)
        values: dict[str, object] = {
            "label": name.replace("_", " ").capitalize(),
            "narrative": _NARRATIVE,
            "table": str(kept_as_csv(f"scenario.{name}", frame)),
            **keys,
        }
        return cls(name, build(f"scenario.{name}", ScenarioSettings, values))


class FunctionPolicy:
    """A policy that is a Python function; what it does is in its edits alone."""

    def __init__(self, function: Rule) -> None:
        self.function = function
        self.kind = function.__name__

    def edits(self) -> Sequence[Edit]:
        """The edits that the function makes."""
        return tuple(self.function(Window()))


def book_of(book: object) -> str | BookSettings:
    """The book that a user names, as the simulator takes it; ``UserError`` for something else."""
    if isinstance(book, BookSettings):
        return book
    if isinstance(book, Book):
        return book.settings
    if is_frame(book):
        return Book.from_frame(book).settings
    if isinstance(book, Path) or (isinstance(book, str) and _names_a_file(book)):
        return Book.from_file(book).settings
    if isinstance(book, str):
        known = sorted(set(shipped_files("book")) - {"tape"})
        if book not in known:
            raise UserError(
                f"book must be one of {', '.join(known)}, the path of a tape, or a DataFrame; got"
                f" {clip(book)}{nearest(book, known)}"
            )
        return book
    raise UserError(
        "book must be a name, the path of a tape, a DataFrame or a loanstress.Book; got"
        f" {clip(type(book).__name__)}"
    )


def _names_a_file(book: str) -> bool:
    return any(mark in book for mark in "/\\*") or book.lower().endswith(_FILES)


def scenarios_of(scenarios: object) -> dict[str, str | ScenarioSettings]:
    """Scenarios by name, in their order; ``UserError`` for a duplicate or something else."""
    found: dict[str, str | ScenarioSettings] = {}
    for name, item in _pairs("scenarios", scenarios, _scenario_name):
        if isinstance(item, Scenario):
            item = item.settings
        if is_frame(item):
            item = Scenario.from_frame(item, name=name).settings
        if not isinstance(item, str | ScenarioSettings):
            raise UserError(
                f"scenario {clip(name)} must be a shipped name or a loanstress.Scenario; got"
                f" {clip(type(item).__name__)}"
            )
        found[name] = item
    return found


def _scenario_name(item: object) -> str:
    if isinstance(item, Scenario):
        return item.name
    if isinstance(item, ScenarioSettings):
        raise UserError(f"scenarios: {clip(item.label)} needs a name: {{'name': settings}}")
    if is_frame(item):
        raise UserError("scenarios: a frame needs a name: Scenario.from_frame(frame, name=...)")
    return str(item)


def policies_of(policies: object) -> dict[str, str | Policy]:
    """Policies by name, in their order; ``UserError`` for a duplicate or something else."""
    return {name: _policy(name, item) for name, item in _pairs("policies", policies, _policy_name)}


def _policy(name: str, item: object) -> str | Policy:
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        return build_policy(name, {str(k): v for k, v in item.items() if k != "name"})
    if isinstance(item, Policy) and not isinstance(item, type):
        return item
    if callable(item) and not isinstance(item, type):
        return FunctionPolicy(item)
    raise UserError(
        f"policy {clip(name)} must be a shipped name, an object, a dict with a kind or a function;"
        f" got {clip(type(item).__name__)}"
    )


def _policy_name(item: object) -> str:
    if isinstance(item, type):
        raise UserError(f"policies: must be objects, {clip(item.__name__)}(...)")
    if isinstance(item, Mapping):
        return str(item.get("name", item.get("kind")))
    if isinstance(item, Policy):
        return item.kind
    return str(getattr(item, "__name__", item))


def _pairs(group: str, items: object, name_of: Callable[[object], str]) -> list[tuple[str, object]]:
    """Each item with its name."""
    if isinstance(items, str) or not isinstance(items, Iterable) or is_frame(items):
        raise UserError(f"{group} must be a list of names or objects; got {clip(items)}")
    if isinstance(items, Mapping):
        pairs = [(str(name), item) for name, item in items.items()]
    else:
        pairs = [(name_of(item), item) for item in items]
    seen: set[str] = set()
    for name, _ in pairs:
        if check_name(f"{group}: a name", name) in seen:
            raise UserError(
                f"{group}: duplicate {name}; give own names with a mapping, {{'name': ...}}"
            )
        seen.add(name)
    return pairs
