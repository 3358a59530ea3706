"""A lender's own loans: a tape inspected, mapped, read, checked, sampled and opened as a book."""
