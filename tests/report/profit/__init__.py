"""The chapters on provisions, profit and capital."""
