"""Writes the catalogue of strings anew: every message of report and terminal, with its translation.

``python -m tools.strings`` keeps the translations that stand there, adds messages that are new
in the code without one, leaves out those that are gone, and names what lacks a translation.
Names that ship (scenarios, policies, causes) stand in zh_names.po, words of the desk in zh_desk.po;
both are written by hand.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

SIMULATOR = Path(__file__).parents[1] / "simulator"
NOTEBOOK = SIMULATOR.with_name("loanstress")
REPORT = SIMULATOR / "report"
COMMANDS = SIMULATOR / "cli"
DESK = SIMULATOR / "desk"
CATALOGUE = REPORT / "kit" / "languages" / "zh.po"
NAMES = CATALOGUE.with_name("zh_names.po")
DESK_WORDS = CATALOGUE.with_name("zh_desk.po")
SAYS = {"tr": None, "mark": None, "tn": (1, 2)}
"""Functions that say words: places of one and many among their arguments, else the first."""


Words = str | tuple[str, str]
"""A message, or its words for one and for many."""


class Message(NamedTuple):
    """English words in the code, and where they stand."""

    words: Words
    place: str


def messages() -> Iterator[Message]:
    """Every message that the code of report, commands, notebook, desk and the templates say."""
    for path in (
        *sorted(REPORT.rglob("*.py")),
        *sorted(COMMANDS.rglob("*.py")),
        *sorted(NOTEBOOK.rglob("*.py")),
        *sorted(DESK.rglob("*.py")),
    ):
        yield from _spoken(path)
    for path in sorted((REPORT / "kit" / "templates").glob("*.j2")):
        found = extract_from_file("jinja2.ext:babel_extract", path, keywords=SAYS)
        for line, words, *_ in found:
            yield Message(words, f"{path.relative_to(REPORT)}:{line}")


def _spoken(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in SAYS:
            continue
        said = node.args[: 2 if SAYS[node.func.id] else 1]
        words = [a.value for a in said if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if words:
            both = (words[0], words[1]) if len(words) == 2 else words[0]
            yield Message(both, f"{_shown(path)}:{node.lineno}")


def _shown(path: Path) -> Path:
    return next(
        path.relative_to(root)
        for root in (REPORT, SIMULATOR, NOTEBOOK.parent)
        if path.is_relative_to(root)
    )


def known(path: Path) -> dict[Words, str]:
    """Translations that stand in the file ``path``; Chinese has one form for all numbers."""
    with path.open("rb") as file:
        found = {m.id: m.string for m in read_po(file, locale="zh") if m.id}
    said = {
        (w if isinstance(w, str) else (w[0], w[1])): (s if isinstance(s, str) else s[0])
        for w, s in found.items()
    }
    return {words: text for words, text in said.items() if text}


def write(translations: dict[Words, str], path: Path, places: dict[Words, list[str]]) -> None:
    """Write the catalogue ``path``: ``translations`` with the files that say each."""
    catalogue = Catalog(locale="zh", project="loanstress", fuzzy=False, header_comment="#")
    for words, said in translations.items():
        files = sorted({place.partition(":")[0] for place in places.get(words, [])})
        forms = said if isinstance(words, str) else (said,)
        catalogue.add(words, forms, locations=[(name, None) for name in files])
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=True)
    fields = (
        "Language: zh",
        "Plural-Forms: nplurals=1; plural=0;",
        "Content-Type: text/plain; charset=utf-8",
    )
    header = "\n".join(['msgid ""', 'msgstr ""', *(f'"{field}\\n"' for field in fields), "\n"])
    path.write_text(header + path.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> int:
    """Write the catalogue; 1 when a message lacks its translation."""
    places: dict[Words, list[str]] = {}
    for words, place in messages():
        places.setdefault(words, []).append(place)
    translated = known(CATALOGUE)
    names = {words: said for path in (NAMES, DESK_WORDS) for words, said in known(path).items()}
    write({w: translated.get(w, "") for w in places if w not in names}, CATALOGUE, places)
    lacking = [w for w in places if not translated.get(w) and w not in names]
    for words in lacking:
        print(f"no translation: {words!r} ({', '.join(places[words])})")
    print(f"{len(places)} messages, {len(lacking)} without a translation")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
