"""What the commands' parsers share: help and version, and one clear line for a mistake."""

import argparse
from typing import NoReturn

from simulator.validation import UserError, clip


class OptionParser(argparse.ArgumentParser):
    """A parser with ``--help`` and ``--version`` as plain flags; options are not abbreviated.

    A mistake is a ``UserError`` that names the ``options`` there are.
    """

    def __init__(self, prog: str, options: str) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=False)
        self.options = options
        self.add_argument("--help", "-h", action="store_true")
        self.add_argument("--version", action="store_true")

    def error(self, message: str) -> NoReturn:
        """Refuse what was typed."""
        raise UserError(f"{clip(message, 200)}; options are {self.options}")
