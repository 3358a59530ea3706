"""The chapter on policies."""
