"""Why losses are what they are: simulations again, with causes switched off."""
