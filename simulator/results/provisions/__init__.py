"""From sums by cell to allowances, their roll-forward, variables of results.nc and metrics."""
