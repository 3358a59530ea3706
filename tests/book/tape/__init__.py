"""Tapes: reading, mapping, refusing, opening."""
