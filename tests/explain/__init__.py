"""Why losses are what they are."""
