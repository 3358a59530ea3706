"""The command ``loanstress fit``: learns parameters from what a lender has seen.

Composes the same groups as ``loanstress run``. Heavy modules are imported where they are
needed, so that ``--help`` and a user's mistake are answered at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.arguments import Command, read_arguments
from simulator.cli.configuration.folders import ConfigFolders, find_folders
from simulator.cli.exits import EXIT_OK, attempted, concluded
from simulator.cli.help import answer_first, calibration_help_text
from simulator.report.kit.language import speaking
from simulator.validation import UserError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.calibrate.settings import CalibrationSettings
    from simulator.cli.configuration.hydra_app import Job
    from simulator.cli.configuration.inputs import Inputs


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    session = _Session()
    return concluded(read_arguments, session.answer, argv, session.how_to_resume)


class _Session:
    """One calibration, from the command line to its last line on the terminal."""

    def __init__(self) -> None:
        self._folders: ConfigFolders
        self._folder: Path | None = None
        self._code = EXIT_OK

    def answer(self, command: Command) -> int:
        """Help, or the calibration that was asked for."""
        answer_first(command, lambda: calibration_help_text(find_folders(command.config_dirs)))
        if command.multirun:
            raise UserError(
                "a calibration takes no --multirun; run one after another, each with its own"
                " hydra.run.dir"
            )
        from simulator.cli.configuration.hydra_app import compose_validated, drive, prepared

        with prepared(command, "fit") as (self._folders, arguments):
            if not command.show:
                self._settings(*compose_validated(arguments, self._folders), arguments)
            drive(self._job, self._folders, arguments, command.show)
        return self._code

    def how_to_resume(self) -> str:
        """What an interrupted user needs to know."""
        from simulator.cli.terminal.fit import resume_hint

        return resume_hint(self._folder)

    def _settings(
        self, inputs: "Inputs", plain: dict[str, object], arguments: Sequence[str]
    ) -> "CalibrationSettings":
        """The calibration that was chosen, checked."""
        from simulator.cli.configuration.calibration import read_calibration
        from simulator.cli.configuration.overrides import chosen_names

        chosen = plain.get("calibration")
        if chosen is None or not chosen_names("calibration", arguments, self._folders):
            names = ", ".join(self._folders.choices("calibration")) or "none yet"
            raise UserError(
                "calibration must be chosen, with calibration=NAME or by an experiment;"
                f" there are: {names}"
            )
        if len(inputs.scenarios) != 1:
            raise UserError(
                "a calibration has one history: choose it with scenario=[NAME];"
                f" got {', '.join(inputs.scenarios)}"
            )
        return read_calibration(chosen)

    def _job(self, config: "DictConfig") -> None:
        """The task that Hydra calls, once."""
        self._code = attempted(lambda: self._calibrate(config))

    def _calibrate(self, config: "DictConfig") -> None:
        from simulator.calibrate.store import FIT
        from simulator.cli.configuration.hydra_app import job_folder

        with job_folder(config, FIT) as job:
            self._folder = job.folder
            self._fit(config, job)

    def _fit(self, config: "DictConfig", job: "Job") -> None:
        """The calibration in its folder, which is held."""
        from simulator.cli.configuration.hydra_app import validated

        inputs, plain = validated(config, job.overrides, self._folders)
        settings = self._settings(inputs, plain, job.overrides)

        from simulator.calibrate.calibration import calibrate
        from simulator.cli.configuration.inputs import request_from
        from simulator.cli.terminal.fit import head_line, tell_fit
        from simulator.cli.terminal.progress import make_progress

        request = request_from(inputs, job.chosen, self._folders, plain, job.overrides)
        with speaking(request.report.language):
            print(head_line(settings), file=sys.stderr)
            progress = make_progress()
            try:
                outcome = calibrate(request, settings, job.folder, progress)
            finally:
                progress.finish()
            tell_fit(outcome.fit, outcome.warnings, job.folder, job.chosen.calibration)


if __name__ == "__main__":
    sys.exit(main())
