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

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.cli.configuration.hydra_app import Job
    from simulator.cli.sweep import JobRecord
    from simulator.request import ExperimentRequest
    from simulator.results.run import Run
    from simulator.settings import LanguageCode


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    return concluded(read_arguments, _answer, argv, lambda: "an unfinished run leaves no results")


def _answer(command: Command) -> int:
    answer_first(command, lambda: help_text(find_folders(command.config_dirs)))
    from simulator.cli.configuration.hydra_app import compose_inputs, drive, prepared

    with prepared(command) as (folders, arguments):
        session = _Session(folders, sweeps=command.multirun)
        if not command.show and not command.multirun:
            compose_inputs(arguments, folders)
        flags = [*command.show, *(["--multirun"] * command.multirun)]
        drive(session.job, folders, [*flags, *arguments])
        return session.conclude() if not command.show else EXIT_OK


class _Session:
    """The task that Hydra calls for each job, and what became of the jobs."""

    def __init__(self, folders: ConfigFolders, *, sweeps: bool) -> None:
        self.folders = folders
        self._sweeps = sweeps
        self._records: list[JobRecord] = []
        self._folder = Path()
        self._language: LanguageCode = "en"
        self._code = EXIT_OK
        self._finished: Run | None = None
        """The run of a command that is no sweep."""

    def job(self, config: "DictConfig") -> None:
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
            request = self._request(config, job)
            self._language = request.report.language
            with speaking(self._language):
                record = self._run(request, record, job.folder)
        except Exception as trouble:
            error, code = told(trouble)
            record = replace(record, error=error)
            self._code = code if code == EXIT_DEFECT else self._code or code
            tell(error)
        self._records.append(record)

    def _request(self, config: "DictConfig", job: "Job") -> "ExperimentRequest":
        from simulator.cli.configuration.hydra_app import validated

        inputs, plain = validated(config, job.overrides, self.folders)

        from simulator.cli.configuration.inputs import request_from
        from simulator.explain.assumptions import without_assumptions

        request = request_from(inputs, job.chosen, self.folders, plain, job.overrides)
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
        if self._sweeps:
            return replace(record, rows=run.summary)
        self._finished = run
        return record

    def conclude(self) -> int:
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
