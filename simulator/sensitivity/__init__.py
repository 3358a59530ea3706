"""Which inputs move a function: designs, a quadratic, shares of variance; no engine is known here.

Equations: docs/model.md, section 14.9.
"""
