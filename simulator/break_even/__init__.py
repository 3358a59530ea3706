"""At which value of a field a policy stops paying: the question, the search, its simulations."""
