"""YAML that configures and does nothing else: every user's file is read with this suspicion.

No aliases (a bomb of them hangs the reader), no tags, no ``_target_``, no ``${}`` but plain
references, one document, plain keys that stand once, bounded size and depth.
"""

import re
from collections import Counter
from pathlib import Path

import yaml

from simulator.validation import UserError, clip

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SAFE_REFERENCE = re.compile(r"\$\{(?:(?:now|hydra):[^${}]*|[A-Za-z_][\w.]*)\}")


def unsafe_text(text: str) -> str | None:
    """Why ``text`` may not stand in a configuration or on the command line; None if it may."""
    if "_target_" in text:
        return "_target_ is not allowed"
    if "${" in _SAFE_REFERENCE.sub("", text):
        return "only ${key}, ${now:...} and ${hydra:...} are allowed in ${}"
    return None


def read_text(path: Path, owner: str) -> str:
    """The text of a small UTF-8 file, named ``owner`` in what a ``UserError`` says."""
    try:
        if not path.is_file():
            raise _refuse(owner, "must be a file")
        if path.stat().st_size > MAX_BYTES:
            raise _refuse(owner, f"must be at most {MAX_BYTES // 1024} KiB")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _refuse(owner, "must be text in UTF-8") from None
    except OSError as error:
        raise _refuse(owner, f"cannot be read: {error.strerror}") from None


def parse(owner: str, text: str) -> yaml.Node | None:
    """The node tree of the only document; events are checked before any node is built."""
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise _refuse(owner, f"aliases and anchors are not allowed (line {line})")
            if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None):
                raise _refuse(owner, f"tags are not allowed (line {line})")
            documents += isinstance(event, yaml.DocumentStartEvent)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH or documents > 1:
                what = "nested too deep" if depth > MAX_DEPTH else "more than one document"
                raise _refuse(owner, f"{what} (line {line})")
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
        return node
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        problem = clip(getattr(error, "problem", None) or "cannot be parsed")
        raise _refuse(owner, f"is not YAML: {problem}{where}") from None


def load(owner: str, text: str) -> object:
    """Plain values of a text that ``parse`` and ``check_nodes`` have let pass.

    ``UserError`` for a scalar that looks like a date or number and is none (2026-13-45).
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise _refuse(owner, f"holds a value that cannot be read: {clip(error)}") from None


def _refuse(owner: str, why: str) -> UserError:
    return UserError(f"{owner}: {why}")


def check_nodes(owner: str, node: yaml.Node | None, *, interpolation: bool) -> None:
    """Refuse what no configuration needs; ``interpolation`` allows plain ``${key}``."""
    if isinstance(node, yaml.ScalarNode):
        why = unsafe_text(node.value)
        if why is None and not interpolation and "${" in node.value:
            why = "interpolation ${...} is not allowed in a scenario"
        if why:
            raise _refuse(owner, f"{why} (line {node.start_mark.line + 1})")
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            check_nodes(owner, item, interpolation=interpolation)
    elif isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(keys) != len(node.value) or "<<" in keys:
            raise _refuse(owner, f"keys must be plain words (line {node.start_mark.line + 1})")
        for key, count in Counter(keys).items():
            if count > 1:
                raise _refuse(owner, f"{clip(key)} stands {count} times")
        for key_node, value in node.value:
            check_nodes(owner, key_node, interpolation=interpolation)
            check_nodes(owner, value, interpolation=interpolation)
