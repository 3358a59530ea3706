"""Break-evens: questions and search."""
