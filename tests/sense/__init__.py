"""The model answers as a risk analyst expects, on the same borrowers under the same luck."""
