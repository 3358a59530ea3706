"""The chapter on provisions."""
