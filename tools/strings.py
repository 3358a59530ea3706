"""Writes the catalogue of strings anew: every message of report and terminal, with its translation.

``python -m tools.strings`` keeps the translations that stand there, adds messages that are new
in the code without one, leaves out those that are gone, and names what lacks a translation.
Names that ship (scenarios, policies, causes) stand in zh_names.po, which is written by hand.
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
REPORT = SIMULATOR / "report"
COMMANDS = SIMULATOR / "cli"
CATALOGUE = REPORT / "kit" / "languages" / "zh.po"
NAMES = REPORT / "kit" / "languages" / "zh_names.po"
SAYS = {"tr": (1,), "mark": (1,), "tn": (1, 2)}
"""Functions that say words: places of the messages among their arguments."""


class Message(NamedTuple):
    """English words in the code, and where they stand."""

    words: str
    place: str


def messages() -> Iterator[Message]:
    """Every message that the code of report and commands and the templates say."""
    for path in (*sorted(REPORT.rglob("*.py")), *sorted(COMMANDS.rglob("*.py"))):
        yield from _spoken(path)
    for path in sorted((REPORT / "kit" / "templates").glob("*.j2")):
        found = extract_from_file("jinja2.ext:babel_extract", path, keywords=SAYS)
        for line, words, *_ in found:
            for each in words if isinstance(words, tuple) else (words,):
                if each:
                    yield Message(each, f"{path.relative_to(REPORT)}:{line}")


def _spoken(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        for place in SAYS.get(node.func.id, ()):
            argument = node.args[place - 1] if len(node.args) >= place else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield Message(argument.value, f"{_shown(path)}:{node.lineno}")


def _shown(path: Path) -> Path:
    return path.relative_to(REPORT if path.is_relative_to(REPORT) else SIMULATOR)


def known(path: Path) -> dict[str, str]:
    """Translations that stand in the file ``path``."""
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale="zh") if m.id and m.string}


def write(translations: dict[str, str], path: Path, places: dict[str, list[str]]) -> None:
    """Write the catalogue ``path``: ``translations`` with the files that say each."""
    catalogue = Catalog(locale="zh", project="loanstress", fuzzy=False, header_comment="#")
    for words, said in translations.items():
        files = sorted({place.partition(":")[0] for place in places.get(words, [])})
        catalogue.add(words, said, locations=[(name, None) for name in files])
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=True)
    header = (
        'msgid ""\nmsgstr ""\n"Language: zh\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    )
    path.write_text(header + path.read_text(encoding="utf-8"), encoding="utf-8")


def main() -> int:
    """Write the catalogue; 1 when a message lacks its translation."""
    places: dict[str, list[str]] = {}
    for words, place in messages():
        places.setdefault(words, []).append(place)
    translated, names = known(CATALOGUE), known(NAMES)
    write({w: translated.get(w, "") for w in places if w not in names}, CATALOGUE, places)
    lacking = [w for w in places if not translated.get(w) and w not in names]
    for words in lacking:
        print(f"no translation: {words!r} ({', '.join(places[words])})")
    print(f"{len(places)} messages, {len(lacking)} without a translation")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
