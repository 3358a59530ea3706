"""Nothing is ignored: a key that was typed and that its choice does not read is refused.

What a file says is checked by the settings themselves; here it is what the command line says, even
where it is the default.
"""

from collections.abc import Iterator, Mapping, Sequence

from simulator.cli.configuration.groups import LAUNCHER, TABLE
from simulator.cli.configuration.inputs import Inputs
from simulator.cli.configuration.overrides import Override
from simulator.settings import AssumptionsSettings, ExplainSettings
from simulator.validation import clip, refuse

OF_A_SWEEP = ("hydra.sweep.dir", "hydra.sweep.subdir")

OF_A_PAGE = ("title", "workbook")
"""Keys of the group report that nothing reads without a report."""


def refuse_other_commands(overrides: Sequence[Override], command: str, *, multirun: bool) -> None:
    """Refuse what ``command`` (run, fit or screen) does not read, whatever it is set to.

    None takes away, so it is never too much.
    """
    findings = []
    for override in overrides:
        group = TABLE.get(override.group)
        if group is not None and command in group.unread_by and override.values != (None,):
            findings.append(
                f"{clip(override.text)}: loanstress {command} does not read {group.name}; leave it"
                " out"
            )
        if override.key in OF_A_SWEEP and not multirun:
            findings.append(f"{override.key} is read with --multirun only; set hydra.run.dir")
        if override.key.replace(".", "/").startswith(LAUNCHER) and not multirun:
            findings.append(f"{clip(override.text)} is read with --multirun only")
        if override.key.startswith("hydra.launcher.") and multirun:
            findings += _of_launcher(override, overrides)
        if override.key == "hydra.run.dir" and multirun:
            findings.append("hydra.run.dir is not read with --multirun; set hydra.sweep.dir")
    refuse(findings)


def _of_launcher(override: Override, overrides: Sequence[Override]) -> Iterator[str]:
    """What is wrong with a launcher's key: another launcher reads it."""
    chosen = next((str(o.values[0]) for o in overrides if o.key == LAUNCHER and o.values), "basic")
    is_joblib = override.key == "hydra.launcher.n_jobs"
    if chosen == "basic" or is_joblib != (chosen == "joblib"):
        reader = "joblib" if is_joblib else "submitit_local or submitit_slurm"
        yield f"{override.key} is read with {LAUNCHER}={reader}; {LAUNCHER} is {chosen}"


def refuse_unread(arguments: Sequence[str], inputs: Inputs) -> None:
    """Refuse keys in ``arguments`` (as Hydra gets them) that the choices of ``inputs`` ignore."""
    typed = dict(_typed(arguments))
    findings = [*_of_book(typed, inputs), *_of_run(typed, inputs), *_of_sections(typed, inputs)]
    refuse(findings)


def _typed(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Keys and values of plain arguments, null ones left out."""
    for argument in arguments:
        key, _, value = argument.lstrip("+").partition("=")
        if value.strip() not in ("null", "None", ""):
            yield key.replace("/", "."), value


def _of_book(typed: Mapping[str, str], inputs: Inputs) -> Iterator[str]:
    for name, why in inputs.book.unread.items():
        if f"book.{name}" in typed:
            yield f"book.{why}"
    held = {"lending_club": ("us_personal_loan",)}.get(inputs.book.kind, inputs.book.products)
    for key in typed:
        if key.startswith("product.") and inputs.book.kind != "tape":
            name = key.split(".")[1]
            if name not in held:
                yield f"{key} is not read: the book holds {', '.join(held)}"
    for name, scenario in inputs.scenarios.items():
        if scenario.growth and inputs.book.new_lending == "none":
            yield (
                f"scenario.{name}.growth is not read without new lending; set"
                " book.new_lending=replace, or leave it out"
            )


def _of_run(typed: Mapping[str, str], inputs: Inputs) -> Iterator[str]:
    """The first month, where each scenario fixes its own."""
    fixed = {name: s.start_month for name, s in inputs.scenarios.items() if s.start_month}
    others = [f"{name} {month}" for name, month in fixed.items() if month != inputs.run.start_month]
    if "run.start_month" in typed and len(fixed) == len(inputs.scenarios) and others:
        yield (
            "run.start_month is not read: scenarios begin in months of their own"
            f" ({', '.join(others)}); set scenario.NAME.start_month"
        )


def _of_sections(typed: Mapping[str, str], inputs: Inputs) -> Iterator[str]:
    explain = inputs.sections.get("explain")
    if (
        isinstance(explain, ExplainSettings)
        and "explain.paths" in typed
        and not (explain.causes or explain.against)
    ):
        yield "explain.paths is read with explain.causes=true or against only"
    if not inputs.report.enabled:
        for name in OF_A_PAGE:
            if f"report.{name}" in typed:
                yield f"report.{name} is not read when report.enabled is false"
    tried = inputs.sections.get("assumptions")
    if isinstance(tried, AssumptionsSettings) and not tried.tried:
        for key in typed:
            if key.startswith("assumptions."):
                yield f"{key} is not read when no assumption is tried; choose assumptions=NAME"
