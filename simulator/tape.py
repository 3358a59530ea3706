"""``python -m simulator.tape``: another name of ``loanstress tape``."""

import sys

from simulator.cli.tape import main

if __name__ == "__main__":
    sys.exit(main())
