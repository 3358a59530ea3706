"""Hydra behind both commands: arguments read and checked, composed, driven job by job.

The one importer of Hydra beside the commands themselves, and only inside functions, so that
``--help`` and a user's mistake are answered at once.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulator.cli.arguments import Command
from simulator.cli.configuration.folders import ConfigFolders, check_place, find_folders
from simulator.cli.configuration.groups import lists
from simulator.cli.configuration.renamed import renamed_argument, renamed_keys
from simulator.cli.configuration.sweep_jobs import SweepPlan
from simulator.cli.exits import trouble
from simulator.results.holding import held
from simulator.results.run_folder import (
    CONFIGURATION,
    RUN,
    Files,
    new_folder,
    replacing,
)
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from simulator.cli.configuration.inputs import Chosen, Inputs
    from simulator.cli.configuration.overrides import Override


def checked(command: Command, name: str = "run") -> tuple[ConfigFolders, list[str]]:
    """Folders and arguments of ``command`` as Hydra gets them, after every file and key was read.

    ``name``: run, fit or screen, which read different groups. A ``UserError`` holds every mistake.
    """
    from simulator.cli.configuration.overrides import (
        asked_for,
        check_overrides,
        for_hydra,
        own_products,
    )
    from simulator.cli.configuration.unread import refuse_other_commands
    from simulator.cli.configuration.yaml_scan import scan

    check_place("the folder that the command is called in", Path.cwd())
    overrides = [_parse(renamed_argument(text)) for text in command.overrides]
    search = [o for o in overrides if o.key == "hydra.searchpath"]
    folders = find_folders([*command.config_dirs, *(f for o in search for f in _folder_names(o))])
    for warning in scan(folders, asked_for(overrides)):
        print(f"warning: {warning}; the file is left alone", file=sys.stderr)
    check_overrides(overrides, folders, multirun=command.multirun)
    if not command.show:
        refuse_other_commands(overrides, name, multirun=command.multirun)
    arguments = [for_hydra(o, folders) for o in overrides if o not in search]
    return folders, [*arguments, *own_products(folders), search_path(folders)]


@contextmanager
def prepared(command: Command, name: str = "run") -> Iterator[tuple[ConfigFolders, list[str]]]:
    """``checked``; kinds of policies in the files that ``command`` names are known meanwhile."""
    with own_policies(command):
        yield checked(command, name)


@contextmanager
def own_policies(command: Command) -> Iterator[None]:
    """The kinds of policies in the files that ``command`` names are known meanwhile."""
    if not command.policy_paths:
        yield
        return
    from simulator.policies import POLICY_KINDS
    from simulator.policies.own_kinds import kinds_of_files

    with kinds_of_files(command.policy_paths, POLICY_KINDS):
        yield


def _parse(text: str) -> "Override":
    """One argument read by Hydra's grammar, as plain values."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ChoiceSweep, OverrideType
    from hydra.errors import HydraException

    from simulator.cli.configuration.overrides import Override

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
    if len(override.values) != 1:
        raise UserError(
            f"hydra.searchpath must be a list of folders, [one,two]; got {clip(override.text)}"
        )
    (value,) = override.values
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]


def search_path(folders: ConfigFolders) -> str:
    """The argument that tells Hydra every folder beside the main one."""
    names = [f"file://{folder.as_posix()}" for folder in folders.searched_after_configs]
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
    return compose_validated(arguments, folders)[0]


def compose_validated(
    arguments: Sequence[str], folders: ConfigFolders
) -> tuple["Inputs", dict[str, object]]:
    """The typed inputs and the plain configuration, before Hydra makes any folder."""
    with _hydra_mistakes():
        return validated(_composed(arguments, folders), arguments, folders)


def _composed(
    arguments: Sequence[str], folders: ConfigFolders, *, with_hydra: bool = False
) -> "DictConfig":
    from hydra import compose, initialize_config_dir

    main = str(folders.configs)
    with initialize_config_dir(main, job_name="simulator", version_base="1.3"):
        return compose("config", list(arguments), return_hydra_config=with_hydra)


def validated(
    config: "DictConfig", arguments: Sequence[str], folders: ConfigFolders
) -> tuple["Inputs", dict[str, object]]:
    """The typed inputs and the plain configuration, ``status_quo`` added."""
    from omegaconf import OmegaConf

    from simulator.cli.configuration.inputs import add_reference, read_inputs
    from simulator.cli.configuration.overrides import chosen_names
    from simulator.cli.configuration.unread import refuse_unread

    with _hydra_mistakes():
        missing = sorted(OmegaConf.missing_keys(config))
        if missing:
            raise UserError("\n".join(f"{key} must be given: {key}=VALUE" for key in missing))
        container = OmegaConf.to_container(config, resolve=True)
    assert isinstance(container, dict)
    named = renamed_keys({str(key): value for key, value in container.items()})
    plain = add_reference(named, folders)
    chosen = {group: chosen_names(group, arguments, folders) for group in lists()}
    inputs = read_inputs(plain, chosen)
    refuse_unread(arguments, inputs)
    return inputs, plain


def drive(
    job: Callable[["DictConfig"], None],
    folders: ConfigFolders,
    arguments: Sequence[str],
    flags: Sequence[str] = (),
    begin: Callable[[Path], None] = lambda folder: None,
) -> None:
    """Let Hydra make the folders and call ``job`` for each run; ``flags`` are its options.

    Of a sweep the folder is held meanwhile, and ``begin`` is told of it; each job holds its own,
    see ``job_folder``.
    """
    sweeps = "--multirun" in flags
    key = "sweep" if sweeps else "run"
    try:
        with _hydra_mistakes():
            if flags and not sweeps:
                _call_hydra(job, folders, [*flags, *arguments])
                return
            with _placed(key, arguments, folders) as folder:
                rest = [text for text in arguments if not text.startswith(f"hydra.{key}.dir=")]
                place = f"hydra.{key}.dir={_quoted(folder)}"
                with held(folder) if sweeps else nullcontext():
                    begin(folder)
                    _call_hydra(job, folders, [*flags, *rest, place])
    except OSError as error:
        raise UserError(
            f"the output folder (hydra.run.dir, hydra.sweep.dir) must be one that can be written;"
            f" got {trouble(error)}"
        ) from None


def _call_hydra(
    job: Callable[["DictConfig"], None], folders: ConfigFolders, arguments: Sequence[str]
) -> None:
    import hydra

    app = hydra.main(version_base="1.3", config_path=str(folders.configs), config_name="config")
    saved_arguments, saved_mode = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = ["loanstress", *arguments]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors arrive here as exceptions, not on stderr
    try:
        app(job)()
    finally:
        sys.argv = saved_arguments
        os.environ.pop("HYDRA_FULL_ERROR")
        if saved_mode is not None:
            os.environ["HYDRA_FULL_ERROR"] = saved_mode


@contextmanager
def _placed(key: str, arguments: Sequence[str], folders: ConfigFolders) -> Iterator[Path]:
    """The output folder of a run or a sweep (``key``) that ``arguments`` ask for.

    One that is named by the moment is new: two that begin in the same second have two. It goes if
    nothing was written there.
    """
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    plain_arguments = [text for text in arguments if not _parse(text).sweeps]
    config = _composed(plain_arguments, folders, with_hydra=True)
    hydra_config = HydraConfig.instance()
    before = hydra_config.cfg
    try:
        hydra_config.set_config(config)
        folder = Path(str(OmegaConf.select(config, f"hydra.{key}.dir")))
        raw = OmegaConf.to_container(config.hydra[key], resolve=False)
    finally:
        hydra_config.cfg = before
    check_place(f"hydra.{key}.dir", folder.absolute())
    if not (isinstance(raw, dict) and "${now:" in str(raw["dir"])):
        yield folder
        return
    folder = new_folder(folder.parent, folder.name)
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


def _quoted(folder: Path) -> str:
    """``folder`` as a value of Hydra's grammar."""
    text = folder.as_posix().replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


@contextmanager
def job_folder(config: "DictConfig", files: Files = RUN) -> Iterator["Job"]:
    """The running job, its folder held; what Hydra composed goes into ``.next`` there.

    ``files`` are those of the command.
    """
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    job = running_job()
    with replacing(job.folder, files) as following:
        place = following / CONFIGURATION
        place.mkdir()
        composed = {
            "config.yaml": config,
            "hydra.yaml": HydraConfig.instance().cfg,
            "overrides.yaml": HydraConfig.get().overrides.task,
        }
        for name, part in composed.items():
            (place / name).write_text(OmegaConf.to_yaml(part), encoding="utf-8")
        yield job


class Job(NamedTuple):
    """The job that Hydra is running; ``overrides`` as the user wrote them.

    ``parallel``: jobs that its launcher runs at once, 0 for all of them.
    """

    number: int
    overrides: tuple[str, ...]
    chosen: "Chosen"
    folder: Path
    sweep_folder: Path
    parallel: int = 1

    def at_once(self, jobs: int) -> int:
        """Of ``jobs``, how many share this machine at a time."""
        return max(1, min(self.parallel or jobs, jobs))


def sweep_plan(arguments: Sequence[str], folders: ConfigFolders) -> SweepPlan:
    """The jobs that Hydra makes of ``arguments``, in its order."""
    from hydra import initialize_config_dir
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser

    main = str(folders.configs)
    with _hydra_mistakes(), initialize_config_dir(main, job_name="simulator", version_base="1.3"):
        parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
        overrides = parser.parse_overrides(list(arguments))
        (jobs,) = BasicSweeper.split_arguments(overrides, max_batch_size=None)
    keys = [found.key_or_group for found in overrides if found.is_sweep_override()]
    return SweepPlan(tuple(map(tuple, jobs)), tuple(dict.fromkeys(keys)))


def _parallel(launcher: str, settings: "DictConfig") -> int:
    """Jobs that a launcher runs at once on this machine; 0 for all of them."""
    if launcher == "joblib":
        return int(settings.n_jobs) if int(settings.n_jobs) > 0 else os.cpu_count() or 1
    return 0 if launcher == "submitit_local" else 1


def running_job() -> Job:
    """What Hydra knows of the job at hand."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from simulator.cli.configuration.inputs import Chosen
    from simulator.cli.configuration.overrides import plain

    context = HydraConfig.get()
    check_place("hydra.run.dir", Path(context.runtime.output_dir))
    choices = context.runtime.choices
    return Job(
        number=int(context.job.num) if context.mode is RunMode.MULTIRUN else 0,
        overrides=tuple(plain(text) for text in context.overrides.task),
        chosen=Chosen(*(str(choices[group]) for group in Chosen._fields)),
        folder=Path(context.runtime.output_dir),
        sweep_folder=Path(context.sweep.dir),
        parallel=_parallel(str(choices["hydra/launcher"]), context.launcher),
    )


def forget(config: "DictConfig") -> None:
    """Empty a job's configuration: Hydra holds those of all jobs until the sweep has ended."""
    from omegaconf import OmegaConf

    OmegaConf.set_readonly(config, False)
    OmegaConf.set_struct(config, False)
    for key in list(config):
        del config[key]
