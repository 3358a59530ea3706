"""The chapter on what breaks the lender: reverse stress, and what the worst paths share."""
