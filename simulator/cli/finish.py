"""The command ``loanstress finish``: puts whole results in place, where an end was interrupted.

Heavy modules are imported where they are needed, so that ``--help`` and a user's mistake are
answered at once.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulator.cli.configuration.folders import shown
from simulator.cli.exits import EXIT_OK, concluded
from simulator.cli.help import product_version
from simulator.cli.parser import OptionParser
from simulator.validation import UserError, clip

_OPTIONS: Final = "--help, --version"
_HELP: Final = """\
loanstress: puts the whole results of an interrupted run in place.

Usage:  loanstress finish DIR

A run, a fit or a screening makes its files in DIR/.next and puts them in place at its end, the
manifest last. Where it was killed in between, commands that read DIR refuse it and name this one.
Nothing is simulated; where DIR holds nothing to put in place, it says so and changes nothing.

Options
      --version, -h, --help

Exit code: 0 the folder's results are in place, 2 invalid input, 130 interrupted or 143 ended by
SIGTERM, 1 internal error (set LOANSTRESS_DEBUG=1 for its traceback).
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line spells."""

    folders: tuple[Path, ...]
    help: bool
    version: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    return concluded(_read_arguments, _answer, argv, lambda: "the same command goes on")


def _read_arguments(words: Sequence[str]) -> _Asked:
    parser = OptionParser("loanstress-finish", _OPTIONS)
    parser.add_argument("folders", nargs="*", type=Path)
    found = parser.parse_intermixed_args(list(words))
    asked = _Asked(tuple(found.folders), found.help, found.version)
    if asked.help or asked.version:
        return asked
    if len(asked.folders) != 1:
        raise UserError(f"name the folder of one run; got {len(asked.folders)}")
    if not asked.folders[0].is_dir():
        raise UserError(f"{clip(asked.folders[0], 200)} must be a folder; there is no such folder")
    return asked


def _answer(asked: _Asked) -> int:
    if asked.version:
        print(f"loanstress {product_version()}")
    elif asked.help:
        print(_HELP, end="")
    else:
        _finish(asked.folders[0])
    return EXIT_OK


def _finish(folder: Path) -> None:
    from simulator.calibrate.store import FIT
    from simulator.explain.screening import LIST
    from simulator.report.kit.language import tr
    from simulator.results.run_folder import RUN, finish

    ended = [files for files in (RUN, FIT, LIST) if finish(folder, files)]
    if ended:
        print(tr("Written to {folder}", folder=shown(folder)))
    else:
        print(f"{shown(folder)}: nothing to put in place; its results stay as they are")


if __name__ == "__main__":
    sys.exit(main())
