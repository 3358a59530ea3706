"""Language, numbers, files of the report."""
