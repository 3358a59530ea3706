"""What the terminal shows: progress, the answer of a run, of a fit, of a scenario."""
