"""From the economy to borrowers."""
