"""Names of what an interrupted run leaves in its folder."""

from pathlib import Path
from typing import Final

BLOCKS: Final = "blocks"
"""Folder of blocks of paths in the folder of a run."""
BLOCK_END: Final = ".block"
"""End of a block's name."""
COMMAND_NAME: Final = "command.json"
"""File beside the blocks that holds the arguments of the run."""


def blocks_in(folder: Path) -> int:
    """How many blocks the folder of a run has."""
    return sum(1 for _ in (folder / BLOCKS).glob(f"*{BLOCK_END}"))
