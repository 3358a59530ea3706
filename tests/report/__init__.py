"""The report, a folder a chapter."""
