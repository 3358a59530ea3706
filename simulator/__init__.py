"""Borrower-level Monte Carlo stress testing for consumer loan books.

The public names below load on first use, so that ``import simulator`` is quick. In a notebook::

    import simulator

    outcome = simulator.stress_test(scenarios=["baseline", "downturn"], policies=["grace_period"])
    outcome.dataset["overdue_rate"].mean("path")
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "stress_test": "simulator.notebook",
    "run_experiment": "simulator.experiment",
    "ExperimentRequest": "simulator.request",
    "ExperimentOutcome": "simulator.conclusion",
    "BookSettings": "simulator.settings",
    "RunSettings": "simulator.settings",
    "ScenarioSettings": "simulator.settings",
    "build_policy": "simulator.policies",
    "build_product": "simulator.products",
    "UserError": "simulator.validation",
    "read_results": "simulator.results.store",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'simulator' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_PUBLIC]
