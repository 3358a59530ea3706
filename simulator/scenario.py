"""``python -m simulator.scenario``: another name of ``loanstress scenario``."""

import sys

from simulator.cli.scenario import main

if __name__ == "__main__":
    sys.exit(main())
