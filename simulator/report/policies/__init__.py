"""The chapter on policies: which is worth it, whom it helps and harms, relief, effects."""
