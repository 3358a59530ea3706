"""Borrower-level Monte Carlo stress testing for consumer loan books.

The public names below load on first use, so that ``import simulator`` is quick. In a notebook::

    import simulator

    run = simulator.stress_test(scenarios=["baseline", "downturn"], policies=["grace_period"])
    run.dataset["overdue_rate"].mean("path")
    simulator.verdict(run)
"""

import warnings
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "stress_test": "simulator.notebook",
    "load": "simulator.notebook",
    "verdict": "simulator.notebook",
    "Run": "simulator.results.run",
    "run_experiment": "simulator.experiment",
    "ExperimentRequest": "simulator.request",
    "BookSettings": "simulator.settings",
    "RunSettings": "simulator.settings",
    "ScenarioSettings": "simulator.settings",
    "build_policy": "simulator.policies",
    "build_product": "simulator.products",
    "UserError": "simulator.validation",
}

_RENAMED = {"ExperimentOutcome": "Run", "read_results": "load"}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        warnings.warn(f"simulator.{name} is now {_RENAMED[name]}", FutureWarning, stacklevel=2)
        name = _RENAMED[name]
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'simulator' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_PUBLIC]
