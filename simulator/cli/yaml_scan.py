"""Every YAML file is read with suspicion before Hydra reads it with none.

Hydra loads files before the program runs: an alias bomb hangs it, ``${oc.env:...}`` leaks the
environment, a ``_global_`` header lets a scenario change the seed.
"""

import re
from collections import Counter
from pathlib import Path

import yaml

from simulator.cli.folders import GROUPS, LIST_GROUPS, ConfigFolders, shown
from simulator.validation import UserError, clip, unknown_choice

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SAFE_REFERENCE = re.compile(r"\$\{(?:(?:now|hydra):[^${}]*|[A-Za-z_][\w.]*)\}")
_EXPERIMENT_KEYS = ("defaults", *(group for group in GROUPS if group != "experiment"))


def unsafe_text(text: str) -> str | None:
    """Why ``text`` may not stand in a configuration or on the command line; None if it may."""
    if "_target_" in text:
        return "_target_ is not allowed"
    if "${" in _SAFE_REFERENCE.sub("", text):
        return "only ${key}, ${now:...} and ${hydra:...} are allowed in ${}"
    return None


def scan(folders: ConfigFolders) -> None:
    """Refuse, with a ``UserError`` that names the file, what no configuration needs."""
    _scan_main(folders.configs / "config.yaml")
    for root in folders.users:
        for name in ("config.yaml", "hydra"):
            if (root / name).exists():
                raise UserError(
                    f"{shown(root / name)}: not allowed; put whole set-ups into experiment/"
                )
    choices = {group: folders.choices(group) for group in GROUPS}
    for group in GROUPS:
        for root in folders.roots:
            for path in sorted((root / group).glob("*.yml")):
                raise UserError(f"{shown(path)}: the name must end in .yaml")
        for path in choices[group].values():
            _scan_choice(path, group, choices)


def _refuse(path: Path, why: str) -> UserError:
    return UserError(f"{shown(path)}: {why}")


def _scan_main(path: Path) -> None:
    text = _read(path)
    _check_nodes(path, _parse(path, text), interpolation=True)


def _scan_choice(path: Path, group: str, choices: dict[str, dict[str, Path]]) -> None:
    text = _read(path)
    root = _parse(path, text)
    _check_header(path, text, group)
    _check_nodes(path, root, interpolation=group != "scenario")
    content = {} if root is None else yaml.load(text, Loader=_Loader)
    if not isinstance(content, dict):
        raise _refuse(path, "must hold keys and values")
    if "hydra" in content:
        raise _refuse(path, "hydra: is allowed in the main config.yaml only")
    if group == "experiment":
        _check_experiment(path, content, choices)
    elif "defaults" in content:
        raise _refuse(path, "defaults: is allowed in experiment files only")


def _read(path: Path) -> str:
    try:
        if not path.is_file():
            raise _refuse(path, "must be a file")
        if path.stat().st_size > MAX_BYTES:
            raise _refuse(path, f"must be at most {MAX_BYTES // 1024} KiB")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _refuse(path, "must be text in UTF-8") from None
    except OSError as error:
        raise _refuse(path, f"cannot be read: {error.strerror}") from None


def _parse(path: Path, text: str) -> yaml.Node | None:
    """The node tree of the only document; events are checked before any node is built."""
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise _refuse(path, f"aliases and anchors are not allowed (line {line})")
            if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None):
                raise _refuse(path, f"tags are not allowed (line {line})")
            documents += isinstance(event, yaml.DocumentStartEvent)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH or documents > 1:
                what = "nested too deep" if depth > MAX_DEPTH else "more than one document"
                raise _refuse(path, f"{what} (line {line})")
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
        return node
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        problem = clip(getattr(error, "problem", None) or "cannot be parsed")
        raise _refuse(path, f"is not YAML: {problem}{where}") from None


def _check_header(path: Path, text: str, group: str) -> None:
    """Compare the ``# @package`` header, read as Hydra reads it, with the expected one."""
    expected = {"experiment": "_global_"}.get(group)
    if group in LIST_GROUPS:
        expected = f"{group}.{path.stem}"
    headers: list[str] = []
    for line in text.removeprefix("\ufeff").splitlines():
        if line.strip() and not re.match(r"\s*#\s*@", line):
            break
        if line.strip():
            headers.append(" ".join(line.strip().lstrip("#").split()))
    allowed = [f"@package {expected}"] if expected else []
    if headers != allowed:
        rule = f"must begin with '# @package {expected}'" if expected else "takes no @ header"
        found = f"; got '# {clip(headers[0])}'" if headers else ""
        raise _refuse(path, rule + found)


def _check_nodes(path: Path, node: yaml.Node | None, *, interpolation: bool) -> None:
    if isinstance(node, yaml.ScalarNode):
        why = unsafe_text(node.value)
        if why is None and not interpolation and "${" in node.value:
            why = "interpolation ${...} is not allowed in a scenario"
        if why:
            raise _refuse(path, f"{why} (line {node.start_mark.line + 1})")
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_nodes(path, item, interpolation=interpolation)
    elif isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(keys) != len(node.value) or "<<" in keys:
            raise _refuse(path, f"keys must be plain words (line {node.start_mark.line + 1})")
        for key, count in Counter(keys).items():
            if count > 1:
                raise _refuse(path, f"{clip(key)} stands {count} times")
        for key_node, value in node.value:
            _check_nodes(path, key_node, interpolation=interpolation)
            _check_nodes(path, value, interpolation=interpolation)


def _check_experiment(
    path: Path, content: dict[object, object], choices: dict[str, dict[str, Path]]
) -> None:
    for key in content:
        if key not in _EXPERIMENT_KEYS:
            raise unknown_choice(f"{shown(path)}: a key", _EXPERIMENT_KEYS, str(key))
    entries = content.get("defaults") or []
    if not isinstance(entries, list):
        raise _refuse(path, "defaults must be a list")
    for entry in entries:
        if entry == "_self_":
            continue
        if not isinstance(entry, dict) or len(entry) != 1:
            raise _refuse(path, "defaults may hold only 'override /GROUP: NAME'")
        ((key, value),) = entry.items()
        group = str(key).removeprefix("override /").strip()
        if not str(key).startswith("override /") or group not in _EXPERIMENT_KEYS[1:]:
            raise _refuse(path, f"defaults may hold only 'override /GROUP: NAME'; got {clip(key)}")
        names = value if isinstance(value, list) and group in LIST_GROUPS else [value]
        for name in names:
            if name not in choices[group]:
                raise unknown_choice(f"{shown(path)}: {group}", choices[group], str(name))
