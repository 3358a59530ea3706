"""What decides a run's numbers, as one digest: runs that share it have the same numbers."""

import json
from hashlib import sha256
from typing import Final

from pydantic import BaseModel

from simulator.catalogue import parameters_hash
from simulator.code_identity import code_identity
from simulator.engine.keys import code_of_sections
from simulator.macro.tables import find_table
from simulator.policies import POLICY_KINDS, Policy
from simulator.reading.named_files import named_files, with_home
from simulator.request import ExperimentRequest
from simulator.results.run_folder import sha256_of

_NO_NUMBERS: Final = {"threads", "path_batch", "keep_blocks", "most_memory"}
"""Keys of ``run`` that change no result."""


def identity(request: ExperimentRequest) -> str:
    """SHA-256 of all that decides a run's numbers: settings, files that it reads, the program.

    Threads, the report and who answers for a run are left out. A policy that is no shipped one is
    its edits.
    """
    told = {
        "book": _book_identity(request),
        "scenarios": {n: _scenario_identity(request, n) for n in request.scenarios},
        "policies": {n: _policy_identity(policy) for n, policy in request.all_policies.items()},
        "products": {n: item.model_dump(mode="json") for n, item in request.products.items()},
        "provision": {n: _plain(item) for n, item in request.provision.items()},
        "break_even": {n: _plain(item) for n, item in request.break_even.items()},
        "run": request.run.model_dump(mode="json", exclude=_NO_NUMBERS),
        "parameters": parameters_hash(request.parameters),
        "sections": {n: _plain(s) for n, s in request.sections.items() if _decides(n, s)},
        "earlier": None if request.earlier is None else identity(request.earlier),
        "code": [code_identity()["sha256"], code_of_sections()],
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _decides(name: str, section: object) -> bool:
    """Whether a section may move a number: it is not what a run without it has."""
    return name not in ("governance", "engine") and section != type(section)()


def _plain(item: object) -> object:
    return item.model_dump(mode="json") if isinstance(item, BaseModel) else repr(item)


def _policy_identity(policy: Policy) -> object:
    edits = [repr(edit) for edit in policy.edits()]
    if isinstance(policy, BaseModel) and POLICY_KINDS.get(policy.kind) is type(policy):
        return [policy.model_dump(mode="json"), edits]
    return edits


def _book_identity(request: ExperimentRequest) -> object:
    """Keys of the book, and the content of its files in place of their names."""
    book = request.book
    files = list(named_files("book.path", book.path)) if book.path else []
    files += [file for file in (book.mapping, book.panel) if isinstance(file, str)]
    values = book.model_dump(mode="json", exclude={"path", "panel"})
    if isinstance(book.mapping, str):
        del values["mapping"]
    return [values, [sha256_of(with_home(str(file))) for file in files]]


def _scenario_identity(request: ExperimentRequest, name: str) -> object:
    """Keys of a scenario, and the content of its tables in place of their names."""
    scenario = request.scenarios[name]
    named = (scenario.table, scenario.history, scenario.baseline)
    files = [file for file in named if file]
    found = [find_table(f"scenario.{name}.table", file, request.table_folders) for file in files]
    values = scenario.model_dump(mode="json", exclude={"table", "history", "baseline"})
    return [values, [sha256_of(file) for file in found]]
