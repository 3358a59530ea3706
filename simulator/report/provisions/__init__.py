"""The chapter on provisions: allowances, coverage, minima, and the standards themselves."""
