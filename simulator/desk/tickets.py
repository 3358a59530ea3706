"""Addresses of reports: each opens one file and says nothing of the launch token."""

import secrets
from collections import OrderedDict
from pathlib import Path
from typing import Final

from simulator.validation import UserError

MOST: Final = 200
"""Open at a time; the oldest goes."""


class Tickets:
    """Random names of single files, for as long as the desk is open."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, Path] = OrderedDict()

    def give(self, file: Path) -> str:
        """A new name for ``file``."""
        ticket = secrets.token_urlsafe(32)
        self._files[ticket] = file
        while len(self._files) > MOST:
            self._files.popitem(last=False)
        return ticket

    def file(self, ticket: str, name: str) -> Path:
        """The file of a ticket, if it is called ``name`` and still no link."""
        found = self._files.get(ticket)
        if found is None or found.name != name or found.is_symlink() or not found.is_file():
            raise UserError("there is no such file")
        return found
