"""Settings in words: values, nested lists and mappings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulator.report.kit.language import clauses, listed, name, tr
from simulator.report.kit.run_messages import run_message
from simulator.report.kit.text import clean, titled

MAX_TEXT = 2000
"""Characters of one value."""
BELOW = " \u203a "
"""Between the names of a nested setting."""
_AMOUNTS = {"intensity": "\u00d7", "effort": "+"}
"""Sign before what a rule of contacts multiplies or adds."""


def value_words(value: object) -> str:
    """Any plain value on one line: ``yes``, ``0.5``, ``A, B``, ``months 3, share 0.5``."""
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.4g}"
    if isinstance(value, Mapping):
        text = _rule(value) if "stage" in value else listed(list(_pairs(value)))
        return clean(text or tr("none"), MAX_TEXT)
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [value_words(item) for item in value]
        nested = any(isinstance(item, Mapping) for item in value)
        return clean((clauses(items) if nested else listed(items)) or tr("none"), MAX_TEXT)
    if value is None:
        return tr("none")
    text = clean(value, MAX_TEXT)
    return run_message(name(text)) if text else ""


def _pairs(entry: Mapping[str, object]) -> Iterator[str]:
    for key, value in entry.items():
        yield f"{plain(key)} {value_words(value)}"


def _rule(rule: Mapping[str, object]) -> str:
    """A rule of collections: ``human call, buckets 1-3, bands A and B: x0.5``."""
    left = {key: value for key, value in rule.items() if value is not None}
    parts = [plain(left.pop("stage"))]
    first, last = left.pop("first_bucket", None), left.pop("last_bucket", None)
    if first is not None or last is not None:
        ends = list(dict.fromkeys(value_words(end) for end in (first, last) if end is not None))
        between = "\u2013".join(ends)
        many = len(ends) > 1
        parts.append(tr("buckets {n}", n=between) if many else tr("bucket {n}", n=between))
    bands = left.pop("risk_bands", None)
    if isinstance(bands, Sequence) and not isinstance(bands, str) and bands:
        named = listed([value_words(band) for band in bands], final=True)
        many = len(bands) > 1
        parts.append(tr("bands {names}", names=named) if many else tr("band {names}", names=named))
    amounts = [f"{sign}{value_words(left.pop(k))}" for k, sign in _AMOUNTS.items() if k in left]
    parts += _pairs({key: value for key, value in left.items() if value not in ([], ())})
    text = listed(parts)
    return tr("{rule}: {amounts}", rule=text, amounts=listed(amounts)) if amounts else text


def plain(text: object) -> str:
    """A key or a name without underscores, in the page's language where it ships."""
    words = clean(text, 60).replace("_", " ")
    return name(words) if words else ""


def title_of(shipped: str) -> str:
    """The name of a policy, a scenario or a book that ships, as a title."""
    return name(titled(clean(shipped, 60)))


def flat(
    entry: Mapping[str, object], below: str = BELOW, prefix: str = ""
) -> Iterator[tuple[str, object]]:
    """Every value of nested mappings, under a name that tells its place."""
    for key, value in entry.items():
        place = f"{prefix}{clean(key, 120)}"
        if isinstance(value, Mapping) and value:
            yield from flat(value, below, f"{place}{below}")
        else:
            yield place, value


@dataclass(frozen=True, slots=True)
class Part:
    """Settings of a policy, or of a member of it, under a title (empty for the policy itself)."""

    title: str
    settings: tuple[tuple[str, str], ...]
