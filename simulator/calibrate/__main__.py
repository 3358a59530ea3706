"""``python -m simulator.calibrate``: another name of ``loanstress fit``."""

import runpy

if __name__ == "__main__":
    runpy.run_module("simulator.cli.fit", run_name="__main__")
