"""A sweep: every job checked before the first, run by any launcher of Hydra, told in one table."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from simulator.block_names import blocks_in
from simulator.cli.arguments import Command
from simulator.cli.configuration.folders import ConfigFolders, shown
from simulator.cli.configuration.groups import LAUNCHER
from simulator.cli.exits import EXIT_DEFECT, EXIT_OK, tell, told
from simulator.cli.job_records import (
    JobRecord,
    forget,
    forget_others,
    is_there,
    record_of,
    remove_sweep,
    seconds_left,
    write_record,
    write_sweep,
)
from simulator.report.kit.language import speaking
from simulator.results.files import REPORT_NAME
from simulator.validation import UserError, clip, refuse

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.cli.configuration.hydra_app import Job
    from simulator.cli.configuration.sweep_jobs import SweepPlan
    from simulator.request import ExperimentRequest

MOST_COMPOSED: Final = 50
"""Jobs up to which each is composed before the first runs; of more, each swept value is."""


class Sweep:
    """The task that a launcher calls for each job, perhaps in other processes; its table after."""

    def __init__(self, command: Command, folders: ConfigFolders) -> None:
        self._command = command
        self._folders = folders
        self._folder: Path | None = None
        self._plan: SweepPlan
        self._process = os.getpid()

    def answer(self, arguments: Sequence[str]) -> int:
        """Check all jobs, run those that are not there, write sweep.csv; the exit code."""
        from simulator.cli.configuration.hydra_app import drive, sweep_plan

        self._plan = sweep_plan(arguments, self._folders)
        self._check()
        try:
            drive(self.job, self._folders, arguments, ["--multirun"], self._begin)
        except UserError:
            raise
        except Exception as error:
            if self._folder is None:
                raise
            self._launcher_failed(error)
        return self._conclude()

    def _launcher_failed(self, error: Exception) -> None:
        """A job was killed, and the launcher gave up: what others left is in the table."""
        what = clip(f"{type(error).__name__}: {' '.join(str(error).split())}", 200)
        tell(
            f"the launcher ended before its jobs ({what})\njobs that it has started may run on; the"
            " same command takes what they leave"
        )

    def what_is_left(self) -> str:
        """What an interrupted user needs to know."""
        if self._folder is None:
            return "nothing was run"
        records = [record_of(self._folder, job) for job in range(len(self._plan.jobs))]
        done = sum(record is not None and not record.error for record in records)
        started = "; jobs that the launcher has started may run on" * self._has_launcher
        return (
            f"{done} of {len(records)} jobs are done: the same command with"
            f" hydra.sweep.dir={shown(self._folder)} goes on{started}"
        )

    @property
    def _has_launcher(self) -> bool:
        """Whether jobs may run in other processes than this one."""
        words = (text.partition("=") for text in self._command.overrides)
        return any(key == LAUNCHER and name != "basic" for key, _, name in words)

    def _check(self) -> None:
        """Refuse the sweep for what any of its jobs would be refused for."""
        from simulator.cli.configuration.hydra_app import compose_inputs

        mistakes: dict[str, None] = {}
        for job in self._plan.samples(MOST_COMPOSED):
            try:
                compose_inputs(job, self._folders)
            except UserError as error:
                mistakes |= dict.fromkeys(str(error).splitlines())
        refuse(list(mistakes))

    def _begin(self, folder: Path) -> None:
        """In the folder of the sweep, which is held from now on."""
        self._folder = folder
        remove_sweep(folder)
        forget_others(folder, [self._plan.token(job) for job in range(len(self._plan.jobs))])

    def job(self, config: "DictConfig") -> None:
        """Run one job and leave its record; its failure ends no other."""
        from simulator.cli.configuration.hydra_app import forget, running_job

        job = running_job()
        sweep, total = job.sweep_folder.absolute(), len(self._plan.jobs)
        left = seconds_left(sweep, total, job.at_once(total))
        wait = "" if left is None else f", {_rounded(left)} left"
        words = " ".join(job.overrides)
        print(f"job {job.number + 1} of {total}{wait}: {words}", file=sys.stderr, flush=True)
        record = JobRecord(
            job.number,
            words,
            self._plan.values(job.number),
            os.path.relpath(job.folder, sweep),
            self._plan.token(job.number),
        )
        try:
            with self._policies():
                record = self._run(config, record)
        except Exception as trouble:
            error, code = told(trouble)
            tell(error)
            record = replace(record, error=error, code=code)
        write_record(sweep, record)
        forget(config)

    @contextmanager
    def _policies(self) -> Iterator[None]:
        """A user's own kinds of policies, in a process that has not read their files."""
        from simulator.cli.configuration.hydra_app import own_policies

        if os.getpid() == self._process:
            yield
            return
        with own_policies(self._command):
            yield

    def _run(self, config: "DictConfig", record: JobRecord) -> JobRecord:
        """The job in its folder, unless its results are there."""
        from simulator.cli.configuration.hydra_app import job_folder
        from simulator.cli.running import request_of, run_told
        from simulator.identity import identity

        began = perf_counter()
        with job_folder(config) as job:
            request = self._request(request_of(config, job, self._folders), job)
            record = replace(record, identity=identity(request))
            sweep = job.sweep_folder.absolute()
            known = is_there(sweep, record.job, job.folder, record.identity)
            if known and _has_asked(job, request):
                print("its results are there", file=sys.stderr)
                return record
            forget(sweep, record.job)
            with speaking(request.report.language):
                _, code = run_told(request, job.folder)
        return replace(record, code=code, seconds=perf_counter() - began)

    def _request(self, request: "ExperimentRequest", job: "Job") -> "ExperimentRequest":
        """Trials, pages and blocks are a single run's unless they are typed; threads are shared."""
        from simulator.engine import thread_count
        from simulator.explain.assumptions import without_assumptions

        typed = {text.partition("=")[0] for text in job.overrides}
        if not any(key.startswith("assumptions") for key in typed):
            request = without_assumptions(request)
        if not any(key.startswith("report") for key in typed):
            request = replace(request, report=request.report.model_copy(update={"enabled": False}))
        changes: dict[str, object] = {}
        if "run.keep_blocks" not in typed:
            changes["keep_blocks"] = False
        at_once = job.at_once(len(self._plan.jobs))
        if not request.run.threads and at_once > 1:
            changes["threads"] = max(1, thread_count(request.run) // at_once)
        return replace(request, run=request.run.model_copy(update=changes))

    def _conclude(self) -> int:
        """Write sweep.csv from what the jobs left; the exit code is that of the worst job."""
        if self._folder is None:
            return EXIT_OK
        path, records = write_sweep(self._folder, len(self._plan.jobs), self._plan.keys)
        failed = sum(record.status == "failed" for record in records)
        print(f"{len(records)} jobs, {failed} failed: {shown(path)}")
        codes = {record.code for record in records} - {EXIT_OK}
        return EXIT_DEFECT if EXIT_DEFECT in codes else max(codes, default=EXIT_OK)


def _has_asked(job: "Job", request: "ExperimentRequest") -> bool:
    """Whether a job's folder has the page and the blocks that are asked for."""
    has_page = (job.folder / REPORT_NAME).is_file() or not request.report.enabled
    return has_page and bool(blocks_in(job.folder) or not request.run.keep_blocks)


def _rounded(seconds: float) -> str:
    from simulator.needs import duration

    return clip(duration(seconds))
