"""The chapter on profit and capital: income statement, loss distribution, tables of value."""
