"""The command line: reads and checks what was asked, runs it, says what came out.

The only importer of Hydra. Heavy modules are imported where they are needed, so that ``--help``
and a user's mistake are answered at once.
"""

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.arguments import Command, read_arguments
from simulator.cli.folders import LIST_GROUPS, ConfigFolders, find_folders, shown
from simulator.cli.help import help_text, product_version
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.cli.inputs import Inputs
    from simulator.cli.overrides import Override
    from simulator.cli.sweep import JobRecord
    from simulator.results.summary import SummaryRow

EXIT_OK = 0
EXIT_DEFECT = 1
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit code."""
    try:
        code = _answer(read_arguments(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except UserError as error:
        _tell(str(error))
        return EXIT_MISTAKE
    except KeyboardInterrupt:
        print("\ninterrupted; an unfinished run leaves no results", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        return EXIT_DEFECT
    except OSError as error:
        _tell(f"files: {_trouble(error)}")
        return EXIT_MISTAKE
    except Exception as error:
        _tell(_defect(error))
        return EXIT_DEFECT


def _tell(message: str) -> None:
    first, *rest = message.splitlines() or [""]
    print("\n".join([f"error: {first}", *(f"       {line}" for line in rest)]), file=sys.stderr)


def _defect(error: Exception) -> str:
    if os.environ.get("LOANSTRESS_DEBUG") == "1":
        traceback.print_exception(error, file=sys.stderr)
    what = clip(f"{type(error).__name__}: {error}", 300)
    return f"a defect of the program, please report it: {what} (LOANSTRESS_DEBUG=1 shows more)"


def _answer(command: Command) -> int:
    if command.version:
        print(f"loanstress {product_version()}")
        return EXIT_OK
    if command.help:
        print(help_text(find_folders(command.config_dirs)), end="")
        return EXIT_OK
    from simulator.cli.overrides import check_overrides, for_hydra
    from simulator.cli.yaml_scan import scan

    overrides = [_parse(text) for text in command.overrides]
    search = [o for o in overrides if o.key == "hydra.searchpath"]
    folders = find_folders([*command.config_dirs, *(f for o in search for f in _folder_names(o))])
    scan(folders)
    check_overrides(overrides, folders, multirun=command.multirun)
    arguments = [for_hydra(o) for o in overrides if o not in search]
    arguments.append(search_path(folders))
    session = _Session(folders, sweeps=command.multirun)
    if not command.show and not command.multirun:
        compose_inputs(arguments, folders)
    _drive(session, [*command.show, *(["--multirun"] * command.multirun), *arguments])
    return session.conclude() if not command.show else EXIT_OK


def _parse(text: str) -> "Override":
    """One argument read by Hydra's grammar, as plain values."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ChoiceSweep, OverrideType
    from hydra.errors import HydraException

    from simulator.cli.overrides import Override

    parser = OverridesParser.create()
    try:
        found = parser.parse_override(text)
    except HydraException:
        key, _, typed = text.partition("=")
        hint = "arguments are KEY=VALUE, quoted as in 'book.path=\"my file.csv\"'"
        if typed and not set(typed) & set("\"'[]{}\\"):
            with suppress(HydraException):
                parser.parse_override(f'{key}="{typed}"')
                hint = (
                    "a value with other than plain letters needs inner quotes, in a shell:"
                    f" {key}='\"{clip(typed, 200)}\"'"
                )
        raise UserError(f"{clip(text)} cannot be read; {hint}") from None
    value = found.value()
    if isinstance(value, ChoiceSweep):
        values = tuple(_plain_value(item) for item in value.list)
    elif found.is_sweep_override() or found.type is OverrideType.DEL:
        values = ()
    else:
        values = (_plain_value(value),)
    return Override(
        text=text,
        key=found.key_or_group,
        package=found.package,
        deletes=found.type is OverrideType.DEL,
        sweeps=found.is_sweep_override(),
        values=values,
    )


def _plain_value(value: object) -> object:
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return getattr(value, "text", value)


def _folder_names(override: "Override") -> list[str]:
    (value,) = override.values or ([],)
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]


def search_path(folders: ConfigFolders) -> str:
    """The argument that tells Hydra every folder beside the main one."""
    names = [f"file://{folder}" for folder in folders.searched_after_configs]
    quoted = (name.replace("\\", "\\\\").replace("'", "\\'") for name in names)
    listed = ",".join(f"'{name}'" for name in quoted)
    return f"hydra.searchpath=[{listed}]"


@contextmanager
def _hydra_mistakes() -> Iterator[None]:
    """Hydra's own refusals as a ``UserError`` of at most three lines."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
        lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
        raise UserError("\n".join(clip(line, 200) for line in lines[:3])) from None


def compose_inputs(arguments: Sequence[str], folders: ConfigFolders) -> "Inputs":
    """Compose and validate without running, before Hydra makes any folder."""
    from hydra import compose, initialize_config_dir

    with (
        _hydra_mistakes(),
        initialize_config_dir(str(folders.configs), job_name="simulator", version_base="1.3"),
    ):
        config = compose("config", list(arguments))
    return _validated(config, arguments, folders)[0]


def _validated(
    config: "DictConfig", arguments: Sequence[str], folders: ConfigFolders
) -> tuple["Inputs", dict[str, object]]:
    """The typed inputs and the plain configuration, ``status_quo`` added."""
    from omegaconf import OmegaConf

    from simulator.cli.inputs import add_reference, read_inputs
    from simulator.cli.overrides import chosen_names

    with _hydra_mistakes():
        missing = sorted(OmegaConf.missing_keys(config))
        if missing:
            raise UserError("\n".join(f"{key} must be given: {key}=VALUE" for key in missing))
        container = OmegaConf.to_container(config, resolve=True)
    assert isinstance(container, dict)
    plain = add_reference({str(key): value for key, value in container.items()}, folders)
    chosen = {group: chosen_names(group, arguments, folders) for group in LIST_GROUPS}
    return read_inputs(plain, chosen), plain


def _drive(session: "_Session", arguments: Sequence[str]) -> None:
    """Let Hydra make the folders and call ``session`` for each job."""
    import hydra

    main_folder = str(session.folders.configs)
    app = hydra.main(version_base="1.3", config_path=main_folder, config_name="config")(session.job)
    saved_arguments, saved_mode = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = ["loanstress", *arguments]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors arrive here as exceptions, not on stderr
    try:
        with _hydra_mistakes():
            app()
    except OSError as error:
        raise UserError(
            f"the output folder (hydra.run.dir, hydra.sweep.dir) must be one that can be written;"
            f" got {_trouble(error)}"
        ) from None
    finally:
        sys.argv = saved_arguments
        os.environ.pop("HYDRA_FULL_ERROR")
        if saved_mode is not None:
            os.environ["HYDRA_FULL_ERROR"] = saved_mode


def _trouble(error: OSError) -> str:
    where = f"{clip(error.filename, 200)}: " if error.filename else ""
    return f"{where}{error.strerror or clip(error)}"


class _Session:
    """The task that Hydra calls for each job, and what became of the jobs."""

    def __init__(self, folders: ConfigFolders, *, sweeps: bool) -> None:
        self.folders = folders
        self._sweeps = sweeps
        self._records: list[JobRecord] = []
        self._folder = Path()
        self._code = EXIT_OK

    def job(self, config: "DictConfig") -> None:
        """Run one job; its failure is recorded, so that a sweep goes on."""
        from hydra.core.hydra_config import HydraConfig

        from simulator.cli.overrides import plain
        from simulator.cli.sweep import JobRecord

        context = HydraConfig.get()
        overrides = tuple(plain(text) for text in context.overrides.task)
        number = int(context.job.num) if self._sweeps else 0
        output = Path(context.runtime.output_dir)
        self._folder = Path(context.sweep.dir).absolute() if self._sweeps else output
        if self._sweeps:
            print(f"job {number}: {' '.join(overrides)}", file=sys.stderr)
        error = ""
        rows: tuple[SummaryRow, ...] = ()
        findings: tuple[str, ...] = ()
        try:
            rows, findings = self._run(
                config, str(context.runtime.choices["book"]), overrides, output
            )
        except UserError as mistake:
            error, self._code = str(mistake), self._code or EXIT_MISTAKE
        except OSError as mistake:
            error, self._code = f"files: {_trouble(mistake)}", self._code or EXIT_MISTAKE
        except MemoryError:
            error = "not enough memory: lower run.path_batch, run.threads or book.borrowers"
            self._code = self._code or EXIT_MISTAKE
        except Exception as defect:
            error, self._code = _defect(defect), EXIT_DEFECT
        if error:
            _tell(error)
        self._records.append(JobRecord(number, " ".join(overrides), error, rows, findings))

    def _run(
        self, config: "DictConfig", book_name: str, overrides: tuple[str, ...], output: Path
    ) -> tuple[tuple["SummaryRow", ...], tuple[str, ...]]:
        inputs, plain = _validated(config, overrides, self.folders)

        from simulator.cli.terminal import make_progress
        from simulator.experiment import ExperimentRequest, run_experiment
        from simulator.results.break_even import in_words
        from simulator.results.store import read_summary

        request = ExperimentRequest(
            book=inputs.book,
            book_name=book_name,
            scenarios=inputs.scenarios,
            policies=inputs.policies,
            run=inputs.run,
            report=inputs.report,
            parameters=inputs.parameters,
            break_even=inputs.break_even,
            provision=inputs.provision,
            table_folders=self.folders.table_folders,
            configuration=plain,
            overrides=overrides,
        )
        print(
            f"book {book_name}; scenarios {', '.join(inputs.scenarios)};"
            f" policies {', '.join(inputs.policies)};"
            f" {inputs.run.paths} paths of {inputs.run.months} months",
            file=sys.stderr,
        )
        progress = make_progress()
        try:
            outcome = run_experiment(request, output, progress)
        finally:
            progress.finish()
        currency = str(outcome.dataset.attrs["currency"])
        findings = tuple(in_words(answer, currency) for answer in outcome.break_evens)
        return tuple(read_summary(output / "summary.csv")), findings

    def conclude(self) -> int:
        """Print the answer (one run) or write sweep.csv (a sweep); the exit code."""
        if not self._sweeps:
            for record in self._records:
                if not record.error:
                    from simulator.cli.terminal import closing_table

                    closing_table(record.rows)
                    print(*(f"{finding}\n" for finding in record.findings), sep="", end="")
                    print(f"Written to {shown(self._folder)}")
        elif self._records:
            from simulator.cli.sweep import write_sweep

            path = write_sweep(self._folder, self._records)
            failed = sum(record.status == "failed" for record in self._records)
            print(f"{len(self._records)} jobs, {failed} failed: {shown(path)}")
        return self._code


if __name__ == "__main__":
    sys.exit(main())
