"""The mapping that a tape seems to need: what is recognised, and what a reader must decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import yaml

from simulator.book.tape.checks import WORK_NAMES
from simulator.book.tape.columns import COLUMN_BY_NAME, TAPE_COLUMNS
from simulator.book.tape.headers import MONEY_UNITS, Headers
from simulator.book.tape.mapping import DROP, MeanAndSpread, TapeMapping
from simulator.book.tape.profile import ColumnProfile
from simulator.book.tape.statuses import meaning, unpaid_of
from simulator.book.tape.synonyms import VALUE_WORDS, bracketed_unit, plain_word
from simulator.products import PRODUCTS
from simulator.reading.cells import Texts
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

    @property
    def text(self) -> str:
        """The mapping as YAML, open questions as comments."""
        asked = "".join(f"# To decide: {clip(q, 300)}\n" for q in self.open_questions)
        body = yaml.safe_dump(dict(self.content), allow_unicode=True, sort_keys=False, width=96)
        return HEAD + asked + ("" if not self.content else body)


def propose(
    headers: Headers, names: Sequence[str], profiles: Sequence[ColumnProfile], given: TapeMapping
) -> Proposal:
    """A mapping for the file's ``names``, on top of what is ``given``."""
    content: dict[str, object] = {}
    columns = {names[place]: model for model, place in headers.columns.items()}
    by_model = {model: profiles[p] for model, p in headers.columns.items() if p < len(profiles)}
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
    for key in KEPT:
        kept = getattr(given, key)
        if kept:
            content[key] = _plain(kept)
    if given.snapshot_date is not None:
        content["snapshot_date"] = given.snapshot_date
    if given.raise_limits:
        content["raise_limits"] = True
    present = {*headers.columns, *given.constants}
    questions += _missing(present)
    if present & {"origination_date", "maturity_date"} and not (
        given.snapshot_date or present & {"snapshot_date", "month", "remaining_months"}
    ):
        questions.append("snapshot_date: YYYY-MM-DD, the date of the balances")
    return Proposal(content, tuple(questions))


def _plain(value: object) -> object:
    """As YAML writes it."""
    if isinstance(value, MeanAndSpread):
        return value.model_dump()
    return list(value) if isinstance(value, tuple) else value


def _in_percent(model: str, found: ColumnProfile) -> bool:
    """Whether a column of fractions holds percent without saying so in its cells."""
    words = [] if found.texts is None else found.texts.words[:9]
    signs = any("%" in w or "\uff05" in w for w in words)
    return COLUMN_BY_NAME[model].is_fraction and found.middle > 1.0 and not signs


def _scales(by_model: Mapping[str, ColumnProfile]) -> dict[str, float]:
    found = {}
    for model, column in by_model.items():
        spec, factor = COLUMN_BY_NAME[model], MONEY_UNITS.get(bracketed_unit(column.name))
        if factor and not (spec.text or spec.date or spec.is_fraction):
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
        unknown = []
        for word in _present(column.texts)[:MOST_VALUES]:
            usual = meaning(word) if model == "status" else VALUE_WORDS[model].get(plain_word(word))
            if word in known or _is_own(model, word):
                continue
            if usual is None:
                unknown.append(word)
            else:
                known[word] = usual
        if known:
            values[model] = known
        if unknown:
            allowed = {"product": tuple(PRODUCTS), "work": tuple(WORK_NAMES)}.get(
                model, ("a number of unpaid instalments", DROP)
            )
            shown = ", ".join(clip(w, 24) for w in unknown[:8])
            questions.append(f"values.{model} of {shown}: one of {', '.join(allowed)}")
    return values, questions


def _present(texts: Texts) -> list[str]:
    counts = np.bincount(texts.codes, minlength=len(texts.names))
    return [w for w, n in zip(texts.words, counts, strict=True) if w and n]


def _is_own(model: str, word: str) -> bool:
    if model == "status":
        return word == DROP or unpaid_of(word) is not None
    return word in (PRODUCTS if model == "product" else WORK_NAMES)


def _missing(present: set[str]) -> list[str]:
    from_dates = {
        "term_months": {"origination_date", "maturity_date"},
        "remaining_months": {"maturity_date"},
        "due_day": set(),
    }
    lines = []
    for spec in TAPE_COLUMNS:
        if not spec.required or spec.name in present:
            continue
        if spec.name in IDS and IDS & present:
            continue
        dates = from_dates.get(spec.name)
        if (
            dates is not None
            and present & {"origination_date", "maturity_date"}
            and (dates <= present)
        ):
            continue
        if spec.name == "borrower_id":
            continue
        hint = "map one" if spec.name == "loan_id" else "map one, or name a constant"
        lines.append(f"no column for {spec.name} ({spec.meaning}): {hint}")
    return lines
