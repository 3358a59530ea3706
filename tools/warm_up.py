"""Compile all kernels, or find that they are kept: ``python -m tools.warm_up``."""

from simulator.notebook import build_request
from simulator.progress import Silent
from simulator.settling import compile_for


def main() -> None:
    """Do what a run does before its first path."""
    request = build_request(scenarios=["baseline"], policies=[], borrowers=50, paths=1, months=2)
    compile_for(request.book, request.parameters, request.reference, request.provision, Silent())


if __name__ == "__main__":
    main()
