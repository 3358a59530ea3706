"""The text of ``--help``: the product, its groups with their choices, the keys used most."""

import textwrap
from argparse import Namespace
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from simulator.cli.arguments import Command
from simulator.cli.configuration.folders import ConfigFolders, chosen_in
from simulator.cli.configuration.groups import TABLE
from simulator.cli.exits import Shown

_WIDTH = 96
_HEAD = """\
loanstress: Monte Carlo stress tests of a consumer loan book under economic scenarios, and the
value of policies against the current policy. Policies are compared with common random numbers
(same borrowers, same draws), month by month, with a 95 % interval on every number.

Usage:  loanstress [run] [GROUP=NAME ...] [KEY=VALUE ...] [OPTION ...]
        python -m simulator is the same.

Commands, each with a --help of its own
  loanstress run            this one, also without the word
  loanstress fit            fit parameters to the history of a lender, backtest, predict
  loanstress screen         list the assumptions that move the value of policies
  loanstress report DIR     the report of a finished run again, or several runs side by side
  loanstress finish DIR     put whole results in place, where a run was killed at its end
  loanstress tape FILE      look at a loan tape, propose its mapping
  loanstress scenario NAME  path and severity of a scenario, without a run
  loanstress desk           a page on this machine, for all of this without typing

Results (results.nc, summary.csv, report.html, tables.xlsx, manifest.json) go to outputs/DATE_TIME;
earlier results in a folder stay until new ones are whole.
"""
_TAIL = """\
Keys used most
  book.borrowers=10000      size of the book, or sample     book.path=FILE    tape of book=tape
  book.mapping=FILE.yaml    columns of the tape              book.panel=FILE   its earlier months
  run.paths=100             Monte Carlo paths               run.months=24     reported months
  run.seed=20260101         same seed, same draws           run.threads=0     0: all processors
  policy.NAME.KEY=VALUE     setting of a policy             scenario.NAME.KEY=VALUE   of a scenario
  hydra.run.dir=DIR         folder of the results           hydra.sweep.dir=DIR       of a sweep

Options
  -m, --multirun            a sweep: every combination of KEY=A,B,C; one table in sweep.csv
  -cd, --config-dir DIR     your own book/, scenario/, policy/ ... files, tables in DIR/_macro
  --policy-path FILE.py     policies of your own in Python; the file is run, its hash recorded
  --cfg job, --info         print the configuration, or how it was found, and stop
  --version, -h, --help

Examples
  python -m simulator
  python -m simulator scenario=[baseline,downturn] policy=[grace_period] run.paths=400
  python -m simulator scenario=[downturn] policy=[grace_period] break_even=[moral_hazard]
  python -m simulator scenario=[downturn] reverse=[double_loss]
  python -m simulator -m policy.grace_period.months=1,2,3,6 hydra.sweep.dir=outputs/grace

Exit code: 0 all files written, 2 invalid input, 130 interrupted, 143 ended by SIGTERM,
1 internal error, failed check or page (set LOANSTRESS_DEBUG=1 for its traceback).
"""

_CALIBRATION_HEAD = """\
loanstress: fits model parameters to the history of a lender or a supervisor, reports how far the
data identify them, backtests on months not used in the fit, and predicts the next ones.

Usage:  loanstress fit calibration=NAME [GROUP=NAME ...] [KEY=VALUE ...]
        loanstress fit experiment=NAME   (a whole set-up that names its calibration)
        python -m simulator.calibrate is the same.

Results (parameters.yaml, parameters.csv, fit.csv, predictions.csv, backtest.csv, fit.html,
fit.json) go to outputs/DATE_TIME. How to calibrate to your own data: docs/calibration.md.
"""
_CALIBRATION_TAIL = """\
Keys used most
  calibration.seeds=4                 simulated worlds whose moments are averaged
  calibration.rounds=8                steps of the search at most
  calibration.free.NAME.low=0.1       lower bound of a free parameter; also high, start, prior_mean
  calibration.targets.NAME.KEY=VALUE  setting of a target
  calibration.prediction_draws=40     draws behind the intervals of predictions
  book.borrowers=10000                size of a synthetic book: more, and the moments are sharper
  hydra.run.dir=DIR                   folder of the results; the same one again resumes

Options
  -cd, --config-dir DIR     your own calibration/, book/, scenario/ ... files
  --cfg job, --info         print the configuration, or how it was found, and stop
  --version, -h, --help

Exit code: 0 all files written, 2 invalid input, 130 interrupted or 143 ended by
SIGTERM (the same command with the same hydra.run.dir goes on), 1 internal error
(set LOANSTRESS_DEBUG=1 for its traceback).
"""


def product_version() -> str:
    """Version of the installed distribution; ``checkout`` when run without installing."""
    try:
        return version("loanstress")
    except PackageNotFoundError:
        return "checkout"


def answer_first(asked: "Namespace | Command", text: Callable[[], str]) -> None:
    """End the command with the version, or with its help ``text``, where that is asked for."""
    if asked.version:
        raise Shown(f"loanstress {product_version()}\n")
    if asked.help:
        raise Shown(text())


def help_text(folders: ConfigFolders) -> str:
    """The whole text, with choices and defaults read from the folders."""
    return "\n".join([_HEAD, *_group_lines(folders), "", _TAIL])


def calibration_help_text(folders: ConfigFolders) -> str:
    """The text of ``python -m simulator.calibrate --help``."""
    return "\n".join([_CALIBRATION_HEAD, *_group_lines(folders), "", _CALIBRATION_TAIL])


def _group_lines(folders: ConfigFolders) -> list[str]:
    defaults = chosen_in(folders.configs / "config.yaml")
    lines = ["Groups"]
    for name, group in TABLE.items():
        lines.append(f"  {name:<11} {group.about}")
        if not group.has_files:
            continue
        names = ", ".join(folders.choices(name)) or "none yet"
        indent = " " * 14
        lines += textwrap.wrap(
            names, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        )
        if name in defaults:
            lines.append(f"{indent}default: {','.join(defaults[name]) or 'none'}")
    return lines
