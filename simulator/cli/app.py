"""``loanstress COMMAND``: finds the command; without one it is ``run``."""

import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, NoReturn

from simulator.cli.exits import ended
from simulator.validation import UserError, clip, nearest

COMMANDS: Final = ("run", "fit", "screen", "report", "finish", "tape", "scenario", "desk")
"""Each is the module of its name; imported only when it is asked for."""
_ELSEWHERE: Final = {"desk": "simulator.desk.command"}
"""The desk stands on the commands: it runs them."""
_WORD: Final = re.compile("[A-Za-z_]+")
_MEANT: Final = {"calibrate": "fit", "calibration": "fit", "simulate": "run"}
"""Other words for a command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the command that the first word of ``argv`` names, else of ``run``.

    ``argv`` is the process's own where it is None. A first word that could be a command and is none
    is refused.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in COMMANDS:
        return _called(words[0], words[1:])
    if words and _WORD.fullmatch(words[0]):
        return ended(lambda: _refuse(words[0]), lambda: "nothing was done")
    return _called("run", words)


def _called(command: str, words: Sequence[str]) -> int:
    """Exit code of ``command``."""
    place = _ELSEWHERE.get(command, f"simulator.cli.{command}")
    code: int = import_module(place).main(words)
    return code


def _refuse(word: str) -> NoReturn:
    """A word that is no command, with the nearest one."""
    meant = _MEANT.get(word.lower(), word.lower())
    raise UserError(
        f"the command must be one of {', '.join(COMMANDS)}, or be left out before settings as"
        f" KEY=VALUE; got {clip(word)}{nearest(meant, COMMANDS)}"
    )
