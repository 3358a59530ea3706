"""``loanstress COMMAND``: finds the command; without one it is ``run``."""

import re
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Final, NoReturn

from simulator.cli.exits import ended
from simulator.validation import UserError, clip

Main = Callable[[Sequence[str]], int]


def _run(words: Sequence[str]) -> int:
    from simulator.cli.run import main as command

    return command(words)


def _fit(words: Sequence[str]) -> int:
    from simulator.cli.fit import main as command

    return command(words)


def _report(words: Sequence[str]) -> int:
    from simulator.cli.report import main as command

    return command(words)


def _finish(words: Sequence[str]) -> int:
    from simulator.cli.finish import main as command

    return command(words)


def _screen(words: Sequence[str]) -> int:
    from simulator.cli.screen import main as command

    return command(words)


def _tape(words: Sequence[str]) -> int:
    from simulator.cli.tape import main as command

    return command(words)


def _scenario(words: Sequence[str]) -> int:
    from simulator.cli.scenario import main as command

    return command(words)


COMMANDS: Final[dict[str, Main]] = {
    "run": _run,
    "fit": _fit,
    "screen": _screen,
    "report": _report,
    "finish": _finish,
    "tape": _tape,
    "scenario": _scenario,
}
"""Each command by name; imported only when it is asked for."""
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
        return COMMANDS[words[0]](words[1:])
    if words and _WORD.fullmatch(words[0]):
        return ended(lambda: _refuse(words[0]), lambda: "nothing was done")
    return _run(words)


def _refuse(word: str) -> NoReturn:
    """A word that is no command, with the nearest one."""
    meant = _MEANT.get(word.lower(), word.lower())
    near = get_close_matches(meant, COMMANDS, n=1)
    hint = f" - did you mean {near[0]}?" if near else ""
    raise UserError(
        f"the command must be one of {', '.join(COMMANDS)}, or be left out before settings as"
        f" KEY=VALUE; got {clip(word)}{hint}"
    )
