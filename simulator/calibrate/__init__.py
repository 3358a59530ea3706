"""Learns parameters from observed delinquency, and predicts what was not used."""
