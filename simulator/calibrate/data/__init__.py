"""What was observed: panels, series and outcomes as targets, and the same of a simulated world."""
