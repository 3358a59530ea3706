"""``python -m simulator.scenario``: another name of ``loanstress scenario``."""

import runpy

if __name__ == "__main__":
    runpy.run_module("simulator.cli.scenario", run_name="__main__")
