"""From targets to parameters: simulated moments, weights, search, standard errors, findings."""
