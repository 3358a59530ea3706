"""The command ``python -m simulator.tape``: what a loan tape holds, and the mapping it needs."""
