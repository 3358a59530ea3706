"""What the commands' parsers share: help and version, and one clear line for a mistake."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn, cast

from simulator.report.kit.language import LANGUAGES
from simulator.validation import UserError, clip, unknown_choice

if TYPE_CHECKING:
    from simulator.settings import LanguageCode


class OptionParser(argparse.ArgumentParser):
    """A parser with ``--help`` and ``--version`` as plain flags; options are not abbreviated.

    A mistake is a ``UserError`` that names the ``options`` there are.
    """

    def __init__(self, prog: str, options: str) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=False)
        self.options = options
        self.add_argument("--help", "-h", action="store_true")
        self.add_argument("--version", action="store_true")

    def error(self, message: str) -> NoReturn:
        """Refuse what was typed."""
        raise UserError(f"{clip(message, 200)}; options are {self.options}")


def one_of(option: str, allowed: Sequence[str], found: str | None) -> str | None:
    """The value ``found`` of ``option``, None where it was not given; else ``UserError``."""
    if found is not None and found not in allowed:
        raise unknown_choice(option, allowed, found)
    return found


def language_of(found: str | None) -> "LanguageCode | None":
    """The language that ``--language`` names, None where it was not given."""
    return cast("LanguageCode | None", one_of("--language", LANGUAGES, found))
