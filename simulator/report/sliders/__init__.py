"""What a reader may change on the page: prices, weights, emulated settings."""
