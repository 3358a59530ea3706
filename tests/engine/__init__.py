"""Work units, blocks and what is found in them."""
