"""The one table of what a configuration may hold: a new group or section is a row here.

It feeds the scan of YAML files, the check of the command line, ``--help`` and the reading of the
composed configuration. A group's choices are the files of its folders; a section has no files, its
keys are set by an experiment or on the command line. Models are imported when they are asked for,
so that ``--help`` is quick.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.validation import UserError, build, clip

if TYPE_CHECKING:
    from pydantic import BaseModel

Values = Mapping[str, object]


class Choice(Enum):
    """How many files of a group a run takes."""

    ONE = "one"
    ONE_OR_NONE = "one or none"
    SEVERAL = "several"
    SEVERAL_OR_NONE = "several or none"
    NO_FILES = "no files"
    """A section."""


@dataclass(frozen=True, slots=True)
class Group:
    """A first word of the configuration's keys.

    ``model`` gives the settings of the group, or of each entry where a run takes several; None
    where they depend on an entry's kind. ``read`` turns a name and plain values into what a run
    takes, by default the model. ``check_key`` refuses the words of a key after the group's, as far
    as they tell. ``in_a_run``: whether a run reads it; others belong to a command of their own.
    ``unread_by``: commands that refuse what is typed of it. ``interpolation``: whether its files
    may refer to other keys as ``${key}``. ``typed_only``: whether only the command line sets its
    keys, no file of a user's: what they name is trusted with code.
    """

    name: str
    about: str
    choice: Choice
    model: "Callable[[], type[BaseModel]] | None" = None
    read: Callable[[str, Values], object] | None = None
    check_key: Callable[[Sequence[str]], None] | None = None
    in_a_run: bool = True
    unread_by: tuple[str, ...] = ()
    interpolation: bool = True
    typed_only: bool = False

    @property
    def has_files(self) -> bool:
        """Whether there are files to choose from."""
        return self.choice is not Choice.NO_FILES

    @property
    def is_list(self) -> bool:
        """Whether a run takes several entries at once."""
        return self.choice in (Choice.SEVERAL, Choice.SEVERAL_OR_NONE)

    @property
    def may_be_empty(self) -> bool:
        """Whether a run may take no file of it."""
        return self.choice in (Choice.SEVERAL_OR_NONE, Choice.ONE_OR_NONE)

    @property
    def keys(self) -> frozenset[str] | None:
        """Keys of the group, or of each entry of a list; None where they depend on its kind."""
        return None if self.model is None else frozenset(self.model().model_fields)

    def entry(self, name: str, values: Values) -> object:
        """What a run takes: of the entry ``name`` of a list, else of the whole group.

        Raises ``UserError`` with every bad key.
        """
        if self.read is not None:
            return self.read(name, values)
        if self.model is None:
            raise TypeError(f"the group {self.name} needs a model or a reader")
        return build(f"{self.name}.{name}" if self.is_list else self.name, self.model(), values)


def _model(module: str, name: str) -> "Callable[[], type[BaseModel]]":
    """Gives the class ``name`` of ``module``, which is imported when it is asked for."""

    def imported() -> "type[BaseModel]":
        found: type[BaseModel] = getattr(import_module(module), name)
        return found

    return imported


def _settings(name: str) -> "Callable[[], type[BaseModel]]":
    return _model("simulator.settings", name)


def _book(_: str, values: Values) -> object:
    from simulator.reading.named_files import named_files
    from simulator.settings import BookSettings

    settings = build("book", BookSettings, values)
    for path in named_files("book.path", settings.path) if settings.path else ():
        if not Path(path).is_file():
            raise UserError(f"book.path must be a file; got {clip(path, 200)}")
    return settings


def _product(name: str, values: Values) -> object:
    from simulator.products import build_product

    return build_product(name, values)


def _policy(name: str, values: Values) -> object:
    from simulator.policies import build_policy

    return build_policy(name, values)


def _rule_book(name: str, values: Values) -> object:
    from simulator.provision import build_rule_book

    return build_rule_book(name, values)


def _sensitivity(_: str, values: Values) -> object:
    from simulator.settings import SensitivitySettings

    return build("sensitivity", SensitivitySettings, values) if values else None


def _parameters(_: str, values: Values) -> object:
    from simulator.catalogue import parameters_from

    return parameters_from(values)


def _check_parameter(words: Sequence[str]) -> None:
    from simulator.cli.configuration.names import check_parameter

    check_parameter("parameters", ".".join(words))


def _check_calibration(words: Sequence[str]) -> None:
    from simulator.cli.configuration.calibration import check_calibration_key

    check_calibration_key(words)


EXPERIMENT: Final = "experiment"
"""The group whose files hold keys of all others; it has no keys of its own."""

PRODUCT: Final = "product"
"""The group of which a run takes every file: a book names those that it has."""
ALL_PRODUCTS: Final = (
    "product is not chosen: a run knows every file of product/; book.products says which ones the"
    " book has, product.NAME.KEY=VALUE sets a value"
)

_ROWS: Final = (
    Group(
        "book",
        "loan book: drawn from segment distributions, or read from a tape",
        Choice.ONE,
        _settings("BookSettings"),
        read=_book,
    ),
    Group(
        PRODUCT,
        "loan products: terms, rates, write-off, recoveries; those of your folder are added",
        Choice.SEVERAL,
        _model("simulator.products", "ProductSettings"),
        read=_product,
    ),
    Group(
        "scenario",
        "economic scenarios (several: [a,b])",
        Choice.SEVERAL,
        _settings("ScenarioSettings"),
        interpolation=False,
    ),
    Group(
        "policy",
        "policies of the lender (several: [a,b]; status_quo is always added)",
        Choice.SEVERAL,
        read=_policy,
    ),
    Group(
        "provision",
        "staging, classification and loss allowances (several: [a,b]; none: [])",
        Choice.SEVERAL_OR_NONE,
        read=_rule_book,
        unread_by=("fit",),
    ),
    Group(
        "break_even",
        "break-even values of policy fields (several: [a,b]; none: [])",
        Choice.SEVERAL_OR_NONE,
        _settings("BreakEvenSettings"),
        unread_by=("fit", "screen"),
    ),
    Group(
        "reverse",
        "reverse stress: what brings a figure to a limit (several: [a,b]; none: [])",
        Choice.SEVERAL_OR_NONE,
        _settings("ReverseSettings"),
        unread_by=("fit", "screen"),
    ),
    Group(
        "search",
        "best setting of a policy (several: [a,b]; none: [])",
        Choice.SEVERAL_OR_NONE,
        _settings("SearchSettings"),
        unread_by=("fit", "screen"),
    ),
    Group(
        "emulate",
        "sliders of the page: figures by severity, settings, parameters (several: [a,b]; none: [])",
        Choice.SEVERAL_OR_NONE,
        _settings("EmulateSettings"),
        unread_by=("fit", "screen"),
    ),
    Group(
        "run",
        "horizon (months), number of Monte Carlo paths, seed",
        Choice.ONE,
        _settings("RunSettings"),
    ),
    Group(
        "report",
        "content of report.html; whether tables.xlsx is written",
        Choice.ONE,
        _settings("ReportSettings"),
    ),
    Group(
        "parameters",
        "model parameters; single ones with parameters.NAME=VALUE",
        Choice.ONE,
        read=_parameters,
        check_key=_check_parameter,
    ),
    Group(
        "explain",
        "further analyses: causes=true, against=SCENARIO (causes.csv), underwriting=true (a page)",
        Choice.NO_FILES,
        _settings("ExplainSettings"),
        unread_by=("fit", "screen"),
    ),
    Group(
        "assumptions",
        "what is tried after a run, one assumption at a time; none: assumptions=null",
        Choice.ONE_OR_NONE,
        _settings("AssumptionsSettings"),
        unread_by=("fit", "screen"),
    ),
    Group(
        "sensitivity",
        "which parameters move a figure: morris, sobol; none: sensitivity=null",
        Choice.ONE_OR_NONE,
        _settings("SensitivitySettings"),
        read=_sensitivity,
        unread_by=("fit", "screen"),
    ),
    Group(
        "decision",
        "rule of the recommendation: limits.scenario_loss, capital_ratio, coverage, complaints",
        Choice.NO_FILES,
        _settings("DecisionSettings"),
        unread_by=("fit", "screen"),
    ),
    Group(
        "engine",
        "what runs the paths: threads of this process, or a Dask cluster",
        Choice.ONE,
        _model("simulator.engine_settings", "EngineSettings"),
        unread_by=("fit", "screen"),
        typed_only=True,
    ),
    Group(
        "governance",
        "who answers for the run: purpose, owner, prepared_by, reviewed_by, tier",
        Choice.NO_FILES,
        _settings("GovernanceSettings"),
        unread_by=("fit", "screen"),
    ),
    Group(
        "calibration",
        "free parameters and target data of loanstress fit",
        Choice.ONE_OR_NONE,
        _model("simulator.calibrate.settings", "CalibrationSettings"),
        check_key=_check_calibration,
        in_a_run=False,
        unread_by=("run", "screen"),
    ),
    Group(
        "screen",
        "what loanstress screen keeps: fit=DIR, keep=10",
        Choice.NO_FILES,
        _settings("ScreenSettings"),
        in_a_run=False,
        unread_by=("run", "fit"),
    ),
    Group(EXPERIMENT, "a whole set-up under one name", Choice.ONE_OR_NONE, in_a_run=False),
)
TABLE: Final[dict[str, Group]] = {row.name: row for row in _ROWS}
"""Every group and section by its name, in the order in which they are told."""

LAUNCHER: Final = "hydra/launcher"
LAUNCHERS: Final = {
    "basic": "",
    "joblib": "hydra_joblib_launcher",
    "submitit_local": "hydra_submitit_launcher",
    "submitit_slurm": "hydra_submitit_launcher",
}
"""What may run the jobs of a sweep, and the plugin of Hydra that it needs."""
_LAUNCHER_KEYS: Final = (
    *("n_jobs", "timeout_min", "cpus_per_task", "mem_gb", "nodes", "partition", "qos", "account"),
    *("constraint", "array_parallelism"),
)
HYDRA_KEYS: Final = (
    "hydra.run.dir",
    "hydra.sweep.dir",
    "hydra.sweep.subdir",
    "hydra.searchpath",
    LAUNCHER,
    *(f"hydra.launcher.{key}" for key in _LAUNCHER_KEYS),
)
"""Keys of Hydra's own that may be set on the command line; none of them names code or a shell."""


def with_files() -> tuple[str, ...]:
    """Names of the groups whose choices are files."""
    return tuple(name for name, group in TABLE.items() if group.has_files)


def lists() -> tuple[str, ...]:
    """Names of the groups from which a run takes several at once."""
    return tuple(name for name, group in TABLE.items() if group.is_list)


def is_list(name: str) -> bool:
    """Whether a run takes several of the group ``name``; False for a word that is no group."""
    return name in TABLE and TABLE[name].is_list
