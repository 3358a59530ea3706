"""The chapter on delinquency."""
