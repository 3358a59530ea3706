"""The command ``loanstress run``: reads and checks what was asked, runs it, says what came out.

Heavy modules are imported where they are needed, so that ``--help`` and a user's mistake are
answered at once.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.arguments import Command, read_arguments
from simulator.cli.configuration.folders import ConfigFolders, find_folders, shown
from simulator.cli.exits import EXIT_DEFECT, EXIT_OK, concluded, tell, told
from simulator.cli.help import answer_first, help_text
from simulator.report.kit.language import speaking, tr
from simulator.results.run_folder import FINISH, is_whole

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.cli.configuration.hydra_app import Job
    from simulator.cli.sweep import JobRecord
    from simulator.request import ExperimentRequest
    from simulator.results.run import Run
    from simulator.settings import LanguageCode


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    session = _Session()
    return concluded(read_arguments, session.answer, argv, session.what_is_left)


class _Session:
    """The task that Hydra calls for each job, and what became of the jobs."""

    def __init__(self) -> None:
        self._folders: ConfigFolders
        self._sweeps = False
        self._records: list[JobRecord] = []
        self._folder = Path()
        self._job_folder: Path | None = None
        self._language: LanguageCode = "en"
        self._code = EXIT_OK
        self._finished: Run | None = None
        """The run of a command that is no sweep."""

    def answer(self, command: Command) -> int:
        """Help, or the run or sweep that was asked for."""
        answer_first(command, lambda: help_text(find_folders(command.config_dirs)))
        from simulator.cli.configuration.hydra_app import compose_inputs, drive, prepared

        self._sweeps = command.multirun
        with prepared(command) as (self._folders, arguments):
            if not command.show and not command.multirun:
                compose_inputs(arguments, self._folders)
            flags = [*command.show, *(["--multirun"] * command.multirun)]
            drive(self._job, self._folders, arguments, flags)
            return self._conclude() if not command.show else EXIT_OK

    def what_is_left(self) -> str:
        """What an interrupted user needs to know."""
        folder = self._job_folder
        if folder is not None and is_whole(folder):
            return f"the data are whole: {FINISH} {shown(folder)} puts them in place"
        return "an unfinished run leaves no results"

    def _job(self, config: "DictConfig") -> None:
        """Run one job; its failure is recorded, so that a sweep goes on."""
        from simulator.cli.configuration.hydra_app import running_job
        from simulator.cli.sweep import JobRecord, remove_sweep

        job = running_job()
        number = job.number if self._sweeps else 0
        self._folder = job.sweep_folder.absolute() if self._sweeps else job.folder
        if self._sweeps and not self._records:
            remove_sweep(self._folder)
        if self._sweeps:
            print(f"job {number}: {' '.join(job.overrides)}", file=sys.stderr)
        record = JobRecord(number, " ".join(job.overrides))
        try:
            record = self._held(config, record)
        except Exception as trouble:
            record = self._failed(record, trouble)
        self._records.append(record)

    def _held(self, config: "DictConfig", record: "JobRecord") -> "JobRecord":
        """The job in its folder, which nobody else may use meanwhile."""
        from simulator.cli.configuration.hydra_app import job_folder

        with job_folder(config) as job:
            self._job_folder = job.folder
            request = self._request(config, job)
            self._language = request.report.language
            with speaking(self._language):
                return self._run(request, record, job.folder)

    def _failed(self, record: "JobRecord", trouble: Exception) -> "JobRecord":
        error, code = told(trouble)
        self._code = code if code == EXIT_DEFECT else self._code or code
        tell(error)
        return replace(record, error=error)

    def _request(self, config: "DictConfig", job: "Job") -> "ExperimentRequest":
        from simulator.cli.configuration.hydra_app import validated

        inputs, plain = validated(config, job.overrides, self._folders)

        from simulator.cli.configuration.inputs import request_from
        from simulator.cli.configuration.stored import with_earlier
        from simulator.explain.assumptions import without_assumptions

        request = request_from(inputs, job.chosen, self._folders, plain, job.overrides)
        request = with_earlier(request, self._folders)
        if self._sweeps and not any(item.startswith("assumptions") for item in job.overrides):
            return without_assumptions(request)
        return request

    def _run(self, request: "ExperimentRequest", record: "JobRecord", output: Path) -> "JobRecord":
        """Run it, and tell its warnings in the language of the report."""
        from simulator.cli.terminal.progress import make_progress
        from simulator.cli.terminal.result import head_line, tell_warnings
        from simulator.experiment import run_experiment

        print(head_line(request), file=sys.stderr)
        progress = make_progress()
        try:
            run = run_experiment(request, output, progress)
        finally:
            progress.finish()
        for failed in run.failed_checks:
            self._code = EXIT_DEFECT
            tell(failed)
        tell_warnings(run.warnings, request.report.language)
        if run.failure is not None:
            self._tell_failure(run.failure, output)
        if self._sweeps:
            return replace(record, rows=run.summary)
        self._finished = run
        return record

    def _tell_failure(self, failure: Exception, output: Path) -> None:
        """What ended an explanation or the pages; the data stand."""
        self._code = EXIT_DEFECT
        error, _ = told(failure)
        again = f"loanstress report {shown(output)}"
        hint = tr("the data are whole; {command} makes the report again", command=again)
        tell(f"{error}\n{hint}")

    def _conclude(self) -> int:
        """Print the answer (one run) or write sweep.csv (a sweep); the exit code."""
        if self._finished is not None:
            from simulator.cli.terminal.result import tell_run

            with speaking(self._language):
                tell_run(self._finished)
                print(tr("Written to {folder}", folder=shown(self._folder)))
        elif self._sweeps and self._records:
            from simulator.cli.sweep import write_sweep

            path = write_sweep(self._folder, self._records)
            failed = sum(record.status == "failed" for record in self._records)
            print(f"{len(self._records)} jobs, {failed} failed: {shown(path)}")
        return self._code


if __name__ == "__main__":
    sys.exit(main())
