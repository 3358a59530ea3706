"""The only folder with numba."""
