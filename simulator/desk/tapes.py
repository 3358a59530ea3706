"""Tapes that were dropped on the page: private files, the inspector's questions, a mapping."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import yaml
from pydantic import Field

from simulator.book.tape.checks import WORK_NAMES
from simulator.book.tape.columns import COLUMN_BY_NAME, TAPE_COLUMNS
from simulator.book.tape.inspection import Inspection, inspect
from simulator.book.tape.mapping import DROP, TapeMapping, parse_mapping
from simulator.book.tape.opening import regions_of
from simulator.book.tape.profile import ColumnProfile
from simulator.book.tape.proposal import MOST_VALUES
from simulator.book.tape.reader import Tape
from simulator.book_settings import BookSettings
from simulator.cli.configuration.folders import find_folders
from simulator.cli.configuration.products import products_in
from simulator.cli.terminal.tape import can_be_run
from simulator.desk.asked import TapeFiles
from simulator.desk.messages import said
from simulator.desk.names import book_names, labelled
from simulator.desk.records import write_private
from simulator.desk.spelling import Names
from simulator.products import PRODUCTS, products_of
from simulator.reading.cells import Texts
from simulator.report.kit.run_messages import run_message
from simulator.report.kit.setting_words import plain
from simulator.report.kit.text import clean
from simulator.validation import Frozen, UserError, build, check_known

Json = dict[str, Any]
FOLDER: Final = ".desk-uploads"
ENDS: Final = (".csv", ".csv.gz", ".txt", ".tsv", ".parquet", ".xlsx")
"""Of files that may be dropped."""
_ID: Final = re.compile("[0-9a-f]{32}")
_NAME: Final = "name.txt"
_MAPPING: Final = "mapping.yaml"
_NAMES: Final = "names.json"
"""Regions and products that policies may name."""
_ASKED: Final = ("product", "work", "status")
"""Columns whose words may stand for one of ours."""
_UNPAID: Final = tuple(str(n) for n in range(16))
Text = Annotated[str, Field(max_length=400)]


class Answers(Frozen):
    """What a reader answers to the inspector's questions."""

    columns: dict[Text, Text] = Field(default_factory=dict, max_length=2000)
    """Tape's column -> model's column, or nothing: not read."""
    constants: dict[Text, Text] = Field(default_factory=dict, max_length=60)
    """Model's column -> the value of every row; an empty one is none."""
    values: dict[Text, dict[Text, Text]] = Field(default_factory=dict, max_length=4)
    """Model's column -> word of the tape -> what it stands for, or nothing."""
    percent: tuple[Text, ...] = Field(default=(), max_length=60)
    snapshot_date: date | None = None


class Tapes:
    """Uploads in a private folder below ``root``; each has a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER

    def new(self, shown: str) -> tuple[str, Path]:
        """Number and file of a new upload that its owner calls ``shown``; nothing is written."""
        ends = [end for end in ENDS if shown.lower().endswith(end)]
        if not ends:
            raise UserError(f"the tape must end in one of {', '.join(ENDS)}; got {clean(shown)}")
        number = secrets.token_hex(16)
        folder = self.folder / number
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        folder.mkdir(mode=0o700)
        write_private(folder / _NAME, clean(shown, 120))
        return number, folder / f"tape{max(ends, key=len)}"

    def remove(self, number: str) -> None:
        """Remove an upload with its mapping."""
        shutil.rmtree(self._of(number), ignore_errors=True)

    def listed(self) -> Iterator[Json]:
        """Number, name and names of every upload that is whole."""
        for folder in sorted(self.folder.glob("*")) if self.folder.is_dir() else ():
            if _ID.fullmatch(folder.name) and list(folder.glob("tape.*")):
                names = labelled(_read_names(folder))
                yield {"id": folder.name, "name": self.name(folder.name), "names": names}

    def name(self, number: str) -> str:
        """The file's own name."""
        return (self._of(number) / _NAME).read_text(encoding="utf-8")

    def files(self, number: str) -> TapeFiles:
        """The upload on the disk, with the mapping that was answered, if one was."""
        folder = self._of(number)
        mapping = folder / _MAPPING
        (path,) = folder.glob("tape.*")
        given = mapping.absolute() if mapping.is_file() else None
        return TapeFiles(path.absolute(), given, _read_names(folder))

    def _of(self, number: str) -> Path:
        folder = self.folder / number
        if _ID.fullmatch(number) is None or not folder.is_dir():
            raise UserError("there is no such tape")
        return folder

    def form(self, number: str) -> Json:
        """What the inspector found, and its questions as a form; slow for a large tape."""
        shown, found = self.name(number), self._inspected(number)
        names = {} if found.tape is None else _names(found.tape)
        write_private(self._of(number) / _NAMES, json.dumps(names))
        return {"id": number, "name": shown, "names": labelled(names), **_form(found, shown)}

    def answer(self, number: str, answers: Answers) -> Json:
        """Keep the mapping that ``answers`` make of the inspector's; the form that follows."""
        found = self._inspected(number)
        content = mapped(found, answers)
        text = yaml.safe_dump(content, allow_unicode=False, sort_keys=False)
        parse_mapping("the answers", text)
        write_private(self._of(number) / _MAPPING, text)
        return self.form(number)

    def _inspected(self, number: str) -> Inspection:
        files = self.files(number)
        with products_of(products_in(find_folders())):
            mapping = None if files.mapping is None else str(files.mapping)
            try:
                return inspect(str(files.path), mapping, None)
            except UserError as error:  # by its owner's name, not by the place where it lies
                raise UserError(str(error).replace(str(files.path), self.name(number))) from error


def mapped(found: Inspection, answers: Answers) -> Json:
    """Keys of a mapping: what the inspector proposes, with what was answered over it."""
    content = dict(found.proposal.content)
    names = set(found.source.names)
    for column, model in answers.columns.items():
        check_known("a column of the tape", names, column)
        if model:
            check_known("a column", COLUMN_BY_NAME, model)
    given = {**_recognised(found), **answers.columns}
    content["columns"] = {column: model for column, model in given.items() if model}
    left = [str(c) for c in _listed(content, "ignore") if c not in given]
    content["ignore"] = [*left, *(column for column, model in given.items() if not model)]
    constants = {k: _number_or_text(k, v) for k, v in answers.constants.items() if v}
    if constants:
        content["constants"] = constants
    for model, words in answers.values.items():
        check_known("values", _ASKED, model)
        means = {word: _status_or_text(model, to) for word, to in words.items() if to}
        content["values"] = {**_mapping_at(content, "values"), model: means}
    content.pop("percent", None)
    if answers.percent:
        content["percent"] = list(answers.percent)
    if answers.snapshot_date is not None:
        content["snapshot_date"] = answers.snapshot_date
    build("the answers", TapeMapping, content)
    return content


def _recognised(found: Inspection) -> dict[str, str]:
    """Tape's column -> model's, as the inspector reads it."""
    return {found.source.names[place]: model for place, model in found.models.items()}


def _listed(content: Json, key: str) -> list[object]:
    listed = content.get(key, [])
    assert isinstance(listed, list)
    return listed


def _mapping_at(content: Json, key: str) -> Json:
    found = content.get(key, {})
    assert isinstance(found, Mapping)
    return dict(found)


def _number_or_text(model: str, text: str) -> str | float:
    """A constant as its column has it."""
    check_known("a column", COLUMN_BY_NAME, model)
    spec = COLUMN_BY_NAME[model]
    if spec.text or spec.date:
        return text
    try:
        return float(text)
    except ValueError:
        raise UserError(f"constants.{model} must be a number; got {clean(text, 40)}") from None


def _status_or_text(model: str, text: str) -> str | int:
    return int(text) if model == "status" and text in _UNPAID else text


def _form(found: Inspection, shown: str) -> Json:
    """The inspector's answer; its lines name the file as its owner does."""
    own = Path(str(found.path)).name
    content = found.proposal.content
    percent, constants = content.get("percent", []), _mapping_at(dict(content), "constants")
    return {
        "rows": f"{found.source.table.num_rows:,}",
        "columns": [
            {
                "name": profile.name,
                "model": found.models.get(place, ""),
                "shown": clean(profile.values, 80),
            }
            for place, profile in found.profiles.items()
        ],
        "models": [
            {
                "name": spec.name,
                "label": plain(spec.name),
                "meaning": run_message(spec.meaning),
                "required": spec.required,
                "fraction": spec.is_fraction,
            }
            for spec in TAPE_COLUMNS
        ],
        "percent": percent,
        "constants": {key: str(value) for key, value in constants.items()},
        "snapshot_date": str(content.get("snapshot_date") or ""),
        "values": list(_words_asked(found)),
        "questions": [clean(run_message(q), 400) for q in found.proposal.open_questions],
        "can_run": found.can_run,
        "told": can_be_run(found.tape) if found.tape is not None else "",
        "wrong": [
            clean(said(line.replace(own, shown, 1)), 400) for line in found.wrong.splitlines()
        ],
        "warnings": [clean(run_message(w).replace(own, shown, 1), 400) for w in found.warnings],
        "mapping": found.proposal.text,
    }


def _words_asked(found: Inspection) -> Iterator[Json]:
    """Words of the tape for products, kinds of work and statuses, and what each may stand for."""
    known = _mapping_at(dict(found.proposal.content), "values")
    choices = {"product": tuple(PRODUCTS), "work": tuple(WORK_NAMES), "status": (*_UNPAID, DROP)}
    for place, model in found.models.items():
        profile = found.profiles.get(place)
        if model not in _ASKED or profile is None:
            continue
        for word in _words(profile):
            if word not in choices[model]:
                yield {
                    "model": model,
                    "word": word,
                    "to": str(known.get(model, {}).get(word, "")),
                    "choices": [{"name": c, "label": plain(c)} for c in choices[model]],
                }


def _words(profile: ColumnProfile) -> list[str]:
    return _used(profile.texts)[:MOST_VALUES]


def _used(texts: Texts | None) -> list[str]:
    """Words that stand in a column; none where there is no such column."""
    if texts is None:
        return []
    counts = np.bincount(texts.codes, minlength=len(texts.names))
    return [w for w, n in zip(texts.words, counts, strict=True) if w and n]


def _names(tape: Tape) -> Names:
    """Names of the book that opens from ``tape``."""
    usual: tuple[str, ...] = BookSettings.model_fields["regions"].default
    return book_names(regions_of(tape, usual), _used(tape.texts["product"]))


def _read_names(folder: Path) -> Names:
    """Names that were noted when the tape was looked at."""
    with suppress(OSError, ValueError):
        found: dict[str, list[str]] = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
        return found
    return {}
