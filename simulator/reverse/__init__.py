"""The likeliest combination of standard normal scores at which a figure reaches a limit.

The mathematics alone: what is searched is handed in as a ``Model``. Equations: docs/model.md,
section 14.7. Source: Hasofer and Lind 1974; Rackwitz and Fiessler 1978 (the iteration).
"""
