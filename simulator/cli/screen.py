"""The command ``loanstress screen``: which assumptions move the worth of policies.

Composes the same groups as ``loanstress run``. Heavy modules are imported where they are
needed, so that ``--help`` and a user's mistake are answered at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.cli.arguments import Command, read_arguments
from simulator.cli.configuration.folders import ConfigFolders, shown
from simulator.cli.exits import EXIT_OK, attempted, concluded
from simulator.cli.help import answer_first
from simulator.report.kit.language import speaking, tr
from simulator.validation import UserError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.cli.configuration.hydra_app import Job

_HELP: Final = """\
loanstress: moves every parameter to half and double, one at a time, and lists those that change
the value of a policy most. Runs with these parameters then try the list (docs/calibration.md).

Usage:  loanstress screen [parameters=NAME] [GROUP=NAME ...] [KEY=VALUE ...]

  screen.fit=DIR         a finished fit: parameters move along its draws
  screen.keep=10         number of further assumptions in the list
  policy=[a,b,...]       typical policies: an assumption counts by its effect on any of them
  book.borrowers=2500, run.paths=8, run.months=24    small: some 350 runs

The list goes to assumptions.yaml in outputs/DATE_TIME; as YOUR_FOLDER/assumptions/NAME.yaml it is
chosen with --config-dir YOUR_FOLDER assumptions=NAME.

Exit code: 0 written, 2 invalid input, 130 interrupted or 143 ended by SIGTERM,
1 internal error (set LOANSTRESS_DEBUG=1 for its traceback).
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    session = _Session()
    return concluded(read_arguments, session.answer, argv, lambda: "nothing was written")


class _Session:
    """One screening, from the command line to its last line on the terminal."""

    def __init__(self) -> None:
        self._folders: ConfigFolders
        self._code = EXIT_OK

    def answer(self, command: Command) -> int:
        """Help, or the screening that was asked for."""
        answer_first(command, lambda: _HELP)
        if command.multirun:
            raise UserError("a screening takes no --multirun")
        from simulator.cli.configuration.hydra_app import compose_validated, drive, prepared

        with prepared(command, "screen") as (self._folders, arguments):
            if not command.show:
                compose_validated(arguments, self._folders)
            drive(self._job, self._folders, arguments, command.show)
        return self._code

    def _job(self, config: "DictConfig") -> None:
        """The task that Hydra calls, once."""
        self._code = attempted(lambda: self._screen(config))

    def _screen(self, config: "DictConfig") -> None:
        from simulator.cli.configuration.hydra_app import job_folder
        from simulator.explain.screening import LIST

        with job_folder(config, LIST) as job:
            self._list(config, job)

    def _list(self, config: "DictConfig", job: "Job") -> None:
        """The screening in its folder, which is held."""
        from simulator.cli.configuration.hydra_app import validated
        from simulator.cli.configuration.inputs import request_from
        from simulator.cli.terminal.progress import make_progress
        from simulator.explain.screening import LIST_NAME, list_text, screen
        from simulator.settings import ScreenSettings
        from simulator.validation import build

        inputs, plain = validated(config, job.overrides, self._folders)
        chosen = plain.get("screen")
        settings = build("screen", ScreenSettings, chosen if isinstance(chosen, dict) else {})
        request = request_from(inputs, job.chosen, self._folders, plain, job.overrides)
        fit = None if settings.fit is None else Path(settings.fit)
        with speaking(request.report.language):
            progress = make_progress()
            try:
                found, moving = screen(request, fit, settings.keep, progress)
            finally:
                progress.finish()
            command = " ".join(["loanstress screen", *job.overrides])
            _write(job.folder, list_text(found, request, command))
            for each in found:
                share = f"{100.0 * each.effect:6.2f} %"
                print(f"{each.name:<36} {tr('{share} of the book', share=share)}")
            print(
                tr(
                    "{moving} of all move a worth; {n} written to {file}",
                    moving=moving,
                    n=len(found),
                    file=shown(job.folder / LIST_NAME),
                )
            )


def _write(folder: Path, text: str) -> None:
    from simulator.explain.screening import LIST, LIST_NAME
    from simulator.results.run_folder import NEXT, commit
    from simulator.results.store import write_files, writer_of

    write_files(folder / NEXT, {LIST_NAME: writer_of(text)})
    commit(folder, LIST)


if __name__ == "__main__":
    sys.exit(main())
