"""The command ``loanstress desk``: opens a local page on this machine.

Heavy modules are imported where they are needed, so that ``--help`` and a user's mistake are
answered at once.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.cli.configuration.folders import check_place, shown
from simulator.cli.exits import EXIT_OK, concluded
from simulator.cli.help import answer_first
from simulator.cli.parser import OptionParser, language_of
from simulator.report.kit.language import speaking, tr
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    from simulator.settings import LanguageCode

_OPTIONS: Final = "--folder DIR, --port N, --no-browser, --language en|zh, --help, --version"
_HELP: Final = """\
loanstress: opens the desk, a page on this machine to choose, run, stop and compare stress tests.

Usage:  loanstress desk [--folder DIR] [--port N] [--no-browser] [--language en|zh]
        Needs the extra 'desk': pip install 'loanstress[desk]'

The page is served to this machine alone, and works only from the address that is printed here,
which holds a token of this launch. Runs are child processes with the command lines of loanstress
run; their folders are DIR/DATE_TIME. Ctrl-C closes the desk and ends a run that goes on: its
finished blocks of paths stay, and the page offers to go on with it next time.

Options
  -f, --folder DIR         folder of the runs, of which the page lists all (default: outputs)
  -p, --port N             port; 0 takes a free one (default: 0)
      --no-browser         print the address, and leave the browser alone
  -l, --language en|zh     language of these words and of the page, which has a choice of its own
  --version, -h, --help

Exit code: 130 closed by Ctrl-C or 143 by SIGTERM, 2 invalid input, 1 internal error (set
LOANSTRESS_DEBUG=1 for its traceback).
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line spells."""

    folder: Path
    port: int
    browser: bool
    language: "LanguageCode | None"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    return concluded(_read, _answer, argv, lambda: "the desk is closed")


def _read(words: Sequence[str]) -> _Asked:
    """The options that ``words`` spell; else ``UserError``."""
    parser = OptionParser("loanstress-desk", _OPTIONS)
    parser.add_argument("--folder", "-f", type=Path, default=Path("outputs"))
    parser.add_argument("--port", "-p", default="0")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--language", "-l")
    found = parser.parse_args(list(words))
    answer_first(found, lambda: _HELP)
    folder = found.folder.absolute()
    check_place("--folder", folder)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--folder must be a folder; got {clip(found.folder, 200)}")
    return _Asked(folder, _port(found.port), not found.no_browser, language_of(found.language))


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1
    if not 0 <= number <= 65_535:
        raise UserError(f"--port must be a whole number in [0, 65535]; got {clip(text, 40)}")
    return number


def _answer(asked: _Asked) -> int:
    if any(find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise UserError("loanstress desk needs two more packages: pip install 'loanstress[desk]'")
    from simulator.desk.server import serve

    def tell(address: str) -> None:
        print(tr("The desk is open for this machine at"), f"  {address}", sep="\n")
        print(tr("Runs go to {folder}. Ctrl-C closes the desk.", folder=shown(asked.folder)))
        sys.stdout.flush()

    with speaking(asked.language or "en"):
        serve(asked.folder, asked.port, asked.language, tell, browser=asked.browser)
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
