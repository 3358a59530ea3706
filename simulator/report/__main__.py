"""``python -m simulator.report``: another name of ``loanstress report``."""

import runpy

if __name__ == "__main__":
    runpy.run_module("simulator.cli.report", run_name="__main__")
