"""What the generators of documentation share: tables in Markdown, and a page's generated end."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table, blank ones around it."""
    lines = (f"| {' | '.join(row)} |" for row in rows)
    return ["", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines, ""]


def refresh(path: Path, marker: str, text: str) -> None:
    """Replace everything from ``marker`` on in ``path`` by ``text``, which begins with it."""
    written, _, _ = path.read_text(encoding="utf-8").partition(marker)
    path.write_text(written + text, encoding="utf-8")
