"""One job, alone or of a sweep: what it is asked to do, and its run with all that is told of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.configuration.folders import ConfigFolders, shown
from simulator.cli.exits import EXIT_DEFECT, EXIT_OK, tell, told
from simulator.report.kit.language import tr

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.cli.configuration.hydra_app import Job
    from simulator.request import ExperimentRequest
    from simulator.results.run import Run


def request_of(config: "DictConfig", job: "Job", folders: ConfigFolders) -> "ExperimentRequest":
    """What a job is asked to do."""
    from simulator.cli.configuration.hydra_app import validated

    inputs, plain = validated(config, job.overrides, folders)

    from simulator.cli.configuration.inputs import request_from
    from simulator.cli.configuration.stored import with_earlier

    request = request_from(inputs, job.chosen, folders, plain, job.overrides)
    return with_earlier(request, folders)


def run_told(request: "ExperimentRequest", output: Path) -> "tuple[Run, int]":
    """Run it, and tell its warnings in the language of the report; its exit code too."""
    from simulator.cli.terminal.progress import make_progress
    from simulator.cli.terminal.result import head_line, tell_warnings
    from simulator.experiment import run_experiment

    print(head_line(request), file=sys.stderr)
    progress, code = make_progress(), EXIT_OK
    try:
        run = run_experiment(request, output, progress)
    finally:
        progress.finish()
    for failed in run.failed_checks:
        code = EXIT_DEFECT
        tell(failed)
    tell_warnings(run.warnings, request.report.language)
    if run.failure is not None:
        code = EXIT_DEFECT
        _tell_failure(run.failure, output)
    return run, code


def _tell_failure(failure: Exception, output: Path) -> None:
    """What ended an explanation or the pages; the data stand."""
    error, _ = told(failure)
    again = f"loanstress report {shown(output)}"
    hint = tr("the data are whole; {command} makes the report again", command=again)
    tell(f"{error}\n{hint}")
