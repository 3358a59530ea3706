"""The page on what new customers of each score bring."""
