"""Warnings of a finished run on stderr, in the language of its report."""

import sys
from collections.abc import Sequence
from typing import Final

from simulator.report.kit.language import speaking
from simulator.report.kit.run_messages import warning_line
from simulator.settings import LanguageCode
from simulator.validation import clip

_WIDTH: Final = 1000
"""Characters of a warning at most."""


def tell_warnings(warnings: Sequence[str], language: LanguageCode) -> None:
    """One line each, safe to print."""
    with speaking(language):
        for warning in warnings:
            print(clip(warning_line(warning), _WIDTH), file=sys.stderr)
