"""From tallies to results: dataset, summary, comparison, checks, files."""
