"""What every chapter uses: language, numbers, style, tables, cards, and the writers."""
