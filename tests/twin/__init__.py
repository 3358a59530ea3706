"""A slow, plain-Python implementation of docs/model.md: the oracle for the compiled kernels."""

from twin.run import TwinResult, simulate_twin

__all__ = ["TwinResult", "simulate_twin"]
