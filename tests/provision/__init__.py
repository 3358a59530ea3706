"""Rule books and risk cells."""
