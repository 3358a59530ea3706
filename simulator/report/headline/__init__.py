"""The first screen: finding, verdict, recommendation, key figures, caveats."""
