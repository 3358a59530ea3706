"""The options of the command, read before Hydra sees any of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.cli.parser import OptionParser
from simulator.validation import UserError

OPTIONS = (
    "--help, --version, --multirun, --config-dir DIR, --cfg {job,hydra,all}, --package KEY,"
    " --resolve, --info [TOPIC], --policy-path FILE"
)
_INFO_TOPICS = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked: a run or a sweep (``overrides``), or something to print."""

    overrides: tuple[str, ...]
    config_dirs: tuple[str, ...]
    multirun: bool
    help: bool
    version: bool
    show: tuple[str, ...]
    """Options that make Hydra print the configuration and stop."""
    policy_paths: tuple[str, ...] = ()
    """Python files whose policies may be used."""


def _parser() -> OptionParser:
    parser = OptionParser("loanstress", OPTIONS)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--multirun", "-m", action="store_true")
    parser.add_argument("--config-dir", "-cd", action="append", default=[])
    parser.add_argument("--policy-path", action="append", default=[])
    parser.add_argument("--cfg", "-c", choices=("job", "hydra", "all"))
    parser.add_argument("--package", "-p")
    parser.add_argument("--resolve", action="store_true")
    parser.add_argument("--info", "-i", nargs="?", const="all", choices=_INFO_TOPICS)
    return parser


def read_arguments(arguments: Sequence[str]) -> Command:
    """The command that ``arguments`` (without the program's name) spell; else ``UserError``."""
    found = _parser().parse_intermixed_args(list(arguments))
    if sum((found.multirun, found.cfg is not None, found.info is not None)) > 1:
        raise UserError("only one of --multirun, --cfg and --info can be given")
    if (found.resolve or found.package) and found.cfg is None:
        raise UserError("--resolve and --package need --cfg")
    show: list[str] = []
    if found.cfg:
        show += ["--cfg", found.cfg]
        show += ["--package", found.package] if found.package else []
        show += ["--resolve"] if found.resolve else []
    if found.info:
        show += ["--info", found.info]
    return Command(
        overrides=tuple(found.overrides),
        config_dirs=tuple(found.config_dir),
        multirun=found.multirun,
        help=found.help,
        version=found.version,
        show=tuple(show),
        policy_paths=tuple(found.policy_path),
    )
