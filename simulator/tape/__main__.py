"""``python -m simulator.tape``: another name of ``loanstress tape``."""

import runpy

if __name__ == "__main__":
    runpy.run_module("simulator.cli.tape", run_name="__main__")
