"""Real books that come with the program, and their data with source and licence."""
