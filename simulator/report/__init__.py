"""The report: one offline page made from results only."""
