"""Allowances, rates and their oracles."""
