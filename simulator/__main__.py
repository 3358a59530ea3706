"""``python -m simulator``: the command ``loanstress``."""

import sys

from simulator.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
