"""What may be changed on the command line, checked before Hydra composes anything."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from simulator.cli.configuration.folders import ConfigFolders, chosen_in
from simulator.cli.configuration.groups import (
    ALL_PRODUCTS,
    EXPERIMENT,
    HYDRA_KEYS,
    LAUNCHER,
    LAUNCHERS,
    PRODUCT,
    TABLE,
    Choice,
    is_list,
)
from simulator.reading.plain_yaml import unsafe_text
from simulator.validation import UserError, check_known, clip, refuse, unknown_choice


@dataclass(frozen=True, slots=True)
class Override:
    """One argument ``KEY=VALUE`` as Hydra's grammar reads it.

    ``values`` holds one plain value, or each value of a sweep over a list of choices; it is
    empty for sweeps over ranges and patterns.
    """

    text: str
    key: str
    package: str | None
    deletes: bool
    sweeps: bool
    values: tuple[object, ...]

    @property
    def group(self) -> str:
        """First word of the key."""
        return self.key.replace("/", ".").split(".")[0]

    @property
    def is_choice(self) -> bool:
        """Whether it chooses among the files of a group, not a value inside one."""
        return self.key in TABLE and TABLE[self.key].has_files


def check_overrides(
    overrides: Sequence[Override], folders: ConfigFolders, *, multirun: bool
) -> None:
    """Refuse unknown keys, choices and unsafe text; all mistakes at once in a ``UserError``."""
    findings: list[str] = _given_twice(overrides)
    for override in overrides:
        try:
            _check(override, folders)
            if override.sweeps and not multirun:
                raise UserError(_sweep_hint(override))
        except UserError as error:
            findings.append(str(error))
    refuse(findings)


def _given_twice(overrides: Sequence[Override]) -> list[str]:
    """Choices of a group that stand more than once, of which Hydra would take the last alone."""
    found = []
    for key in dict.fromkeys(o.key for o in overrides if o.is_choice and not o.deletes):
        given = [o for o in overrides if o.key == key and not o.deletes]
        if len(given) > 1:
            names = [n for o in given for value in o.values for n in _names(value)]
            several = f"; one run takes several as {key}=[{','.join(dict.fromkeys(names))}]"
            shown = " and ".join(clip(o.text, 60) for o in given)
            found.append(
                f"{key} is given {len(given)} times: {shown}"
                f"{clip(several, 200) if is_list(key) else '; give it once'}"
            )
    return found


def asked_for(overrides: Sequence[Override]) -> dict[str, frozenset[str] | None]:
    """Names that ``overrides`` choose in each group; None where a pattern may choose any."""
    found: dict[str, frozenset[str] | None] = {}
    for override in overrides:
        if override.is_choice:
            names = frozenset(name for value in override.values for name in _names(value))
            before = found.get(override.key, frozenset())
            known = before is not None and (override.values or override.deletes)
            found[override.key] = names | before if known and before is not None else None
    return found


def _sweep_hint(override: Override) -> str:
    hint = ""
    if is_list(override.key):
        several = override.text.partition("=")[2]
        hint = f"; one run takes several as {clip(f'{override.key}=[{several}]')}"
    return f"{clip(override.text)} is a sweep, which needs --multirun{hint}"


def for_hydra(override: Override, folders: ConfigFolders) -> str:
    """The argument as Hydra gets it.

    Values are forced in (``++``), because the typed settings know more keys than a file lists
    and check them; a single name of a list group becomes a list; a group without a place in the
    main configuration's defaults is added to them (``+``).
    """
    if override.deletes:
        return override.text
    if override.group == "hydra":
        return override.text.lstrip("+")
    if not override.is_choice:
        return "++" + override.text.lstrip("+")
    if _may_be_none(override.key) and override.values == (None,):
        return f"~{override.key}"
    if is_list(override.key) and override.values:
        lists = [_names(value) for value in override.values]
        text = f"{override.key}=" + ",".join(f"[{','.join(names)}]" for names in lists)
    else:
        text = override.text.lstrip("+")
    has_place = override.key in chosen_in(folders.configs / "config.yaml")
    return text if has_place else f"+{text}"


def own_products(folders: ConfigFolders) -> list[str]:
    """The argument that adds the products of the user's folders to the shipped ones.

    Empty without any.
    """
    shipped = chosen_in(folders.configs / "config.yaml")[PRODUCT]
    own = [name for name in folders.choices(PRODUCT) if name not in shipped]
    if not own:
        return []
    return [f"{PRODUCT}=[{','.join((*shipped, *own))}]"]


def plain(argument: str) -> str:
    """An argument as the user wrote it, without the ``++`` of ``for_hydra``."""
    return argument.lstrip("+")


def chosen_names(group: str, arguments: Sequence[str], folders: ConfigFolders) -> tuple[str, ...]:
    """Names of ``group`` that a run with these ``arguments`` takes, as Hydra resolves them."""
    found = chosen_in(folders.configs / "config.yaml")
    for argument in arguments:
        if argument.startswith("experiment="):
            file = folders.choices("experiment").get(argument.partition("=")[2])
            found |= chosen_in(file) if file else {}
    for argument in arguments:
        key, _, names = argument.lstrip("+").partition("=")
        if key == f"~{group}":
            return ()
        if key == group:
            return tuple(re.findall(r"\w+", names))
    return found.get(group, ())


def _check(override: Override, folders: ConfigFolders) -> None:
    why = unsafe_text(override.text)
    if why:
        raise UserError(f"{clip(override.text)}: {why}")
    if override.group == "hydra":
        check_known("a hydra key", HYDRA_KEYS, override.key)
        if override.key == "hydra.sweep.subdir":
            _check_subdir(override)
        if override.key == LAUNCHER:
            _check_launcher(override)
    elif override.group not in TABLE:
        raise unknown_choice("a key's group", TABLE, override.group)
    elif override.package is not None:
        raise UserError(f"{clip(override.text)}: a package (@) is not allowed on the command line")
    elif override.is_choice:
        _check_choice(override, folders)
    else:
        _check_key(override, folders)


def _check_subdir(override: Override) -> None:
    """Each job has its own folder, and every folder lies in the sweep's."""
    for value in override.values or ("",):
        text = str(value)
        rest = re.sub(r"\$\{(?:hydra:job\.num|now:[^${}]*)\}", "", text)
        outside = ".." in text or text.startswith(("/", "~")) or set("$\\") & set(rest)
        if outside or "${hydra:job.num}" not in text:
            raise UserError(
                "hydra.sweep.subdir must be a folder within hydra.sweep.dir that holds"
                f" ${{hydra:job.num}}, and of other ${{}} only ${{now:...}}; got {clip(text)}"
            )


def _check_launcher(override: Override) -> None:
    """A launcher that is known and installed."""
    name = str(override.values[0]) if len(override.values) == 1 else override.text
    check_known(LAUNCHER, LAUNCHERS, name)
    plugin = LAUNCHERS[name]
    if plugin and not (find_spec("hydra_plugins") and find_spec(f"hydra_plugins.{plugin}")):
        raise UserError(f"{LAUNCHER}={name} needs a plugin: pip install 'loanstress[sweep]'")


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]


def _check_choice(override: Override, folders: ConfigFolders) -> None:
    group = override.key
    if override.deletes:
        raise UserError(f"{group} cannot be removed; choose with {group}=NAME")
    if group == PRODUCT:
        raise UserError(ALL_PRODUCTS)
    choices = folders.choices(group)
    for value in override.values:
        if value is None and _may_be_none(group):
            continue
        if isinstance(value, list) and not is_list(group):
            raise UserError(f"{group} takes one name; got {clip(value)}")
        names = _names(value)
        if not names and not TABLE[group].may_be_empty:
            raise UserError(f"{group} must name at least one of {', '.join(choices)}; got []")
        for name in names:
            _check_file(group, choices, name)
            if names.count(name) > 1:
                raise UserError(f"{group}: duplicate {name}")


def _check_file(group: str, choices: Mapping[str, Path], name: str) -> None:
    """Refuse a choice without a file; a policy's kind is no choice yet."""
    from simulator.policies import kinds

    if group == "policy" and name not in choices and name in kinds():
        raise UserError(
            f"policy {name} is a kind and needs a file of settings: DIR/policy/{name}.yaml with the"
            f" lines '# @package policy.{name}' and 'kind: {name}', and --config-dir DIR"
        )
    check_known(group, choices, name)


def _may_be_none(group: str) -> bool:
    """Whether ``GROUP=null`` leaves the group out."""
    return TABLE[group].choice is Choice.ONE_OR_NONE


def _check_key(override: Override, folders: ConfigFolders) -> None:
    """The first words of a key; what lies deeper is checked by the object's own settings."""
    name, *rest = override.key.replace("/", ".").split(".")
    if "/" in override.key or name == EXPERIMENT or not rest or not all(rest):
        raise UserError(f"{clip(override.key)} is not a key")
    group = TABLE[name]
    if group.is_list:
        check_known(f"{name} in {clip(override.key)}", folders.choices(name), rest[0])
        if len(rest) == 1:
            raise UserError(f"{override.key}=: name the key to change, {override.key}.KEY=VALUE")
    owner, word = (f"{name}.{rest[0]}", rest[1]) if group.is_list else (name, rest[0])
    if group.keys is not None:
        check_known(f"a key of {owner}", group.keys, word)
    if group.check_key is not None:
        group.check_key(rest)
