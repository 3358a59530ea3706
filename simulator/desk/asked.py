"""What a page may ask for, and the command line that does it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import Field, JsonValue

from simulator.book_settings import UNREAD_BY_KIND
from simulator.cli.resume import quoted
from simulator.desk.fields import OfferedField, fields_of, offered
from simulator.desk.names import names_of
from simulator.desk.spelling import Names, spelled
from simulator.policies import build_policy
from simulator.results.files import COMPARISON_NAME
from simulator.settings import LanguageCode, RunSettings, ScenarioSettings
from simulator.shipped import default_choices, fitted_books, read_shipped, shipped_files
from simulator.validation import Frozen, UserError, check_known, clip

TAPE: Final = "tape"
"""The book whose loans come from a file."""
BORROWERS: Final = "book.borrowers"
MOST_SCENARIOS: Final = 6
MOST_POLICIES: Final = 12
MOST_QUESTIONS: Final = 20
"""Of a group of shipped ones."""
ANSWERED: Final = ("break_even", "reverse")
"""Groups of questions that a full run may answer."""
RUN_FIELDS: Final = ("paths", "months", "seed")
"""Keys of ``run`` that a page may set."""
_PLAIN: Final = re.compile(r"/[A-Za-z_][\w-]*(/[A-Za-z0-9._][\w.-]*)*", re.ASCII)
"""Absolute paths that need no quotes."""
QUICK: Final[Mapping[str, str]] = {
    "run.paths": "20",
    "run.months": "12",
    "run.book_draws": "0",
    "assumptions": "null",
}
"""What makes a run a quick look; the borrowers beside it."""
QUICK_BORROWERS: Final = 2_000


class RunAsked(Frozen):
    """A run as the page asks for it; ``tape`` is the number of an upload where the book is one."""

    book: str = Field(max_length=63)
    tape: str | None = Field(default=None, max_length=63)
    scenarios: dict[str, float] = Field(min_length=1, max_length=MOST_SCENARIOS)
    """Name -> severity."""
    policies: dict[str, dict[str, JsonValue]] = Field(
        default_factory=dict, max_length=MOST_POLICIES
    )
    """Name -> fields that differ from the file's."""
    provision: tuple[str, ...] | None = Field(default=None, max_length=MOST_QUESTIONS)
    """Provisioning standards; None: those of the default run."""
    break_even: tuple[str, ...] = Field(default=(), max_length=MOST_QUESTIONS)
    """Of a full run."""
    reverse: tuple[str, ...] = Field(default=(), max_length=MOST_QUESTIONS)
    """The same."""
    size: Literal["quick", "full"] = "quick"
    settings: dict[str, int] = Field(default_factory=dict, max_length=8)
    """``run.paths``, ``run.months``, ``run.seed``, ``book.borrowers`` of a full run."""
    trials: bool = True
    """Whether a full run tries its assumptions one at a time."""
    language: LanguageCode = "en"


class TapeFiles(NamedTuple):
    """An upload on the disk, and the names that its book has."""

    path: Path
    mapping: Path | None
    names: Names


def run_arguments(asked: RunAsked, tape: TapeFiles | None) -> list[str]:
    """Arguments of ``loanstress run``, each checked; the folder is not among them.

    Raises ``UserError`` for anything that the shipped files and the schema do not offer.
    """
    scenarios, policies = shipped_files("scenario"), policies_offered()
    for scenario in asked.scenarios:
        check_known("scenario", scenarios, scenario)
    for policy in asked.policies:
        check_known("policy", policies, policy)
    chosen = ",".join(asked.policies) or "status_quo"
    book = list(_book(asked, tape))
    names = names_of(asked.book) if tape is None else tape.names
    return [
        *book,
        f"scenario=[{','.join(asked.scenarios)}]",
        *_severities(asked),
        f"policy=[{chosen}]",
        *(text for name in asked.policies for text in _fields(name, asked.policies[name], names)),
        *_questions(asked),
        *_size(asked),
        *([] if asked.language == "en" else [f"report.language={asked.language}"]),
    ]


def policies_offered() -> dict[str, Path]:
    """Every shipped policy but the current one, which a run always has."""
    return {name: path for name, path in shipped_files("policy").items() if name != "status_quo"}


def books_offered() -> list[str]:
    """Names of the shipped books, the default one first."""
    (first,) = default_choices("book")
    return [first, *(name for name in shipped_files("book") if name not in (first, TAPE))]


def _book(asked: RunAsked, tape: TapeFiles | None) -> Iterator[str]:
    """The book, and the parameters that were fitted to it."""
    check_known("book", (*books_offered(), TAPE), asked.book)
    if (asked.book == TAPE) != (tape is not None):
        raise UserError("book: a tape is run from the file that was dropped; choose one")
    yield f"book={asked.book}"
    if tape is not None:
        yield f"book.path={path_value(str(tape.path))}"
        if tape.mapping is not None:
            yield f"book.mapping={path_value(str(tape.mapping))}"
        return
    fitted = parameters_of(asked.book)
    if fitted is not None and fitted not in default_choices("parameters"):
        yield f"parameters={fitted}"
        if asked.size == "full" and asked.trials:
            yield f"assumptions={fitted if fitted in shipped_files('assumptions') else 'null'}"


@cache
def parameters_of(book: str) -> str | None:
    """The shipped set that was fitted to ``book``; None where there is none."""
    found = [name for name in shipped_files("parameters") if book in fitted_books(name)]
    return next((name for name in found if name == book), found[0] if found else None)


def _severities(asked: RunAsked) -> Iterator[str]:
    (field,) = (f for f in offered(ScenarioSettings, {}) if f.key == "severity")
    for name, severity in asked.scenarios.items():
        text = spelled(f"scenario.{name}", field, severity)
        if severity != read_shipped("scenario", name).get("severity", 1.0):
            yield f"scenario.{name}.severity={text}"


def _fields(policy: str, changed: Mapping[str, JsonValue], names: Names) -> Iterator[str]:
    """Changed fields of one policy, and what they make of it together."""
    settings = read_shipped("policy", policy)
    known = {field.key: field for field in fields_of(settings)}
    for key, value in changed.items():
        check_known(f"a key of policy.{policy}", known, key)
        text = spelled(f"policy.{policy}", known[key], value, names)
        _put(settings, key, value)
        yield f"policy.{policy}.{key}={text}"
    build_policy(policy, settings)


def _put(settings: dict[str, object], key: str, value: JsonValue) -> None:
    """Set the known ``key``, which may lie in a member, in ``settings``."""
    *above, last = key.split(".")
    place = settings
    for word in above:
        below = place[word]
        assert isinstance(below, dict)
        place = below
    place[last] = value


def _questions(asked: RunAsked) -> Iterator[str]:
    """Provisioning standards, break-evens and reverse stress, by the names of shipped files."""
    provision = default_choices("provision") if asked.provision is None else asked.provision
    given = {"provision": provision, "break_even": asked.break_even, "reverse": asked.reverse}
    for group, names in given.items():
        known = shipped_files(group)
        for name in names:
            check_known(group, known, name)
        if names and group in ANSWERED and asked.size == "quick":
            raise UserError(f"{group}: questions are of a full run; a quick look has none")
        if set(names) != set(default_choices(group)):
            yield f"{group}=[{','.join(dict.fromkeys(names))}]"
    for name in asked.break_even:
        policy = str(read_shipped("break_even", name)["policy"])
        if policy not in asked.policies:
            raise UserError(f"break_even.{name} asks about the policy {policy}: choose it too")


def run_fields() -> list[OfferedField]:
    """The settings of a run that a page shows, with the values of the default run."""
    settings = {k: v for k, v in read_shipped("run", "default").items() if k in RUN_FIELDS}
    return [field for field in offered(RunSettings, settings) if field.key in RUN_FIELDS]


def reads_borrowers(book: str) -> bool:
    """Whether the size of ``book`` can be chosen."""
    return "borrowers" not in UNREAD_BY_KIND[str(read_shipped("book", book)["kind"])]


def _size(asked: RunAsked) -> Iterator[str]:
    """How many months, paths and borrowers."""
    if asked.size == "quick":
        if asked.settings:
            raise UserError("settings are of a full run; a quick look has its own")
        yield from (f"{key}={value}" for key, value in QUICK.items())
        if reads_borrowers(asked.book):
            yield f"{BORROWERS}={QUICK_BORROWERS}"
        return
    if not asked.trials:
        yield "assumptions=null"
    known = {f"run.{field.key}": field for field in run_fields()}
    for key, value in asked.settings.items():
        if key == BORROWERS and reads_borrowers(asked.book):
            yield f"{key}={_whole(key, value)}"
            continue
        check_known("a setting", (*known, BORROWERS), key)
        if key == BORROWERS:
            raise UserError(f"{key} is not read by the book {asked.book}")
        yield f"{key}={spelled('run', known[key], value)}"


def _whole(key: str, value: int) -> int:
    if not 1 <= value <= 1_000_000:
        raise UserError(f"{key} must be in [1, 1000000]; got {clip(value, 40)}")
    return value


def path_value(path: str) -> str:
    """``path`` as a value on the command line, in quotes where its characters need them."""
    return path if _PLAIN.fullmatch(path) else quoted(path)


def in_folder(folder: Path) -> str:
    """The argument that names the folder of a run."""
    return f"hydra.run.dir={path_value(str(folder))}"


def comparison_arguments(folders: list[Path], output: Path, language: LanguageCode) -> list[str]:
    """Arguments of ``loanstress report`` for a page that compares ``folders``."""
    page = output / COMPARISON_NAME
    return ["report", *map(str, folders), "--output", str(page), "--language", language]
