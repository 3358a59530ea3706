"""From tallies to results."""
