"""The command ``loanstress run``: reads and checks what was asked, runs it, says what came out.

Heavy modules are imported where they are needed, so that ``--help`` and a user's mistake are
answered at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.block_names import blocks_in
from simulator.cli.arguments import Command, read_arguments
from simulator.cli.configuration.folders import ConfigFolders, find_folders, shown
from simulator.cli.exits import EXIT_OK, concluded, tell, told
from simulator.cli.help import answer_first, help_text
from simulator.cli.resume import KEY, noted, resumed
from simulator.cli.running import request_of, run_told
from simulator.report.kit.language import speaking, tr
from simulator.results.run_folder import FINISH, is_whole

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.results.run import Run
    from simulator.settings import LanguageCode


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    session = _Session()
    return concluded(read_arguments, session.answer, argv, session.what_is_left)


class _Session:
    """One run, or the sweep of which it is told by ``Sweep``."""

    def __init__(self) -> None:
        self._typed: tuple[str, ...] = ()
        self._resumes = False
        self._blocks_before = 0
        self._folders: ConfigFolders
        self._folder: Path | None = None
        self._language: LanguageCode = "en"
        self._code = EXIT_OK
        self._finished: Run | None = None
        self._what_is_left = self._left_of_a_run

    def answer(self, command: Command) -> int:
        """Help, or the run or sweep that was asked for."""
        answer_first(command, lambda: help_text(find_folders(command.config_dirs)))
        typed, command = command, resumed(command)
        self._resumes = typed is not command
        self._typed = command.overrides
        from simulator.cli.configuration.hydra_app import compose_inputs, drive, prepared

        with prepared(command) as (self._folders, arguments):
            if command.multirun:
                from simulator.cli.sweep import Sweep

                sweep = Sweep(command, self._folders)
                self._what_is_left = sweep.what_is_left
                return sweep.answer(arguments)
            if not command.show:
                compose_inputs(arguments, self._folders)
            drive(self._job, self._folders, arguments, command.show)
            return self._conclude() if not command.show else EXIT_OK

    def what_is_left(self) -> str:
        """What an interrupted user needs to know."""
        return self._what_is_left()

    def _left_of_a_run(self) -> str:
        folder = self._folder
        if folder is not None and is_whole(folder):
            return f"the data are whole: {FINISH} {shown(folder)} puts them in place"
        if folder is not None and blocks_in(folder) > self._blocks_before:
            return f"{blocks_in(folder)} blocks of paths are kept: {KEY}={shown(folder)} goes on"
        return "an unfinished run leaves no results"

    def _job(self, config: "DictConfig") -> None:
        """Run it in its folder, which nobody else may use meanwhile."""
        from simulator.cli.configuration.hydra_app import job_folder

        try:
            with job_folder(config) as job:
                self._folder = job.folder
                self._blocks_before = 0 if self._resumes else blocks_in(job.folder)
                request = request_of(config, job, self._folders)
                self._language = request.report.language
                with noted(job.folder, self._typed), speaking(self._language):
                    self._finished, self._code = run_told(request, job.folder)
        except Exception as trouble:
            error, self._code = told(trouble)
            tell(error)

    def _conclude(self) -> int:
        """Print the answer; the exit code."""
        if self._finished is not None and self._folder is not None:
            from simulator.cli.terminal.result import tell_run

            with speaking(self._language):
                tell_run(self._finished)
                print(tr("Written to {folder}", folder=shown(self._folder)))
        return self._code


if __name__ == "__main__":
    sys.exit(main())
