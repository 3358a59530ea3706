"""The language of a page: every word and number format that a reader sees comes from here.

Code and templates hold the English words; ``languages/zh.po`` holds their Chinese, and
``zh_names.po`` that of names. What is said while ``speaking`` a language comes out in it, in its
own thread and task only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Final

from simulator.vocabulary import TIMES_SEVERITY

if TYPE_CHECKING:
    from babel.support import Translations

    from simulator.settings import LanguageCode

NARROW_SPACE: Final = "\u202f"


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes what is not in its catalogue of strings.

    ``money_steps``: (divisor, its name) of money, the largest first, for values from there on;
    ``currencies``: the name of a currency in amounts, ``currency_titles`` by itself; its code where
    there is none.
    """

    code: "LanguageCode"
    tag: str
    """For the ``lang`` attribute of a page."""
    percent: str
    points: str
    money: str
    money_unit: str
    span: str
    interval: str
    """An interval in brackets, as it follows a number for the first time on a page."""
    brackets: str
    comma: str
    last_comma: str
    semicolon: str
    between_sentences: str
    money_steps: tuple[tuple[float, str], ...]
    currencies: Mapping[str, str]
    currency_titles: Mapping[str, str]

    @property
    def points_unit(self) -> str:
        """Heading of a column of percentage points."""
        return self.points.partition("}")[2].strip()


ENGLISH: Final = Language(
    code="en",
    tag="en",
    percent=f"{{}}{NARROW_SPACE}%",
    points=f"{{}}{NARROW_SPACE}pp",
    money="{sign}{currency}\u00a0{amount}{step}",
    money_unit="{currency}{step}",
    span="{low} to {high}",
    interval="(95 % interval {span})",
    brackets="({})",
    comma=", ",
    last_comma=" and ",
    semicolon="; ",
    between_sentences=" ",
    money_steps=((1e9, " bn"), (1e6, " M"), (1e3, " k"), (1.0, "")),
    currencies={},
    currency_titles={},
)
CHINESE: Final = Language(
    code="zh",
    tag="zh-CN",
    percent="{}%",
    points="{}\u00a0个百分点",
    money="{sign}{amount}\u00a0{step}{currency}",
    money_unit="{step}{currency}",
    span="{low} 至 {high}",
    interval="（95% 置信区间 {span}）",
    brackets="（{}）",
    comma="、",
    last_comma="和",
    semicolon="；",
    between_sentences="",
    money_steps=((1e8, "亿"), (1e4, "万"), (1.0, "")),
    currencies={"CNY": "元", "USD": "美元", "TWD": "新台币元"},
    currency_titles={"CNY": "人民币", "USD": "美元", "TWD": "新台币"},
)
_LANGUAGES: Final[Mapping["LanguageCode", Language]] = {"en": ENGLISH, "zh": CHINESE}
LANGUAGES: Final = tuple(_LANGUAGES)
_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)
_CHINESE_WORDS: Final = re.compile("[\u4e00-\u9fff]")
_FIELD: Final = re.compile(r"\{(\w+)")


@contextmanager
def speaking(code: "LanguageCode") -> Iterator[Language]:
    """Say everything in the language ``code`` meanwhile."""
    token = _current.set(_LANGUAGES[code])
    try:
        yield _LANGUAGES[code]
    finally:
        _current.reset(token)


def language() -> Language:
    """The language of the page in the making."""
    return _current.get()


def tr(message: str, **values: object) -> str:
    """``message`` in the page's language with its ``{names}`` filled in.

    Without ``values`` it is taken as it is, braces and all (hover texts of figures have their
    own). Values are never read as a message: a user's text in them stays text.
    """
    said = _said(message)
    return said.format_map(values) if values else said


def tn(one: str, many: str, n: int, **values: object) -> str:
    """``one`` or ``many`` by the number ``n``, which both may hold as ``{n}``."""
    code = language().code
    plain = one if n == 1 else many
    said = plain if code == "en" else translations(code).ngettext(one, many, n)
    return said.format_map({"n": f"{n:,}", **values})


def mark(message: str) -> str:
    """``message`` itself: marks words of a constant for the catalogue; ``tr`` says them later."""
    return message


def name(text: str) -> str:
    """A name that comes with the data: translated if it is a shipped one, else as it is.

    The severity behind a scenario's label stays as it is.
    """
    label, times, severity = text.rpartition(TIMES_SEVERITY)
    return f"{_said(label)}{times}{severity}" if times else _said(text)


def listed(items: Sequence[str], *, final: bool = False) -> str:
    """``A, B, C``; with ``final`` a word before the last: ``A, B and C``."""
    spoken = language()
    if final and len(items) > 1:
        return f"{spoken.comma.join(items[:-1])}{spoken.last_comma}{items[-1]}"
    return spoken.comma.join(items)


def clauses(parts: Sequence[str]) -> str:
    """Parts of a sentence, between semicolons."""
    return language().semicolon.join(parts)


def sentences(*parts: str) -> str:
    """Whole sentences one after the other; empty ones are left out."""
    return language().between_sentences.join(part for part in parts if part)


def bracketed(text: str) -> str:
    """``text`` in the brackets of the language."""
    return language().brackets.format(text)


def currency_name(code: str) -> str:
    """A currency as amounts have it: its code, or its name where the language has one."""
    return language().currencies.get(code, code)


def currency_title(code: str) -> str:
    """A currency by itself: its code, or its name where the language has one."""
    return language().currency_titles.get(code, code)


def stays_english(text: str) -> bool:
    """Whether ``text`` of the data, a source for one, is English on a page that is not."""
    spoken = language()
    has_letters = any(character.isalpha() for character in text)
    return spoken is not ENGLISH and has_letters and not _CHINESE_WORDS.search(text)


def fields(message: str) -> frozenset[str]:
    """Names of the values that ``message`` takes."""
    return frozenset(_FIELD.findall(message))


def _said(message: str) -> str:
    code = language().code
    return message if code == "en" or not message else translations(code).gettext(message)


@cache
def translations(code: "LanguageCode") -> "Translations":
    """The catalogues of the language ``code``, with its plurals."""
    from babel.messages.catalog import Catalog  # slow to import, and English needs none
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    whole = Catalog(locale=code)
    folder = files("simulator.report.kit").joinpath("languages")
    for part in sorted(item.name for item in folder.iterdir() if item.name.startswith(code)):
        with folder.joinpath(part).open("rb") as file:
            for entry in read_po(file, locale=code):
                if entry.id:
                    whole[entry.id] = entry
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)
