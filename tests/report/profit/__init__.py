"""The chapter on losses, profit and capital."""
