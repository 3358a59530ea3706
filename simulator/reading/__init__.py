"""A user's file becomes typed columns: bytes to text, rows, cells, dates; YAML with suspicion."""
