"""Stress tests of consumer loan books, for notebooks: calls that take and give frames.

::

    import loanstress

    run = loanstress.stress_test(scenarios=["baseline", "downturn"], policies=["grace_period"])
    run  # a table of scenarios and policies, and the verdict
    run.summary, run.ranking(), run.compare("grace_period", "status_quo")
    run.plot.overdue(dpd=30)

Public names load on first use, so that ``import loanstress`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loanstress.inputs import Book as Book
    from loanstress.inputs import Scenario as Scenario
    from loanstress.run import Run as Run
    from loanstress.settings import Settings as Settings
    from loanstress.shipped import parameters as parameters
    from loanstress.shipped import policies as policies
    from loanstress.shipped import scenarios as scenarios
    from loanstress.stress_testing import load as load
    from loanstress.stress_testing import stress_test as stress_test
    from loanstress.sweeping import sweep as sweep
    from simulator.validation import UserError as UserError

_PUBLIC = {
    "stress_test": "loanstress.stress_testing",
    "load": "loanstress.stress_testing",
    "sweep": "loanstress.sweeping",
    "policies": "loanstress.shipped",
    "scenarios": "loanstress.shipped",
    "parameters": "loanstress.shipped",
    "Book": "loanstress.inputs",
    "Scenario": "loanstress.inputs",
    "Run": "loanstress.run",
    "Settings": "loanstress.settings",
    "UserError": "simulator.validation",
}

__all__ = [
    "Book",
    "Run",
    "Scenario",
    "Settings",
    "UserError",
    "load",
    "parameters",
    "policies",
    "scenarios",
    "stress_test",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("simulator").__version__
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'loanstress' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC, "__version__"})
