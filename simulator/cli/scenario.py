"""The command ``loanstress scenario``: a scenario's path and severity, without a run.

Heavy modules are imported where they are needed, so that ``--help`` and a user's mistake are
answered at once.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.cli.exits import EXIT_OK, concluded
from simulator.cli.help import answer_first
from simulator.cli.parser import OptionParser, language_of
from simulator.report.kit.language import speaking
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    from simulator.settings import LanguageCode

MOST_MONTHS: Final = 1200
_OPTIONS: Final = "--months N, --severity X, --language en|zh, --help, --version"
_HELP: Final = """\
loanstress: shows path and severity of a scenario, without a run.

Usage:  loanstress scenario FILE.yaml|NAME [--months N] [--severity X]
                             [--language en|zh]
        python -m simulator.scenario is the same.

NAME is a scenario that comes with the program. FILE.yaml is your own: its table is looked for in
the folder _macro beside the folder scenario of the file, then as a path from here.

Options
  -m, --months N           length of the run it is meant for (default: as long as the table)
  -s, --severity X         times its distance from its baseline, 0 to 5 (default: as the file says)
  -l, --language en|zh     language of the words (default: en)
  --version, -h, --help

Exit code: 0 shown, 2 invalid input, 130 interrupted or 143 ended by SIGTERM,
1 internal error (set LOANSTRESS_DEBUG=1 for its traceback).
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line spells."""

    scenario: str
    months: int | None
    severity: float | None
    language: "LanguageCode"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    return concluded(_read, _answer, argv, lambda: "nothing was written")


def _read(words: Sequence[str]) -> _Asked:
    """The scenario and options that ``words`` spell; else ``UserError``."""
    parser = OptionParser("loanstress-scenario", _OPTIONS)
    parser.add_argument("scenario", nargs="*")
    parser.add_argument("--months", "-m")
    parser.add_argument("--severity", "-s")
    parser.add_argument("--language", "-l")
    found = parser.parse_intermixed_args(list(words))
    answer_first(found, lambda: _HELP)
    if len(found.scenario) != 1:
        raise UserError(
            f"name one scenario or the YAML file of one; got {len(found.scenario)};"
            " --help shows how"
        )
    return _Asked(
        found.scenario[0],
        _months(found.months),
        _severity(found.severity),
        language_of(found.language) or "en",
    )


def _months(text: str | None) -> int | None:
    if text is None:
        return None
    # isdecimal alone lets digits of every script through, as many as there are.
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    if not 1 <= number <= MOST_MONTHS:
        raise UserError(f"--months must be a whole number in [1, {MOST_MONTHS}]; got {clip(text)}")
    return number


def _severity(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise UserError(f"--severity must be a number in [0, 5]; got {clip(text)}") from None


def _answer(asked: _Asked) -> int:
    from simulator.cli.configuration.find_scenario import find_scenario
    from simulator.cli.terminal.scenario import scenario_text

    scenario = find_scenario(asked.scenario, asked.months, asked.severity)
    with speaking(asked.language):
        print(scenario_text(scenario))
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
