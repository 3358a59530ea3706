"""Kinds of policies that are not shipped: a Python file, an installed package, a Python object.

Code of a user's runs only where the user says so: by ``--policy-path`` on the command line, by an
installed package (entry points of the group ``loanstress.policies``), or by an object in a call
from Python. No YAML names a file or a module, and the hash of what ran goes into the manifest.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from math import isfinite
from pathlib import Path
from traceback import extract_tb
from types import FunctionType, ModuleType
from typing import Final

from pydantic import BaseModel

from simulator.lever_fields import ALL_FIELDS
from simulator.levers import Edit
from simulator.policies.base import Policy
from simulator.reading.named_files import with_home
from simulator.validation import NAME_PATTERN, Frozen, UserError, check_known, clip
from simulator.vocabulary import N_BUCKETS

GROUP: Final = "loanstress.policies"
"""Group of entry points: the name is the kind, the object its class."""
OPTION: Final = "--policy-path"
Code = type | FunctionType
MAX_BYTES: Final = 1 << 20
_SHIPPED: Final = "simulator."


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the class of a policy comes from; ``sha256`` of its source, None where there is none.

    ``by``: file, entry point or python.
    """

    kind: str
    by: str
    source: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class OwnKind:
    """A class of policies, and where it comes from."""

    model: type[BaseModel]
    origin: Origin


_of_files: dict[str, OwnKind] = {}


@contextmanager
def kinds_of_files(paths: Sequence[str], shipped: Mapping[str, object]) -> Iterator[None]:
    """Policies may be of the kinds in the Python files ``paths`` meanwhile.

    A ``UserError`` names the file, and the line where its code fails.
    """
    before = dict(_of_files)
    try:
        for path in paths:
            for kind, own in kinds_in_file(path).items():
                if kind in shipped or kind in _of_files:
                    raise UserError(f"{OPTION} {clip(path, 200)}: the kind {kind} exists already")
                _of_files[kind] = own
        yield
    finally:
        _of_files.clear()
        _of_files.update(before)


def kinds_in_file(path_text: str) -> dict[str, OwnKind]:
    """Classes of policies that the Python file ``path_text`` defines, by kind; it is run."""
    owner, path = f"{OPTION} {clip(path_text, 200)}", with_home(path_text)
    if "\0" in path_text or path.suffix != ".py" or not path.is_file():
        raise UserError(f"{owner}: must be a Python file, FILE.py")
    text = path.read_bytes()
    if len(text) > MAX_BYTES:
        raise UserError(f"{owner}: must have at most {MAX_BYTES:,} bytes; got {len(text):,}")
    digest = sha256(text).hexdigest()
    module = _run(owner, path, text, f"loanstress_policy_{digest[:16]}")
    found: dict[str, OwnKind] = {}
    for model in vars(module).values():
        if isinstance(model, type) and model.__module__ == module.__name__ and _has_kind(model):
            kind = check_class(owner, model)
            if kind in found:
                raise UserError(f"{owner}: two classes have the kind {kind}")
            found[kind] = OwnKind(model, Origin(kind, "file", path_text, digest))
    if not found:
        raise UserError(
            f"{owner}: defines no policy, a class with a field kind (docs/add-a-policy.md)"
        )
    return found


def _run(owner: str, path: Path, text: bytes, name: str) -> ModuleType:
    """The module of a file, from the bytes that were hashed; nothing is written beside it."""
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(text, str(path), "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise UserError(f"{owner}: {_where(error, str(path))}{clip(error, 200)}") from None
    return module


def _where(error: BaseException, file: str) -> str:
    """``line 3: NameError: `` of the last line of ``file`` that an error came through."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == file]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    return f"{'' if line is None else f'line {line}: '}{type(error).__name__}: "


def _has_kind(model: type) -> bool:
    return issubclass(model, BaseModel) and "kind" in model.model_fields


def check_class(owner: str, model: object) -> str:
    """The kind of a class of policies; a ``UserError`` tells what keeps it from being one."""
    if not (isinstance(model, type) and issubclass(model, Frozen) and _has_kind(model)):
        raise UserError(
            f"{owner}: must be a class that derives from simulator.policies.base.Window, Market or"
            f" simulator.validation.Frozen, with a field kind; got {clip(model)}"
        )
    kind = model.model_fields["kind"].default
    if not isinstance(kind, str) or not NAME_PATTERN.match(kind):
        raise UserError(
            f"{owner}: {model.__name__}.kind must be a name of lower-case letters, digits and"
            f" underscores with itself as default; got {clip(kind)}"
        )
    if not callable(getattr(model, "edits", None)):
        raise UserError(f"{owner}: {model.__name__} must have a method edits()")
    return kind


def own_kind(kind: str) -> OwnKind | None:
    """The class of a kind that is not shipped, from files first; None where there is none."""
    if kind in _of_files:
        return _of_files[kind]
    entry = _entry_points().get(kind)
    return None if entry is None else _loaded(entry)


def own_names() -> tuple[str, ...]:
    """Kinds that are not shipped, by name."""
    return tuple(sorted({*_of_files, *_entry_points()}))


def _entry_points() -> dict[str, EntryPoint]:
    """Kinds that installed packages offer; two packages with one name are refused."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if entry.name in found and found[entry.name].value != entry.value:
            raise UserError(
                f"the policy {clip(entry.name)} is offered by two installed packages:"
                f" {_package(found[entry.name])} and {_package(entry)}; uninstall one"
            )
        found[entry.name] = entry
    return found


def _package(entry: EntryPoint) -> str:
    return clip(f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value)


@cache
def _loaded(entry: EntryPoint) -> OwnKind:
    """The class of an entry point; what its package gets wrong is a ``UserError`` that names it."""
    owner = f"the policy {clip(entry.name)} of the installed package {_package(entry)}"
    try:
        model = entry.load()
    except Exception as error:
        raise UserError(f"{owner}: {type(error).__name__}: {clip(error, 200)}") from None
    kind = check_class(owner, model)
    if kind != entry.name:
        raise UserError(f"{owner}: its kind must be its name; got {kind}")
    return OwnKind(model, Origin(kind, "entry point", _package(entry), _source_hash(model)))


def _source_hash(model: Code) -> str | None:
    """SHA-256 of the file of a class or function, or of its source without one; else None."""
    try:
        file = inspect.getsourcefile(model)
        if file is not None and Path(file).is_file():
            return sha256(Path(file).read_bytes()).hexdigest()
        return sha256(inspect.getsource(model).encode()).hexdigest()
    except (OSError, TypeError):
        return None


def origins(policies: Mapping[str, Policy]) -> dict[str, dict[str, object]]:
    """Where the class of each policy comes from that is not shipped, members of others too."""
    found: dict[str, dict[str, object]] = {}
    for name, policy in policies.items():
        members = getattr(policy, "members", None)
        for member, settings in members.items() if isinstance(members, Mapping) else ():
            own = own_kind(str(settings.get("kind")))
            if own is not None:
                found[f"{name}.members.{member}"] = asdict(own.origin)
        model: type = type(policy)
        if model.__module__.startswith(_SHIPPED):
            continue
        own = own_kind(policy.kind)
        if own is None or own.model is not model:
            code = _code_of(policy)
            source = f"{code.__module__}.{code.__qualname__}"
            found[name] = asdict(Origin(policy.kind, "python", source, _source_hash(code)))
        else:
            found[name] = asdict(own.origin)
    return found


def _code_of(policy: Policy) -> Code:
    """What of a user's code makes the edits: the function behind a policy, else its class."""
    function = getattr(policy, "function", None)
    return function if isinstance(function, FunctionType) else type(policy)


def _file_of(code: Code) -> str:
    """Name of the file, or of the notebook's cell, that defines it; empty where it is not known."""
    if isinstance(code, FunctionType):
        return code.__code__.co_filename
    return getattr(sys.modules[code.__module__], "__file__", None) or ""


def check_edits(name: str, policy: Policy) -> None:
    """Refuse a policy of a user's class whose edits fail or name no lever."""
    if type(policy).__module__.startswith(_SHIPPED):
        return
    owner = f"policy.{name} ({type(policy).__name__}.edits)"
    try:
        edits = tuple(policy.edits())
    except Exception as error:
        file = _file_of(_code_of(policy))
        raise UserError(f"{owner}: {_where(error, file)}{clip(error, 200)}") from None
    for edit in edits:
        if not isinstance(edit, Edit):
            raise UserError(
                f"{owner}: must return edits, as self.edit(...) makes; got {clip(edit)}"
            )
        check_known(f"{owner}: a lever", ALL_FIELDS, str(edit.lever))
        if not isfinite(edit.amount) or edit.first_month < 1:
            raise UserError(f"{owner}: {edit.lever} needs a finite amount, from month 1 or later")
        if not set(edit.buckets) <= set(range(N_BUCKETS)):
            raise UserError(
                f"{owner}: {edit.lever}: buckets must be in [0, {N_BUCKETS - 1}]; got"
                f" {clip(sorted(edit.buckets))}"
            )
