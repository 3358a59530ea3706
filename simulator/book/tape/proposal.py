"""The mapping that a tape seems to need: what is recognised, and what a reader must decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import yaml

from simulator.book.tape.checks import WORK_NAMES
from simulator.book.tape.columns import COLUMN_BY_NAME, TAPE_COLUMNS
from simulator.book.tape.file_proposal import file_keys
from simulator.book.tape.filled import with_derived
from simulator.book.tape.headers import RATE_UNITS, Headers, unit_factor
from simulator.book.tape.mapping import DROP, MeanAndSpread, TapeMapping
from simulator.book.tape.profile import ColumnProfile
from simulator.book.tape.statuses import meaning, read_statuses, unpaid_of
from simulator.book.tape.synonyms import VALUE_WORDS, bracketed_unit, plain_word
from simulator.products import PRODUCTS
from simulator.reading.cells import Texts
from simulator.reading.table_file import Source
from simulator.validation import clip

MOST_VALUES: Final = 60
"""Different values of a column that a proposal lists."""
KEPT: Final = (
    "constants", "date_format", "missing", "decimal", "encoding", "delimiter", "status_codes",
    "score_scale", "score_direction", "income_period",
)  # fmt: skip
"""Keys of a mapping that are passed on as they are given."""
IDS: Final = {"loan_id", "borrower_id"}
"""One column serves for both."""
HEAD: Final = """\
# How the columns of this tape are read; proposed by python -m simulator.tape, to be looked over.
# columns: tape's column -> model's column (simulator/book/tape/columns.py lists those).
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """``content``: keys of a mapping file; ``open_questions``: what only a reader knows."""

    content: Mapping[str, object]
    open_questions: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    """Where keys come from that no column of the tape spells."""

    @property
    def text(self) -> str:
        """The mapping as YAML, open questions as comments."""
        asked = "".join(f"# To decide: {clip(q, 300)}\n" for q in self.open_questions)
        found = "".join(f"# Found: {clip(r, 300)}\n" for r in self.remarks)
        body = "".join(_spelled(key, value) for key, value in self.content.items())
        return HEAD + asked + found + body


def propose(
    headers: Headers, source: Source, profiles: Mapping[int, ColumnProfile], given: TapeMapping
) -> Proposal:
    """A mapping for the file, on top of what is ``given``."""
    content: dict[str, object] = {}
    names = source.names
    columns = {names[place]: model for model, place in headers.columns.items()}
    by_model = {model: profiles[p] for model, p in headers.columns.items() if p in profiles}
    if any(tape != model for tape, model in columns.items()):
        content["columns"] = columns
    if headers.unknown:
        content["ignore"] = list(dict.fromkeys((*given.ignore, *headers.unknown)))
    elif given.ignore:
        content["ignore"] = list(given.ignore)
    percent = [m for m, p in by_model.items() if m in given.percent or _in_percent(m, p)]
    if percent:
        content["percent"] = percent
    scale = dict(given.scale) | _scales(by_model)
    if scale:
        content["scale"] = scale
    values, questions = _values(by_model, given)
    if values:
        content["values"] = values
    present = {*headers.columns, *given.constants}
    if headers.format is not None:
        proposed = {k: v for k, v in headers.format.constants.items() if k not in present}
        content |= {"constants": {**given.constants, **proposed}} if proposed else {}
        present |= set(proposed)
        lacking = [w for w in headers.format.missing if w not in given.missing]
        content |= {"missing": [*given.missing, *lacking]} if lacking else {}
    for key in KEPT:
        kept = getattr(given, key)
        if kept and key not in content:
            content[key] = _plain(kept)
    if given.snapshot_date is not None:
        content["snapshot_date"] = given.snapshot_date
    if given.raise_limits:
        content["raise_limits"] = True
    if given.snapshot_date is not None:
        present.add("snapshot_date")
    file = file_keys(source, headers, profiles, given, present)
    content |= file.content
    questions += [*_missing(present), *file.questions]
    return Proposal(content, tuple(questions), tuple(file.remarks))


def _spelled(key: str, value: object) -> str:
    """A key as YAML; what a terminal would not show as it is, is spelled by its number."""
    text = yaml.safe_dump({key: value}, allow_unicode=True, sort_keys=False, width=96)
    if all(char.isprintable() or char == "\n" for char in text):
        return text
    return yaml.safe_dump({key: value}, allow_unicode=False, sort_keys=False, width=96)


def _plain(value: object) -> object:
    """As YAML writes it."""
    if isinstance(value, MeanAndSpread):
        return value.model_dump()
    return list(value) if isinstance(value, tuple) else value


def _in_percent(model: str, found: ColumnProfile) -> bool:
    """Whether a column of fractions holds percent without saying so in its cells."""
    words = [] if found.texts is None else found.texts.words[:9]
    signs = any("%" in w or "\uff05" in w for w in words)
    other = bracketed_unit(found.name).casefold() in RATE_UNITS
    return COLUMN_BY_NAME[model].is_fraction and found.middle > 1.0 and not signs and not other


def _scales(by_model: Mapping[str, ColumnProfile]) -> dict[str, float]:
    found = {}
    for model, column in by_model.items():
        factor = unit_factor(model, column.name)
        if factor:
            found[model] = factor
    return found


def _values(
    by_model: Mapping[str, ColumnProfile], given: TapeMapping
) -> tuple[dict[str, dict[str, object]], list[str]]:
    """What names of products, kinds of work and statuses stand for, and those nobody knows."""
    values: dict[str, dict[str, object]] = {k: dict(v) for k, v in given.values.items()}
    questions = []
    for model in ("product", "work", "status"):
        column = by_model.get(model)
        if column is None or column.texts is None:
            continue
        known = dict(values.get(model, {}))
        read = _statuses_read(column, given) if model == "status" else set()
        unknown = []
        for word in _present(column.texts)[:MOST_VALUES]:
            usual = meaning(word) if model == "status" else VALUE_WORDS[model].get(plain_word(word))
            if word in known or _is_own(model, word):
                continue
            if usual is None and word not in read:
                unknown.append(word)
            elif usual is None:
                continue
            else:
                known[word] = usual
        if known:
            values[model] = known
        if unknown and not (model == "status" and "dpd" in by_model):
            allowed = {"product": tuple(PRODUCTS), "work": tuple(WORK_NAMES)}.get(
                model, ("a number of unpaid instalments", DROP)
            )
            shown = ", ".join(clip(w, 24) for w in unknown[:8])
            questions.append(f"values.{model} of {shown}: one of {', '.join(allowed)}")
    return values, questions


def _present(texts: Texts) -> list[str]:
    counts = np.bincount(texts.codes, minlength=len(texts.names))
    return [w for w, n in zip(texts.words, counts, strict=True) if w and n]


def _statuses_read(column: ColumnProfile, given: TapeMapping) -> set[str]:
    """Words of a status that the column as a whole explains, such as 30 beside C."""
    if column.texts is None:
        return set()
    words = column.texts.words
    rows = np.bincount(column.texts.codes, minlength=len(words)).tolist()
    chosen = given.values.get("status", {})
    return set(read_statuses(words, rows, column.name, chosen, given.status_codes).taken)


def _is_own(model: str, word: str) -> bool:
    if model == "status":
        return word == DROP or unpaid_of(word) is not None
    return word in (PRODUCTS if model == "product" else WORK_NAMES)


def _missing(present: set[str]) -> list[str]:
    """Required columns that nothing gives, not even once the date of the balances is told."""
    known = with_derived(present | {"snapshot_date"})
    lines = []
    for spec in TAPE_COLUMNS:
        if not spec.required or spec.name in known or spec.name == "borrower_id":
            continue
        if spec.name in IDS and IDS & known:
            continue
        hint = "map one" if spec.name == "loan_id" else "map one, or name a constant"
        lines.append(f"no column for {spec.name} ({spec.meaning}): {hint}")
    return lines
