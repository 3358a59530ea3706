"""The chapter on delinquency: overdue balance, roll rates, causes, vintages, unemployment."""
