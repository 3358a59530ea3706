"""``loanstress COMMAND``: finds the command; without one it is ``run``."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

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


def _tape(words: Sequence[str]) -> int:
    from simulator.cli.tape import main as command

    return command(words)


def _scenario(words: Sequence[str]) -> int:
    from simulator.cli.scenario import main as command

    return command(words)


COMMANDS: Final[dict[str, Main]] = {
    "run": _run,
    "fit": _fit,
    "report": _report,
    "tape": _tape,
    "scenario": _scenario,
}
"""Each command by name; imported only when it is asked for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the command that the first word of ``argv`` names, else of ``run``.

    ``argv`` is the process's own where it is None.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in COMMANDS:
        return COMMANDS[words[0]](words[1:])
    return _run(words)
